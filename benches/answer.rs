//! What does one answer cost without the kernel? Packets in, packets out, in batches of 32.

use std::sync::Arc;
use std::time::Instant;

use benches::{Arguments, apex, host, records};
use server::handle::Handle;
use server::metrics::Metrics;
use server::pipeline::{Core, CoreOptions, MAX_BATCH};
use server::slot::{Slot, Transport};
use wire::{Name, Rtype};
use zone::Store;

/// Questions prepared for each case: more than any cache of answers would hold.
const QUESTIONS: usize = 1 << 16;

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
        let core = Core::new(CoreOptions::default(), store, Metrics::new());
        let mut worker = core.worker();
        for case in ["positive", "nxdomain", "wildcard", "referral", "mixed"] {
            for edns in [true, false] {
                let mut random = Random(0x2545_F491_4F6C_DD1D);
                let questions: Vec<Vec<u8>> = (0..QUESTIONS)
                    .map(|_| question(&random.name(case, hosts), edns))
                    .collect();
                let label = format!(
                    "{hosts} names, {case}, {}",
                    if edns { "edns" } else { "plain" }
                );
                let mut slots: Vec<Slot> = (0..MAX_BATCH)
                    .map(|_| Slot::new(Transport::Udp, 512, 1232))
                    .collect();
                let now = Instant::now();
                arguments.case(&label, QUESTIONS, |ops| {
                    for batch in questions
                        .chunks(MAX_BATCH)
                        .cycle()
                        .take(ops.div_ceil(MAX_BATCH))
                    {
                        for (slot, question) in slots.iter_mut().zip(batch) {
                            slot.request[..question.len()].copy_from_slice(question);
                            slot.request_len = question.len();
                        }
                        worker.handle(&mut slots, now);
                    }
                });
            }
        }
    }
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap_or(0) % bound
    }

    /// A name that a case asks for.
    fn name(&mut self, case: &str, hosts: usize) -> Name {
        let child =
            |under: &Name, label: String| under.child(label.as_bytes()).unwrap_or_else(Name::root);
        match case {
            "positive" => host(self.below(hosts)),
            "nxdomain" => child(&apex(), format!("none-{}", self.below(1 << 30))),
            "wildcard" => child(
                &child(&apex(), "wild".to_owned()),
                format!("w{}", self.below(1 << 30)),
            ),
            "referral" => child(
                &child(&apex(), format!("cut-{}", self.below(100))),
                "www".to_owned(),
            ),
            _ => {
                let case = match self.below(10) {
                    0..=6 => "positive",
                    7 => "nxdomain",
                    8 => "wildcard",
                    _ => "referral",
                };
                self.name(case, hosts)
            }
        }
    }
}

fn question(name: &Name, edns: bool) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&Rtype::A.0.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    if edns {
        message.extend_from_slice(&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    }
    message
}
