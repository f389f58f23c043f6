//! The audit log: a line of JSON for each RRset of our zones that is another one from some serial on.
//!
//! ```text
//! store ─ a zone has changed ──→ steps since the last look → RRsets, old and new ─┐
//! who commits ─ who wanted it ──────────────────────────────────────────────────→ lines → file
//! ```
//!
//! A thread of its own writes, so that neither an answer nor a commit waits for a disk. Zones that
//! another copy of this program writes, and copies of other servers' zones, are not ours to tell of. While
//! there is an audit log, it is remembered which object each name from objects has, for the line that
//! says that it goes.

mod line;
mod write;

use std::collections::{BTreeSet, HashMap};
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use config::AuditLog;
use wire::{Name, Serial};
use zone::{Credit, News, Step, Store, Zone};

use super::zones::Statuses;
use line::Authors;
use write::Output;

/// What was heard, and not yet written.
#[derive(Debug, Default)]
struct Heard {
    changed: BTreeSet<Name>,
    /// Of those, zones that came, as they were then.
    came: HashMap<Name, Arc<Zone>>,
    credits: HashMap<(Name, Serial), Vec<Credit>>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Desk {
    heard: Mutex<Heard>,
    wake: Condvar,
}

/// The thread that writes. It must be ended.
#[derive(Debug)]
pub(super) struct Audit {
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
}

impl Audit {
    /// Begins to write. What is in the store already is told as zones that came.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub(super) fn start(
        to: &AuditLog,
        store: &Arc<Store>,
        statuses: Statuses,
    ) -> anyhow::Result<Self> {
        let output = Output::open(to)?;
        let desk = Arc::new(Desk::default());
        let hearing = Arc::clone(&desk);
        let looking = Arc::downgrade(store);
        store.tell(move |apex, news| {
            let store = looking.upgrade().filter(|_| news == News::Came);
            let zone = store.and_then(|store| {
                let snapshot = store.snapshot();
                snapshot
                    .zone(apex.as_ref())
                    .map(|zone| Arc::new(zone.clone()))
            });
            let mut heard = hearing.lock();
            heard.changed.insert(apex.clone());
            heard.came.extend(zone.map(|zone| (apex.clone(), zone)));
            hearing.wake.notify_one();
        });
        let hearing = Arc::clone(&desk);
        store.tell_credits(move |credits| {
            let mut heard = hearing.lock();
            // Nothing looks at them where no line is written; then they are not kept for ever.
            if heard.credits.len() < MOST_CREDITS {
                let of = (credits.zone, credits.serial);
                heard.credits.entry(of).or_default().extend(credits.each);
            }
        });
        let apexes: Vec<Name> = store
            .snapshot()
            .zones()
            .map(|zone| zone.apex().to_lowercase())
            .collect();
        desk.lock().changed.extend(apexes);
        let writer = Writer {
            desk: Arc::clone(&desk),
            store: Arc::clone(store),
            statuses,
            seen: HashMap::new(),
            authors: Authors::default(),
            output,
        };
        let thread = std::thread::Builder::new().name("audit".to_owned());
        let thread = thread.spawn(move || writer.run());
        let thread = thread.context("start the thread for the audit log")?;
        Ok(Self { desk, thread })
    }

