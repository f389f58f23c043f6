//! What should be there and is not: the SOA, the servers of the zone, a policy where it is read.

use wire::Rtype;

use super::finding::{Part, Spot, Text};
use super::rrset::Rrset;
use super::walk::Walk;
use crate::records::Record;

impl<'r> Walk<'r> {
    /// RFC 7208 §3.1: policies are read from TXT only.
    pub(super) fn mail_policy(&mut self) {
        let is_policy = |record: &Record<'_>| {
            record
                .rdata
                .get(1..)
                .is_some_and(|text| text.starts_with(b"v=spf1"))
        };
        let has_policy =
            |run: Option<Rrset<'r>>| run.is_some_and(|run| run.iter().any(|r| is_policy(&r)));
        let Some(spf) = self.of_type(Rtype::SPF) else {
            return;
        };
        let spf = spf.first();
        let may_come = self.unread.may_hold(spf.owner, Rtype::TXT);
        if !may_come && !has_policy(self.of_type(Rtype::TXT)) {
            self.findings.warning(Spot::of(&spf, Part::Type), || {
                Text::new(format!(
                    "SPF at \"{}\" without a TXT that says the same",
                    spf.owner
                ))
                .hint("mail servers read the policy from TXT only (RFC 7208 §3.1)")
            });
        }
    }

    pub(super) fn no_soa(&mut self) {
        if self.unread.may_hold(self.apex, Rtype::SOA) {
            return;
        }
        self.findings.error(Spot::default(), || {
            Text::new(format!("no SOA at \"{}\", the apex of the zone", self.apex))
                .hint("begin with: @ SOA ns1 hostmaster 1 7200 3600 1209600 300")
        });
    }

    pub(super) fn no_ns(&mut self, soa: Option<Record<'_>>) {
        if self.unread.may_hold(self.apex, Rtype::NS) {
            return;
        }
        let spot = soa.map_or_else(Spot::default, |soa| Spot::of(&soa, Part::Type));
        self.findings.error(spot, || {
            Text::new(format!("no NS at \"{}\", the apex of the zone", self.apex))
                .hint("name the servers of the zone, such as: @ NS ns1")
        });
    }
}
