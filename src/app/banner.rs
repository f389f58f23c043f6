//! What is said at the start: which zones, where, and what to try.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use wire::{Name, Rtype};
use zone::{Snapshot, Zone};

use super::plain::plain;
use super::tally::counted;
use super::zones::{State, Status};

/// All that is served.
#[derive(Debug)]
pub(super) struct Banner {
    pub(super) addresses: Vec<SocketAddr>,
    /// Those of TLS.
    pub(super) tls_addresses: Vec<SocketAddr>,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) control: Option<PathBuf>,
    pub(super) zones: Vec<Line>,
    /// Zones that are not served.
    pub(super) failed: usize,
    /// Zones that are followed, and have not come yet.
    pub(super) waiting: usize,
    pub(super) example: Option<Example>,
}

/// A question that has an answer.
#[derive(Debug)]
pub(super) struct Example {
    /// The lower, the more people will like it.
    rank: u8,
    name: String,
    rtype: Rtype,
}

/// A zone on one line.
#[derive(Debug)]
pub(super) struct Line {
    zone: String,
    serial: u32,
    records: usize,
    names: usize,
    file: String,
}

impl Banner {
    /// Fills in the zones.
    pub(super) fn add_zones(&mut self, statuses: &[(Name, Status)], snapshot: &Snapshot) {
        for (name, status) in statuses {
            let served = snapshot.zone(name.as_ref());
            match served.filter(|_| status.state != State::Failed) {
                None => self.failed += 1,
                Some(zone) if zone.withheld().is_some() => self.waiting += 1,
                Some(zone) => {
                    self.zones.push(Line {
                        zone: name.to_string(),
                        serial: zone.serial().0,
                        records: zone.record_count(),
                        names: zone.name_count(),
                        file: match status.path.as_os_str().is_empty() {
                            true => "(names from objects)".to_owned(),
                            false => plain(&status.path.to_string_lossy()),
                        },
                    });
                    if self.zones.len() <= SHOWN {
                        let best = self.example.take().into_iter().chain([example(zone)]);
                        self.example = best.min_by_key(|example| example.rank);
                    }
                }
            }
        }
    }

    /// Some lines for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("zonewright {}\n", env!("CARGO_PKG_VERSION"));
        let width =
            |of: fn(&Line) -> usize| self.zones.iter().take(SHOWN).map(of).max().unwrap_or(0);
        let (zone_width, file_width) =
            (width(|line| line.zone.len()), width(|line| line.file.len()));
        for line in self.zones.iter().take(SHOWN) {
            text.push_str(&format!(
                "  zone     {:<zone_width$}  {:<file_width$}  serial {}, {} at {}\n",
                line.zone,
                line.file,
                line.serial,
                counted(line.records, "record"),
                counted(line.names, "name"),
            ));
        }
        if self.zones.len() > SHOWN {
            let more = self.zones.len() - SHOWN;
            text.push_str(&format!(
                "           and {more} more: zonewright zone list\n"
            ));
        }
        if self.waiting > 0 {
            text.push_str(&format!(
                "           {} not here yet, asked for at their primaries\n",
                counted(self.waiting, "zone")
            ));
        }
        if self.failed > 0 {
            text.push_str(&format!(
                "           {} not served, see above\n",
                counted(self.failed, "zone")
            ));
        }
        for address in &self.addresses {
            text.push_str(&format!("  dns      {address}, UDP and TCP\n"));
        }
        for address in &self.tls_addresses {
            text.push_str(&format!("  dns      {address}, TLS\n"));
        }
        if let Some(address) = self.metrics {
            text.push_str(&format!("  metrics  http://{address}/metrics\n"));
        }
        if let Some(path) = &self.control {
            text.push_str(&format!("  control  {}\n", path.display()));
        }
        for command in self.commands() {
            text.push_str(&format!("  try      {command}\n"));
        }
        text
    }

    /// The one line that says that we serve.
    pub(super) fn ready(&self) -> String {
        format!("ready: {}", self.status(self.zones.len() + self.waiting))
    }

    /// So many zones, and where.
    pub(super) fn status(&self, zones: usize) -> String {
        if self.addresses.is_empty() {
            return "no zones of our own, names go to others".to_owned();
        }
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        format!("{} on {}", counted(zones, "zone"), addresses.join(", "))
    }

    fn commands(&self) -> Vec<String> {
        let Some(address) = self.addresses.first() else {
            return Vec::new();
        };
        let server = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let port = match address.port() {
            53 => String::new(),
            port => format!(" -p {port}"),
        };
        let dig = |question: &str| format!("dig @{server}{port} {question}");
        let mut commands = Vec::new();
        if let Some(Example { name, rtype, .. }) = &self.example {
            commands.push(dig(&format!("{name} {rtype}")));
        }
        commands
    }
}

