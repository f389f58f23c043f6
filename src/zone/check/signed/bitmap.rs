//! The list of types in NSEC and NSEC3 (RFC 4034 §4.1.2), and how it differs from what is there.

use wire::Rtype;

/// The types of a list in rising order.
pub(super) fn types(bitmap: &[u8]) -> Vec<Rtype> {
    let mut types = Vec::new();
    let mut rest = bitmap;
    while let [window, length, tail @ ..] = rest {
        let (bits, tail) = tail
            .split_at_checked(usize::from(*length))
            .unwrap_or((tail, b""));
        for (at, byte) in (0_u16..).zip(bits) {
            let set = (0..8).filter(|bit| byte & (0x80 >> bit) != 0);
            types.extend(set.map(|bit| Rtype(u16::from(*window) << 8 | at << 3 | bit)));
        }
        rest = tail;
    }
    types
}

/// `leaves out A and lists MX, which is not there`; nothing if both are the same.
pub(super) fn difference(listed: &[Rtype], there: &[Rtype]) -> Option<String> {
    let names = |types: Vec<&Rtype>| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    let missing: Vec<_> = there.iter().filter(|t| !listed.contains(t)).collect();
    let extra: Vec<_> = listed.iter().filter(|t| !there.contains(t)).collect();
    match (missing.is_empty(), extra.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("leaves out {}", names(missing))),
        (true, false) => Some(format!("lists {}, which the name has not", names(extra))),
        (false, false) => Some(format!(
            "leaves out {} and lists {}, which the name has not",
            names(missing),
            names(extra)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_all_windows() {
        let bitmap = [0, 6, 0x40, 1, 0, 0, 0, 3, 4, 1, 0x20];
        let read: Vec<u16> = types(&bitmap).iter().map(|rtype| rtype.0).collect();
        assert_eq!(read, [1, 15, 46, 47, 1026]);
        assert!(types(&[0, 9, 1]).len() == 1 && types(&[]).is_empty());
    }
}
