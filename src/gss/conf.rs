//! `krb5.conf`, as far as it says where KDCs are and which realm a host is in.
//!
//! Sections in brackets, `name = value`, groups in braces, `include` and `includedir`; a star behind a
//! name says that later files have nothing to add. All else is passed over: what other programs need
//! there is no mistake, and a KDC that cannot be used is one only for who needs its realm.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::kdc::Kdc;

/// What files say.
#[derive(Clone, Debug, Default)]
pub struct Conf {
    /// KDCs by realm.
    kdcs: BTreeMap<String, Vec<Kdc>>,
    /// By realm: the first KDC that cannot be used, with its place.
    strange: BTreeMap<String, Box<str>>,
    /// Realms by host, or by domain with a dot in front; in lower case.
    domains: BTreeMap<String, String>,
    /// Whether KDCs may be looked up in DNS.
    lookup: Option<bool>,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfError {
    /// It cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Conf {
    /// Reads files; what the first ones say comes first. One that is not there says nothing.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(paths: &[PathBuf]) -> Result<Self, ConfError> {
        let mut conf = Self::default();
        for path in paths {
            conf.read_file(path, DEPTH)?;
        }
        Ok(conf)
    }

    fn read_file(&mut self, path: &Path, depth: usize) -> Result<(), ConfError> {
        let failed = |source| ConfError::Read {
            path: path.to_owned(),
            source,
        };
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let mut text = String::new();
        file.take(MAX_LEN)
            .read_to_string(&mut text)
            .map_err(failed)?;
        self.add(path, &text, depth)
    }

    fn add(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), ConfError> {
        let mut section = String::new();
        // The group that a line is in, and how many more groups within.
        let (mut group, mut inner) = (None::<String>, 0_usize);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix("includedir ") {
                self.read_folder(Path::new(rest.trim()), depth)?;
            } else if let Some(rest) = line.strip_prefix("include ") {
                if let Some(depth) = depth.checked_sub(1) {
                    self.read_file(Path::new(rest.trim()), depth)?;
                }
            } else if let Some(rest) = line.strip_prefix('[') {
                let name = rest.split(']').next().unwrap_or_default();
                section = name.trim().to_ascii_lowercase();
                (group, inner) = (None, 0);
            } else if line.starts_with('}') {
                match inner.checked_sub(1) {
                    Some(left) => inner = left,
                    None => group = None,
                }
            } else if let Some((name, value)) = line.split_once('=') {
                let (name, value) = (name.trim().trim_end_matches('*'), value.trim());
                if value.starts_with('{') {
                    match group {
                        None => group = Some(name.to_owned()),
                        Some(_) => inner += 1,
                    }
                    // An empty group on one line.
                    if value.ends_with('}') {
                        match inner.checked_sub(1) {
                            Some(left) => inner = left,
                            None => group = None,
                        }
                    }
                } else if inner == 0 {
                    let value = value.trim_matches('"');
                    let place = (&*section, group.as_deref());
                    self.set((path, at + 1), place, name, value);
                }
            }
        }
        Ok(())
    }

    /// Files of a folder whose names are plain, in their order.
    fn read_folder(&mut self, folder: &Path, depth: usize) -> Result<(), ConfError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Ok(());
        };
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.as_encoded_bytes();
                let name = name.strip_suffix(b".conf").unwrap_or(name);
                name.iter().copied().all(plain)
            })
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        for file in files {
            self.read_file(&file, depth)?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        (path, line): (&Path, usize),
        place: (&str, Option<&str>),
        name: &str,
        value: &str,
    ) {
        match (place, name) {
            (("libdefaults", None), "dns_lookup_kdc") => {
                let no = ["no", "n", "false", "f", "off", "nil", "0"];
                let is_no = no.iter().any(|it| value.eq_ignore_ascii_case(it));
                self.lookup.get_or_insert(!is_no);
            }
            (("realms", Some(realm)), "kdc") => match kdc(value) {
                Some(kdc) => self.kdcs.entry(realm.to_owned()).or_default().push(kdc),
                // A proxy, most of all.
                None => {
                    self.strange.entry(realm.to_owned()).or_insert_with(|| {
                        let path = path.display();
                        format!(
                            "{path}:{line}: \"{value}\" is no KDC; expected a host, perhaps with a port"
                        )
                        .into()
                    });
                }
            },
            (("domain_realm", None), domain) => {
                let realm = value.to_owned();
                self.domains
                    .entry(domain.to_ascii_lowercase())
                    .or_insert(realm);
            }
            _ => {}
        }
    }

    /// The KDCs of a realm that are named.
    ///
    /// # Errors
    /// There are some, and none can be used.
    pub(crate) fn kdcs(&self, realm: &str) -> Result<&[Kdc], Fault> {
        match (self.kdcs.get(realm), self.strange.get(realm)) {
            (Some(kdcs), _) => Ok(kdcs),
            (None, None) => Ok(&[]),
            (None, Some(said)) => Err(Fault::NotKdc {
                realm: realm.into(),
                said: said.clone(),
            }),
        }
    }

    /// Whether KDCs may be looked up in DNS; they may if nothing is said.
    pub(crate) fn allows_lookup(&self) -> bool {
        self.lookup.unwrap_or(true)
    }

    /// The realm that a host is said to be in.
    pub(crate) fn realm_of(&self, host: &str) -> Option<&str> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if let Some(realm) = self.domains.get(&host) {
            return Some(realm);
        }
        let mut rest = &*host;
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(realm) = self.domains.get(&format!(".{parent}")) {
                return Some(realm);
            }
            rest = parent;
        }
        None
    }
}

