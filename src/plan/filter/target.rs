//! Targets by network.

use std::net::IpAddr;

use ipnet::IpNet;

/// Decides about targets: within some networks, and not within others.
///
/// As soon as networks to take are set, targets that are names do not pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetFilter {
    include: Vec<IpNet>,
    exclude: Vec<IpNet>,
}

impl TargetFilter {
    /// A filter of these networks.
    #[must_use]
    pub fn new(include: Vec<IpNet>, exclude: Vec<IpNet>) -> Self {
        let canonical = |nets: Vec<IpNet>| nets.into_iter().map(canonical).collect();
        Self {
            include: canonical(include),
            exclude: canonical(exclude),
        }
    }

    /// A filter of networks as text, and the texts that are none: external-dns logs these and goes
    /// on without them.
    #[must_use]
    pub fn parse<'a, T: AsRef<str>>(include: &'a [T], exclude: &'a [T]) -> (Self, Vec<&'a str>) {
        let mut unread = Vec::new();
        let mut read = |list: &'a [T]| -> Vec<IpNet> {
            let mut nets = Vec::with_capacity(list.len());
            for text in list {
                let text = text.as_ref().trim();
                match text.parse() {
                    Ok(net) => nets.push(net),
                    Err(_) => unread.push(text),
                }
            }
            nets
        };
        let (include, exclude) = (read(include), read(exclude));
        (Self::new(include, exclude), unread)
    }

    /// Whether any network is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// Whether a target passes.
    #[must_use]
    pub fn matches(&self, target: &str) -> bool {
        if !self.is_set() {
            return true;
        }
        // An IPv4 address written as IPv6 counts as IPv4, as it does in Go.
        let address: Option<IpAddr> = target.parse().ok();
        let address = address.map(|address| address.to_canonical());
        let within = |nets: &[IpNet]| {
            address.is_some_and(|address| nets.iter().any(|net| net.contains(&address)))
        };
        (self.include.is_empty() || within(&self.include)) && !within(&self.exclude)
    }
}

/// A network of IPv4 addresses written as IPv6 is one of IPv4, as it is in Go.
fn canonical(net: IpNet) -> IpNet {
    let mapped = match net.trunc() {
        IpNet::V6(net) => net
            .addr()
            .to_ipv4_mapped()
            .zip(net.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    let found = mapped.and_then(|(address, length)| IpNet::new(address.into(), length).ok());
    found.unwrap_or(net)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_pass_by_network() {
        let cases: &[(&[&str], &[&str], &str, bool)] = &[
            (&["10.0.0.0/8"], &[], "10.1.2.3", true),
            (&[" 10.0.0.0/8 "], &[], "1.2.3.4", false),
            (&[], &["10.0.0.0/8"], "10.1.2.3", false),
            (&[], &["10.0.0.0/8"], "1.2.3.4", true),
            (&["10.0.0.0/8"], &["10.1.0.0/16"], "10.1.2.3", false),
            (&["10.0.0.0/8"], &[], "lb.example.org", false),
            (&[], &["10.0.0.0/8"], "lb.example.org", true),
            (&["10.0.0.0/8"], &[], "::ffff:10.1.2.3", true),
            (&["2001:db8::/32"], &[], "2001:DB8::1", true),
            (&["10.9.9.9/8"], &[], "10.1.2.3", true),
            (&["::ffff:10.0.0.0/104"], &[], "10.1.2.3", true),
            (&["::ffff:10.0.0.0/104"], &[], "11.1.2.3", false),
            (&[], &[], "anything", true),
        ];
        for (include, exclude, target, expected) in cases {
            let (filter, unread) = TargetFilter::parse(include, exclude);
            assert!(unread.is_empty());
            assert_eq!(
                filter.matches(target),
                *expected,
                "{include:?} {exclude:?} {target}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        let (filter, unread) = TargetFilter::parse(&["10.0.0.0/8", "nonsense"], &["1.2.3.4"]);
        assert_eq!(unread, ["nonsense", "1.2.3.4"]);
        assert!(filter.matches("10.0.0.1"));
    }
}
