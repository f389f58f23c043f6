//! How many calls a provider needs, beside how many external-dns does.
//!
//! ```text
//! start (nothing to do) → 1 record → 100 records → an interval in which nothing changes → 10 000 records
//! ```
//!
//! Each is one pass as at an interval: the provider reads all, then makes what there is to make; each
//! record brings its ownership record. Time is that of the stand-in, which takes no more requests than
//! the host does by its documentation.

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use plan::Endpoint;
use tokio::time::Instant;
use wire::Rtype;

use super::capture::Capture;
use super::case::{Case, Group, Named};
use super::run::Run;
use super::steps::words;
use super::world::{Family, Subject};
use crate::sim::Rate;

/// What a pass took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// Calls that change nothing; those for tokens do not count.
    pub reads: usize,
    /// Calls that change something.
    pub writes: usize,
    /// By the host's clock.
    pub time: Duration,
}

/// What a provider took for each amount of work.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The provider.
    pub name: &'static str,
    /// How many records, or none for an interval in which nothing changes; and what that took.
    pub took: Vec<(Option<usize>, Took)>,
    /// How many calls were more than the host takes.
    pub breaches: usize,
}

/// What external-dns needs: reads and writes at the start, for one record, for a hundred, and at an
/// interval.
#[derive(Clone, Copy, Debug)]
pub struct Theirs {
    /// The provider.
    pub name: &'static str,
    /// In that order.
    pub calls: [(usize, usize); 4],
    /// How that comes about.
    pub why: &'static str,
    /// Calls of ours that write at the start beyond that, and why they are made.
    pub beyond: (usize, &'static str),
}

/// Measures a provider; none if nothing stands in for its host.
///
/// # Errors
/// It does not do what is asked for, in words.
pub async fn measure(
    subject: &dyn Subject,
    work: &[Option<usize>],
) -> Result<Option<Calls>, String> {
    let types = subject.quirks().types;
    let named = match types.contains(&Rtype::TXT) {
        true => Named::Inside,
        false => Named::None,
    };
    let case = Case::new(Group::Load, "calls", &[]).named(named);
    let mut run = Run::begin(&case, subject, &Capture::default()).await;
    let Some(sim) = run.sim() else {
        return Ok(None);
    };
    sim.limit(&rates(subject.name()));
    let mut calls = Calls {
        name: subject.name(),
        took: Vec::new(),
        breaches: 0,
    };
    let mut there: Vec<Endpoint> = Vec::new();
    for amount in work {
        for _ in 0..amount.unwrap_or_default() {
            let name = format!("n{}.example.org", there.len());
            there.push(Endpoint::new(&name, Rtype::A, ["192.0.2.1"]));
        }
        // Whatever there was of a rate before is there again.
        tokio::time::sleep(LONG).await;
        let (begin, before) = (Instant::now(), sim.log().len());
        let wrong = |what: String| format!("{}: {amount:?} records: {what}", calls.name);
        let passed = run.pass(&there).await;
        let passed = passed.map_err(|error| wrong(words(&error)))?;
        if let Some((name, error)) = passed.refused.first() {
            return Err(wrong(format!("\"{name}\" is refused: {}", words(error))));
        }
        let log = sim.log();
        let seen = log.iter().skip(before);
        let writes = seen.clone().filter(|seen| seen.writes).count();
        let took = Took {
            reads: seen.count() - writes,
            writes,
            time: begin.elapsed(),
        };
        calls.took.push((*amount, took));
    }
    calls.breaches = sim.breaches();
    Ok(Some(calls))
}

impl Calls {
    /// Where it needs more than external-dns, and where more than the host takes.
    #[must_use]
    pub fn excess(&self, family: Family) -> Vec<String> {
        let theirs = theirs(self.name, family);
        let mut all = Vec::new();
        let judged = self.took.iter().filter(|(amount, _)| *amount != Some(MANY));
        for (at, ((amount, took), (reads, writes))) in judged.zip(theirs.calls).enumerate() {
            let beyond = if at == 0 { theirs.beyond.0 } else { 0 };
            let writes = writes + beyond;
            if took.reads > reads || took.writes > writes {
                let (name, ours) = (self.name, (took.reads, took.writes));
                let of =
                    amount.map_or_else(|| "an interval".to_owned(), |it| format!("{it} records"));
                all.push(format!(
                    "{name}: {of}: {ours:?} calls that read and write, {:?} would do: {}{}",
                    (reads, writes),
                    theirs.why,
                    theirs.beyond.1
                ));
            }
        }
        if self.breaches > 0 {
            let (name, breaches) = (self.name, self.breaches);
            all.push(format!(
                "{name}: {breaches} calls were more than the host takes"
            ));
        }
        all
    }