/// A KDC as people write one: `host`, `host:port`, `[address]:port`, with a transport before.
fn kdc(text: &str) -> Option<Kdc> {
    let text = ["tcp/", "udp/"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    // An IPv6 address has colons of its own.
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().ok()?)
        }
        _ => (text, PORT),
    };
    let host = host.parse().ok()?;
    Some(Kdc { host, port })
}

/// The port of Kerberos.
pub(crate) const PORT: u16 = 88;
/// How deep files may include others.
const DEPTH: usize = 4;
/// The most bytes of a file.
const MAX_LEN: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn conf(text: &str) -> Result<Conf, ConfError> {
        let mut conf = Conf::default();
        conf.add(Path::new("krb5.conf"), text, 0)?;
        Ok(conf)
    }

    #[test]
    fn kdcs_and_realms_are_found_among_all_else() {
        let conf = conf(
            "# comment\n[libdefaults]\n  default_realm = OTHER.TEST\n dns_lookup_kdc = false\n\
             [realms]\n EXAMPLE.TEST = {\n  kdc = dc1.example.test\n  auth_to_local_names = {\n   a = b\n  }\n  \
             kdc = tcp/192.0.2.1:1088\n  kdc = [2001:db8::1]:88\n  kdc = 2001:db8::2\n admin_server = x\n }\n \
             OTHER.TEST = {}\n\
             [domain_realm]\n .example.test = EXAMPLE.TEST\n ns.other.test = OTHER.TEST\n",
        )
        .unwrap();
        let kdcs = conf
            .kdcs("EXAMPLE.TEST")
            .unwrap()
            .iter()
            .map(ToString::to_string);
        let expected = [
            "dc1.example.test:88",
            "192.0.2.1:1088",
            "[2001:db8::1]:88",
            "[2001:db8::2]:88",
        ];
        assert_eq!(kdcs.collect::<Vec<_>>(), expected);
        assert!(conf.kdcs("OTHER.TEST").unwrap().is_empty());
        assert!(!conf.allows_lookup());
        assert_eq!(conf.realm_of("NS.a.example.test."), Some("EXAMPLE.TEST"));
        assert_eq!(conf.realm_of("ns.other.test"), Some("OTHER.TEST"));
        assert_eq!(conf.realm_of("example.test"), None);
    }

    #[test]
    fn a_kdc_that_is_no_host_is_said_to_who_needs_its_realm() {
        let proxy = "kdc = https://proxy.example.test/KdcProxy\n";
        let text = format!(
            "[realms]\nA = {{\n{proxy}{proxy}}}\nB = {{\n{proxy}kdc = b\n}}\nC = {{\nkdc = c\n}}\n"
        );
        let conf = conf(&text).unwrap();
        let error = conf.kdcs("A").unwrap_err().to_string();
        assert_eq!(
            error,
            "no KDC of realm \"A\" can be used; krb5.conf:3: \"https://proxy.example.test/KdcProxy\" is \
             no KDC; expected a host, perhaps with a port"
        );
        assert_eq!(conf.kdcs("B").unwrap().len(), 1);
        assert_eq!(conf.kdcs("C").unwrap().len(), 1);
    }

    #[test]
    fn files_include_others_but_not_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.conf");
        let more = folder.path().join("d");
        fs::create_dir(&more).unwrap();
        let text = format!(
            "include {}\nincludedir {}\n[libdefaults]\n",
            path.display(),
            more.display()
        );
        fs::write(&path, text).unwrap();
        fs::write(more.join("one.conf"), "[realms]\nA = {\nkdc = a\n}\n").unwrap();
        fs::write(more.join("two~"), "[realms]\nB = {\nkdc = b\n}\n").unwrap();
        let conf = Conf::read(&[folder.path().join("none"), path]).unwrap();
        assert!(!conf.kdcs("A").unwrap().is_empty());
        assert!(conf.kdcs("B").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "([\\[\\]{}=a-z. \\n#\"]|kdc = |realms)*") {
            let _read = conf(&text).is_ok();
        }
    }
}