    /// Writes what was heard until now, and ends.
    pub(super) fn end(self) {
        self.desk.lock().ended = true;
        self.desk.wake.notify_one();
        let _panicked = self.thread.join().is_err();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Entries are added whole, so a panic elsewhere leaves none half written.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a zone has changed, or it ends. Tells whether it ends.
    fn wait(&self) -> (BTreeSet<Name>, HashMap<Name, Arc<Zone>>, bool) {
        let mut heard = self.lock();
        while heard.changed.is_empty() && !heard.ended {
            let woken = self.wake.wait(heard);
            heard = woken.unwrap_or_else(PoisonError::into_inner);
        }
        (take(&mut heard.changed), take(&mut heard.came), heard.ended)
    }
}

struct Writer {
    desk: Arc<Desk>,
    store: Arc<Store>,
    statuses: Statuses,
    /// The versions that lines were written up to.
    seen: HashMap<Name, Arc<Zone>>,
    authors: Authors,
    output: Output,
}

/// What happened to a zone since the last look.
enum Turn {
    Came(Name, Arc<Zone>),
    Changed(Name, Arc<Zone>, Arc<Zone>, Vec<Arc<Step>>),
    Gone(Name),
}

impl Writer {
    fn run(mut self) {
        loop {
            let (changed, mut came, ended) = self.desk.wait();
            let mut turns = Vec::new();
            for apex in changed {
                let came = came.remove(&apex);
                self.turn(apex, came, &mut turns);
            }
            // Who has just published says who wanted it only after that.
            std::thread::park_timeout(MOMENT);
            let credits = take(&mut self.desk.lock().credits);
            let mut lines = String::new();
            for turn in &turns {
                self.tell(turn, &credits, &mut lines);
            }
            self.put_back(credits);
            self.output.write(&lines);
            if ended {
                return;
            }
        }
    }

    /// What happened to a zone; nothing where that is not ours to tell.
    fn turn(&mut self, apex: Name, came: Option<Arc<Zone>>, turns: &mut Vec<Turn>) {
        if self.store.is_copy(&apex) || self.store.is_behind(&apex) {
            self.seen.remove(&apex);
            return;
        }
        let mut before = self.seen.remove(&apex);
        if let Some(zone) = came {
            turns.push(Turn::Came(apex.clone(), Arc::clone(&zone)));
            before = Some(zone);
        }
        let serial = before.as_ref().map(|zone| zone.serial());
        let Some(since) = self.store.since(&apex, serial.unwrap_or(Serial(0))) else {
            turns.extend(before.map(|_| Turn::Gone(apex)));
            return;
        };
        let after = since.zone;
        self.seen.insert(apex.clone(), Arc::clone(&after));
        let Some(before) = before else {
            turns.push(Turn::Came(apex, after));
            return;
        };
        // Of very many changes at once the steps are not kept.
        let steps = since.steps;
        let steps = steps.unwrap_or_else(|| vec![Arc::new(Step::between(&before, &after))]);
        turns.push(Turn::Changed(apex, before, after, steps));
    }

    fn tell(
        &mut self,
        turn: &Turn,
        credits: &HashMap<(Name, Serial), Vec<Credit>>,
        lines: &mut String,
    ) {
        match turn {
            Turn::Came(apex, zone) => {
                self.authors.forget(apex);
                line::came(apex, zone, lines);
            }
            Turn::Gone(apex) => {
                self.authors.forget(apex);
                line::gone(apex, lines);
            }
            Turn::Changed(apex, before, after, steps) => {
                let file = self.statuses.get(apex).map(|status| status.path);
                let mut changes = line::Changes::new(apex, (before, after), file);
                for step in steps {
                    let credited = credits.get(&(apex.clone(), step.to));
                    let credited = credited.map_or(&[][..], Vec::as_slice);
                    changes.step(step, credited, &mut self.authors, lines);
                }
            }
        }
    }

    /// Keeps what is of versions that were published after the look.
    fn put_back(&self, mut credits: HashMap<(Name, Serial), Vec<Credit>>) {
        credits.retain(|(apex, serial), _| {
            let seen = self.seen.get(apex);
            // Of a zone that has not been looked at yet all is to come.
            seen.map_or_else(
                || self.store.has(apex),
                |zone| serial.is_newer_than(zone.serial()),
            )
        });
        let mut heard = self.desk.lock();
        for (of, each) in credits {
            // Earlier ones of the same version stand first.
            let later = heard.credits.insert(of.clone(), each);
            heard
                .credits
                .entry(of)
                .or_default()
                .extend(later.unwrap_or_default());
        }
    }
}

/// How long it may take from a publication to the word of who wanted it.
const MOMENT: Duration = Duration::from_millis(50);

/// More versions than are made in a moment.
const MOST_CREDITS: usize = 100_000;
