//! What does a change cost in a zone of a million records, and do answers feel it?

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use benches::{Arguments, Mix, Random, apex, pause, pin, question, records, say, thread_time};
use server::handle::Handle;
use server::metrics::Metrics;
use server::pipeline::{Authority, Core, CoreOptions};
use server::slot::{Slot, Transport};
use wire::{Name, Rtype, Ttl};
use zone::{Change, Layer, Rrset, Store};

const HOSTS: usize = 1_000_000;

fn main() {
    let arguments = Arguments::read();
    // Instructions of a commit hardly grow with the zone, and a large one takes long to make then.
    let hosts = if arguments.timed() { HOSTS } else { 10_000 };
    let store = Arc::new(Store::new([1, 2]));
    if store.replace_static(&records(hosts)).is_err() {
        return;
    }
    for (name, kind) in [
        ("one new name", Kind::New),
        ("one changed name", Kind::Changed),
        ("one name away", Kind::Away),
    ] {
        let name = format!("{hosts} records, {name}");
        commits(&arguments, &name, &store, kind);
    }
    if arguments.timed() && arguments.runs("answers under commits") {
        answers_under_commits(&store);
    }
}

#[derive(Clone, Copy)]
enum Kind {
    /// Records for a name that has none.
    New,
    /// Another address for a name that has one.
    Changed,
    /// The records of the names that were added.
    Away,
}

/// The change of this kind with this number.
fn change(kind: Kind, number: usize) -> Change {
    // Between the names that are there, and far from the change before.
    let label = format!("host-{:07}-new", number.wrapping_mul(7919) % HOSTS);
    let owner = apex().child(label.as_bytes()).unwrap_or_else(Name::root);
    let [.., b, c, d] = number.to_be_bytes();
    let address: Box<[u8]> = match kind {
        Kind::New => [10, b, c, d].into(),
        _ => [11, b, c, d].into(),
    };
    let rrset = Rrset {
        rtype: Rtype::A,
        ttl: Ttl::from_secs(300),
        rdatas: vec![address],
    };
    Change {
        owner,
        rtype: Rtype::A,
        layer: Layer::Synced,
        rrset: (!matches!(kind, Kind::Away)).then_some(rrset),
    }
}

/// Commits changes one by one, each seen by readers before the next is made.
fn commits(arguments: &Arguments, name: &str, store: &Store, kind: Kind) {
    let apex = apex();
    if !arguments.timed() {
        // Changed and removed names would have to be added first, which is not to be counted.
        if !matches!(kind, Kind::New) {
            return;
        }
        let mut number = 0;
        arguments.case(name, COMMITS / 10, |ops| {
            for _ in 0..ops {
                number += 1;
                black_box(store.commit(&apex, vec![change(kind, number)]).is_ok());
            }
        });
        return;
    }
    // Later kinds need what the earlier ones did, so all of them run; the filter is for the eye.
    let mut times: Vec<Duration> = (0..COMMITS)
        .filter_map(|number| {
            let changes = vec![change(kind, number)];
            let begin = thread_time();
            let done = store.commit(&apex, changes).ok()?;
            let time = thread_time() - begin;
            done.changed.then_some(time)
        })
        .collect();
    if arguments.runs(name) {
        say(name, &percentiles(&mut times));
    }
}

/// Answers one request at a time, quiet and with a thousand commits a second on the other core.
fn answers_under_commits(store: &Arc<Store>) {
    let core = Core::new(
        CoreOptions::default(),
        Authority::default(),
        Arc::clone(store),
        Metrics::new(),
    );
    let mut worker = core.worker();
    let mut random = Random::new(3);
    let questions: Vec<Vec<u8>> = (0..1 << 16)
        .map(|_| question(Mix::Mixed.name_to_ask(&mut random, HOSTS).as_ref(), true))
        .collect();
    let mut slots = [Slot::new(Transport::Udp, 512, 1232)];
    let mut answer_all = || -> Vec<Duration> {
        let mut one = |question: &Vec<u8>| {
            let now = Instant::now();
            for slot in &mut slots {
                slot.request[..question.len()].copy_from_slice(question);
                slot.request_len = question.len();
            }
            worker.handle(&mut slots, now);
            now.elapsed()
        };
        (0..16)
            .flat_map(|_| questions.iter().map(&mut one).collect::<Vec<_>>())
            .collect()
    };
    if pin(0).is_err() {
        return;
    }
    answer_all();
    // Rounds take turns, so that what else the machine does falls on both.
    let (mut quiet, mut busy, mut done) = (Vec::new(), Vec::new(), 0);
    for _ in 0..3 {
        quiet.extend(answer_all());
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let committer = scope.spawn(|| commit_steadily(store, &stop));
            busy.extend(answer_all());
            stop.store(true, Relaxed);
            done += committer.join().unwrap_or(0);
        });
    }
    say("answers, quiet", &percentiles(&mut quiet));
    let name = "answers, 1000 commits a second beside them";
    say(name, &format!("{}, {done} commits", percentiles(&mut busy)));
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let ratio = at(&busy, part).as_secs_f64() / at(&quiet, part).as_secs_f64();
        say(
            &format!("answers, {name} with commits : quiet"),
            &format!("{ratio:.3}"),
        );
    }
}

/// A commit each millisecond until told to stop; gives how many.
fn commit_steadily(store: &Store, stop: &AtomicBool) -> usize {
    if pin(1).is_err() {
        return 0;
    }
    let apex: Name = apex();
    let begin = Instant::now();
    let mut number = 0;
    while !stop.load(Relaxed) {
        let kind = if number % 2 == 0 {
            Kind::New
        } else {
            Kind::Away
        };
        black_box(store.commit(&apex, vec![change(kind, number / 2)]).is_ok());
        number += 1;
        let next = begin + Duration::from_millis(1) * u32::try_from(number).unwrap_or(u32::MAX);
        pause(next.saturating_duration_since(Instant::now()));
    }
    number
}

fn at(sorted: &[Duration], part: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a length is a position"
    )]
    let position = (sorted.len() as f64 * part) as usize;
    sorted.get(position).copied().unwrap_or_default()
}

/// Sorts the times and tells the usual ones and the slow ones.
fn percentiles(times: &mut [Duration]) -> String {
    times.sort();
    let us = |part| at(times, part).as_secs_f64() * 1e6;
    format!(
        "p50 {:.2} µs, p99 {:.2} µs, p99.9 {:.2} µs",
        us(0.5),
        us(0.99),
        us(0.999)
    )
}

const COMMITS: usize = 20_000;
