//! What does one answer cost without the kernel? Packets in, packets out, in batches of 32 and of 4.

use std::sync::Arc;
use std::time::Instant;

use benches::{Arguments, Mix, Random, question, records};
use server::handle::Handle;
use server::metrics::Metrics;
use server::pipeline::{Authority, Core, CoreOptions, MAX_BATCH};
use server::slot::{Slot, Transport};
use zone::Store;

/// Questions prepared for each case: more than any cache of answers would hold.
const QUESTIONS: usize = 1 << 16;
/// How many are asked in one round; the next one goes on behind them.
const ROUND: usize = QUESTIONS / 16;

/// The cases, by what they ask.
const CASES: [(&str, Mix); 5] = [
    ("positive", Mix::Positive),
    ("nxdomain", Mix::Negative),
    ("wildcard", Mix::Wildcard),
    ("referral", Mix::Referral),
    ("mixed", Mix::Mixed),
];

fn main() {
    let arguments = Arguments::read();
    for hosts in [10_000, 1_000_000] {
        if !arguments.wants(&format!("{hosts} names")) {
            continue;
        }
        let store = Arc::new(Store::new([1, 2]));
        if store.replace_static(&records(hosts)).is_err() {
            return;
        }
        let core = Core::new(
            CoreOptions::default(),
            Authority::default(),
            store,
            Metrics::new(),
        );
        let mut worker = core.worker();
        for (case, mix) in CASES {
            for edns in [true, false] {
                let label = format!(
                    "{hosts} names, {case}, {}",
                    if edns { "edns" } else { "plain" }
                );
                if !arguments.wants(&label) {
                    continue;
                }
                let mut random = Random::new(0);
                // One behind the other, so that reading them costs as little as what the kernel has
                // just written.
                let (mut bytes, mut ends) = (Vec::new(), Vec::new());
                for _ in 0..QUESTIONS {
                    let name = mix.name_to_ask(&mut random, hosts);
                    bytes.extend_from_slice(&question(name.as_ref(), edns));
                    ends.push(bytes.len());
                }
                let mut questions = Questions::new(&bytes, &ends);
                let mut slots: Vec<Slot> = (0..MAX_BATCH)
                    .map(|_| Slot::new(Transport::Udp, 512, 1232))
                    .collect();
                let now = Instant::now();
                let mut serve = |slots: &mut [Slot], ops: usize| {
                    for _ in 0..ops.div_ceil(slots.len()) {
                        for slot in &mut *slots {
                            let question = questions.next();
                            slot.request[..question.len()].copy_from_slice(question);
                            slot.request_len = question.len();
                        }
                        worker.handle(slots, now);
                    }
                };
                arguments.case(&label, ROUND, |ops| serve(&mut slots, ops));
                // What comes in one go at a moderate rate.
                let label = format!("{label}, by fours");
                arguments.case(&label, ROUND, |ops| serve(&mut slots[..4], ops));
            }
        }
    }
}

/// Questions, again and again.
struct Questions<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
    at: usize,
}

impl<'a> Questions<'a> {
    fn new(bytes: &'a [u8], ends: &'a [usize]) -> Self {
        Self { bytes, ends, at: 0 }
    }

    fn next(&mut self) -> &'a [u8] {
        let begin = match self.at {
            0 => 0,
            at => self.ends[at - 1],
        };
        let question = &self.bytes[begin..self.ends[self.at]];
        self.at = (self.at + 1) % self.ends.len();
        question
    }
}
