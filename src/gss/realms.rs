//! Where the KDCs of a realm are: in `krb5.conf`, else in DNS (RFC 4120 §7.2.3).

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use client::{Answer, Clock, Host, Limits, Section, Server, Settings};
use wire::{Name, NameRef, Rcode, Rtype};

use crate::conf::Conf;
use crate::fault::{Code, Fault};
use crate::kdc::Kdc;
use crate::message::KrbError;

/// The realms that are known, and how others are found.
#[derive(Clone, Debug)]
pub struct Realms {
    conf: Conf,
    /// The file that names the resolvers.
    resolv_conf: PathBuf,
    clock: Clock,
}

impl Realms {
    /// The realms of this configuration; others are looked up at the resolvers that `resolv_conf`
    /// names.
    #[must_use]
    pub fn new(conf: Conf, resolv_conf: PathBuf, clock: Clock) -> Self {
        Self {
            conf,
            resolv_conf,
            clock,
        }
    }

    /// The realm that a host is said to be in.
    pub(crate) fn of_host(&self, host: &str) -> Option<&str> {
        self.conf.realm_of(host)
    }

    /// Asks one KDC of a realm after the other. Tells which one answered.
    pub(crate) async fn exchange(
        &self,
        realm: &str,
        message: &[u8],
    ) -> Result<(Box<str>, Vec<u8>), Fault> {
        let mut last = Fault::NoKdc {
            realm: realm.into(),
        };
        for kdc in self.kdcs(realm).await? {
            let label = kdc.to_string().into();
            match kdc.exchange(message).await {
                Ok(answer) if is_unavailable(&answer) => {
                    last = Fault::Unreachable {
                        realm: realm.into(),
                        kdc: label,
                        source: std::io::Error::other("it says that it is not available"),
                    };
                }
                Ok(answer) => return Ok((label, answer)),
                Err(source) => {
                    last = Fault::Unreachable {
                        realm: realm.into(),
                        kdc: label,
                        source,
                    };
                }
            }
        }
        Err(last)
    }

    async fn kdcs(&self, realm: &str) -> Result<Vec<Kdc>, Fault> {
        let named = self.conf.kdcs(realm)?;
        if !named.is_empty() || !self.conf.allows_lookup() {
            return Ok(named.to_vec());
        }
        let resolvers = self.resolvers().into_iter().map(|it| (it, 53));
        self.look_up(realm, resolvers).await
    }

    /// Asks one resolver after the other, until one knows.
    async fn look_up(
        &self,
        realm: &str,
        resolvers: impl Iterator<Item = (IpAddr, u16)>,
    ) -> Result<Vec<Kdc>, Fault> {
        let text = format!("_kerberos._tcp.{realm}");
        let Ok(name) = Name::from_text(text.as_bytes(), Some(NameRef::ROOT)) else {
            return Ok(Vec::new());
        };
        let mut last = None;
        for (address, port) in resolvers {
            let resolver = Server::new(Settings {
                host: Host::Address(address),
                port,
                tls: None,
                key: None,
                limits: Limits {
                    connect: Duration::from_secs(3),
                    answer: Duration::from_secs(6),
                    ..Limits::default()
                },
                clock: self.clock,
            });
            match resolver.resolve(name.as_ref(), Rtype::SRV).await {
                Ok(answer) if matches!(answer.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) => {
                    return Ok(services(&answer));
                }
                // It could not find out, or does not work for us: that says nothing of the realm.
                Ok(answer) => {
                    last = Some(Fault::Lookup {
                        realm: realm.into(),
                        resolver: address.to_string().into(),
                        rcode: answer.rcode(),
                    });
                }
                Err(fault) => last = Some(fault.into()),
            }
        }
        last.map_or_else(|| Ok(Vec::new()), Err)
    }

    /// As the C library reads them: three at most, and one here if there are none.
    fn resolvers(&self) -> Vec<IpAddr> {
        let text = fs::read_to_string(&self.resolv_conf).unwrap_or_default();
        let addresses = text.lines().filter_map(|line| {
            let rest = line.trim().strip_prefix("nameserver")?;
            rest.trim().parse().ok()
        });
        let addresses: Vec<IpAddr> = addresses.take(3).collect();
        if addresses.is_empty() {
            vec![Ipv4Addr::LOCALHOST.into()]
        } else {
            addresses
        }
    }
}