/// A question for the address of `www`, of any name, or for the SOA.
fn example(zone: &Zone) -> Example {
    let mut best = (2, zone.apex().to_name(), Rtype::SOA);
    let mut cut: Option<Name> = None;
    // The first names of a zone are enough to look at.
    for (owner, rrset) in zone.rrsets().take(1_000) {
        // Names at and below a cut are another server's to answer for.
        let below = cut
            .as_ref()
            .is_some_and(|cut| owner.as_ref().is_at_or_below(cut.as_ref()));
        if !below
            && owner.as_ref() != zone.apex()
            && zone.rrset(owner.as_ref(), Rtype::NS).is_some()
        {
            cut = Some(owner);
            continue;
        }
        let is_address = matches!(rrset.rtype(), Rtype::A | Rtype::AAAA);
        if below || !is_address || owner.as_ref().is_wildcard() {
            continue;
        }
        let rank = u8::from(owner.as_ref().labels().next() != Some(b"www"));
        if rank < best.0 {
            best = (rank, owner, rrset.rtype());
        }
    }
    let (rank, name, rtype) = best;
    let name = name.to_string();
    let short = name
        .strip_suffix('.')
        .filter(|name| !name.is_empty() && !name.ends_with('\\'));
    Example {
        rank,
        name: short.unwrap_or(&name).to_owned(),
        rtype,
    }
}

/// More zones than this are only counted.
const SHOWN: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn banner(zones: usize) -> Banner {
        Banner {
            addresses: vec![
                "0.0.0.0:5300".parse().unwrap(),
                "[::]:5300".parse().unwrap(),
            ],
            tls_addresses: vec!["0.0.0.0:853".parse().unwrap()],
            metrics: Some("127.0.0.1:9153".parse().unwrap()),
            control: Some("/run/zonewright/7.sock".into()),
            zones: (0..zones)
                .map(|number| Line {
                    zone: format!("z{number}.example."),
                    serial: 7,
                    records: number + 1,
                    names: 3,
                    file: format!("zones/z{number}.example.zone"),
                })
                .collect(),
            failed: usize::from(zones > SHOWN),
            waiting: usize::from(zones > SHOWN),
            example: Some(Example {
                rank: 0,
                name: "www.z0.example".to_owned(),
                rtype: Rtype::A,
            }),
        }
    }

    #[test]
    fn people_see_what_is_served_and_what_to_try() {
        insta::assert_snapshot!(banner(2).text(), @"
        zonewright 0.1.0
          zone     z0.example.  zones/z0.example.zone  serial 7, 1 record at 3 names
          zone     z1.example.  zones/z1.example.zone  serial 7, 2 records at 3 names
          dns      0.0.0.0:5300, UDP and TCP
          dns      [::]:5300, UDP and TCP
          dns      0.0.0.0:853, TLS
          metrics  http://127.0.0.1:9153/metrics
          control  /run/zonewright/7.sock
          try      dig @127.0.0.1 -p 5300 www.z0.example A
        ");
        insta::assert_snapshot!(banner(12).text(), @"
        zonewright 0.1.0
          zone     z0.example.  zones/z0.example.zone  serial 7, 1 record at 3 names
          zone     z1.example.  zones/z1.example.zone  serial 7, 2 records at 3 names
          zone     z2.example.  zones/z2.example.zone  serial 7, 3 records at 3 names
          zone     z3.example.  zones/z3.example.zone  serial 7, 4 records at 3 names
          zone     z4.example.  zones/z4.example.zone  serial 7, 5 records at 3 names
          zone     z5.example.  zones/z5.example.zone  serial 7, 6 records at 3 names
          zone     z6.example.  zones/z6.example.zone  serial 7, 7 records at 3 names
          zone     z7.example.  zones/z7.example.zone  serial 7, 8 records at 3 names
          zone     z8.example.  zones/z8.example.zone  serial 7, 9 records at 3 names
          zone     z9.example.  zones/z9.example.zone  serial 7, 10 records at 3 names
                   and 2 more: zonewright zone list
                   1 zone not here yet, asked for at their primaries
                   1 zone not served, see above
          dns      0.0.0.0:5300, UDP and TCP
          dns      [::]:5300, UDP and TCP
          dns      0.0.0.0:853, TLS
          metrics  http://127.0.0.1:9153/metrics
          control  /run/zonewright/7.sock
          try      dig @127.0.0.1 -p 5300 www.z0.example A
        ");
        insta::assert_snapshot!(banner(2).ready(), @"ready: 2 zones on 0.0.0.0:5300, [::]:5300");
    }
}
