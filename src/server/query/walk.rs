//! The walk from a question's name to the data, the alias, the cut or nothing.

use std::cell::OnceCell;

use wire::edns::ExtendedError;
use wire::message::HEADER_LEN;
use wire::name::MAX_LEN;
use wire::write::{Full, Writer};
use wire::{Name, NameRef, Rcode, Rtype};
use zone::{Found, LookupName, Node, RrsetRef, Snapshot, Withheld, Zone};

use super::additional;
use crate::stage::ratelimit::ResponseClass;

/// How often a CNAME or DNAME is followed in one answer.
const MAX_HOPS: usize = 12;

/// What the sections of an answer came to; the header is made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) rcode: Rcode,
    pub(crate) authoritative: bool,
    pub(crate) truncated: bool,
    /// Records in the answer, authority and additional section.
    pub(crate) counts: [u16; 3],
    pub(crate) error: Option<ExtendedError>,
    pub(crate) class: ResponseClass,
}

impl Outcome {
    /// An outcome without any records.
    pub(crate) fn empty(rcode: Rcode) -> Self {
        Self {
            rcode,
            authoritative: false,
            truncated: false,
            counts: [0; 3],
            error: None,
            class: ResponseClass::Error,
        }
    }
}

/// Names made for one answer: the targets of DNAMEs. They outlive the writer, which points to them.
#[derive(Debug, Default)]
pub(crate) struct Made(OnceCell<Box<[OnceCell<Name>; MAX_HOPS]>>);

impl Made {
    /// Keeps the name made at a hop. The room is taken only when the first one comes.
    fn keep(&self, hop: usize, name: Name) -> Option<NameRef<'_>> {
        let names = self.0.get_or_init(Box::default);
        Some(names.get(hop)?.get_or_init(|| name).as_ref())
    }
}

/// A question, and where its lookup ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'n> {
    /// The name as it was asked.
    pub(crate) name: NameRef<'n>,
    /// The type.
    pub(crate) rtype: Rtype,
    /// The zone that answers, if any, and where the lookup of the name ended in it.
    pub(crate) found: Option<(&'n Zone, Found<'n>)>,
}

/// Writes the sections of the answer behind the question.
///
/// `lookup` holds the name of the question; it is changed when an alias is followed.
#[inline]
pub(crate) fn answer<'n>(
    snapshot: &'n Snapshot,
    writer: &mut Writer<'_, 'n>,
    made: &'n Made,
    asked: Asked<'n>,
    lookup: &mut LookupName,
    scratch: &mut LookupName,
) -> Outcome {
    let Some(found) = asked.found else {
        let mut outcome = Outcome::empty(Rcode::REFUSED);
        outcome.error = Some(ExtendedError::NOT_AUTHORITATIVE);
        return outcome;
    };
    let mut answer = Answer {
        snapshot,
        writer,
        scratch,
        qtype: asked.rtype,
        outcome: Outcome {
            authoritative: true,
            ..Outcome::empty(Rcode::NOERROR)
        },
        dnames: Vec::new(),
    };
    answer.follow(found, asked.name, lookup, made);
    answer.outcome
}

/// Makes a name ready to be looked up, and gives the zone that answers for it. RFC 4035 §3.1.4.1: DS
/// is asked of the parent, so the apex of a zone of ours answers for it only where we have no zone
/// above. `before` may be the zone that answered last.
#[inline]
pub(crate) fn zone_for<'n>(
    snapshot: &'n Snapshot,
    lookup: &mut LookupName,
    (name, qtype): (NameRef<'_>, Rtype),
    before: Option<&'n Zone>,
) -> Option<&'n Zone> {
    lookup.copy(name);
    let zone = snapshot.prepare(lookup, before)?;
    if qtype == Rtype::DS && zone.apex().len() == name.len() && !name.is_root() {
        lookup.set(name, snapshot.keys());
        let above = snapshot.zone_for(lookup, lookup.labels() - 1);
        return above.or(Some(zone));
    }
    Some(zone)
}

/// An answer on its way.
struct Answer<'a, 'b, 'n> {
    snapshot: &'n Snapshot,
    writer: &'a mut Writer<'b, 'n>,
    /// For names that are looked up beside the question's.
    scratch: &'a mut LookupName,
    qtype: Rtype,
    outcome: Outcome,
    /// The data of the DNAMEs in the answer.
    dnames: Vec<&'n [u8]>,
}

