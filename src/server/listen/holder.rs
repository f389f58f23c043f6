//! Who has a port: read from `/proc`, as far as this process may see.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Somebody else's socket on a port that we want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The address it is bound to.
    pub address: SocketAddr,
    /// The process, if we may see it.
    pub process: Option<Process>,
}

/// A process that holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: u32,
}

impl Holder {
    /// Looks for the socket that stands in the way of this address.
    #[must_use]
    pub fn find(address: SocketAddr) -> Option<Self> {
        Self::find_in(Path::new("/proc"), address)
    }

    fn find_in(proc: &Path, address: SocketAddr) -> Option<Self> {
        let tables = ["tcp", "udp", "tcp6", "udp6"];
        let entry = tables.iter().find_map(|table| {
            let text = fs::read_to_string(proc.join("net").join(table)).ok()?;
            let listening = table.starts_with("tcp").then_some("0A");
            text.lines()
                .skip(1)
                .filter_map(|line| Entry::parse(line, listening))
                .find(|entry| overlap(entry.address, address))
        })?;
        Some(Self {
            address: entry.address,
            process: process(proc, entry.inode),
        })
    }

    /// The rest of a sentence that says who has the port and what to do about it; `flag` names the
    /// address.
    #[must_use]
    pub fn explain(holder: Option<&Self>, wanted: SocketAddr, flag: &str) -> String {
        let who = match holder {
            Some(Self {
                address,
                process: Some(Process { name, id }),
            }) => {
                format!(" by \"{name}\" (process {id}, on {address})")
            }
            Some(Self {
                address,
                process: None,
            }) => format!(" by a process on {address}"),
            None => String::new(),
        };
        let way_out = match holder {
            Some(holder) if holder.is_resolved() => {
                "that is the stub of systemd-resolved: listen on the addresses of this machine \
                 instead of all, or set DNSStubListener=no in /etc/systemd/resolved.conf and \
                 restart systemd-resolved"
            }
            Some(Self {
                process: Some(process),
                ..
            }) if process.id == std::process::id() => {
                "that is this very process: two of the addresses to listen on overlap"
            }
            _ => &format!("stop it or choose another address or port with {flag}"),
        };
        let look = match holder {
            Some(_) => String::new(),
            None => format!(" (`ss -lntup sport = :{}` shows who has it)", wanted.port()),
        };
        format!("{who}; {way_out}{look}")
    }

    /// systemd-resolved listens at 127.0.0.53 and 127.0.0.54, whoever may see its process.
    fn is_resolved(&self) -> bool {
        let stub = [
            IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53)),
            IpAddr::V4(Ipv4Addr::new(127, 0, 0, 54)),
        ];
        // The kernel cuts names of processes to 15 bytes.
        let named = |process: &Process| process.name.starts_with("systemd-resolve");
        match &self.process {
            Some(process) => named(process),
            None => stub.contains(&self.address.ip()),
        }
    }
}

/// A line of `/proc/net/tcp` and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    address: SocketAddr,
    inode: u64,
}

impl Entry {
    /// Reads a line; none if the socket is in another state than asked for.
    fn parse(line: &str, state: Option<&str>) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let (address, port) = fields.nth(1)?.split_once(':')?;
        let actual = fields.nth(1)?;
        if state.is_some_and(|state| state != actual) {
            return None;
        }
        let inode = fields.nth(5)?.parse().ok()?;
        // The kernel prints words of the network's byte order as numbers of the machine.
        let ip: IpAddr = match address.len() {
            8 => {
                let word = u32::from_str_radix(address, 16).ok()?;
                Ipv4Addr::from(word.to_ne_bytes()).into()
            }
            32 => {
                let mut octets = [0; 16];
                for (at, chunk) in octets.chunks_exact_mut(4).enumerate() {
                    let word = address.get(at * 8..at * 8 + 8)?;
                    let word = u32::from_str_radix(word, 16).ok()?;
                    chunk.copy_from_slice(&word.to_ne_bytes());
                }
                Ipv6Addr::from(octets).into()
            }
            _ => return None,
        };
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(Self {
            address: (ip, port).into(),
            inode,
        })
    }
}

/// Whether two sockets cannot have these addresses at once. One for all of IPv6 often takes IPv4
/// with it.
fn overlap(held: SocketAddr, wanted: SocketAddr) -> bool {
    held.port() == wanted.port()
        && (held.ip() == wanted.ip()
            || held.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
            || held.is_ipv4() == wanted.is_ipv4()
                && (held.ip().is_unspecified() || wanted.ip().is_unspecified()))
}

/// The process that has this socket open.
fn process(proc: &Path, inode: u64) -> Option<Process> {
    let socket = format!("socket:[{inode}]");
    for entry in fs::read_dir(proc).ok()?.flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // Those of other users can't be read: they are passed over.
        let Ok(open) = fs::read_dir(entry.path().join("fd")) else {
            continue;
        };
        let mut links = open
            .flatten()
            .filter_map(|fd| fs::read_link(fd.path()).ok());
        if links.any(|link| link.as_os_str() == socket.as_str()) {
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            let name = name.trim_end().to_owned();
            return Some(Process { name, id });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn sockets_are_read_from_the_kernels_tables() {
        let cases = [
            (
                "  0: 3500007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101 \
                 0 18765 1 0000000000000000 100 0 0 10 5",
                Some(("127.0.0.53:53", 18765)),
            ),
            (
                " 12: 00000000000000000000000001000000:14E9 \
                 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 \
                 0 0 42 1",
                Some(("[::1]:5353", 42)),
            ),
            (
                "  0: 3500007F:0035 00000000:0000 01 00000000:00000000 00:00000000 00000000   101 \
                 0 18765",
                None,
            ),
            ("  0: 35:0035", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(address, inode)| Entry {
                address: address.parse().unwrap(),
                inode,
            });
            assert_eq!(Entry::parse(line, Some("0A")), expected, "{line}");
        }
    }

    #[test]
    fn wildcards_stand_in_the_way_of_single_addresses() {
        let cases = [
            ("127.0.0.53:53", "0.0.0.0:53", true),
            ("0.0.0.0:53", "127.0.0.1:53", true),
            ("[::]:53", "127.0.0.1:53", true),
            ("127.0.0.1:53", "127.0.0.1:53", true),
            ("127.0.0.1:53", "127.0.0.2:53", false),
            ("127.0.0.1:53", "[::]:53", false),
            ("0.0.0.0:54", "127.0.0.1:53", false),
            ("[::1]:53", "[::]:53", true),
        ];
        for (held, wanted, expected) in cases {
            let found = overlap(held.parse().unwrap(), wanted.parse().unwrap());
            assert_eq!(found, expected, "{held} and {wanted}");
        }
    }
}
