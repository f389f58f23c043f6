//! One source of an engine: what its objects ask for, and of which of them something was told.

use std::collections::{BTreeMap, BTreeSet};

use plan::Contributor;

use crate::kind::Row;
use crate::object::{Key, Kind};
use crate::touch::Touch;
use crate::unknown::{Unknown, UnknownObject};
use crate::{Changed, Index, Outcome, Reason, Rules, admits};

/// Objects that count as they were, since what they are now cannot be read, with the reason.
pub(crate) type Unread = BTreeMap<(Kind, Key), Box<str>>;

/// One source of an engine.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) number: u16,
    pub(crate) row: &'static Row,
    /// Which objects, by place, gave endpoints or problems when they were last computed: of the
    /// others nothing is told.
    told: Bits,
    /// Objects that hang on one that could never be read.
    pub(crate) doubtful: BTreeSet<Key>,
}

impl Source {
    /// A source of which nothing was told yet.
    pub(crate) fn new(number: u16, row: &'static Row) -> Self {
        Self {
            number,
            row,
            told: Bits::default(),
            doubtful: BTreeSet::new(),
        }
    }

    /// Its objects that are in doubt now or were when they were last computed.
    pub(crate) fn in_doubt(&self, index: &Index, unknown: &Unknown) -> BTreeSet<Key> {
        let mut keys = self.doubtful.clone();
        if !unknown.is_empty() {
            let all = self.row.kind.map(|kind| index.keys(kind));
            let all = all.into_iter().flatten().map(|(key, _)| key);
            keys.extend(all.filter(|key| (self.row.doubt)(index, key, unknown).is_some()));
        }
        keys
    }

    /// Computes what an object asks for. `None` if that is nothing, as before.
    pub(crate) fn touch(
        &mut self,
        index: &Index,
        rules: &Rules,
        (unread, unknown): (&Unread, &Unknown),
        key: Key,
    ) -> Option<Touch> {
        let kind = self.row.kind?;
        let slot = index.slot(kind, &key)?;
        let mut outcome = Outcome::default();
        (self.row.endpoints)(index, rules, &key, &mut outcome);
        complain(unread, kind, &key, &mut outcome);
        let hangs_on = in_doubt(self.row, index, rules, unknown, &key);
        if let Some(unknown) = hangs_on {
            doubt(unknown, &mut outcome);
            self.doubtful.insert(key.clone());
        } else if !self.doubtful.is_empty() {
            self.doubtful.remove(&key);
        }
        let tells = !outcome.endpoints.is_empty() || !outcome.problems.is_empty();
        let told = self.told.replace(slot, tells);
        (told || tells).then_some(Touch {
            contributor: Contributor {
                source: self.number,
                object: slot,
            },
            kind,
            key,
            endpoints: outcome.endpoints,
            problems: outcome.problems,
            doubtful: hangs_on.is_some(),
        })
    }

    /// An object is gone. `None` if it asked for nothing.
    pub(crate) fn forget(&mut self, changed: &Changed) -> Option<Touch> {
        self.doubtful.remove(&changed.key);
        self.told.replace(changed.slot, false).then(|| Touch {
            contributor: Contributor {
                source: self.number,
                object: changed.slot,
            },
            kind: changed.kind,
            key: changed.key.clone(),
            endpoints: Vec::new(),
            problems: Vec::new(),
            doubtful: false,
        })
    }
}

/// Reports an object that cannot be read.
pub(crate) fn complain(unread: &Unread, kind: Kind, key: &Key, outcome: &mut Outcome) {
    if unread.is_empty() {
        return;
    }
    if let Some(reason) = unread.get(&(kind, key.clone())) {
        let message = format!("what it is now cannot be read: {reason}; it counts as it was");
        outcome.problem(Reason::Unreadable, message);
    }
}

/// The object that could never be read and that an object hangs on, if that one asks for names.
pub(crate) fn in_doubt<'a>(
    row: &Row,
    index: &Index,
    rules: &Rules,
    unknown: &'a Unknown,
    key: &Key,
) -> Option<UnknownObject<'a>> {
    if unknown.is_empty() {
        return None;
    }
    let kind = row.kind?;
    let found = (row.doubt)(index, key, unknown)?;
    let meta = index.meta(kind, key)?;
    admits(rules, kind, meta, &mut Outcome::default()).then_some(found)
}

/// Reports an object that hangs on one that cannot be read.
pub(crate) fn doubt((kind, key): UnknownObject<'_>, outcome: &mut Outcome) {
    let which = match key.name() {
        "" => format!("objects of kind {}, which we may not read", kind.name()),
        _ => format!("{} {key}, which cannot be read", kind.name()),
    };
    let message = format!("it hangs on {which}: nothing that it had is taken away meanwhile");
    outcome.problem(Reason::Unreadable, message);
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// Sets or clears a number; says whether it was set.
    fn replace(&mut self, number: u32, set: bool) -> bool {
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if self.0.len() <= word {
            if !set {
                return false;
            }
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else {
            return false;
        };
        let was = *word & bit != 0;
        *word = if set { *word | bit } else { *word & !bit };
        was
    }
}
