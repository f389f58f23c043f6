//! How long KDCs are left in peace about an account whose password they refused.
//!
//! All logins of one account in this process share the wait, and only one of them shows the password
//! at a time: a directory counts tries by account, whoever makes them. Other processes, and this one
//! before it was started, are not known here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::fault::Fault;

/// The last refusal of an account's password, if none was taken since. Held while the password is
/// shown.
pub(crate) type Account = Arc<tokio::sync::Mutex<Option<Refused>>>;

/// The password was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    until: Instant,
    pause: Duration,
    said: Box<str>,
    hint: Option<Box<str>>,
}

/// The account of a user, the same one each time. Directories do not tell case apart.
pub(crate) fn account(user: &str, realm: &str) -> Account {
    let key = (user.to_ascii_lowercase(), realm.to_ascii_lowercase());
    // Nothing below can panic halfway.
    let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(accounts.entry(key).or_default())
}

impl Refused {
    /// A refusal, with the one before if there was no success between.
    pub(crate) fn after(before: Option<&Self>, fault: &Fault, now: Instant) -> Self {
        let pause = match before {
            None => FIRST_PAUSE,
            Some(_) => NEXT_PAUSE,
        };
        Self {
            until: now + pause,
            pause,
            said: fault.to_string().into(),
            hint: fault.hint(),
        }
    }

    /// What to say in place of asking, while it is too early.
    pub(crate) fn waiting_at(&self, now: Instant) -> Option<Fault> {
        (self.until > now).then(|| Fault::Waiting {
            pause: self.pause,
            said: self.said.clone(),
            hint: self.hint.clone(),
        })
    }
}

static ACCOUNTS: Mutex<BTreeMap<(String, String), Account>> = Mutex::new(BTreeMap::new());

/// A password that has only just been set may not be everywhere yet.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// Active Directory usually locks an account at the fifth wrong password, and begins to count anew
/// half an hour after the last one: so it never counts more than two.
const NEXT_PAUSE: Duration = Duration::from_mins(31);
