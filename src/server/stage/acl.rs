//! Who may ask: allow and deny lists of networks, the longest prefix deciding.
//!
//! The order of rules never matters. If any network is allowed by name, all others are denied;
//! with only denied ones, all others are allowed. The same network on both lists is denied.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::AddressMap;

/// What a list says about an address. Denial is greater: it wins between equal prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Allow,
    Deny,
}

/// Decides whether a client may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessList {
    rules: AddressMap<Rule>,
    otherwise: bool,
}

impl AccessList {
    /// The list that these networks make.
    #[must_use]
    pub fn new(allow: &[IpNet], deny: &[IpNet]) -> Self {
        let allowed = allow.iter().map(|net| (*net, Rule::Allow));
        let denied = deny.iter().map(|net| (*net, Rule::Deny));
        Self {
            rules: AddressMap::new(allowed.chain(denied)),
            otherwise: allow.is_empty(),
        }
    }

    /// Whether this client may ask.
    #[must_use]
    pub fn permits(&self, client: IpAddr) -> bool {
        if self.rules.is_empty() {
            return self.otherwise;
        }
        match self.rules.find(client) {
            Some(Rule::Allow) => true,
            Some(Rule::Deny) => false,
            None => self.otherwise,
        }
    }
}

impl Default for AccessList {
    /// Everybody may ask.
    fn default() -> Self {
        Self::new(&[], &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], deny: &[&str], expected: &[(&str, bool)]) {
        let parse =
            |nets: &[&str]| -> Vec<IpNet> { nets.iter().map(|net| net.parse().unwrap()).collect() };
        let list = AccessList::new(&parse(allow), &parse(deny));
        for (client, permitted) in expected {
            assert_eq!(
                list.permits(client.parse().unwrap()),
                *permitted,
                "{client} with {allow:?} allowed and {deny:?} denied"
            );
        }
    }

    #[test]
    fn empty_list_permits_everybody() {
        check(&[], &[], &[("192.0.2.1", true), ("2001:db8::1", true)]);
    }

    #[test]
    fn allowed_networks_shut_out_the_others() {
        check(
            &["10.0.0.0/8"],
            &[],
            &[("10.1.1.1", true), ("192.0.2.1", false), ("::1", false)],
        );
    }

    #[test]
    fn denied_networks_leave_the_others_in() {
        check(
            &[],
            &["10.0.0.0/8"],
            &[("10.1.1.1", false), ("192.0.2.1", true), ("::1", true)],
        );
    }

    #[test]
    fn longest_prefix_decides_whatever_the_order() {
        check(
            &["10.0.0.0/8", "10.1.1.0/24"],
            &["10.1.0.0/16", "10.1.1.1/32"],
            &[
                ("10.2.0.1", true),
                ("10.1.0.1", false),
                ("10.1.1.2", true),
                ("10.1.1.1", false),
            ],
        );
    }

    #[test]
    fn network_on_both_lists_is_denied() {
        check(&["10.0.0.0/8"], &["10.0.0.0/8"], &[("10.0.0.1", false)]);
    }
}
