//! What a zone is known to hold: packed RRsets by name, and what was written since.
//!
//! Transfers change the base in place; what we wrote lies above it until the next reading, since the
//! server then tells of it again.

use std::collections::{BTreeMap, BTreeSet};

use client::transfer::Incoming;
use client::{Form, Sink, Unfit};
use wire::{Name, NameRef, Rtype, Ttl};

/// The bytes of a name in lower case, and a type.
type Key = Box<[u8]>;

/// All RRsets of a zone that are of types we plan.
#[derive(Debug, Default)]
pub(super) struct Contents {
    base: BTreeMap<Key, Packed>,
    /// What was written since the base was read; `None` is gone.
    written: BTreeMap<Key, Option<Packed>>,
    /// Steps arrive: what is removed must be there, what is added must not.
    strict: bool,
    /// A transfer has begun and not come to its end.
    torn: bool,
}

/// A TTL, then each record's data behind its length.
type Packed = Box<[u8]>;

/// The records of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rrset {
    pub(super) ttl: Ttl,
    pub(super) rdatas: BTreeSet<Box<[u8]>>,
}

impl Contents {
    /// The RRset of a name and type.
    pub(super) fn rrset(&self, owner: NameRef<'_>, rtype: Rtype) -> Option<Rrset> {
        let key = key(owner, rtype);
        let packed = match self.written.get(&key) {
            Some(written) => written.as_ref(),
            None => self.base.get(&key),
        };
        packed.map(|packed| unpack(packed))
    }

    /// The types that there are at a name, of those we plan.
    pub(super) fn types(&self, owner: NameRef<'_>) -> Vec<Rtype> {
        let has = |rtype: &Rtype| self.rrset(owner, *rtype).is_some();
        PLANNED.iter().copied().filter(has).collect()
    }

    /// Remembers what was written, or what one question was answered with.
    pub(super) fn note(&mut self, owner: NameRef<'_>, rtype: Rtype, rrset: Option<&Rrset>) {
        self.written.insert(key(owner, rtype), rrset.map(pack));
    }

    /// Whether anything was written since the base was read.
    pub(super) fn is_written(&self) -> bool {
        !self.written.is_empty()
    }

    /// A transfer came to its end, so that the base is as new as what was written.
    pub(super) fn settle(&mut self) {
        self.torn = false;
        self.written.clear();
    }

    /// Whether a transfer broke off in the middle.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// All RRsets, in the order of their names' bytes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NameRef<'_>, Rtype, Rrset)> {
        let base = self.base.iter();
        let base = base.filter(|(key, _)| !self.written.contains_key(*key));
        let written = self.written.iter();
        let written = written.filter_map(|(key, packed)| Some((key, packed.as_ref()?)));
        base.chain(written).filter_map(|(key, packed)| {
            let (owner, rtype) = key.split_last_chunk::<2>()?;
            let rtype = Rtype(u16::from_be_bytes(*rtype));
            Some((NameRef::from_checked(owner), rtype, unpack(packed)))
        })
    }
}

impl Sink for Contents {
    fn begin(&mut self, form: Form) {
        self.strict = form == Form::Steps;
        if !self.strict {
            // A zone is never held twice: if this breaks off, it is read from the start again.
            self.clear();
        }
        self.torn = true;
    }

    fn add(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        if !PLANNED.contains(&record.rtype) {
            return Ok(());
        }
        let key = key(record.owner, record.rtype);
        let mut rrset = self.base.get(&key).map_or_else(
            || Rrset {
                ttl: record.ttl,
                rdatas: BTreeSet::new(),
            },
            |packed| unpack(packed),
        );
        // RFC 2181 §5.2: one TTL for all; the last one is the newest.
        rrset.ttl = record.ttl;
        if !rrset.rdatas.insert(record.rdata.into()) && self.strict {
            return Err(Unfit);
        }
        self.base.insert(key, pack(&rrset));
        Ok(())
    }

    fn remove(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        if !PLANNED.contains(&record.rtype) {
            return Ok(());
        }
        let key = key(record.owner, record.rtype);
        let mut rrset = self
            .base
            .get(&key)
            .map(|packed| unpack(packed))
            .ok_or(Unfit)?;
        if !rrset.rdatas.remove(record.rdata) {
            return Err(Unfit);
        }
        if rrset.rdatas.is_empty() {
            self.base.remove(&key);
        } else {
            self.base.insert(key, pack(&rrset));
        }
        Ok(())
    }
}

/// A name as endpoints have it: without a dot at its end.
pub(super) fn plain(name: NameRef<'_>) -> String {
    let mut text = name.to_string();
    if text.len() > 1 && text.ends_with('.') {
        text.pop();
    }
    text
}

/// The name of an endpoint.
pub(super) fn owner_of(name: &str) -> Option<Name> {
    let text = plan::name::normalize(name);
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).ok()
}

fn key(owner: NameRef<'_>, rtype: Rtype) -> Key {
    let mut key = Vec::with_capacity(owner.len() + 2);
    key.extend_from_slice(owner.as_bytes());
    // Length bytes are below 64, where no letters are.
    key.make_ascii_lowercase();
    key.extend_from_slice(&rtype.0.to_be_bytes());
    key.into()
}

fn pack(rrset: &Rrset) -> Packed {
    let len = rrset.rdatas.iter().map(|rdata| rdata.len() + 2);
    let mut packed = Vec::with_capacity(4 + len.sum::<usize>());
    packed.extend_from_slice(&rrset.ttl.as_secs().to_be_bytes());
    for rdata in &rrset.rdatas {
        // Data of a record has 65,535 bytes at most.
        packed.extend_from_slice(&u16::try_from(rdata.len()).unwrap_or(u16::MAX).to_be_bytes());
        packed.extend_from_slice(rdata);
    }
    packed.into()
}

fn unpack(packed: &[u8]) -> Rrset {
    let (ttl, mut rest) = packed.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    let mut rdatas = BTreeSet::new();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((rdata, tail)) = tail.split_at_checked(length) else {
            break;
        };
        rdatas.insert(rdata.into());
        rest = tail;
    }
    Rrset {
        ttl: Ttl::from_secs(u32::from_be_bytes(*ttl)),
        rdatas,
    }
}

/// The types that are planned. Others are no business of ours.
pub(super) const PLANNED: [Rtype; 10] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TXT,
];
