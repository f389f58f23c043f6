//! Data that can be read and yet is of no use: what a type asks for beyond its form.

use wire::{NameRef, Rtype};

use super::finding::{Findings, Part, Spot, Text};
use super::name;
use super::rrset::Rrset;
use crate::records::Record;

/// Judges each record of an RRset.
pub(super) fn judge(run: &Rrset<'_>, findings: &mut Findings) {
    let judge: fn(&Record<'_>, &mut Findings) = match run.first().rtype {
        Rtype::CDNSKEY | Rtype::DNSKEY => key,
        Rtype::CDS | Rtype::DS => digest,
        Rtype::HTTPS | Rtype::SVCB => service,
        Rtype::MX => return mail(&run.first(), findings),
        Rtype::NAPTR => naptr,
        Rtype::NSEC3PARAM => algorithm,
        Rtype::SMIMEA | Rtype::TLSA => association,
        Rtype::SOA => soa,
        _ => return,
    };
    for record in run.iter() {
        judge(&record, findings);
    }
}

fn warn(record: &Record<'_>, word: usize, text: String, hint: &str, findings: &mut Findings) {
    let spot = Spot::of(record, Part::Data(word));
    findings.warning(spot, || Text::new(text).hint(hint));
}

fn soa(record: &Record<'_>, findings: &mut Findings) {
    let Ok(server) = NameRef::read(record.rdata) else {
        return;
    };
    if name::is_address(server) {
        let text = format!("SOA names the server \"{server}\", which looks like an address");
        warn(record, 0, text, "name the primary server", findings);
    }
    let mailbox = record.rdata.get(server.len()..).map(NameRef::read);
    let Some(Ok(mailbox)) = mailbox else {
        return;
    };
    if mailbox.labels().any(|label| label.contains(&b'@')) {
        let text = format!("mailbox \"{mailbox}\" of the SOA holds an @");
        let hint = "write a dot for it: hostmaster.example.org. (RFC 1035 §8)";
        warn(record, 1, text, hint, findings);
    }
}

/// As in BIND: names that have mail are those of hosts.
fn mail(record: &Record<'_>, findings: &mut Findings) {
    if !name::is_host(record.owner, 1) {
        findings.warning(Spot::of(record, Part::Owner), || {
            Text::new(format!(
                "MX at \"{}\", which is not a host name",
                record.owner
            ))
            .hint("mail servers may refuse addresses below it")
        });
    }
}

fn digest(record: &Record<'_>, findings: &mut Findings) {
    // The IANA registry of digest types; a CDS of algorithm 0 asks to delete.
    if let &[_, _, algorithm, kind, ..] = record.rdata
        && algorithm != 0
        && !(1..=6).contains(&kind)
    {
        let (rtype, owner) = (record.rtype, record.owner);
        let text = format!("{rtype} at \"{owner}\" has digest type {kind}, which nobody knows");
        let hint = "validators pass it over; 2 is SHA-256, 4 is SHA-384";
        warn(record, 2, text, hint, findings);
    }
}

fn key(record: &Record<'_>, findings: &mut Findings) {
    let &[_, _, protocol, algorithm, ref public @ ..] = record.rdata else {
        return;
    };
    let (rtype, owner) = (record.rtype, record.owner);
    if protocol != 3 {
        let text = format!("{rtype} at \"{owner}\" has protocol {protocol}, expected 3");
        warn(
            record,
            1,
            text,
            "validators pass it over (RFC 4034 §2.1.2)",
            findings,
        );
    }
    // RFC 6605 §4, RFC 8080 §3: keys of these algorithms have one length.
    let expected = match algorithm {
        13 => 64,
        14 => 96,
        15 => 32,
        16 => 57,
        _ => return,
    };
    if public.len() != expected {
        let text = format!(
            "{rtype} at \"{owner}\" has {} bytes of key, expected {expected} for algorithm {algorithm}",
            public.len()
        );
        warn(
            record,
            3,
            text,
            "a part of the key may be missing",
            findings,
        );
    }
}

fn service(record: &Record<'_>, findings: &mut Findings) {
    let Some((priority, rest)) = record.rdata.split_first_chunk::<2>() else {
        return;
    };
    let Ok(target) = NameRef::read(rest) else {
        return;
    };
    let (rtype, owner) = (record.rtype, record.owner);
    if *priority == [0, 0] {
        if rest.len() > target.len() {
            let text = format!("{rtype} at \"{owner}\" is an alias with parameters");
            let hint =
                "clients pass them over (RFC 9460 §2.4.2); a priority above 0 makes a service";
            warn(record, 2, text, hint, findings);
        }
    } else if !name::is_host(target, 1) || target.is_wildcard() {
        let text = format!("{rtype} at \"{owner}\" names \"{target}\", which is not a host name");
        let hint = "names of hosts hold letters, digits and inner hyphens only";
        warn(record, 1, text, hint, findings);
    }
}

