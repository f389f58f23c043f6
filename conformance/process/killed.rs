//! Updates under `kill -9`: what was acknowledged is there afterwards, and nothing that nobody asked for;
//! and a secondary follows through all of it, by steps.
//!
//! `CONFORMANCE_KILLS` says how often (100). A power cut is not tried here: what a kernel has not yet
//! written cannot be taken from it without a disk of one's own. The tests of the journal and of the
//! store do that, on a disk that forgets what was not synced, in whole, in part or in single sectors.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use peers::{Options, Program, Server, Signal};

use super::site::{Check, PATIENCE, Site, answer, check, free, serial, start};
use super::tool;

pub(super) const TRIALS: &[Check] = &[("no_acknowledged_update_is_lost_by_kills", kills)];

/// What one client knows of its names: the last address that was acknowledged, none for none; and what
/// it asked for last, if nobody has answered that.
#[derive(Clone, Debug, Default)]
struct Known {
    acknowledged: BTreeMap<u8, Option<u8>>,
    pending: Option<(u8, Option<u8>)>,
    count: usize,
}

fn kills(program: &Program) -> Result<(), String> {
    let rounds = match std::env::var("CONFORMANCE_KILLS") {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("CONFORMANCE_KILLS is {text:?}"))?,
        Err(_) => 100,
    };
    let site = Site::new()?;
    let data = site.path("data");
    let (ours, told) = (free()?, free()?);
    let options = Options::new([site.zone("a.test", 1, "")?]).arguments([
        "--update-policy".to_owned(),
        "grant 127.0.0.1 zonesub A".to_owned(),
        "--data-dir".to_owned(),
        data.display().to_string(),
        "--allow-transfer".to_owned(),
        "127.0.0.1".to_owned(),
        "--notify".to_owned(),
        format!("127.0.0.1:{told}"),
    ]);
    let options = options.port(ours);
    let followed = format!("a.test=127.0.0.1:{ours}");
    let following = Options::new([site.zone("own.test", 1, "")?]).port(told);
    let following = following.arguments([
        "--secondary".to_owned(),
        followed,
        "--allow-transfer".to_owned(),
        "127.0.0.1".to_owned(),
    ]);
    let secondary = start(program, &following)?;
    let mut clients: Vec<Known> = vec![Known::default(); CLIENTS];
    let mut random = Random(1);
    let mut last = 0;
    for round in 0..rounds {
        let mut server = start(program, &options)?;
        let address = server.address();
        let now = serial(address, "a.test").ok_or("no serial")?;
        check(round == 0 || now > last, || {
            format!("round {round}: serial {now} after {last}")
        })?;
        let same = secondary.wait_for(PATIENCE, |one| serial(one.address(), "a.test") == Some(now));
        check(same, || {
            let found = serial(secondary.address(), "a.test");
            let log = secondary.log();
            format!("round {round}: the secondary has {found:?}, not {now}:\n{log}")
        })?;
        if round % 10 == 0 {
            let here = tool::contents(address, "a.test", None)?;
            let there = tool::contents(secondary.address(), "a.test", None)?;
            check(here == there, || {
                format!("round {round}: {here:#?}\nthe secondary: {there:#?}")
            })?;
        }
        for (number, known) in clients.iter_mut().enumerate() {
            verify(&server, number, known).map_err(|error| format!("round {round}: {error}"))?;
        }
        let threads: Vec<_> = clients
            .into_iter()
            .enumerate()
            .map(|(number, known)| {
                let seed = random.next();
                thread::spawn(move || update(address, number, known, Random(seed)))
            })
            .collect();
        let time = Duration::from_millis(5 + random.next() % 100);
        thread::park_timeout(time);
        // What is shown may be newer than what was acknowledged, never older afterwards.
        let shown = serial(address, "a.test");
        server
            .signal(Signal::Kill)
            .map_err(|error| error.to_string())?;
        server.wait(Duration::from_secs(5));
        let joined = threads.into_iter().map(|thread| thread.join());
        clients = joined
            .collect::<Result<_, _>>()
            .map_err(|_| "a client panicked".to_owned())?;
        last = shown.unwrap_or(now);
    }
    let log = secondary.log();
    let taken = log.lines().filter(|line| line.contains("from its primary"));
    let whole = taken.filter(|line| line.contains("kind=whole")).count();
    check(whole <= 1, || {
        format!("{whole} whole transfers in {rounds} rounds, not the first alone:\n{log}")
    })?;
    let count: usize = clients.iter().map(|known| known.count).sum();
    check(count > rounds, || {
        format!("only {count} updates in {rounds} rounds")
    })
}

