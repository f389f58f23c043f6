//! DNSEndpoint: endpoints as their user wrote them.

use plan::{Endpoint, Labels};
use wire::{Rtype, Ttl};

use super::build;
use crate::annotation::MAX_TTL;
use crate::object::{Declared, DnsEndpoint, Key, Kind};
use crate::{Index, Outcome, Reason, Rules};

/// What a DNSEndpoint asks for. The annotation `controller` has no say here.
pub(super) fn endpoints(index: &Index, rules: &Rules, key: &Key, outcome: &mut Outcome) {
    let Some(object) = index.get::<DnsEndpoint>(key) else {
        return;
    };
    let meta = &object.meta;
    if !rules.selects(meta) {
        outcome.note(|| "it is not in the filters for labels and annotations".to_owned());
        return;
    }
    let origin = meta.reference(Kind::DnsEndpoint);
    let resource = format!("crd/{}/{}", key.namespace(), key.name());
    for declared in &object.declared {
        // Where default targets are set, those without any get them whatever their type.
        let bare = declared.targets.is_empty().then_some(NO_TYPE);
        let Some(rtype) = rtype(declared, outcome).or(bare) else {
            continue;
        };
        let mut labels = Labels::default();
        for (key, value) in declared.labels.iter() {
            labels.set(key, value);
        }
        labels.set(Labels::RESOURCE, &resource);
        let ttl = ttl(declared, outcome);
        outcome.endpoints.push(Endpoint {
            name: declared.name.clone(),
            rtype,
            targets: declared.targets.to_vec(),
            ttl,
            set_identifier: declared.set_identifier.clone(),
            labels,
            properties: declared.properties.clone(),
            origins: vec![origin.clone()],
        });
    }
    build::merge(&mut outcome.endpoints);
}

/// The TTL, if there is one. One that no record can have is left out, as that of an annotation is.
fn ttl(declared: &Declared, outcome: &mut Outcome) -> Option<Ttl> {
    if declared.ttl > MAX_TTL {
        outcome.problem(
            Reason::TtlRejected,
            format!(
                "\"{}\" {} has recordTTL {}; expected seconds from 1 to {MAX_TTL}, it is left out",
                declared.name, declared.rtype, declared.ttl
            ),
        );
        return None;
    }
    let seconds = u32::try_from(declared.ttl).ok();
    seconds.filter(|ttl| *ttl > 0).map(Ttl::from_secs)
}

/// The type, if it is one and fits the targets.
fn rtype(declared: &Declared, outcome: &mut Outcome) -> Option<Rtype> {
    let Some(rtype) = Rtype::from_text(declared.rtype.as_bytes()) else {
        outcome.problem(
            Reason::TargetRejected,
            format!(
                "\"{}\" asks for type \"{}\", which is none",
                declared.name, declared.rtype
            ),
        );
        return None;
    };
    // external-dns compares texts: neither `a` nor `TYPE1` is a type to it.
    let expected = rtype.to_string();
    if *declared.rtype != *expected {
        outcome.problem(
            Reason::TargetRejected,
            format!(
                "\"{}\" asks for type \"{}\"; expected it written as \"{expected}\"",
                declared.name, declared.rtype
            ),
        );
        return None;
    }
    let dotted = match rtype {
        // With a dot or without; of some the last word is a name, of some it is any text.
        Rtype::CNAME | Rtype::DNAME | Rtype::TXT | Rtype::MX | Rtype::SRV => return Some(rtype),
        Rtype::NAPTR => true,
        _ => false,
    };
    let odd = (declared.targets.iter()).find(|target| target.ends_with('.') != dotted);
    if let Some(odd) = odd {
        let how = if dotted { "with" } else { "without" };
        outcome.problem(
            Reason::TargetRejected,
            format!(
                "\"{}\" has the target \"{odd}\" for type {rtype}; expected one {how} a dot at \
                 its end",
                declared.name
            ),
        );
        return None;
    }
    Some(rtype)
}

/// The type of an endpoint that names none. Nobody manages it.
const NO_TYPE: Rtype = Rtype(0);
