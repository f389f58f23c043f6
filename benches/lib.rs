//! Benchmarks: one question per file. Here is what they share: zones of any size, and the loop.
//!
//! Each benchmark prints one line a case: the case, and the median nanoseconds of one operation.
//! With `--ops N` a case runs exactly N operations and nothing is timed, so that an instruction
//! counter can be put around it; with a word, only the cases that contain it run.

#![expect(clippy::print_stdout, reason = "results go to the terminal")]

use std::time::Instant;

use wire::{Name, NameRef, Rtype, Ttl};
use zone::records::{Place, Records};

/// How a benchmark was called.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    filter: Option<String>,
    ops: Option<usize>,
}

impl Arguments {
    /// Reads the command line; what cargo adds is passed over.
    #[must_use]
    pub fn read() -> Self {
        let mut read = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => {}
                "--ops" => read.ops = words.next().and_then(|count| count.parse().ok()),
                _ => read.filter = Some(word),
            }
        }
        read
    }

    /// Whether any case whose name begins so may run.
    #[must_use]
    pub fn wants(&self, begin: &str) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| begin.contains(filter) || filter.contains(begin))
    }

    /// Runs a case: `run(n)` does n operations.
    pub fn case(&self, name: &str, batch: usize, mut run: impl FnMut(usize)) {
        if self
            .filter
            .as_ref()
            .is_some_and(|filter| !name.contains(filter))
        {
            return;
        }
        if let Some(ops) = self.ops {
            run(ops);
            return;
        }
        run(batch);
        let mut rounds: Vec<f64> = (0..15)
            .map(|_| {
                let begin = Instant::now();
                run(batch);
                begin.elapsed().as_secs_f64() * 1e9 / batch as f64
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        println!(
            "{name:<44} {:>10.1} ns (fastest {:.1})",
            rounds[rounds.len() / 2],
            rounds[0]
        );
    }
}

/// The apex of the zones.
#[must_use]
pub fn apex() -> Name {
    Name::from_text(b"bench.example.", None).unwrap_or_else(|_| Name::root())
}

/// The name of the host of a number.
#[must_use]
pub fn host(number: usize) -> Name {
    let label = format!("host-{number:07}");
    apex().child(label.as_bytes()).unwrap_or_else(Name::root)
}

/// A zone of this many hosts with one address each, a wildcard and a few delegations.
#[must_use]
pub fn records(hosts: usize) -> Records {
    let mut records = Records::new(apex());
    let ttl = Ttl::from_secs(300);
    let mut push = |owner: NameRef<'_>, rtype, rdata: &[u8]| {
        records.push(owner, rtype, ttl, rdata, Place::default());
    };
    let mut soa = b"\x03ns1\x05bench\x07example\0\x0Ahostmaster\x05bench\x07example\0".to_vec();
    for number in [1_u32, 3600, 600, 86400, 30] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    push(apex().as_ref(), Rtype::SOA, &soa);
    push(apex().as_ref(), Rtype::NS, b"\x03ns1\x05bench\x07example\0");
    let child = |label: &[u8]| apex().child(label).unwrap_or_else(Name::root);
    push(child(b"ns1").as_ref(), Rtype::A, &[192, 0, 2, 53]);
    let wild = child(b"wild");
    push(
        wild.child(b"*").unwrap_or_else(Name::root).as_ref(),
        Rtype::A,
        &[192, 0, 2, 99],
    );
    for number in 0..100 {
        let cut = child(format!("cut-{number}").as_bytes());
        let server = cut.child(b"ns").unwrap_or_else(Name::root);
        push(cut.as_ref(), Rtype::NS, server.as_bytes());
        push(server.as_ref(), Rtype::A, &[192, 0, 2, 1]);
    }
    for number in 0..hosts {
        let [_, a, b, c] = u32::try_from(number).unwrap_or(0).to_be_bytes();
        push(host(number).as_ref(), Rtype::A, &[10, a, b, c]);
    }
    records.sort();
    records
}