    /// A line of the table.
    #[must_use]
    pub fn line(&self, family: Family) -> String {
        let theirs = theirs(self.name, family).calls;
        let mut line = format!("{:18}", self.name);
        let mut theirs = theirs.iter();
        for (amount, took) in &self.took {
            let theirs = theirs.next().filter(|_| *amount != Some(MANY));
            let theirs = theirs.map_or_else(String::new, |(reads, writes)| {
                format!(" ({reads}+{writes})")
            });
            let cell = format!("{}+{}{theirs}", took.reads, took.writes);
            let seconds = took.time.as_secs();
            // Writing into a String does not fail.
            let _whole = write!(line, " {cell:>18} {seconds:>6}s").is_ok();
        }
        let _whole = write!(line, " {:>8}", self.breaches).is_ok();
        line
    }
}

/// The head of the table.
#[must_use]
pub fn head(work: &[Option<usize>]) -> String {
    let mut line = format!("{:18}", "reads + writes");
    for (at, amount) in work.iter().enumerate() {
        let text = match amount {
            None => "interval".to_owned(),
            Some(0) if at == 0 => "start".to_owned(),
            Some(amount) => amount.to_string(),
        };
        let _whole = write!(line, " {text:>18} {:>7}", "").is_ok();
    }
    let _whole = write!(line, " {:>8}", "too many").is_ok();
    line
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{} in {:?}", self.reads, self.writes, self.time)
    }
}

/// What external-dns needs for a provider. Where nobody has looked, what it needs at the least: it reads
/// zones and records at each interval, and zones once more before it writes.
#[must_use]
pub fn theirs(name: &str, family: Family) -> Theirs {
    let mut known = THEIRS.iter();
    if let Some(known) = known.find(|theirs| theirs.name == name) {
        return *known;
    }
    let writes = |records: usize| match family {
        Family::Batch => records.div_ceil(100),
        Family::Record | Family::Rrset | Family::Other => 2 * records,
    };
    Theirs {
        name: "",
        calls: [(2, 0), (3, writes(1)), (3, writes(100)), (4, 0)],
        why: "zones and records, and zones again before it writes",
        ..NONE
    }
}

/// The rates of a host.
fn rates(name: &str) -> Vec<Rate> {
    let window = |requests, seconds| Rate::window(requests, Duration::from_secs(seconds));
    match name {
        "aws" => vec![window(5, 1)],
        "azure" | "azure-private-dns" => {
            vec![
                Rate::bucket(250, 25).of(false),
                Rate::bucket(200, 10).of(true),
            ]
        }
        "cloudflare" => vec![window(1200, 300)],
        "digitalocean" => {
            let told = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
            vec![window(250, 60), window(5000, 3600).told(told)]
        }
        "ovh" => vec![window(20, 1)],
        _ => Vec::new(),
    }
}

/// Longer than any host counts back.
const LONG: Duration = Duration::from_secs(2 * 3600);

/// An amount that is only measured: external-dns needs hours for it at some hosts.
pub const MANY: usize = 10_000;

const NONE: Theirs = Theirs {
    name: "",
    calls: [(0, 0); 4],
    why: "",
    beyond: (0, ""),
};

