//! Primaries that swallow all that they are sent, and such that tell of changes without end: they cost
//! nobody else anything.

use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use peers::{Key, Options, Program, Ready};

use super::site::{
    Check, SERVFAIL, Site, check, free, start, wait_for_log, wait_for_rcode, wait_for_serial,
};
use super::tool;
use super::transfer::ZONE;
use crate::client::Query;

pub(super) const TRIALS: &[Check] = &[
    ("primaries_that_swallow_all_hold_nobody_up", swallowed),
    ("a_primary_is_asked_seldom_however_often_it_tells", storm),
];

/// A primary that takes no connection and answers nothing, as behind a firewall that drops packets.
struct Hole {
    address: SocketAddr,
    _udp: UdpSocket,
    _listener: socket2::Socket,
    /// What fills the queue of those who wait to be taken.
    _waiting: Vec<TcpStream>,
}

impl Hole {
    fn new() -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let address = udp.local_addr().map_err(failed)?;
        let domain = socket2::Domain::IPV4;
        let listener = socket2::Socket::new(domain, socket2::Type::STREAM, None).map_err(failed)?;
        listener.bind(&address.into()).map_err(failed)?;
        listener.listen(0).map_err(failed)?;
        let short = Duration::from_millis(300);
        let waiting = std::iter::from_fn(|| TcpStream::connect_timeout(&address, short).ok());
        Ok(Self {
            address,
            _udp: udp,
            _listener: listener,
            _waiting: waiting.take(8).collect(),
        })
    }
}

fn swallowed(program: &Program) -> Result<(), String> {
    let (hole, site) = (Hole::new()?, Site::new()?);
    let told = free()?;
    let primary = Options::new([site.zone(ZONE, 10, "")?]).arguments([
        "--allow-transfer".to_owned(),
        "127.0.0.1".into(),
        "--update-policy".into(),
        "grant 127.0.0.1 zonesub ANY".into(),
        "--notify".into(),
        format!("127.0.0.1:{told}"),
    ]);
    let primary = start(program, &primary)?;
    let own = site.path("own.test").display().to_string();
    site.zone("own.test", 1, "")?;
    let mut flags = vec!["--forward-updates".to_owned(), "--zone-file".into(), own];
    // More than may be asked at a time, and first.
    for number in 0..50 {
        flags.extend([
            "--secondary".to_owned(),
            format!("hole{number}.test={}", hole.address),
        ]);
    }
    flags.extend([
        "--secondary".to_owned(),
        format!("{ZONE}={}", primary.address()),
    ]);
    let ready = Ready::Zones(vec!["own.test".to_owned()]);
    let options = Options::new([]).port(told).arguments(flags).ready(ready);
    let begin = Instant::now();
    let ours = start(program, &options)?;
    wait_for_serial(&ours, ZONE, 10)?;
    // Those of the hole have not even failed by then.
    check(begin.elapsed() < Duration::from_secs(5), || {
        format!("{:?}:\n{}", begin.elapsed(), ours.log())
    })?;
    for number in 1..4 {
        let lines = format!("update add n{number}.{ZONE}. 60 TXT \"n\"\nsend");
        let said = tool::update("nsupdate", &["-v"], primary.address(), ZONE, &lines)?;
        check(said.well, || said.text.clone())?;
        let begin = Instant::now();
        wait_for_serial(&ours, ZONE, 10 + number)?;
        check(begin.elapsed() < Duration::from_secs(4), || {
            format!("{number}: {:?}:\n{}", begin.elapsed(), ours.log())
        })?;
        // Clients of zones that cannot be handed on are told before they ask again.
        let hole = format!("hole{number}.test");
        let lines = format!("update add n.{hole}. 60 TXT \"n\"\nsend");
        let begin = Instant::now();
        let key = Key::new("any").argument();
        let said = tool::update("nsupdate", &["-y", &key], ours.address(), &hole, &lines)?;
        check(!said.well && said.text.contains("SERVFAIL"), || {
            format!("{}\n{}", said.text, ours.log())
        })?;
        check(begin.elapsed() < Duration::from_millis(2500), || {
            format!("{number}: {:?}", begin.elapsed())
        })?;
    }
    wait_for_log(&ours, "zone=hole7.test. error=")?;
    wait_for_rcode(&ours, "hole7.test SOA", SERVFAIL)
}

/// A thousand notifications, of a primary that has nothing new.
fn storm(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let primary = Options::new([site.zone(ZONE, 10, "")?]).arguments([
        "--allow-transfer",
        "127.0.0.1",
        "--log-level",
        "debug",
    ]);
    let primary = start(program, &primary)?;
    let followed = format!("{ZONE}={}", primary.address());
    let ours = Options::new([]).arguments(["--secondary", &*followed]);
    let ours = start(program, &ours.ready(Ready::Zones(vec![ZONE.to_owned()])))?;
    wait_for_serial(&ours, ZONE, 10)?;
    let failed = |error: std::io::Error| error.to_string();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let query = Query::parse(&format!("{ZONE} SOA +opcode=4 +aa"))?;
    let asked = || primary.log().matches("transfer").count();
    let (before, begin) = (asked(), Instant::now());
    for _ in 0..1000 {
        socket
            .send_to(&query.bytes, ours.address())
            .map_err(failed)?;
        std::thread::park_timeout(Duration::from_millis(1));
    }
    wait_for_serial(&ours, ZONE, 10)?;
    let tenths = begin.elapsed().as_millis() / 100;
    let times = u128::try_from(asked() - before).unwrap_or(u128::MAX);
    check((1..=3 * tenths + 3).contains(&times), || {
        format!(
            "{times} times in {tenths} tenths of a second:\n{}",
            primary.log()
        )
    })
}