/// Whether a client's names are as it knows them; what it does not know it learns.
fn verify(server: &Server, client: usize, known: &mut Known) -> Result<(), String> {
    let pending = known.pending.take();
    for name in 0..NAMES {
        let owner = owner(client, name);
        let lines = answer(server.address(), &format!("{owner} A"))?;
        let found = match &lines[..] {
            [] => None,
            [line] => line.rsplit('.').next().and_then(|last| last.parse().ok()),
            _ => return Err(format!("{owner}: {lines:?}")),
        };
        let acknowledged = known.acknowledged.get(&name).copied().flatten();
        let asked = pending
            .filter(|(of, _)| *of == name)
            .map(|(_, wanted)| wanted);
        check(found == acknowledged || Some(found) == asked, || {
            let log = server.log();
            format!("{owner}: {lines:?}; acknowledged {acknowledged:?}, asked {asked:?}\n{log}")
        })?;
        known.acknowledged.insert(name, found);
    }
    Ok(())
}

/// Updates names until the server is gone.
fn update(server: SocketAddr, client: usize, mut known: Known, mut random: Random) -> Known {
    let Ok(mut stream) = TcpStream::connect(server) else {
        return known;
    };
    loop {
        let name = random.below(NAMES);
        let wanted = match random.next() % 3 {
            0 => None,
            _ => Some(random.below(250)),
        };
        known.pending = Some((name, wanted));
        match exchange(&mut stream, &message(client, name, wanted)) {
            Some(0) => {
                known.pending = None;
                known.acknowledged.insert(name, wanted);
                known.count += 1;
            }
            // Not carried out, and said so.
            Some(_) => known.pending = None,
            None => return known,
        }
    }
}

/// The response code of the answer; none when the server is gone.
fn exchange(stream: &mut TcpStream, message: &[u8]) -> Option<u8> {
    let length = u16::try_from(message.len()).ok()?;
    stream
        .write_all(&[&length.to_be_bytes()[..], message].concat())
        .ok()?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply).ok()?;
    reply.get(3).map(|flags| flags & 0x0F)
}

/// An UPDATE of "a.test." that leaves a name with this address alone, or with none.
fn message(client: usize, name: u8, wanted: Option<u8>) -> Vec<u8> {
    let count = if wanted.is_some() { 2 } else { 1 };
    let mut message = vec![7, 7, 0x28, 0, 0, 1, 0, 0, 0, count, 0, 0];
    message.extend(b"\x01a\x04test\x00\x00\x06\x00\x01");
    let label = format!("n{client}-{name}");
    let mut owner = vec![u8::try_from(label.len()).unwrap_or(0)];
    owner.extend(label.as_bytes());
    owner.extend(b"\xC0\x0C");
    message.extend(&owner);
    // Class ANY, without data: all addresses of the name go.
    message.extend([0, 1, 0, 255, 0, 0, 0, 0, 0, 0]);
    if let Some(last) = wanted {
        message.extend(&owner);
        message.extend([0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, last]);
    }
    message
}

fn owner(client: usize, name: u8) -> String {
    format!("n{client}-{name}.a.test")
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: u8) -> u8 {
        u8::try_from(self.next() % u64::from(limit)).unwrap_or(0)
    }
}

/// How many clients update at a time.
const CLIENTS: usize = 4;

/// How many names each has.
const NAMES: u8 = 12;