/// RFC 3402 §3.2, RFC 3403 §4.1.
fn naptr(record: &Record<'_>, findings: &mut Findings) {
    let mut rest = record.rdata.get(4..).unwrap_or_default();
    let mut strings = [&b""[..]; 3];
    for string in &mut strings {
        let Some((length, tail)) = rest.split_first() else {
            return;
        };
        let Some((text, tail)) = tail.split_at_checked(usize::from(*length)) else {
            return;
        };
        (*string, rest) = (text, tail);
    }
    let [_, _, expression] = strings;
    let owner = record.owner;
    if expression.is_empty() {
        return;
    }
    if !is_substitution(expression) {
        findings.error(Spot::of(record, Part::Data(4)), || {
            let shown = String::from_utf8_lossy(expression);
            Text::new(format!(
                "NAPTR at \"{owner}\": \"{shown}\" is not a substitution"
            ))
            .hint("it is written as: !EXPRESSION!REPLACEMENT!, with an i behind it for any case")
        });
    }
    if NameRef::read(rest).is_ok_and(|replacement| !replacement.is_root()) {
        let text = format!("NAPTR at \"{owner}\" has both a substitution and a replacement");
        let hint =
            "it is either the one or the other (RFC 3403 §4.1); write a dot for the replacement";
        warn(record, 5, text, hint, findings);
    }
}

/// Whether it has two parts between three delimiters, flags at most `i`, and no reference to more
/// groups than there are.
fn is_substitution(text: &[u8]) -> bool {
    let Some((&delimiter, rest)) = text.split_first() else {
        return false;
    };
    if delimiter.is_ascii_digit() || matches!(delimiter, b'i' | b'\\' | 0) {
        return false;
    }
    let (mut part, mut groups, mut escaped) = (0, 0_u8, false);
    for &byte in rest {
        if escaped {
            if part == 1 && byte.is_ascii_digit() && (byte == b'0' || byte - b'0' > groups) {
                return false;
            }
            escaped = false;
        } else if byte == delimiter {
            part += 1;
        } else {
            match byte {
                b'\\' => escaped = true,
                b'(' if part == 0 => groups = groups.saturating_add(1),
                b'i' if part == 2 => {}
                _ if part == 2 => return false,
                _ => {}
            }
        }
    }
    part == 2
}

/// RFC 6698 §2.1.3: two of the ways to match are hashes, which have one length each.
fn association(record: &Record<'_>, findings: &mut Findings) {
    let &[_, _, kind, ref data @ ..] = record.rdata else {
        return;
    };
    let expected = match kind {
        1 => 32,
        2 => 64,
        _ => return,
    };
    if data.len() != expected {
        let (rtype, owner) = (record.rtype, record.owner);
        let text = format!(
            "{rtype} at \"{owner}\" has a hash of {} bytes, expected {expected}",
            data.len()
        );
        warn(record, 3, text, "no certificate matches it", findings);
    }
}

/// RFC 5155 §11: SHA-1 is the only hash.
fn algorithm(record: &Record<'_>, findings: &mut Findings) {
    if let Some(algorithm) = record.rdata.first().filter(|algorithm| **algorithm != 1) {
        findings.error(Spot::of(record, Part::Data(0)), || {
            Text::new(format!(
                "NSEC3PARAM at \"{}\" is of hash {algorithm}, which nobody knows",
                record.owner
            ))
            .hint("1, SHA-1, is the only one (RFC 5155 §11)")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_have_two_parts_and_flags() {
        for (text, expected) in [
            ("!^.*$!sip:info@example.org!", true),
            ("!^(.*)$!sip:\\1@example.org!i", true),
            ("/a/b/", true),
            ("!a\\!b!c!", true),
            ("!a!b", false),
            ("!a", false),
            ("!a!b!c!", false),
            ("!a!b!x", false),
            ("!a!\\1!", false),
            ("!(a)!\\2!", false),
            ("1a1b1", false),
            ("iaibi", false),
        ] {
            assert_eq!(is_substitution(text.as_bytes()), expected, "{text}");
        }
    }
}
