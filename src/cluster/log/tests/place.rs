//! A place for objects in memory, whose requests go wrong on demand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::item::{Id, Item, Kind};
use super::super::{LogError, objects};
use crate::api::{ApiError, Fault};

/// What becomes of a request that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It is not carried out, and nobody is told.
    Lost,
    /// It is carried out, and nobody is told.
    LostBehind,
    /// The server refuses it.
    Refused,
}

/// The place. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    shared: Arc<Mutex<Shared>>,
    /// How many more requests of this process are answered; the last one of them is carried out, or not.
    end: Option<(Arc<Mutex<usize>>, bool)>,
}

#[derive(Debug, Default)]
struct Shared {
    items: BTreeMap<Id, Item>,
    rules: VecDeque<Rule>,
    requests: usize,
}

impl Objects {
    /// The same place for a process that ends with its request of this number.
    pub(super) fn ending_after(&self, requests: usize, carried_out: bool) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            end: Some((Arc::new(Mutex::new(requests)), carried_out)),
        }
    }

    pub(super) fn rule_next(&self, rule: Rule) {
        self.shared.lock().unwrap().rules.push_back(rule);
    }

    pub(super) fn requests(&self) -> usize {
        self.shared.lock().unwrap().requests
    }

    /// How many entries and parts of checkpoints there are.
    pub(super) fn count(&self) -> (usize, usize) {
        let shared = self.shared.lock().unwrap();
        let all = shared.items.len();
        let entries = shared.items.keys().filter(|id| id.kind == Kind::Entry);
        let entries = entries.count();
        (entries, all - entries)
    }

    pub(super) fn lose_entry(&self, number: u64) {
        let mut shared = self.shared.lock().unwrap();
        shared
            .items
            .retain(|id, _| id.kind != Kind::Entry || id.number != number);
    }

    /// Carries a request out, or what goes wrong with it.
    async fn request<T>(
        &self,
        carry_out: impl FnOnce(&mut BTreeMap<Id, Item>) -> Result<T, Fault>,
        writes: bool,
    ) -> Result<T, LogError> {
        tokio::task::yield_now().await;
        let mut carried_out = true;
        let mut ends = false;
        if let Some((left, last)) = &self.end {
            let mut left = left.lock().unwrap();
            if *left == 0 {
                return Err(LogError::Stopped);
            }
            *left -= 1;
            ends = *left == 0;
            carried_out = !ends || *last;
        }
        let mut shared = self.shared.lock().unwrap();
        shared.requests += 1;
        let rule = if writes {
            shared.rules.pop_front()
        } else {
            None
        };
        let lost = || Fault::Lost("as the test asked for".into());
        let done = match rule {
            Some(Rule::Lost) => Err(lost()),
            Some(Rule::Refused) => Err(Fault::Refused {
                status: 422,
                message: String::new(),
            }),
            Some(Rule::LostBehind) => carry_out(&mut shared.items).and_then(|_| Err(lost())),
            None if carried_out => carry_out(&mut shared.items),
            None => Err(lost()),
        };
        if ends {
            return Err(LogError::Stopped);
        }
        let action = String::new();
        Ok(done.map_err(|fault| ApiError { action, fault })?)
    }
}

impl objects::Objects for Objects {
    async fn create(&self, item: &Item, _: Duration) -> Result<(), LogError> {
        let make = |items: &mut BTreeMap<Id, Item>| {
            if items.contains_key(&item.id) {
                return Err(Fault::Conflict);
            }
            items.insert(item.id.clone(), item.clone());
            Ok(())
        };
        self.request(make, true).await
    }

    async fn read(&self, id: &Id, _: Duration) -> Result<Option<Item>, LogError> {
        self.request(|items| Ok(items.get(id).cloned()), false)
            .await
    }

    async fn delete(&self, id: &Id, _: Duration) -> Result<(), LogError> {
        let take = |items: &mut BTreeMap<Id, Item>| {
            items.remove(id);
            Ok(())
        };
        self.request(take, true).await
    }

    async fn list(&self, kind: Kind, _: Duration) -> Result<(Vec<Item>, Vec<String>), LogError> {
        let list = |items: &mut BTreeMap<Id, Item>| {
            let found = items.values().filter(|item| item.id.kind == kind);
            Ok((found.cloned().collect(), Vec::new()))
        };
        self.request(list, false).await
    }
}
