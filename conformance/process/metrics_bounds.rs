//! How many series of metrics there are: a number of the settings and the zones, whatever clients ask
//! and objects say.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use peers::{Options, Program, Server, Zone};

use super::site::{Check, PATIENCE, Site, answer, check, start, wait_for_address};
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[
    ("clients_and_objects_add_no_metrics", bounded),
    ("each_zone_has_the_same_few_metrics", per_zone),
];

/// The same kinds of questions and objects, first a few and then many others: of names, types,
/// clients, namespaces and mistakes.
fn bounded(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    std::fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    site.write("objects/first.yaml", &objects(0..3))?;
    let options = Options::new([site.zone("a.test", 1, "*.wild A 192.0.2.9")?]).arguments([
        format!("--manifests={}", site.path("objects").display()),
        "--domain-filter=example.org".to_owned(),
        "--policy=sync".to_owned(),
    ]);
    let server = start(program, &options)?;
    let settled = |last: u32| {
        wait_for_address(&server, &format!("name-{last}.example.org"), "192.0.2.1")?;
        // What is counted by the way is counted a moment later.
        let mut before = series(&server)?;
        let quiet = server.wait_for(PATIENCE, |server| {
            std::thread::park_timeout(Duration::from_millis(300));
            let now = series(server).unwrap_or_default();
            std::mem::replace(&mut before, now.clone()) == now
        });
        check(quiet, || "series keep coming".to_owned())?;
        Ok::<_, String>(before)
    };
    settled(2)?;
    ask_much(server.address(), 0)?;
    let few = settled(2)?;
    site.write("objects/more.yaml", &objects(3..303))?;
    for round in 1..4 {
        ask_much(server.address(), round)?;
    }
    let many = settled(302)?;
    let new: Vec<&String> = many.difference(&few).collect();
    check(new.is_empty(), || {
        format!("{} series, then {} more: {new:#?}", few.len(), new.len())
    })?;
    // Transports, families, 25 types and 17 codes, and what else there is; far fewer are in use.
    check(many.len() < 1500, || format!("{} series", many.len()))
}

fn per_zone(program: &Program) -> Result<(), String> {
    let count = |zones: usize| {
        let site = Site::new()?;
        let zones: Result<Vec<Zone>, String> = (0..zones)
            .map(|number| site.zone(&format!("zone-{number}.test"), 1, ""))
            .collect();
        let server = start(program, &Options::new(zones?))?;
        answer(server.address(), "ns.zone-0.test A")?;
        Ok::<_, String>(series(&server)?.len())
    };
    let (one, ten, hundred) = (count(1)?, count(10)?, count(100)?);
    let each = (ten - one) / 9;
    check(
        ten == one + 9 * each && hundred == one + 99 * each && each <= 8,
        || format!("{one} series with a zone, {ten} with ten, {hundred} with a hundred"),
    )
}

/// Services in namespaces of their own, each third of them with a mistake of its own.
fn objects(numbers: std::ops::Range<u32>) -> String {
    numbers
        .map(|number| {
            let ttl = match number % 3 {
                1 => format!("{number}x"),
                _ => "5m".to_owned(),
            };
            format!(
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{number}\n  namespace: space-{number}\n  annotations:\n    \
                 external-dns.kubernetes.io/hostname: name-{number}.example.org\n    external-dns.kubernetes.io/ttl: {ttl}\n\
                 spec: {{type: LoadBalancer}}\nstatus: {{loadBalancer: {{ingress: [{{ip: 192.0.2.1}}]}}}}\n---\n"
            )
        })
        .collect()
}

/// Asks by UDP from many addresses: all known types, unknown ones and kinds of requests; of names that
/// there are, that there are not, and that are nobody's here. Names and clients are those of the round.
fn ask_much(server: SocketAddr, round: u16) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    let client = |number: u16| {
        let [_, last] = (number % 200 + 2).to_be_bytes();
        let [_, third] = round.to_be_bytes();
        UdpSocket::bind((Ipv4Addr::new(127, 0, third, last), 0)).map_err(words)
    };
    let mut answered: u32 = 0;
    let mut asked: u32 = 0;
    for number in 0..400_u16 {
        let socket = client(number)?;
        socket
            .set_read_timeout(Some(Duration::from_millis(500)))
            .map_err(words)?;
        let unknown = 1000 + round * 400 + number;
        let rtype = if number < 300 { number } else { unknown };
        for (name, opcode) in [
            (format!("x{round}-{number}.wild.a.test"), 0),
            (format!("none-{round}-{number}.a.test"), 0),
            (format!("foreign-{round}-{number}.example.com"), 0),
            (format!("kind-{round}-{number}.a.test"), number % 16),
        ] {
            let sent = question(&name, rtype, opcode);
            socket.send_to(&sent, server).map_err(words)?;
            asked += 1;
            let mut reply = [0; 4096];
            answered += u32::from(socket.recv_from(&mut reply).is_ok());
        }
    }
    // One or the other may be dropped on a busy machine.
    check(answered * 10 > asked * 9, || {
        format!("{answered} answers to {asked} questions")
    })
}

/// A request with one question.
fn question(name: &str, rtype: u16, opcode: u16) -> Vec<u8> {
    let mut message = vec![0x12, 0x34];
    message.extend((opcode << 11).to_be_bytes());
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.extend(u8::try_from(label.len()));
        message.extend(label.bytes());
    }
    message.push(0);
    message.extend(rtype.to_be_bytes());
    message.extend([0, 1]);
    message
}

/// All series of the page of metrics, without their values.
fn series(server: &Server) -> Result<BTreeSet<String>, String> {
    let page = get(server, "/metrics")?;
    let lines = page.lines().skip_while(|line| !line.starts_with('#'));
    let samples = lines.filter(|line| !line.starts_with('#'));
    Ok(samples
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, _)| series.to_owned())
        .collect())
}
