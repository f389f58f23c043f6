//! Keys in a file, in place of a password: keytabs as MIT's programs and Active Directory's write them.
//!
//! ```text
//! 05 02, then entries: length, principal (count, realm, parts, kind), time, version, key, long version
//! ```
//!
//! All numbers have their high byte first; a length below zero is a hole. The file is read at each
//! login, so that a new one counts without a start. Of several versions of a key the highest counts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::crypto::{Etype, Key};

/// Why a keytab is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeytabError {
    /// It has no key of the user that could be used.
    #[error("it has no AES key of \"{user}\"")]
    NoKey {
        /// The user and its realm.
        user: Box<str>,
    },
    /// It is none.
    #[error("it is no keytab of format 0x0502, or cut short")]
    Format,
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] io::Error),
}

/// The newest key of each kind that a user has in a keytab.
///
/// # Errors
/// The file cannot be read, is no keytab, or has no AES key of the user.
pub(crate) fn read(path: &Path, user: &str, realm: &str) -> Result<Vec<Key>, KeytabError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(USUAL));
    File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    let keys = keys(&bytes, user, realm).ok_or(KeytabError::Format)?;
    if keys.is_empty() {
        let user = format!("{user}@{realm}").into();
        return Err(KeytabError::NoKey { user });
    }
    Ok(keys)
}

/// The keys of a user; nothing if these bytes are no keytab.
fn keys(bytes: &[u8], user: &str, realm: &str) -> Option<Vec<Key>> {
    let mut rest = Bytes(bytes.strip_prefix(&[5, 2])?);
    let mut newest: Vec<(u32, Key)> = Vec::new();
    // Some programs write an end, some leave none.
    while let Some(length) = rest.number::<4>() {
        let length = i32::from_ne_bytes(length.to_ne_bytes());
        if length == 0 {
            break;
        }
        let entry = rest.take(usize::try_from(length.unsigned_abs()).ok()?)?;
        if length < 0 {
            continue;
        }
        let Some((version, key)) = Bytes(entry).entry(user, realm)? else {
            continue;
        };
        match newest
            .iter_mut()
            .find(|(_, one)| one.etype() == key.etype())
        {
            Some(one) if version >= one.0 => *one = (version, key),
            Some(_) => {}
            None => newest.push((version, key)),
        }
    }
    let mut keys: Vec<Key> = newest.into_iter().map(|(_, key)| key).collect();
    let rank = |etype| Etype::ALL.iter().position(|one| *one == etype);
    keys.sort_by_key(|key| rank(key.etype()));
    Some(keys)
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// A key and its version, if it is one of the user that we know the kind of. Nothing at all if the
    /// entry cannot be read.
    fn entry(mut self, user: &str, realm: &str) -> Option<Option<(u32, Key)>> {
        let count = self.number::<2>()?;
        let is_realm = self.text()?.eq_ignore_ascii_case(realm.as_bytes());
        let mut parts = user.split('/');
        let mut is_user = true;
        for _ in 0..count {
            let part = self.text()?;
            is_user &= parts.next().is_some_and(|one| one.as_bytes() == part);
        }
        is_user &= parts.next().is_none();
        let _kind_and_time = self.take(8)?;
        let short = self.number::<1>()?;
        let etype = Etype::from_number(self.number::<2>()?.into());
        let secret = self.text()?;
        // Versions above 255 stand behind the key, where there is room for them.
        let version = match self.number::<4>() {
            None | Some(0) => short,
            Some(long) => long,
        };
        let key = etype.and_then(|etype| Key::new(etype, secret));
        Some(
            key.filter(|_| is_realm && is_user)
                .map(|key| (version, key)),
        )
    }

    /// Bytes behind their length.
    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number::<2>()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn number<const N: usize>(&mut self) -> Option<u32> {
        let bytes = self.take(N)?;
        Some(
            bytes
                .iter()
                .fold(0, |all, byte| all << 8 | u32::from(*byte)),
        )
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Read in one piece, so that no copy of a secret is left behind by growing.
const USUAL: usize = 64 << 10;
/// More than any keytab.
const MOST: u64 = 64 << 10;

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An entry as MIT writes it.
    pub(crate) fn entry(
        principal: &str,
        realm: &str,
        version: u32,
        etype: u16,
        secret: &[u8],
    ) -> Vec<u8> {
        let text = |text: &[u8]| {
            let length = u16::try_from(text.len()).unwrap().to_be_bytes();
            [&length[..], text].concat()
        };
        let parts: Vec<&str> = principal.split('/').collect();
        let mut bytes = u16::try_from(parts.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(text(realm.as_bytes()));
        for part in parts {
            bytes.extend(text(part.as_bytes()));
        }
        bytes.extend([0, 0, 0, 1, 0x60, 0, 0, 0, version.to_be_bytes()[3]]);
        bytes.extend(etype.to_be_bytes());
        bytes.extend(text(secret));
        bytes.extend(version.to_be_bytes());
        let length = i32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length[..], &bytes].concat()
    }

    fn found(bytes: &[u8], user: &str) -> Option<Vec<(i64, u8)>> {
        let keys = keys(bytes, user, "A.TEST")?.into_iter();
        Some(
            keys.map(|key| (key.etype().number(), key.as_bytes()[0]))
                .collect(),
        )
    }

    #[test]
    fn the_newest_key_of_each_kind_is_found() {
        let hole = [&(-7_i32).to_be_bytes()[..], &[1; 7]].concat();
        let all = [
            vec![5, 2],
            entry("pusher", "A.TEST", 2, 18, &[2; 32]),
            entry("pusher", "A.TEST", 258, 17, &[4; 16]),
            hole,
            entry("pusher", "A.TEST", 3, 18, &[3; 32]),
            entry("pusher", "A.TEST", 1, 18, &[1; 32]),
            entry("pusher", "A.TEST", 255, 17, &[5; 16]),
            entry("pusher", "A.TEST", 9, 23, &[9; 16]),
            entry("pusher", "B.TEST", 9, 18, &[9; 32]),
            entry("pusher/x", "A.TEST", 9, 18, &[8; 32]),
            entry("dns/ns1.a.test", "a.test", 1, 20, &[7; 32]),
        ]
        .concat();
        assert_eq!(found(&all, "pusher"), Some(vec![(18, 3), (17, 4)]));
        assert_eq!(found(&all, "pusher/x"), Some(vec![(18, 8)]));
        assert_eq!(found(&all, "dns/ns1.a.test"), Some(vec![(20, 7)]));
        assert_eq!(found(&all, "dns"), Some(vec![]));
        let ended = [&all[..], &[0; 8]].concat();
        assert_eq!(found(&ended, "pusher"), found(&all, "pusher"));
        assert_eq!(found(&all[..all.len() - 1], "pusher"), None);
        assert_eq!(found(b"\x05\x01", "pusher"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..200),
            signed in any::<bool>(),
        ) {
            if signed {
                bytes.splice(0..0, [5, 2, 0, 0, 0, 40]);
            }
            let _some_or_none = keys(&bytes, "pusher", "A.TEST").is_some();
        }
    }
}