/// The KDCs of SRV records (RFC 2782): by priority, the heaviest first.
fn services(answer: &Answer) -> Vec<Kdc> {
    let mut found = Vec::new();
    for (section, record) in answer.records().flatten() {
        if section != Section::Answer || record.rtype != Rtype::SRV {
            continue;
        }
        let Some((&[p0, p1, w0, w1, port0, port1], target)) = record.rdata.split_first_chunk()
        else {
            continue;
        };
        let Ok(target) = NameRef::read(target) else {
            continue;
        };
        // The root says that there is none.
        if let Ok(host) = target.to_string().parse::<Host>() {
            let port = u16::from_be_bytes([port0, port1]);
            let weight = u16::from_be_bytes([w0, w1]);
            let order = (u16::from_be_bytes([p0, p1]), u16::MAX - weight);
            found.push((order, Kdc { host, port }));
        }
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().take(MOST).map(|(_, kdc)| kdc).collect()
}

/// Whether a KDC says that it cannot answer now.
fn is_unavailable(answer: &[u8]) -> bool {
    matches!(KrbError::read(answer), Some(Ok(error)) if Code(error.code) == Code::UNAVAILABLE)
}

/// As many are tried.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use client::compose;
    use tokio::net::UdpSocket;
    use tokio::task::JoinSet;

    use super::*;

    /// An answer with SRV records of these priorities, weights, ports and labels of targets.
    fn answer(records: &[(u16, u16, u16, &[u8])]) -> Answer {
        let name = Name::from_text(b"_kerberos._tcp.a.test.", None).unwrap();
        let request = compose::recursive_query(7, name.as_ref(), Rtype::SRV);
        let mut message = request.clone();
        message[2] |= 0x80;
        message[7] = u8::try_from(records.len()).unwrap();
        for (priority, weight, port, target) in records {
            message.extend([0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0]);
            message.push(u8::try_from(6 + target.len()).unwrap());
            for number in [priority, weight, port] {
                message.extend(number.to_be_bytes());
            }
            message.extend_from_slice(target);
        }
        Answer::of(&request, message).unwrap()
    }

    #[test]
    fn services_come_by_priority_and_weight() {
        let found = services(&answer(&[
            (10, 0, 88, b"\x01c\0"),
            (0, 1, 88, b"\x01b\0"),
            (0, 9, 1088, b"\x01a\0"),
        ]));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a:1088", "b:88", "c:88"]);
        // RFC 2782: the root says that there is none.
        assert!(services(&answer(&[(0, 0, 0, b"\0")])).is_empty());
        assert!(services(&answer(&[])).is_empty());
    }

    /// What is found by way of resolvers that answer with these response codes; who knows the realm
    /// names one KDC.
    async fn look_up(rcodes: &[u8]) -> Result<usize, Fault> {
        let mut tasks = JoinSet::new();
        let mut resolvers = Vec::new();
        for &rcode in rcodes {
            let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
            let address = socket.local_addr().unwrap();
            resolvers.push((address.ip(), address.port()));
            tasks.spawn(async move {
                let mut bytes = [0; 512];
                while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                    let mut message = bytes[..length].to_vec();
                    message[2] |= 0x80;
                    message[3] |= rcode;
                    if rcode == 0 {
                        message[7] = 1;
                        message
                            .extend(b"\xC0\x0C\0\x21\0\x01\0\0\0\x3C\0\x09\0\0\0\0\0\x58\x01a\0");
                    }
                    socket.send_to(&message, from).await.unwrap();
                }
            });
        }
        let realms = Realms::new(Conf::default(), "/none".into(), || 0);
        let found = realms.look_up("A.TEST", resolvers.into_iter()).await;
        found.map(|kdcs| kdcs.len())
    }

    #[tokio::test]
    async fn resolvers_that_could_not_find_out_are_passed_over() {
        let [ok, servfail, nxdomain, refused] = [0, 2, 3, 5];
        for (rcodes, expected) in [
            (&[servfail, ok][..], 1),
            (&[refused, servfail, ok], 1),
            (&[nxdomain, ok], 0),
            (&[servfail, nxdomain], 0),
        ] {
            assert_eq!(look_up(rcodes).await.unwrap(), expected, "{rcodes:?}");
        }
        let fault = look_up(&[servfail, refused]).await.unwrap_err();
        assert_eq!(
            fault.to_string(),
            "resolver 127.0.0.1 answers REFUSED when asked for the KDCs of realm \"A.TEST\""
        );
        assert!(!fault.is_refusal());
    }

    #[test]
    fn resolvers_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("resolv.conf");
        let text =
            "# x\nsearch a.test\nnameserver 192.0.2.1\n nameserver 2001:db8::1\nnameserver x\n";
        fs::write(&file, text).unwrap();
        let resolvers = |file| Realms::new(Conf::default(), file, || 0).resolvers();
        let expected: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        assert_eq!(resolvers(file), expected);
        let here: [IpAddr; 1] = [Ipv4Addr::LOCALHOST.into()];
        assert_eq!(resolvers(folder.path().join("none")), here);
    }
}
