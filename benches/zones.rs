//! The zone of all benchmarks at any size, as records and as a file, and what to ask it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use wire::{Name, NameRef, Rtype, Ttl};
use zone::records::{Place, Records};

use crate::random::Random;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mix {
    /// Hosts that exist.
    Positive,
    /// Names that do not.
    Negative,
    /// Names below a wildcard.
    Wildcard,
    /// Names below a delegation.
    Referral,
    /// Seven of ten exist, one of each other kind.
    Mixed,
}

impl Mix {
    /// The mixes of one kind.
    pub const PURE: [Self; 4] = [
        Self::Positive,
        Self::Negative,
        Self::Wildcard,
        Self::Referral,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Wildcard => "wildcard",
            Self::Referral => "referral",
            Self::Mixed => "mixed",
        }
    }

    /// A name to ask a zone of so many hosts for.
    pub fn name_to_ask(self, random: &mut Random, hosts: usize) -> Name {
        match self {
            Self::Positive => host(random.below(hosts)),
            Self::Negative => below_apex(&[&format!("none-{}", random.below(1 << 30))]),
            Self::Wildcard => below_apex(&["wild", &format!("w{}", random.below(1 << 30))]),
            Self::Referral => below_apex(&[&format!("cut-{}", random.below(CUTS)), "www"]),
            Self::Mixed => self.kind(random).name_to_ask(random, hosts),
        }
    }

    fn kind(self, random: &mut Random) -> Self {
        match (self, random.below(10)) {
            (Self::Mixed, 7) => Self::Negative,
            (Self::Mixed, 8) => Self::Wildcard,
            (Self::Mixed, 9) => Self::Referral,
            (Self::Mixed, _) => Self::Positive,
            (pure, _) => pure,
        }
    }
}

/// The apex of the zones.
#[must_use]
pub fn apex() -> Name {
    Name::from_text(b"bench.example.", None).unwrap_or_else(|_| Name::root())
}

/// The name of the host of a number.
#[must_use]
pub fn host(number: usize) -> Name {
    below_apex(&[&format!("host-{number:07}")])
}

/// A zone of this many hosts with one address each, a wildcard, a few delegations and some names
/// far below the apex, with nothing between.
#[must_use]
pub fn records(hosts: usize) -> Records {
    let mut records = Records::new(apex());
    let ttl = Ttl::from_secs(300);
    let mut push = |owner: NameRef<'_>, rtype, rdata: &[u8]| {
        records.push(owner, rtype, ttl, rdata, Place::default());
    };
    let mut soa = b"\x03ns1\x05bench\x07example\0\x0Ahostmaster\x05bench\x07example\0".to_vec();
    for number in [1_u32, 3600, 600, 86400, 30] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    push(apex().as_ref(), Rtype::SOA, &soa);
    push(apex().as_ref(), Rtype::NS, b"\x03ns1\x05bench\x07example\0");
    push(below_apex(&["ns1"]).as_ref(), Rtype::A, &[192, 0, 2, 53]);
    let wildcard = below_apex(&["wild", "*"]);
    push(wildcard.as_ref(), Rtype::A, &[192, 0, 2, 99]);
    for number in 0..CUTS {
        let cut = below_apex(&[&format!("cut-{number}")]);
        let server = below_apex(&[&format!("cut-{number}"), "ns"]);
        push(cut.as_ref(), Rtype::NS, server.as_bytes());
        push(server.as_ref(), Rtype::A, &[192, 0, 2, 1]);
    }
    for number in 0..DEEP {
        push(deep(number, 0).as_ref(), Rtype::A, &[192, 0, 2, 2]);
    }
    for number in 0..hosts {
        push(host(number).as_ref(), Rtype::A, &address(number));
    }
    records.sort();
    records
}

/// A name eight labels below `deep-NUMBER`, or so many labels above it: those are empty.
#[must_use]
pub fn deep(number: usize, above: usize) -> Name {
    let top = format!("deep-{}", number % DEEP);
    let labels = [&*top, "h", "g", "f", "e", "d", "c", "b", "a"];
    below_apex(labels.get(..labels.len() - above).unwrap_or_default())
}

/// Writes the zone of [`records`] as a zone file with this apex.
///
/// # Errors
/// When it cannot be written.
pub fn write_zone(to: &mut impl Write, origin: &str, hosts: usize) -> io::Result<()> {
    writeln!(to, "$ORIGIN {origin}.\n$TTL 300")?;
    writeln!(to, "@ SOA ns1 hostmaster 1 3600 600 86400 30\n@ NS ns1")?;
    writeln!(to, "ns1 A 192.0.2.53\n*.wild A 192.0.2.99")?;
    for number in 0..CUTS {
        writeln!(to, "cut-{number} NS ns.cut-{number}")?;
        writeln!(to, "ns.cut-{number} A 192.0.2.1")?;
    }
    for number in 0..DEEP {
        writeln!(to, "a.b.c.d.e.f.g.h.deep-{number} A 192.0.2.2")?;
    }
    for number in 0..hosts {
        let [a, b, c, d] = address(number);
        writeln!(to, "host-{number:07} A {a}.{b}.{c}.{d}")?;
    }
    Ok(())
}

/// The same, as a file of its own.
///
/// # Errors
/// When it cannot be written.
pub fn write_zone_file(path: &Path, origin: &str, hosts: usize) -> io::Result<()> {
    let mut to = BufWriter::new(File::create(path)?);
    write_zone(&mut to, origin, hosts)?;
    to.flush()
}

fn address(number: usize) -> [u8; 4] {
    let [_, b, c, d] = u32::try_from(number).unwrap_or(0).to_be_bytes();
    [10, b, c, d]
}

/// The name with these labels, from the apex downwards.
fn below_apex(labels: &[&str]) -> Name {
    labels.iter().fold(apex(), |name, label| {
        name.child(label.as_bytes()).unwrap_or_else(Name::root)
    })
}

/// Delegations of each zone.
const CUTS: usize = 100;
/// Names of each zone that are far below the apex.
const DEEP: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_records_are_the_same_zone() {
        let mut text = Vec::new();
        write_zone(&mut text, "bench.example", 300).unwrap();
        let read = zone::file::parse_str(&text, "generated", &apex());
        assert!(read.report.is_ok(), "{}", read.report.render(false));
        let flat = |records: &Records| -> Vec<(Name, Rtype, Ttl, Vec<u8>)> {
            let flat = |record: zone::records::Record<'_>| {
                let owner = record.owner.to_name();
                (owner, record.rtype, record.ttl, record.rdata.to_vec())
            };
            records.iter().map(flat).collect()
        };
        assert_eq!(flat(&read.records.unwrap()), flat(&records(300)));
    }
}
