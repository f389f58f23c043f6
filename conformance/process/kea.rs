//! Names of leases as Kea's DDNS server brings them, with its detection of conflicts (RFC 4703).
//!
//! ```text
//! a DHCP server's requests (UDP, JSON) ─→ kea-dhcp-ddns ─ UPDATE, signed, by UDP ─→ ours
//! ```
//!
//! Each name has a DHCID beside its address; who has another one may neither take the name nor take it
//! away. All of that is said by prerequisites, so it stands and falls with ours.

use std::fs::File;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use peers::{Options, Program, Server};

use super::signed::SECRET;
use super::site::{Check, NXDOMAIN, PATIENCE, Site, answer, ask, check, free, skip, start};
use super::tool;
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[("kea_names_leases_and_heeds_conflicts", leases)];

const FORWARD: &str = "kea.test";
const REVERSE: &str = "2.0.192.in-addr.arpa";

/// Two clients of the DHCP server, as DHCID records name them.
const ONE: &str = "0002010a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
const OTHER: &str = "000201ffeeddccbbaa99887766554433221100ffeeddccbbaa998877665544332211ff";

fn leases(program: &Program) -> Result<(), String> {
    if !tool::has(KEA) {
        skip("kea_names_leases", &format!("{KEA} is not installed"));
        return Ok(());
    }
    let site = Site::new()?;
    let server = serve(program, &site)?;
    let mut kea = Kea::start(&site, server.address())?;
    let host = format!("host.{FORWARD}");
    let has_address = |last: u8| holds(&server, &format!("{host} A"), &format!("192.0.2.{last}"));

    kea.ask(0, &host, 10, ONE)?;
    kea.wait_for("DHCP_DDNS_ADD_SUCCEEDED", 1)?;
    has_address(10)?;
    holds(&server, &format!("10.{REVERSE} PTR"), &format!("{host}."))?;
    let marked = |name: &str| answer(server.address(), &format!("{name} DHCID"));
    check(marked(&host)?.len() == 1, || "no DHCID".into())?;
    check(marked(&format!("10.{REVERSE}"))?.len() == 1, || {
        "no DHCID beside the PTR".into()
    })?;
    did("Kea", "update", "UDP");
    did("Kea", "TSIG", "sha256");
    did("Kea", "TSIG", "md5");

    // The same client has another address.
    kea.ask(0, &host, 11, ONE)?;
    kea.wait_for("DHCP_DDNS_ADD_SUCCEEDED", 2)?;
    has_address(11)?;
    // Another client asks for the name, and for one that is nobody's lease.
    kea.ask(0, &host, 12, OTHER)?;
    kea.wait_for("DHCP_DDNS_ADD_FAILED", 1)?;
    kea.ask(0, &format!("fixed.{FORWARD}"), 13, ONE)?;
    kea.wait_for("DHCP_DDNS_ADD_FAILED", 2)?;
    has_address(11)?;
    holds(&server, &format!("fixed.{FORWARD} A"), "192.0.2.99")?;
    did("Kea", "prerequisite", "");

    // It may not take the name away either, whatever it makes of that.
    kea.ask(1, &host, 11, OTHER)?;
    kea.wait_for("DHCP_DDNS_REMOVE_", 1)?;
    has_address(11)?;
    let removed = kea.said("DHCP_DDNS_REMOVE_SUCCEEDED");
    kea.ask(1, &host, 11, ONE)?;
    kea.wait_for("DHCP_DDNS_REMOVE_SUCCEEDED", removed + 1)?;
    for name in [host, format!("11.{REVERSE}")] {
        let rcode = ask(server.address(), &format!("{name} ANY"))?.rcode;
        check(rcode == NXDOMAIN, || format!("{name}: {rcode}"))?;
    }
    did("Kea", "delete", "");
    Ok(())
}

/// Whether an answer is one record of this data. Its TTL is Kea's business.
fn holds(server: &Server, query: &str, data: &str) -> Result<(), String> {
    let found = answer(server.address(), query)?;
    let ends = |line: &String| line.rsplit(' ').next() == Some(data);
    check(found.len() == 1 && found.iter().all(ends), || {
        format!("{query}: {found:?}, not {data}")
    })
}

