//! The walk through the zone, name by name.

use wire::{NameRef, Rtype};

use super::cname::Cnames;
use super::finding::{Findings, Part, Spot, Text, at_line};
use super::occluded::{self, Occluded};
use super::rrset::{self, Rrset};
use super::target::Targets;
use super::{Care, Unread, data, keys, name};

use crate::records::{Record, Records};

/// The state of the walk.
#[derive(Debug)]
pub(super) struct Walk<'r> {
    pub(super) records: &'r Records,
    pub(super) apex: NameRef<'r>,
    pub(super) unread: &'r Unread,
    pub(super) findings: Findings,
    pub(super) targets: Targets<'r>,
    cnames: Cnames,
    occluded: Occluded,
    /// The NS records of the delegation that the walk is at or below.
    cut: Vec<Record<'r>>,
    /// The DNAME that the walk is at or below, and whether a record below it was reported.
    dname: Option<(Record<'r>, bool)>,
    /// Whether PTR records point to hosts here.
    reverse: bool,
    /// The RRsets of the name at hand.
    runs: Vec<Rrset<'r>>,
}

impl<'r> Walk<'r> {
    pub(super) fn new(records: &'r Records, unread: &'r Unread, care: &Care) -> Self {
        let apex = records.apex().as_ref();
        let reverse = ["in-addr.arpa.", "ip6.arpa."].iter().any(|tree| {
            wire::Name::from_text(tree.as_bytes(), None)
                .is_ok_and(|tree| apex.is_at_or_below(tree.as_ref()))
        });
        Self {
            records,
            apex,
            unread,
            findings: Findings::keeping(care.most),
            targets: Targets::new(records),
            cnames: Cnames::default(),
            occluded: Occluded::default(),
            cut: Vec::new(),
            dname: None,
            reverse,
            runs: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Findings {
        let mut from = 0;
        while let Some(first) = self.records.get(from) {
            let mut to = from + 1;
            while self.records.same_owner(from, to) {
                to += 1;
            }
            self.name(first, from, to);
            from = to;
        }
        let has_apex = self
            .records
            .get(0)
            .is_some_and(|first| first.owner == self.apex);
        if !has_apex {
            self.no_soa();
            self.no_ns(None);
        }
        if !self.unread.may_hold_any(Rtype::NS) {
            self.occluded.check(self.records, &mut self.findings);
        }
        self.cnames.check(self.records, &mut self.findings);
        self.findings
    }

    /// Judges all records of one name, which stand in `from..to`.
    fn name(&mut self, first: Record<'r>, from: usize, to: usize) {
        let owner = first.owner;
        if let Some(cut) = self.cut.first()
            && !owner.is_at_or_below(cut.owner)
        {
            self.cut.clear();
        }
        if let Some((dname, _)) = self.dname
            && !owner.is_at_or_below(dname.owner)
        {
            self.dname = None;
        }
        let is_host = matches!(first.rtype, Rtype::A | Rtype::AAAA);
        if !is_host || !name::is_host(owner, self.apex.len()) {
            self.odd_owner(&first, is_host);
        } else if to == from + 1
            && owner.len() != self.apex.len()
            && self.cut.is_empty()
            && self.dname.is_none()
        {
            // Most names of large zones: a host with one address, and nothing more to judge.
            return;
        }
        self.below_dname(&first);
        self.collect(from, to);
        if self.cut.is_empty() {
            self.types(&first);
        } else {
            for at in from..to {
                if let Some(record) = self.records.get(at) {
                    self.occluded
                        .add(&record, at, &self.cut, &mut self.findings);
                }
            }
        }
    }

    /// Splits the records of a name by type, and judges each RRset for itself.
    fn collect(&mut self, from: usize, to: usize) {
        self.runs.clear();
        let mut start = from;
        while start < to
            && let Some(run) = Rrset::at(self.records, start, to)
        {
            if run.len() > 1 {
                let different = rrset::several(&run, &mut self.findings);
                self.singleton(&run, different);
            }
            rrset::size(&run, &mut self.findings);
            data::judge(&run, &mut self.findings);
            if matches!(run.first().rtype, Rtype::NSEC3 | Rtype::NSEC3PARAM) {
                for record in run.iter() {
                    rrset::iterations(&record, &mut self.findings);
                }
            }
            start += run.len();
            self.runs.push(run);
        }
        if self.runs.len() > MAX_TYPES {
            self.many_types();
        }
    }

    /// What the store cannot hold.
    fn many_types(&mut self) {
        if let Some(run) = self.runs.last() {
            let (first, types) = (run.first(), self.runs.len());
            self.findings.error(Spot::of(&first, Part::Type), || {
                Text::new(format!(
                    "{types} types at \"{}\", more than {MAX_TYPES}",
                    first.owner
                ))
                .hint("a name has at most so many types here")
            });
        }
    }

    pub(super) fn of_type(&self, rtype: Rtype) -> Option<Rrset<'r>> {
        self.runs
            .iter()
            .find(|run| run.first().rtype == rtype)
            .copied()
    }

    /// RFC 1034 §3.6.2, RFC 6672 §2.4, RFC 2181 §6.1: of these types a name has one record.
    fn singleton(&mut self, run: &Rrset<'r>, different: usize) {
        let first = run.first();
        if different < 2 || !matches!(first.rtype, Rtype::CNAME | Rtype::DNAME | Rtype::SOA) {
            return;
        }
        let mut records: Vec<Record<'_>> = run.iter().collect();
        records.sort_by_key(|record| record.place);
        if let [earlier, later, ..] = records.as_slice() {
            self.findings.error(Spot::of(later, Part::Type), || {
                Text::new(format!(
                    "second {} at \"{}\"; the first is{}",
                    later.rtype,
                    later.owner,
                    or_elsewhere(&at_line(earlier, later))
                ))
                .related(earlier, Part::Type, "the first one")
                .hint(format!("a name has one {}", later.rtype))
            });
        }
    }

    /// Judges what types stand at a name that is not below a delegation.
    fn types(&mut self, first: &Record<'r>) {
        let at_apex = first.owner.len() == self.apex.len();
        if at_apex {
            if self.of_type(Rtype::SOA).is_none() {
                self.no_soa();
            }
            if self.of_type(Rtype::NS).is_none() {
                self.no_ns(self.of_type(Rtype::SOA).map(|soa| soa.first()));
            }
        }
        if at_apex {
            keys::check(&self.runs, self.unread, &mut self.findings);
        }
        self.alone();
        let delegated = self.of_type(Rtype::NS).is_some();
        let runs = std::mem::take(&mut self.runs);
        for run in &runs {
            for (at, record) in run.positions() {
                self.record(&record, at, at_apex);
                if record.rtype == Rtype::DS && !delegated && !at_apex {
                    self.undelegated(&record);
                }
            }
        }
        self.runs = runs;
        if let Some(dname) = self.of_type(Rtype::DNAME) {
            self.dname = Some((dname.first(), false));
        }
        if let Some(ns) = self.of_type(Rtype::NS)
            && !at_apex
        {
            self.cut.extend(ns.iter());
            self.delegation(&ns.first());
        }
        self.mail_policy();
    }

    /// CNAME and DNAME beside what they cannot stand beside.
    fn alone(&mut self) {
        // RFC 2181 §10.1 with RFC 4034 §2.5: only records that secure a CNAME stand beside it.
        let secures = |rtype| {
            matches!(
                rtype,
                Rtype::KEY | Rtype::NSEC | Rtype::NXT | Rtype::RRSIG | Rtype::SIG
            )
        };
        let other = self
            .runs
            .iter()
            .map(Rrset::first)
            .find(|other| other.rtype != Rtype::CNAME && !secures(other.rtype));
        if let (Some(cname), Some(other)) = (self.of_type(Rtype::CNAME), other) {
            self.conflict(&cname.first(), &other, "a CNAME stands alone at its name");
        }
        // RFC 6672 §2.3: "NS records … unless the DNAME is at the apex".
        if let (Some(dname), Some(ns)) = (self.of_type(Rtype::DNAME), self.of_type(Rtype::NS))
            && ns.first().owner.len() != self.apex.len()
        {
            let hint = "a name is either redirected or delegated";
            self.conflict(&dname.first(), &ns.first(), hint);
        }
    }

    fn conflict(&mut self, record: &Record<'_>, other: &Record<'_>, hint: &str) {
        self.findings.error(Spot::of(record, Part::Type), || {
            Text::new(format!(
                "{} at \"{}\" conflicts with {}{}",
                record.rtype,
                record.owner,
                other.rtype,
                at_line(other, record)
            ))
            .related(other, Part::Type, format!("the {}", other.rtype))
            .hint(hint)
        });
    }

    /// Judges one record that is not below a delegation.
    fn record(&mut self, record: &Record<'r>, at: usize, at_apex: bool) {
        let spot = |part| Spot::of(record, part);
        let (rtype, owner) = (record.rtype, record.owner);
        match rtype {
            Rtype::SOA if !at_apex => self.findings.error(spot(Part::Owner), || {
                Text::new(format!(
                    "SOA at \"{owner}\" is not at the apex \"{}\"",
                    self.apex
                ))
                .hint("a file holds one zone; its name must be that of the SOA")
            }),
            Rtype::SOA => self.host_target(record, 0, 0),
            Rtype::CNAME => self.cnames.add(owner, at),
            Rtype::NS if owner.is_wildcard() => self.findings.error(spot(Part::Owner), || {
                Text::new(format!("NS at the wildcard \"{owner}\""))
                    .hint("delegations by wildcard do not work (RFC 4592 §4.2)")
            }),
            Rtype::DNAME if owner.is_wildcard() => self.findings.warning(spot(Part::Owner), || {
                Text::new(format!("DNAME at the wildcard \"{owner}\""))
                    .hint("what it redirects differs between servers (RFC 4592 §4.4)")
            }),
            Rtype::NS => self.target(record, 0, 0, at_apex, at),
            Rtype::MX => self.target(record, 2, 1, at_apex, at),
            Rtype::SRV => self.target(record, 6, 3, at_apex, at),
            Rtype::PTR if self.reverse => self.host_target(record, 0, 0),
            Rtype::DS if at_apex => self.findings.error(spot(Part::Type), || {
                Text::new(format!("DS at the apex \"{owner}\""))
                    .hint("a DS belongs into the zone above, beside the NS records there")
            }),
            Rtype::CDNSKEY
            | Rtype::CDS
            | Rtype::CSYNC
            | Rtype::DNSKEY
            | Rtype::NSEC3PARAM
            | Rtype::ZONEMD
                if !at_apex =>
            {
                self.findings.warning(spot(Part::Owner), || {
                    Text::new(format!("{rtype} at \"{owner}\" is not at the apex"))
                        .hint("it has a meaning at the apex of a zone only")
                });
            }
            _ => {}
        }
    }

    /// RFC 6672 §2.4: nothing stands below a DNAME but what denies names below the apex.
    fn below_dname(&mut self, first: &Record<'r>) {
        let Some((dname, reported)) = &mut self.dname else {
            return;
        };
        if *reported || matches!(first.rtype, Rtype::NSEC3 | Rtype::RRSIG) {
            return;
        }
        *reported = true;
        self.findings.error(Spot::of(dname, Part::Type), || {
            Text::new(format!(
                "DNAME at \"{}\" conflicts with {} at \"{}\" below it{}",
                dname.owner,
                first.rtype,
                first.owner,
                at_line(first, dname)
            ))
            .related(first, Part::Owner, "below the DNAME")
            .hint("a DNAME redirects all names below its own")
        });
    }

    /// Types that stand at the delegation itself but are never answers.
    fn delegation(&mut self, ns: &Record<'r>) {
        for run in &self.runs {
            let record = run.first();
            match record.rtype {
                Rtype::DS | Rtype::KEY | Rtype::NS | Rtype::NSEC | Rtype::RRSIG | Rtype::SIG => {}
                // Reported as conflicts.
                Rtype::CNAME | Rtype::DNAME | Rtype::SOA => {}
                Rtype::A | Rtype::AAAA => {
                    for (at, record) in run.positions() {
                        self.occluded
                            .add(&record, at, &self.cut, &mut self.findings);
                    }
                }
                _ => {
                    for record in run.iter() {
                        occluded::report(&record, ns, &mut self.findings);
                    }
                }
            }
        }
    }

    fn undelegated(&mut self, ds: &Record<'r>) {
        if !self.unread.may_hold(ds.owner, Rtype::NS) {
            self.findings.warning(Spot::of(ds, Part::Type), || {
                Text::new(format!("DS at \"{}\", which is not delegated", ds.owner))
                    .hint("a DS stands beside the NS records of a delegation")
            });
        }
    }
}

/// The most types of a name.
const MAX_TYPES: usize = 255;

fn or_elsewhere(line: &str) -> &str {
    if line.is_empty() {
        " in another file"
    } else {
        line
    }
}
