//! Domain names between text and wire.

/// The wire form of an absolute name (its final dot may be missing); `\DDD` and `\X` are understood.
/// Labels and names that are too long are made as asked: servers must survive them.
pub(crate) fn to_wire(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut label = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'.' => push_label(&mut wire, &mut label),
            b'\\' => match bytes.next() {
                Some(first) if first.is_ascii_digit() => {
                    let digits = [Some(first), bytes.next(), bytes.next()];
                    let value = digits.iter().flatten().fold(0_u32, |value, digit| {
                        value * 10 + u32::from(digit.saturating_sub(b'0'))
                    });
                    label.push(u8::try_from(value).unwrap_or(0));
                }
                Some(other) => label.push(other),
                None => {}
            },
            other => label.push(other),
        }
    }
    push_label(&mut wire, &mut label);
    wire.push(0);
    wire
}

fn push_label(wire: &mut Vec<u8>, label: &mut Vec<u8>) {
    if let Ok(length) = u8::try_from(label.len())
        && length > 0
    {
        wire.push(length);
        wire.append(label);
    }
}

/// Reads a name from a message, following pointers that point backwards; out come its text as it
/// stands, and the offset behind it.
pub(crate) fn read(message: &[u8], at: usize) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut position = at;
    let mut end = None;
    let mut length = 1;
    loop {
        let byte = *message
            .get(position)
            .ok_or_else(|| format!("name at {at} runs over the end"))?;
        match byte {
            0 => break,
            1..=63 => {
                let label = message
                    .get(position + 1..position + 1 + usize::from(byte))
                    .ok_or_else(|| format!("label at {position} runs over the end"))?;
                length += label.len() + 1;
                if length > 255 {
                    return Err(format!("name at {at} is longer than 255 bytes"));
                }
                push_text(&mut text, label);
                position += 1 + label.len();
            }
            0xc0.. => {
                let low = *message
                    .get(position + 1)
                    .ok_or_else(|| format!("pointer at {position} is cut"))?;
                let target = usize::from(byte & 0x3f) << 8 | usize::from(low);
                if target >= position {
                    return Err(format!("pointer at {position} points forward to {target}"));
                }
                end = end.or(Some(position + 2));
                position = target;
            }
            _ => return Err(format!("label type {byte:#x} at {position}")),
        }
    }
    if text.is_empty() {
        text.push('.');
    }
    Ok((text, end.unwrap_or(position + 1)))
}

fn push_text(text: &mut String, label: &[u8]) {
    for byte in label {
        match byte {
            b'.' | b'\\' | b'"' | b';' | b'@' | b'$' | b'(' | b')' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            0x21..=0x7e => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03}")),
        }
    }
    text.push('.');
}
