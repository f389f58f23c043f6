//! Hosts: what NS, MX, SRV and the like name, and owners of addresses.
//!
//! As in BIND, the servers of the zone itself must be found, so what is wrong with them is an error;
//! all else is worth a warning. Names in other zones are not looked up.

use wire::{NameRef, Rtype};

use super::finding::{Part, Spot, Text};
use super::name;
use super::target::Target;
use super::walk::Walk;
use crate::file::Severity;
use crate::records::Record;

impl<'r> Walk<'r> {
    /// Judges the host that the name at `offset` of the data means.
    pub(super) fn target(
        &mut self,
        record: &Record<'r>,
        offset: usize,
        word: usize,
        at_apex: bool,
        at: usize,
    ) {
        let Some(Ok(target)) = record.rdata.get(offset..).map(NameRef::read) else {
            return;
        };
        // RFC 7505, RFC 2782: the root means that there is no such service.
        if target.is_root() {
            return;
        }
        let (rtype, owner) = (record.rtype, record.owner);
        let spot = Spot::of(record, Part::Data(word));
        let found = self.targets.find(target, at);
        // As in BIND: the zone's own servers must be found, all else is worth a warning.
        let own = rtype == Rtype::NS && at_apex && found != Target::Outside;
        let severity = if own {
            Severity::Error
        } else {
            Severity::Warning
        };
        if name::is_address(target) && !matches!(found, Target::Address | Target::Delegated) {
            self.findings.add(severity, spot, || {
                Text::new(format!(
                    "{rtype} at \"{owner}\" names \"{target}\", which looks like an address"
                ))
                .hint("name a host, and give that host the address")
            });
            return;
        }
        self.host_target(record, offset, word);
        let missing = match found {
            Target::Address | Target::Outside => return,
            Target::Alias => {
                self.findings.add(severity, spot, || {
                    Text::new(format!(
                        "{rtype} at \"{owner}\" names \"{target}\", which is a CNAME"
                    ))
                    .hint("name the host that the CNAME leads to (RFC 2181 §10.3)")
                });
                return;
            }
            Target::Below(dname) => {
                let dname = self.records.get(dname);
                self.findings.add(severity, spot, || {
                    let text = Text::new(format!(
                        "{rtype} at \"{owner}\" names \"{target}\", which is below a DNAME"
                    ));
                    let text = text.hint("name a host that has addresses of its own");
                    match dname {
                        Some(dname) => text.related(&dname, Part::Type, "redirected here"),
                        None => text,
                    }
                });
                return;
            }
            Target::Nothing if rtype == Rtype::NS && !at_apex && target.is_at_or_below(owner) => {
                "no glue"
            }
            Target::Nothing => "no address in the zone",
            // What is delegated is found by glue, which only name servers need.
            Target::Delegated if rtype == Rtype::NS => "no glue",
            Target::Delegated => return,
        };
        if self.unread.may_have_address(target) || self.targets.has_address(target, at) {
            return;
        }
        let severity = if found == Target::Delegated {
            Severity::Warning
        } else {
            severity
        };
        let apex = self.apex;
        self.findings.add(severity, spot, || {
            Text::new(format!(
                "{rtype} at \"{owner}\" names \"{target}\", which has {missing}"
            ))
            .hint(missing_hint(target, apex))
        });
    }

    /// Names of hosts hold letters, digits and hyphens; BIND's check-names warns of others.
    pub(super) fn host_target(&mut self, record: &Record<'r>, offset: usize, word: usize) {
        let Some(Ok(target)) = record.rdata.get(offset..).map(NameRef::read) else {
            return;
        };
        if name::is_host(target, 1) && !target.is_wildcard() {
            return;
        }
        self.findings
            .warning(Spot::of(record, Part::Data(word)), || {
                Text::new(format!(
                    "{} at \"{}\" names \"{target}\", which is not a host name",
                    record.rtype, record.owner
                ))
                .hint(HOST_NAMES)
            });
    }

    pub(super) fn odd_owner(&mut self, record: &Record<'r>, is_host: bool) {
        let owner = record.owner;
        if name::has_inner_asterisk(owner) {
            self.findings.warning(Spot::of(record, Part::Owner), || {
                Text::new(format!(
                    "\"{owner}\" holds an asterisk that is not a wildcard"
                ))
                .hint("only a first label * stands for other names (RFC 4592 §2.1.1)")
            });
        }
        if !is_host || name::is_special_host(owner) {
            return;
        }
        self.findings.warning(Spot::of(record, Part::Owner), || {
            Text::new(format!(
                "{} at \"{owner}\", which is not a host name",
                record.rtype
            ))
            .hint(HOST_NAMES)
        });
    }
}

/// Forgetting the final dot is the most common mistake of all.
fn missing_hint(target: NameRef<'_>, apex: NameRef<'_>) -> String {
    let extra = target.label_count().saturating_sub(apex.label_count());
    let relative = target.labels().take(extra);
    let twice =
        extra > apex.label_count() && relative.skip(extra - apex.label_count()).eq(apex.labels());
    let Some(meant) = (twice && !apex.is_root()).then(|| target.to_string()) else {
        return format!("add an A or AAAA record for \"{target}\"");
    };
    let meant = meant
        .strip_suffix(&apex.to_string())
        .unwrap_or(&meant)
        .to_owned();
    format!("if \"{meant}\" is meant, end it with a dot: other names are completed by the origin")
}

const HOST_NAMES: &str = "names of hosts hold letters, digits and inner hyphens only";
