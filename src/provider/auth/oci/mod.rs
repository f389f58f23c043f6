//! Oracle Cloud Infrastructure: requests are signed by a key of a user.
//!
//! Machines and workloads that are vouched for sign by a key of their session, which has to be made at
//! run time and has to be of RSA. The cryptography here makes none, and what else does has side
//! channels (see `.deny.toml`), so these are told to use a user's key.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plan::ProviderError;
use reqwest::Request;
use tokio::time::Instant;

use super::rsa::RsaKey;
use super::{Clock, Sign};

mod file;
mod locked;
mod region;
mod sign;

pub use file::{OciFile, OciSettings};
pub use region::endpoint;
pub use sign::sign;

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 4] = [
    "HOME",
    "OCI_CLI_CONFIG_FILE",
    "OCI_CLI_PROFILE",
    "OCI_DEFAULT_REALM",
];

/// A key with the name that Oracle knows it by.
#[derive(Clone, Debug)]
pub struct OciKey {
    /// `tenancy/user/fingerprint`.
    pub name: String,
    /// The key.
    pub key: RsaKey,
}

/// Signs requests with the key of a user, which is read again from its file now and then.
pub struct Oci {
    read: Box<ReadKey>,
    clock: Clock,
    kept: Mutex<(OciKey, Instant)>,
}

/// What reads the key.
type ReadKey = dyn Fn() -> Result<OciKey, ProviderError> + Send + Sync;

impl Oci {
    /// Signs with the key that `read` gives, now and whenever it is to be read again.
    ///
    /// # Errors
    /// It gives none.
    pub fn new(
        read: impl Fn() -> Result<OciKey, ProviderError> + Send + Sync + 'static,
        clock: Clock,
    ) -> Result<Self, ProviderError> {
        let kept = Mutex::new((read()?, Instant::now()));
        Ok(Self {
            read: Box::new(read),
            clock,
            kept,
        })
    }

    /// Reads the key again if that was longer ago; what is kept is good as long as there is no other.
    /// True if it is another.
    fn renew(&self, age: Duration) -> bool {
        let mut kept = self.lock();
        if kept.1.elapsed() < age {
            return false;
        }
        kept.1 = Instant::now();
        match (self.read)() {
            Ok(new) if new == kept.0 => false,
            Ok(new) => {
                kept.0 = new;
                true
            }
            Err(error) => {
                let error = crate::client::chain(&error);
                tracing::warn!(
                    provider = "oci",
                    error,
                    "the key cannot be read again; the last one is used"
                );
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, (OciKey, Instant)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Oci {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oci").finish_non_exhaustive()
    }
}

impl PartialEq for OciKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.key.public() == other.key.public()
    }
}

impl Sign for Oci {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        self.renew(AGE);
        let key = self.lock().0.clone();
        sign(request, (&key.name, &key.key), self.clock.now())
    }

    async fn refresh(&self, _: Instant) -> Result<bool, ProviderError> {
        Ok(self.renew(Duration::ZERO))
    }
}

/// A key that was read longer ago is read again.
const AGE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::file::Environment;

    #[test]
    fn the_files_of_both_tools_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        std::fs::create_dir(folder.path().join(".oci")).unwrap();
        let pem = include_str!("../vectors.key.pem");
        std::fs::write(folder.path().join("key.pem"), pem).unwrap();
        std::fs::write(
            folder.path().join(".oci/config"),
            "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=~/key.pem\nregion=r1\n[OTHER]\nregion=r2\n",
        )
        .unwrap();
        for (profile, region) in [("DEFAULT", "r1"), ("OTHER", "r2")] {
            let pairs = [("HOME", &*home), ("OCI_CLI_PROFILE", profile)];
            let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let (key, found) = OciKey::from_file(&Environment::of(pairs)).unwrap();
            assert_eq!((&*key.name, &*found), ("t/u/f", region));
            assert_eq!(format!("{key:?}"), r#"OciKey { name: "t/u/f", key: *** }"#);
        }
        let mut settings = OciSettings {
            tenancy: "t".to_owned(),
            user: "u".to_owned(),
            fingerprint: "f".to_owned(),
            key: pem.into(),
            ..OciSettings::default()
        };
        assert_eq!(OciKey::from_settings(&settings).unwrap().name, "t/u/f");
        settings.user.clear();
        let error = OciKey::from_settings(&settings).unwrap_err();
        assert_eq!(error.message, "\"auth.user\" is missing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_changes_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oci.yaml");
        let write = |user: &str| {
            let pem = include_str!("../vectors.key.pem").replace('\n', "\n    ");
            let text = format!(
                "auth:\n  region: r1\n  tenancy: t\n  user: {user}\n  fingerprint: f\n  key: |\n    {pem}\n\
                 compartment: c\n"
            );
            std::fs::write(&path, text).unwrap();
        };
        write("one");
        let read = path.clone();
        let read = move || OciKey::from_settings(&OciFile::read(&read)?.auth);
        let oci = Oci::new(read, Clock::fixed(1_787_392_800)).unwrap();
        let signed = async || {
            let url = reqwest::Url::parse("https://dns.r1.oraclecloud.com/20180115/zones").unwrap();
            let mut request = Request::new(http::Method::GET, url);
            oci.sign(&mut request).await.unwrap();
            let header = request.headers()["authorization"]
                .to_str()
                .unwrap()
                .to_owned();
            let (_, name) = header.split_once("keyId=\"t/").unwrap();
            name.split('/').next().unwrap().to_owned()
        };
        assert_eq!(signed().await, "one");
        write("two");
        assert_eq!(signed().await, "one");
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(signed().await, "two");
        // Who was refused looks at once.
        write("three");
        assert!(oci.refresh(Instant::now()).await.unwrap());
        assert_eq!(signed().await, "three");
        assert!(!oci.refresh(Instant::now()).await.unwrap());
        // A file that is being written is no reason to stop.
        std::fs::write(&path, "auth: {").unwrap();
        assert!(!oci.refresh(Instant::now()).await.unwrap());
        assert_eq!(signed().await, "three");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_without_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oci.yaml");
        for text in [
            "auth: s3cret-text",
            "auth:\n  key: [s3cret-text]",
            "auth:\n  key: s3cret-text\n user: s3cret-text",
            "auth:\n  passphrase: *s3cret-text",
            "auth:\n  useInstancePrincipal: s3cret-text",
        ] {
            std::fs::write(&path, text).unwrap();
            let error = OciFile::read(&path).unwrap_err();
            assert!(
                error.message.contains("is no file of settings"),
                "{}",
                error.message
            );
            assert!(!format!("{error:?}").contains("s3cret-text"), "{error:?}");
        }
        std::fs::write(&path, "auth:\n  key: s3cret-text").unwrap();
        let shown = format!("{:?}", OciFile::read(&path).unwrap());
        assert!(!shown.contains("s3cret-text"), "{shown}");
    }
}
