//! Oracle Cloud Infrastructure: requests are signed by a key of a user, or by one of this session
//! that the machine has vouched for.

use plan::ProviderError;
use reqwest::Request;

use super::rsa::RsaKey;
use super::{Clock, Sign};

mod file;
mod locked;
mod sign;

pub use file::OciSettings;
pub use sign::sign;

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 3] = ["HOME", "OCI_CLI_CONFIG_FILE", "OCI_CLI_PROFILE"];

/// A key with the name that Oracle knows it by.
#[derive(Clone, Debug)]
pub struct OciKey {
    /// `tenancy/user/fingerprint`.
    pub name: String,
    /// The key.
    pub key: RsaKey,
}

/// Signs requests with the key of a user.
#[derive(Debug)]
pub struct Oci {
    /// The key.
    pub key: OciKey,
    /// The time of signatures.
    pub clock: Clock,
}

impl Sign for Oci {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        sign(request, (&self.key.name, &self.key.key), self.clock.now())
    }
}

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
}