impl<'n> Answer<'_, '_, 'n> {
    fn follow(
        &mut self,
        found: (&'n Zone, Found<'n>),
        name: NameRef<'n>,
        lookup: &mut LookupName,
        made: &'n Made,
    ) {
        if let Some(target) = self.step(found, name, lookup, (made, 0)) {
            self.follow_alias(found.0, target, lookup, made);
        }
    }

    /// Goes on at the target of an alias; `lookup` still holds the alias.
    #[inline(never)]
    fn follow_alias(
        &mut self,
        mut zone: &'n Zone,
        mut name: NameRef<'n>,
        lookup: &mut LookupName,
        made: &'n Made,
    ) {
        let mut seen = [lookup.hash(lookup.labels()); MAX_HOPS];
        for hop in 1.. {
            // RFC 1034 §4.3.2 step 3a: out of our zones, the resolver goes on.
            let asked = (name, self.qtype);
            let Some(next) = zone_for(self.snapshot, lookup, asked, Some(zone)) else {
                return;
            };
            let Some(passed) = seen.get_mut(hop) else {
                break;
            };
            *passed = lookup.hash(lookup.labels());
            // An alias that leads back: what was found so far is the answer.
            if seen[..hop].contains(&seen[hop]) {
                return;
            }
            let found = (next, next.find(lookup));
            let Some(target) = self.step(found, name, lookup, (made, hop)) else {
                return;
            };
            (zone, name) = (next, target);
        }
        // The last alias stands in the answer, and what it leads to does not.
        self.outcome.error = Some(ExtendedError::OTHER);
    }

    /// One walk down the tree; gives the target of an alias, to go on with.
    fn step(
        &mut self,
        (zone, found): (&'n Zone, Found<'n>),
        name: NameRef<'n>,
        lookup: &LookupName,
        made: (&'n Made, usize),
    ) -> Option<NameRef<'n>> {
        if let Some(withheld) = zone.withheld() {
            self.withhold(withheld);
            return None;
        }
        match found {
            Found::Exact(node) => self.node(zone, name, node, ResponseClass::Positive),
            Found::Wildcard(node, _) => self.node(zone, name, node, ResponseClass::Wildcard),
            Found::Missing(_) => {
                // RFC 6604 §2.1: the code is that of the last name of a chain.
                self.outcome.rcode = Rcode::NXDOMAIN;
                self.negative(zone, name, ResponseClass::Nxdomain);
                None
            }
            Found::Cut(node, labels) => {
                // RFC 4035 §3.1.4.1: the parent answers for DS with authority.
                if self.qtype == Rtype::DS && labels == lookup.labels() {
                    return self.node(zone, name, node, ResponseClass::Positive);
                }
                self.referral(zone, name.skip_labels(lookup.labels() - labels)?, node);
                None
            }
            Found::Dname(node, labels) => {
                let owner = name.skip_labels(lookup.labels() - labels)?;
                self.dname(name, owner, node.rrset(Rtype::DNAME)?, made)
            }
        }
    }

