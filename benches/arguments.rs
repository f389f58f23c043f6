//! How micro benchmarks are called, and the loop that measures one case.

#![expect(clippy::print_stdout, reason = "results go to the terminal")]

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::system::thread_time;

/// How a benchmark was called: `[FILTER] [--ops N] [--exact] [--instructions]`.
///
/// Each case prints one line: its name, and the median nanoseconds of one operation, which count the
/// time that its thread had a processor. With a word,
/// only the cases that contain it run. With `--instructions` a case is run under an instruction
/// counter, once with N and once with 2N operations: the difference is free of the set-up, and the
/// same on a busy machine. `--ops N` is that run: exactly N operations, nothing timed.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    filter: Option<String>,
    exact: bool,
    ops: Option<usize>,
    instructions: bool,
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
                "--exact" => read.exact = true,
                "--instructions" => read.instructions = true,
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

    /// Whether times are wanted: instruction counters see neither waiting nor memory.
    #[must_use]
    pub fn timed(&self) -> bool {
        self.ops.is_none() && !self.instructions
    }

    /// Whether the case of this name runs.
    #[must_use]
    pub fn runs(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| match self.exact {
            true => name == filter,
            false => name.contains(filter),
        })
    }

    /// Runs a case: `run(n)` does n operations, and `batch` of them take a millisecond or some.
    pub fn case(&self, name: &str, batch: usize, mut run: impl FnMut(usize)) {
        if !self.runs(name) {
            return;
        }
        if let Some(ops) = self.ops {
            run(ops);
            return;
        }
        if self.instructions {
            match instructions(name, batch) {
                Ok(count) => println!("{name:<44} {count:>10.1} instructions"),
                Err(error) => println!("{name:<44} not counted: {error}"),
            }
            return;
        }
        let begin = thread_time();
        run(batch);
        // Of many short rounds some pass without another program between, even on a busy machine.
        let count = if thread_time() - begin < SHORT {
            255
        } else {
            15
        };
        let mut rounds: Vec<f64> = (0..count)
            .map(|_| {
                let begin = thread_time();
                run(batch);
                (thread_time() - begin).as_secs_f64() * 1e9 / batch as f64
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        let median = rounds[rounds.len() / 2];
        println!(
            "{name:<44} {median:>10.1} ns (fastest {:.1}), {:.2} M/s",
            rounds[0],
            1e3 / median
        );
    }
}

/// A round of less time is run more often.
const SHORT: Duration = Duration::from_millis(4);

/// Prints a result that is not the time of a loop.
pub fn say(name: &str, result: &str) {
    println!("{name:<44} {result}");
}

/// Instructions of one operation, from two runs of this program under valgrind.
fn instructions(name: &str, batch: usize) -> io::Result<f64> {
    let count = |ops: usize| -> io::Result<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe()?)
            .args([name, "--exact", "--ops", &ops.to_string()])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        said.lines()
            .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
            .ok_or_else(|| io::Error::other(format!("valgrind said no count:\n{said}")))
    };
    let (once, twice) = (count(batch)?, count(2 * batch)?);
    Ok(twice.saturating_sub(once) as f64 / batch as f64)
}