fn serve(program: &Program, site: &Site) -> Result<Server, String> {
    let key = |name: &str, algorithm: &str| {
        format!("key \"{name}\" {{ algorithm {algorithm}; secret \"{SECRET}\"; }};\n")
    };
    site.write(
        "keys",
        &(key("forward", "hmac-sha256") + &key("reverse", "hmac-md5")),
    )?;
    let path = |name: &str| site.path(name).display().to_string();
    let zones = [
        site.zone(FORWARD, 7, "fixed A 192.0.2.99")?,
        site.zone(REVERSE, 7, "")?,
    ];
    let options = Options::new(zones).arguments([
        "--key-file".to_owned(),
        path("keys"),
        "--data-dir".into(),
        path("data"),
        "--update-policy".into(),
        format!("{FORWARD}=grant forward zonesub A AAAA DHCID"),
        "--update-policy".into(),
        format!("{REVERSE}=grant reverse zonesub PTR DHCID"),
    ]);
    start(program, &options)
}

/// The running DDNS server.
struct Kea<'a> {
    child: Child,
    site: &'a Site,
    /// Where it takes requests.
    address: SocketAddr,
}

impl<'a> Kea<'a> {
    fn start(site: &'a Site, server: SocketAddr) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("start {KEA}: {error}");
        let port = free()?;
        let at = format!(
            "{{\"ip-address\": \"127.0.0.1\", \"port\": {}}}",
            server.port()
        );
        let domain = |name: &str, key: &str| {
            format!(
                "{{\"ddns-domains\": [{{\"name\": \"{name}.\", \"key-name\": \"{key}\", \"dns-servers\": [{at}]}}]}}"
            )
        };
        let key = |name: &str, algorithm: &str| {
            format!(
                "{{\"name\": \"{name}\", \"algorithm\": \"{algorithm}\", \"secret\": \"{SECRET}\"}}"
            )
        };
        let config = format!(
            "{{\"DhcpDdns\": {{\"ip-address\": \"127.0.0.1\", \"port\": {port}, \"dns-server-timeout\": 2000, \
             \"ncr-protocol\": \"UDP\", \"ncr-format\": \"JSON\", \"tsig-keys\": [{}, {}], \
             \"forward-ddns\": {}, \"reverse-ddns\": {}, \
             \"loggers\": [{{\"name\": \"kea-dhcp-ddns\", \"severity\": \"INFO\", \
             \"output_options\": [{{\"output\": \"stdout\"}}]}}]}}}}\n",
            key("forward", "HMAC-SHA256"),
            key("reverse", "HMAC-MD5"),
            domain(FORWARD, "forward"),
            domain(REVERSE, "reverse"),
        );
        site.write("kea.conf", &config)?;
        let log = File::create(site.path("kea.log")).map_err(failed)?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", KEA, "-c"])
            .arg(site.path("kea.conf"))
            .env("PATH", tool::path())
            .env("KEA_PIDFILE_DIR", site.path(""))
            .env("KEA_LOCKFILE_DIR", "none")
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        let address = ([127, 0, 0, 1], port).into();
        let mut kea = Self {
            child,
            site,
            address,
        };
        kea.wait_for("DHCP_DDNS_STARTED", 1)?;
        Ok(kea)
    }

    /// Asks to add (0) or remove (1) a name for an address and the client that has leased it.
    fn ask(&self, change: u8, name: &str, last: u8, client: &str) -> Result<(), String> {
        let request = format!(
            "{{\"change-type\": {change}, \"forward-change\": true, \"reverse-change\": true, \
             \"fqdn\": \"{name}.\", \"ip-address\": \"192.0.2.{last}\", \"dhcid\": \"{client}\", \
             \"lease-expires-on\": \"20360101000000\", \"lease-length\": 1200, \
             \"use-conflict-resolution\": true, \"conflict-resolution-mode\": \"check-with-dhcid\"}}"
        );
        let length = u16::try_from(request.len()).map_err(|error| error.to_string())?;
        let bytes = [&length.to_be_bytes(), request.as_bytes()].concat();
        let sent = UdpSocket::bind(("127.0.0.1", 0))
            .and_then(|socket| socket.send_to(&bytes, self.address));
        sent.map(drop).map_err(|error| error.to_string())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.site.path("kea.log")).unwrap_or_default()
    }

    /// How often it has said this.
    fn said(&self, text: &str) -> usize {
        self.log().matches(text).count()
    }

    /// Waits until it has said this so often.
    fn wait_for(&mut self, text: &str, count: usize) -> Result<(), String> {
        let begin = Instant::now();
        while self.said(text) < count {
            let ended = self.child.try_wait().ok().flatten();
            check(ended.is_none() && begin.elapsed() < PATIENCE, || {
                format!("{text} is not said {count} times:\n{}", self.log())
            })?;
            pause();
        }
        Ok(())
    }
}

impl Drop for Kea<'_> {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "another program tells its state only when asked again and again"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

const KEA: &str = "kea-dhcp-ddns";
