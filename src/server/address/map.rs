//! Networks to values, by the longest prefix.

use std::net::IpAddr;

use ipnet::IpNet;

/// What holds for each address, by the longest prefix that contains it.
///
/// Flattened when it is made into ranges without overlap, so a look-up is one binary search
/// however the prefixes nest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressMap<T> {
    v4: Ranges<T>,
    v6: Ranges<T>,
}

/// Starts of ranges in ascending order; each reaches to the next start.
type Ranges<T> = Box<[(u128, Option<T>)]>;

impl<T: Copy + Ord> AddressMap<T> {
    /// A map of prefixes; of two equal ones, the greater value holds.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (IpNet, T)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (net, value) in entries {
            match net {
                IpNet::V4(net) => v4.push(Span {
                    first: u128::from(net.network().to_bits()),
                    last: u128::from(net.broadcast().to_bits()),
                    value,
                }),
                // A mapped prefix means the IPv4 addresses in it.
                IpNet::V6(net) => match (net.network().to_ipv4_mapped(), net.prefix_len()) {
                    (Some(start), 96..) => v4.push(Span {
                        first: u128::from(start.to_bits()),
                        last: net.broadcast().to_bits() & u128::from(u32::MAX),
                        value,
                    }),
                    _ => v6.push(Span {
                        first: net.network().to_bits(),
                        last: net.broadcast().to_bits(),
                        value,
                    }),
                },
            }
        }
        Self {
            v4: flatten(v4),
            v6: flatten(v6),
        }
    }

    /// What holds for this address.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<T> {
        let (ranges, bits) = match address {
            IpAddr::V4(v4) => (&self.v4, u128::from(v4.to_bits())),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => (&self.v4, u128::from(v4.to_bits())),
                None => (&self.v6, v6.to_bits()),
            },
        };
        let after = ranges.partition_point(|(start, _)| *start <= bits);
        ranges.get(after.checked_sub(1)?)?.1
    }

    /// Whether no prefix is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// A set of networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSet(AddressMap<()>);

impl AddressSet {
    /// The set of the addresses in these networks.
    #[must_use]
    pub fn new(nets: &[IpNet]) -> Self {
        Self(AddressMap::new(nets.iter().map(|net| (*net, ()))))
    }

    /// Whether the address is in one of the networks.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.find(address).is_some()
    }

    /// Whether it holds no network.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

struct Span<T> {
    first: u128,
    last: u128,
    value: T,
}

/// Cuts nested spans into ranges: the innermost span wins. Prefixes nest or are apart, they never
/// overlap in part, so a stack of the open ones is enough.
fn flatten<T: Copy + Ord>(mut spans: Vec<Span<T>>) -> Ranges<T> {
    // Outer before inner; of equal ones the greater value last, so that it covers the others.
    spans.sort_by(|a, b| {
        (a.first, std::cmp::Reverse(a.last), a.value).cmp(&(
            b.first,
            std::cmp::Reverse(b.last),
            b.value,
        ))
    });
    let mut ranges: Vec<(u128, Option<T>)> = Vec::new();
    let mut open: Vec<Span<T>> = Vec::new();
    for span in spans {
        close(&mut open, &mut ranges, Some(span.first));
        start(&mut ranges, span.first, Some(span.value));
        open.push(span);
    }
    close(&mut open, &mut ranges, None);
    ranges.into()
}

/// Closes the spans that end before `until`, or all of them.
fn close<T: Copy + Ord>(
    open: &mut Vec<Span<T>>,
    ranges: &mut Vec<(u128, Option<T>)>,
    until: Option<u128>,
) {
    while let Some(inner) = open.pop_if(|span| until.is_none_or(|until| span.last < until)) {
        if let Some(after) = inner.last.checked_add(1) {
            start(ranges, after, open.last().map(|outer| outer.value));
        }
    }
}

/// Begins a range; one that began at the same place had no address in it.
fn start<T: Copy>(ranges: &mut Vec<(u128, Option<T>)>, at: u128, value: Option<T>) {
    ranges.pop_if(|(last, _)| *last == at);
    ranges.push((at, value));
}
