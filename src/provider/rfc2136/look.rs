//! Names that are looked up one by one, where zones may not be transferred.
//!
//! What is asked for are the names that are wanted, and those of their ownership records; what this
//! process never saw is never deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::PoisonError;

use plan::ProviderError;
use wire::{Name, Rcode, Rtype};

use super::contents::{Contents, Rrset};
use super::fault::{Operation, refused};
use super::pool::{Pool, Reason, Refusal};

/// Names and the types they are asked for.
pub(super) type Asked = BTreeMap<Name, BTreeSet<Rtype>>;

/// The names that are looked up.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Asked,
    /// Names that were wanted since they were looked up last.
    wanted: BTreeSet<Name>,
}

impl Names {
    /// Notes a record that is wanted, or one of ownership.
    pub(super) fn want(&mut self, owner: Name, rtype: Rtype) {
        let types = self.all.entry(owner.clone()).or_default();
        types.extend(asked_for(rtype));
        self.wanted.insert(owner);
    }

    /// All of them; what is neither wanted nor there any more is forgotten.
    pub(super) fn take(&mut self, is_there: impl Fn(&Name) -> bool) -> Asked {
        let wanted = std::mem::take(&mut self.wanted);
        self.all
            .retain(|name, _| wanted.contains(name) || is_there(name));
        self.all.clone()
    }
}

/// The types that have to be known before a record of a type is written.
pub(super) fn asked_for(rtype: Rtype) -> BTreeSet<Rtype> {
    match rtype {
        // There are many, and no CNAME beside one. If there is, the conditions of an update say so.
        Rtype::TXT => BTreeSet::from([rtype]),
        Rtype::A | Rtype::AAAA | Rtype::CNAME => {
            BTreeSet::from([Rtype::A, Rtype::AAAA, Rtype::CNAME])
        }
        rtype => BTreeSet::from([rtype, Rtype::CNAME]),
    }
}

/// Looks names up; what is found, or not, is noted in `contents`. Tells whether anything was found.
///
/// # Errors
/// No server answers.
pub(super) async fn look(
    pool: &Pool,
    apex: &Name,
    names: Asked,
    contents: &mut Contents,
) -> Result<bool, ProviderError> {
    let work = Mutex::new(names.into_iter());
    let found: Mutex<Vec<Item>> = Mutex::default();
    let lane = async || -> Result<(), ProviderError> {
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((name, types)) = next else {
                return Ok(());
            };
            for item in look_at(pool, apex, &name, types).await? {
                found
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(item);
            }
        }
    };
    // Answers come from afar; a few questions at once take little of the server.
    let lane = || Box::pin(lane());
    tokio::try_join!(
        lane(),
        lane(),
        lane(),
        lane(),
        lane(),
        lane(),
        lane(),
        lane()
    )?;
    let mut any = false;
    for (name, rtype, rrset) in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        any |= rrset.is_some();
        contents.note(name.as_ref(), rtype, rrset.as_ref());
    }
    Ok(any)
}

type Item = (Name, Rtype, Option<Rrset>);

async fn look_at(
    pool: &Pool,
    apex: &Name,
    name: &Name,
    types: BTreeSet<Rtype>,
) -> Result<Vec<Item>, ProviderError> {
    let mut items = Vec::new();
    for rtype in types {
        let failed = |refusal| refused(Operation::Look, apex, refusal);
        let (at, answer) = pool.query(name, rtype, None).await.map_err(failed)?;
        let Some(server) = pool.server(at) else {
            continue;
        };
        if !answer.is_authoritative() {
            let refusal = Refusal::new(server, Reason::Rcode(Rcode::NOTAUTH));
            return Err(failed(refusal));
        }
        let rrset = answer.rrset(name.as_ref(), rtype).map_err(|source| {
            let server_label = server.label().into();
            let fault = client::Fault::Wire {
                server: server_label,
                source,
            };
            failed(Refusal::new(server, Reason::Fault(fault)))
        })?;
        let rrset = rrset.map(|found| Rrset {
            ttl: found.ttl,
            rdatas: found.rdatas.into_iter().collect(),
        });
        items.push((name.clone(), rtype, rrset));
    }
    Ok(items)
}