    /// The name exists, or a wildcard stands for it.
    fn node(
        &mut self,
        zone: &'n Zone,
        name: NameRef<'n>,
        node: Node<'n>,
        class: ResponseClass,
    ) -> Option<NameRef<'n>> {
        self.outcome.class = class;
        let rrset = if self.qtype == Rtype::ANY {
            self.outcome.class = ResponseClass::Any;
            // RFC 8482 §4.1: one RRset stands for all.
            node.rrsets().next()
        } else {
            node.rrset(self.qtype)
        };
        if rrset.is_some_and(|rrset| self.has_passed(rrset)) {
            return None;
        }
        if let Some(rrset) = rrset {
            if self.put(Section::Answer, name, rrset) {
                additional::addresses(
                    self.writer,
                    zone,
                    (name, rrset),
                    self.scratch,
                    &mut self.outcome,
                );
            }
            return None;
        }
        let Some(cname) = node.rrset(Rtype::CNAME) else {
            self.negative(zone, name, ResponseClass::Nodata);
            return None;
        };
        if self.put(Section::Answer, name, cname) {
            NameRef::read(cname.first()).ok()
        } else {
            None
        }
    }

    /// RFC 6672 §3.2: the DNAME, the CNAME that follows from it, and on with its target.
    fn dname(
        &mut self,
        name: NameRef<'n>,
        owner: NameRef<'n>,
        dname: RrsetRef<'n>,
        (made, hop): (&'n Made, usize),
    ) -> Option<NameRef<'n>> {
        self.outcome.class = ResponseClass::Positive;
        // RFC 2181 §5: a chain may pass a DNAME again, but an answer holds it once.
        if !self.has_passed(dname) {
            if !self.put(Section::Answer, owner, dname) {
                return None;
            }
            self.dnames.push(dname.data());
        }
        let target = NameRef::read(dname.first()).ok()?;
        let prefix = &name.as_bytes()[..name.len() - owner.len()];
        if prefix.len() + target.len() > MAX_LEN {
            // RFC 6672 §2.2: the name would grow too long.
            self.outcome.rcode = Rcode::YXDOMAIN;
            return None;
        }
        let target = Name::from_wire(&[prefix, target.as_bytes()].concat()).ok()?;
        let target = made.keep(hop, target)?;
        let rdatas = std::iter::once(target.as_bytes());
        let written = self.writer.rrset(name, Rtype::CNAME, dname.ttl(), rdatas);
        let goes_on = self.count(Section::Answer, written) && self.qtype != Rtype::CNAME;
        goes_on.then_some(target)
    }

    /// The delegation's NS records and their addresses (RFC 1034 §4.3.2 step 3b).
    fn referral(&mut self, zone: &'n Zone, owner: NameRef<'n>, cut: Node<'n>) {
        self.outcome.class = ResponseClass::Referral;
        let Some(ns) = cut.rrset(Rtype::NS) else {
            return;
        };
        // An alias before the referral is ours: its answer stays authoritative.
        self.outcome.authoritative = self.outcome.counts[0] > 0;
        if self.put(Section::Authority, owner, ns) {
            additional::glue(
                self.writer,
                zone,
                (owner, cut, ns),
                self.scratch,
                &mut self.outcome,
            );
        }
    }

    /// Says that the zone is ours, but that there is nothing to answer from.
    #[cold]
    fn withhold(&mut self, withheld: Withheld) {
        self.outcome.rcode = Rcode::SERVFAIL;
        self.outcome.authoritative = false;
        self.outcome.class = ResponseClass::Error;
        self.outcome.error = Some(match withheld {
            Withheld::Absent => ExtendedError::NOT_READY,
            Withheld::Expired => ExtendedError::INVALID_DATA,
        });
    }

    /// The SOA that says how long "nothing" holds (RFC 2308 §3).
    fn negative(&mut self, zone: &'n Zone, name: NameRef<'n>, class: ResponseClass) {
        self.outcome.class = class;
        if zone.is_incomplete() {
            // A resolver would remember for long what may be there in a moment.
            self.outcome.rcode = Rcode::SERVFAIL;
            self.outcome.authoritative = false;
            self.outcome.error = Some(ExtendedError::NOT_READY);
            return;
        }
        let written = if self.outcome.counts[0] == 0 {
            // The question's name stands behind the header and ends with the apex.
            let at = HEADER_LEN + name.len() - zone.apex().len();
            self.writer.prepared(zone.negative_record(), at)
        } else {
            let (soa, ttl) = zone.negative_soa();
            self.writer
                .rrset(zone.apex(), Rtype::SOA, ttl, std::iter::once(soa))
        };
        self.count(Section::Authority, written);
    }

    /// Writes an RRset whole, or says in the outcome that it did not fit.
    fn put(&mut self, section: Section, owner: NameRef<'n>, rrset: RrsetRef<'n>) -> bool {
        let written = self
            .writer
            .rrset(owner, rrset.rtype(), rrset.ttl(), rrset.rdatas());
        self.count(section, written)
    }

    /// Counts what was written, or says in the outcome that it did not fit.
    fn count(&mut self, section: Section, written: Result<u16, Full>) -> bool {
        match written {
            Ok(count) => self.outcome.counts[section as usize] += count,
            Err(Full) => self.outcome.truncated = true,
        }
        written.is_ok()
    }

    /// Whether the chain has passed this DNAME, so that it stands in the answer already.
    fn has_passed(&self, dname: RrsetRef<'n>) -> bool {
        self.dnames
            .iter()
            .any(|other| std::ptr::eq(*other, dname.data()))
    }
}

#[derive(Clone, Copy)]
enum Section {
    Answer = 0,
    Authority = 1,
}