/// What the last version of external-dns that has the provider was seen to ask of these stand-ins, each pass
/// a process of its own: `cargo run -p hosts --features all --example hosts` measures it again (see
/// conformance/hosts). Where the stand-in is set up otherwise here, or keeps what a case before has made,
/// `why` says what is counted on top.
const THEIRS: &[Theirs] = &[
    Theirs {
        name: "aws",
        calls: [(3, 0), (4, 1), (4, 1), (3, 0)],
        why: "zones, 300 records a page, zones again, a batch of 1000",
        ..NONE
    },
    CLOUD_MAP,
    Theirs {
        name: "aws-sd late",
        ..CLOUD_MAP
    },
    Theirs {
        name: "azure",
        calls: [(2, 0), (3, 2), (3, 200), (4, 0)],
        why: "zones, 100 record sets a page, zones again, a call for each set",
        ..NONE
    },
    Theirs {
        name: "azure-private-dns",
        calls: [(2, 0), (3, 2), (3, 200), (4, 0)],
        why: "zones, 100 record sets a page, zones again, a call for each set",
        ..NONE
    },
    Theirs {
        name: "cloudflare",
        calls: [(3, 0), (6, 1), (6, 1), (5, 0)],
        why: "zones twice, 100 records a page, all again, a batch of 200",
        ..NONE
    },
    Theirs {
        name: "coredns",
        calls: [(1, 0), (1, 2), (1, 200), (1, 0)],
        why: "all keys at once, a call for each key",
        ..NONE
    },
    Theirs {
        name: "designate",
        calls: [(2, 0), (5, 2), (5, 200), (12, 0)],
        why: "zones, 20 records a page, both again, a call for each set; that it reads all once more and \
              writes all 200 sets again at an interval, since it knows no TTLs, does not count",
        ..NONE
    },
    Theirs {
        name: "digitalocean",
        calls: [(2, 0), (4, 2), (4, 200), (6, 0)],
        why: "zones, 50 records a page, both again, a call for each record",
        ..NONE
    },
    Theirs {
        name: "google",
        calls: [(2, 0), (3, 1), (3, 2), (4, 0)],
        why: "zones, 100 record sets a page, zones again, a change; a second one of a hundred, as it is \
              set here",
        ..NONE
    },
    Theirs {
        name: "infoblox",
        calls: [(9, 0), (10, 2), (10, 200), (9, 0)],
        why: "zones, four kinds of objects of each, each twice if there are none, zones again, a call for \
              each record; beyond the 100 objects of a page as it is set here it would read nothing, so \
              two pages more count",
        ..NONE
    },
    Theirs {
        name: "oci",
        calls: [(2, 0), (3, 1), (3, 1), (4, 0)],
        why: "zones, 100 records a page, zones again, an edit",
        ..NONE
    },
    Theirs {
        name: "ovh",
        calls: [(5, 0), (5, 3), (7, 201), (207, 0)],
        why: "the time, zones, the serial, numbers of records, each record on its own (two more here, of \
              the case before), a refresh",
        beyond: (
            1,
            "a process before may have died with edits that are not published",
        ),
    },
    Theirs {
        name: "pdns",
        calls: [(3, 0), (4, 1), (4, 1), (3, 0)],
        why: "zones, each zone, zones again, an edit",
        ..NONE
    },
    Theirs {
        name: "pihole",
        calls: [(3, 0), (3, 1), (3, 100), (3, 0)],
        why: "three kinds of records, a call for each",
        ..NONE
    },
    Theirs {
        name: "rdns",
        calls: [(1, 0), (1, 2), (1, 200), (1, 0)],
        why: "all keys at once, a call for each key",
        ..NONE
    },
    Theirs {
        name: "skydns",
        calls: [(1, 0), (1, 2), (1, 200), (1, 0)],
        why: "all keys at once, a call for each key",
        ..NONE
    },
];

const CLOUD_MAP: Theirs = Theirs {
    name: "aws-sd",
    calls: [(2, 0), (4, 2), (5, 200), (104, 0)],
    why: "namespaces, 100 services a page, the instances of each, both again but for instances, a \
          call for each service and each instance",
    ..NONE
};
