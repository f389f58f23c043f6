//! Signatures: each RRset that the zone answers with has one that validators take.

use wire::{NameRef, Rtype, Serial, text};

use super::super::finding::{Findings, Part, Spot, Text};
use super::super::rrset::Rrset;
use super::key::Keys;
use super::name::Node;
use super::verify::verify;
use crate::file::Severity;
use crate::file::settle::first_ttl;
use crate::records::{Record, Records};

/// What signatures are judged by.
#[derive(Debug)]
pub(super) struct Signatures<'k, 'r> {
    apex: NameRef<'r>,
    keys: &'k Keys<'r>,
    algorithms: Vec<u8>,
    now: Option<u32>,
}

/// Why a validator does not take a signature.
enum Fault {
    Early,
    Key,
    Labels,
    Late,
    Records,
    Signer,
    Ttl,
}

/// The data of an RRSIG (RFC 4034 §3.1).
struct Fields<'r> {
    covered: Rtype,
    algorithm: u8,
    labels: u8,
    ttl: u32,
    expiration: u32,
    inception: u32,
    tag: u16,
    signer: NameRef<'r>,
    signature: &'r [u8],
    /// All in front of the signer.
    fixed: &'r [u8; 18],
}

impl<'k, 'r> Signatures<'k, 'r> {
    pub(super) fn new(apex: NameRef<'r>, keys: &'k Keys<'r>, now: Option<u32>) -> Self {
        Self {
            apex,
            keys,
            algorithms: keys.algorithms(),
            now,
        }
    }

    /// Judges the signatures of a name.
    pub(super) fn judge(&self, node: &Node<'_, 'r>, findings: &mut Findings) {
        let rrsigs = node.of_type(Rtype::RRSIG);
        let rrsigs = rrsigs.iter().flat_map(Rrset::iter);
        let signatures: Vec<(Record<'r>, Fields<'r>)> = rrsigs
            .filter_map(|record| Some((record, fields(&record)?)))
            .collect();
        for run in node.signed() {
            self.rrset(run, &signatures, findings);
        }
        for (record, fields) in &signatures {
            let covers = |run: &Rrset<'_>| run.first().rtype == fields.covered;
            if !node.signed().any(covers) {
                findings.warning(Spot::of(record, Part::Data(0)), || {
                    let (covered, owner) = (fields.covered, record.owner);
                    Text::new(match node.runs.iter().any(covers) {
                        true => format!("signature of {covered} at \"{owner}\", a delegation"),
                        false => format!("signature of {covered} at \"{owner}\", which has none"),
                    })
                    .hint("it is of no use; sign the zone again")
                });
            }
        }
    }

    fn rrset(
        &self,
        run: &Rrset<'r>,
        signatures: &[(Record<'r>, Fields<'r>)],
        findings: &mut Findings,
    ) {
        let first = run.first();
        let (rtype, owner) = (first.rtype, first.owner);
        let judged: Vec<_> = signatures
            .iter()
            .filter(|(_, fields)| fields.covered == rtype)
            .map(|(record, fields)| (record, fields, self.fault(fields, run)))
            .collect();
        if judged.is_empty() {
            findings.error(Spot::of(&first, Part::Type), || {
                Text::new(format!("{rtype} at \"{owner}\" is not signed"))
                    .hint("validators take nothing unsigned from a signed zone; sign it again")
            });
            return;
        }
        // One that is taken is enough, but whoever signs should look after the others.
        let severity = match judged.iter().any(|(_, _, fault)| fault.is_none()) {
            true => Severity::Warning,
            false => Severity::Error,
        };
        for (record, fields, fault) in &judged {
            if let Some(fault) = fault {
                self.report(record, fields, fault, severity, findings);
            }
        }
        for algorithm in &self.algorithms {
            // RFC 4035 §2.2: there is a signature by a key of each algorithm.
            if judged.iter().all(|(_, f, _)| f.algorithm != *algorithm) {
                findings.warning(Spot::of(&first, Part::Type), || {
                    Text::new(format!(
                        "{rtype} at \"{owner}\" is not signed by a key of algorithm {algorithm}"
                    ))
                    .hint("each algorithm among the DNSKEYs signs all (RFC 4035 §2.2)")
                });
            }
        }
    }

