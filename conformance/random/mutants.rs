//! Good packets with a few bytes changed.

use libtest_mimic::Trial;
use peers::Zone;

use super::dice::Dice;
use crate::client::{Query, rdata_hex};
use crate::compare::run;
use crate::fleet::{self, Cast, Fleet};

/// The trial.
pub(crate) fn trial(cast: &Cast) -> Trial {
    cast.trial("random::mutants".into(), check)
}

fn check(cast: &Cast) -> Result<(), String> {
    let zones = [
        ("any.test", "rfc/rfc8482.zone"),
        ("dn.test", "peers/dname.zone"),
    ];
    let folder = fleet::root().join("zones");
    let zones = zones.map(|(origin, file)| Zone::new(origin, folder.join(file)));
    let fleet = Fleet::start(&cast.programs(), &zones, true).map_err(|error| error.to_string())?;
    let count = std::env::var("CONFORMANCE_MUTANTS")
        .ok()
        .and_then(|text| text.parse().ok());
    let dice = &mut Dice::new(7);
    let bases: Vec<Vec<u8>> = BASES
        .iter()
        .map(|line| Ok(Query::parse(line)?.bytes))
        .collect::<Result<_, String>>()?;
    let lines: Vec<String> = (0..count.unwrap_or(300))
        .map(|_| {
            let mut bytes = bases[dice.below(bases.len())].clone();
            for _ in 0..1 + dice.below(3) {
                change(dice, &mut bytes);
            }
            format!(". A +raw={}", rdata_hex(&bytes))
        })
        .collect();
    run::run_where_others_agree(&fleet, &lines)
}

/// Changes a byte or a bit, takes bytes out, or puts some in. It stays a query: nobody answers an
/// answer, and operations that we do not have end before anything else is looked at.
fn change(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len());
    let Some(byte) = bytes.get_mut(at) else {
        return;
    };
    match dice.below(6) {
        0 | 1 => *byte ^= 1 << dice.below(8),
        2 => *byte = u8::try_from(dice.below(256)).unwrap_or(0),
        3 => *byte = [0, 1, 0x3f, 0x40, 0xc0, 0xff][dice.below(6)],
        4 => {
            let end = (at + 1 + dice.below(4)).min(bytes.len());
            bytes.drain(at..end);
        }
        _ => bytes.insert(at, [0, 1, 0xff][dice.below(3)]),
    }
    if let Some(flags) = bytes.get_mut(2) {
        *flags &= 0x07;
    }
}

const BASES: [&str; 9] = [
    "one.any.test A",
    "many.any.test ANY +edns",
    "x.wild.any.test TXT +do +nsid",
    "nothing.any.test A +opt=100:0102030405",
    "x.a.dn.test A +edns=512",
    "any.test SOA +authority=x.any.test/A/IN/300/01020304",
    "any.test IXFR +authority=any.test/SOA/IN/0/00000000000100000001000000010000000100000001",
    "one.any.test A CH +edns",
    "other.test A +edns +additional=x/TSIG/ANY/0/00",
];
