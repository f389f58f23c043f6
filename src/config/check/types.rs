//! Types of records: those that a destination manages, and those that it leaves alone.

use super::reader::Reader;
use crate::problem::Quoted;
use crate::settings::RecordType;
use crate::value::Wrong;

/// The types that are managed if none is named. On embedded nobody else has records, so all are; but
/// PTR only where there is a reverse zone.
pub(super) fn default_types(embedded: bool) -> Vec<RecordType> {
    if embedded {
        let all = TYPES.iter().copied();
        return all.filter(|rtype| *rtype != RecordType::Ptr).collect();
    }
    vec![RecordType::A, RecordType::Aaaa, RecordType::Cname]
}

/// Types that are managed, if any are named, and types that are not.
pub(super) fn given(reader: &mut Reader) -> (Option<Vec<RecordType>>, Vec<RecordType>) {
    let mut read = |name: &str| -> Option<Vec<RecordType>> {
        let given = reader.all_filled(name, |text| Ok(text.to_owned()));
        if given.is_empty() {
            return None;
        }
        let mut types = Vec::new();
        for (text, typed) in given {
            match record_type(&text) {
                Some(found) if types.contains(&found) => {}
                Some(found) => types.push(found),
                // external-dns takes any text here, and finds no record of that type.
                None => {
                    let wrong = Wrong::new(format!("{} is no type that is planned", Quoted(&text)));
                    let hint = if text.contains(',') {
                        "repeat the flag for each type; a variable has a line for each"
                    } else {
                        "there are A, AAAA, CNAME, DNAME, MX, NAPTR, NS, PTR, SRV and TXT"
                    };
                    reader.warning_at(name, &typed.origin, wrong.hint(hint));
                }
            }
        }
        Some(types)
    };
    let managed = read("managed-record-types");
    let excluded = read("exclude-record-types").unwrap_or_default();
    (managed, excluded)
}

/// The type with this mnemonic, in capitals as external-dns has it.
pub(super) fn record_type(text: &str) -> Option<RecordType> {
    TYPES.iter().copied().find(|one| one.as_str() == text)
}

const TYPES: &[RecordType] = &[
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Cname,
    RecordType::Dname,
    RecordType::Mx,
    RecordType::Naptr,
    RecordType::Ns,
    RecordType::Ptr,
    RecordType::Srv,
    RecordType::Txt,
];
