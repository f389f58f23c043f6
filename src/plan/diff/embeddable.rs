//! What of a row can stand in a zone: the server of this house answers from one, and a zone that
//! breaks the rules of DNS is worse than a name that is missing.

use wire::Rtype;

use super::resolve::{Conflict, Lost, age};
use crate::Endpoint;

/// A row that can be in a zone, and what had to stay outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embeddable {
    /// At most one endpoint a type, without set identifiers.
    pub winners: Vec<Endpoint>,
    /// Who stays outside, and for whom.
    pub losers: Vec<Conflict>,
    /// CNAMEs at an apex where nothing else is wanted, so nobody won.
    pub homeless: Vec<Endpoint>,
}

/// Decides about all endpoints that are desired at one name of a zone.
///
/// - A CNAME is never at the apex, nor beside other types (RFC 1034 §3.6.2).
/// - Of several CNAMEs or DNAMEs the oldest object's wins, then the first by namespace and name;
///   of several targets the first.
/// - Endpoints of another type that differ in their set identifiers are joined, since a zone has no
///   routing policies; of those that do not, the oldest object's wins.
#[must_use]
pub fn embeddable(mut row: Vec<Endpoint>, apex: bool) -> Embeddable {
    let mut out = Embeddable::default();
    row.sort_by(|a, b| (a.rtype, age(a)).cmp(&(b.rtype, age(b))));
    let other = row
        .iter()
        .find(|endpoint| endpoint.rtype != Rtype::CNAME)
        .cloned();
    if apex || other.is_some() {
        let lost = if apex { Lost::Apex } else { Lost::BesideOthers };
        for loser in row.extract_if(.., |endpoint| endpoint.rtype == Rtype::CNAME) {
            match &other {
                Some(winner) => out.losers.push(Conflict {
                    loser,
                    winner: winner.clone(),
                    lost,
                }),
                None => out.homeless.push(loser),
            }
        }
    }
    // The set identifiers that went into the endpoint of a type, beside its own.
    let mut joined: Vec<Box<str>> = Vec::new();
    for endpoint in row {
        let single = matches!(endpoint.rtype, Rtype::CNAME | Rtype::DNAME);
        let last = out.winners.last_mut();
        match last.filter(|last| last.rtype == endpoint.rtype) {
            None => {
                joined = vec![endpoint.set_identifier.clone()];
                out.winners.push(endpoint);
            }
            Some(winner) if !single && !joined.contains(&endpoint.set_identifier) => {
                joined.push(endpoint.set_identifier.clone());
                join(winner, endpoint);
            }
            Some(winner) => out.losers.push(Conflict {
                loser: endpoint,
                winner: winner.clone(),
                lost: Lost::Younger,
            }),
        }
    }
    for winner in &mut out.winners {
        winner.set_identifier = Box::default();
        let single = matches!(winner.rtype, Rtype::CNAME | Rtype::DNAME);
        if single && winner.targets.len() > 1 {
            let mut loser = winner.clone();
            loser.targets = winner.targets.split_off(1);
            out.losers.push(Conflict {
                loser,
                winner: winner.clone(),
                lost: Lost::SecondTarget,
            });
        }
    }
    out
}

fn join(winner: &mut Endpoint, endpoint: Endpoint) {
    winner.targets.extend(endpoint.targets);
    winner.targets.sort_unstable();
    winner.targets.dedup();
    winner.ttl = match (winner.ttl, endpoint.ttl) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    for origin in endpoint.origins {
        if !winner.origins.contains(&origin) {
            winner.origins.push(origin);
        }
    }
}