    fn fault(&self, fields: &Fields<'r>, run: &Rrset<'r>) -> Option<Fault> {
        if fields.signer != self.apex {
            return Some(Fault::Signer);
        }
        let owner = run.first().owner;
        let labels = owner.label_count() - usize::from(owner.is_wildcard());
        if usize::from(fields.labels) != labels {
            return Some(Fault::Labels);
        }
        // RFC 4035 §2.2: the original TTL is that of the RRset.
        if fields.ttl != first_ttl(run.iter()).as_secs() {
            return Some(Fault::Ttl);
        }
        // RFC 4034 §3.1.5: times are compared as serials are.
        if let Some(now) = self.now.map(Serial) {
            if now.is_newer_than(Serial(fields.expiration)) {
                return Some(Fault::Late);
            }
            if Serial(fields.inception).is_newer_than(now) {
                return Some(Fault::Early);
            }
        }
        let mut keys = self.keys.with(fields.tag, fields.algorithm).peekable();
        if keys.peek().is_none() {
            return Some(Fault::Key);
        }
        // RFC 4034 §3.1.8.1: all fields but the signature, the signer in canonical form.
        let mut head = fields.fixed.to_vec();
        head.extend_from_slice(fields.signer.to_lowercase().as_bytes());
        let fits = keys.any(|key| {
            let signature = (head.as_slice(), fields.signature);
            verify(fields.algorithm, key.public, signature, run).unwrap_or(true)
        });
        (!fits).then_some(Fault::Records)
    }

    fn report(
        &self,
        record: &Record<'_>,
        fields: &Fields<'_>,
        fault: &Fault,
        severity: Severity,
        findings: &mut Findings,
    ) {
        let word = match fault {
            Fault::Labels => 2,
            Fault::Ttl => 3,
            Fault::Late => 4,
            Fault::Early => 5,
            Fault::Key => 6,
            Fault::Signer => 7,
            Fault::Records => 8,
        };
        findings.add(severity, Spot::of(record, Part::Data(word)), || {
            let what = format!("signature of {} at \"{}\"", fields.covered, record.owner);
            let (rest, hint) = match fault {
                Fault::Early => (
                    format!("is not valid before {}", time(fields.inception)),
                    "is the clock of this machine or of the signer wrong?",
                ),
                Fault::Key => (
                    format!(
                        "is by key {} of algorithm {}, which is not among the DNSKEYs",
                        fields.tag, fields.algorithm
                    ),
                    "publish the key, or sign again with one that is there",
                ),
                Fault::Labels => (
                    format!("is for a name of {} labels", fields.labels),
                    "it was made for another name; sign the zone again",
                ),
                Fault::Late => (
                    format!("expired at {}", time(fields.expiration)),
                    "validators answer SERVFAIL; sign the zone again",
                ),
                Fault::Records => (
                    "does not fit the records".to_owned(),
                    "a record has changed since it was signed; sign the zone again",
                ),
                Fault::Signer => (
                    format!("is by \"{}\", expected \"{}\"", fields.signer, self.apex),
                    "only keys of the zone itself sign it (RFC 4035 §5.3.1)",
                ),
                Fault::Ttl => (
                    format!("is for a TTL of {}, not the one of the records", fields.ttl),
                    "the TTL has changed since it was signed; sign the zone again",
                ),
            };
            Text::new(format!("{what} {rest}")).hint(hint)
        });
    }
}

/// Reports signatures that have expired, all in one.
pub(super) fn expired(records: &Records, now: u32, findings: &mut Findings) {
    let mut expired = records
        .iter()
        .filter(|record| record.rtype == Rtype::RRSIG)
        .filter_map(|record| Some((record, fields(&record)?)))
        .filter(|(_, fields)| Serial(now).is_newer_than(Serial(fields.expiration)));
    let Some((first, fields)) = expired.next() else {
        return;
    };
    let more = expired.count();
    findings.warning(Spot::of(&first, Part::Data(4)), || {
        let others = match more {
            0 => String::new(),
            more => format!(", and {more} more have expired too"),
        };
        Text::new(format!(
            "signature of {} at \"{}\" expired at {}{others}",
            fields.covered,
            first.owner,
            time(fields.expiration)
        ))
        .hint("validators answer SERVFAIL; sign the zone again")
    });
}

fn fields<'r>(record: &Record<'r>) -> Option<Fields<'r>> {
    let (fixed, rest) = record.rdata.split_first_chunk::<18>()?;
    let signer = NameRef::read(rest).ok()?;
    let number = |at: usize| {
        let bytes = fixed.get(at..)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    };
    Some(Fields {
        covered: Rtype(u16::from_be_bytes([fixed[0], fixed[1]])),
        algorithm: fixed[2],
        labels: fixed[3],
        ttl: number(4)?,
        expiration: number(8)?,
        inception: number(12)?,
        tag: u16::from_be_bytes([fixed[16], fixed[17]]),
        signer,
        signature: rest.get(signer.len()..)?,
        fixed,
    })
}

fn time(seconds: u32) -> String {
    let mut shown = String::new();
    // A string takes everything.
    text::print_time(seconds, &mut shown).unwrap_or_default();
    shown
}
