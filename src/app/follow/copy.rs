//! Files of copies: what a start serves before a primary has answered.
//!
//! A file is written beside the old one and renamed. Its time of change is when a primary last
//! confirmed what is in it. A folder that cannot be made is tried again with each file.

use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context;
use wire::Name;
use zone::copy::{Copied, Image, read_image, write_image};
use zone::{Committed, Store};

use crate::app::{clock, telemetry};

/// The folder of copies.
#[derive(Clone, Debug)]
pub(in crate::app) struct Copies(PathBuf);

/// The file of one zone's copy.
#[derive(Clone, Debug)]
pub(in crate::app) struct CopyFile {
    folder: PathBuf,
    name: String,
}

impl Copies {
    /// The folder in the data folder, which may not be there yet.
    pub(in crate::app) fn new(data_dir: &Path) -> Self {
        Self(data_dir.join("copies"))
    }

    /// Makes the folder if there is none, and says so where that cannot be: zones are served from
    /// memory then, which is no reason not to begin.
    pub(in crate::app) fn prepare(&self) {
        if let Err(error) = make(&self.0) {
            tracing::error!(
                folder = %self.0.display(), %error,
                "the folder of copies cannot be made: zones of other servers and the catalog are unknown \
                 after a restart until it can; it is tried again with each change"
            );
        }
    }

    /// The file of a zone.
    pub(in crate::app) fn file(&self, zone: &Name) -> CopyFile {
        CopyFile {
            folder: self.0.clone(),
            name: file_name(zone),
        }
    }
}

impl CopyFile {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Reads it; gives when its contents were confirmed too, in seconds since 1970. None if there is
    /// no file.
    ///
    /// # Errors
    /// It cannot be read, or holds something else.
    pub(in crate::app) fn read(&self, zone: &Name) -> anyhow::Result<Option<(Image, u64)>> {
        let path = self.path();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let changed = path.metadata().and_then(|about| about.modified());
        let since = changed.map(|time| time.duration_since(UNIX_EPOCH).unwrap_or_default());
        let confirmed = since.map_or(0, |since| since.as_secs());
        let image = read_image(zone, &bytes).with_context(|| format!("{}", path.display()))?;
        Ok(Some((image, confirmed)))
    }

    /// Shows what is in it; gives that, and how long ago it was confirmed. None if there is no file, or
    /// one of no use, which is said.
    pub(in crate::app) fn recall(
        &self,
        zone: &Name,
        store: &Store,
    ) -> Option<(Committed, Duration)> {
        let (image, confirmed) = match self.read(zone) {
            Ok(found) => found?,
            Err(error) => {
                let error = telemetry::chain(error.as_ref());
                tracing::warn!(%zone, error, "the copy of this zone is not used");
                return None;
            }
        };
        match store.recall_copy(image) {
            Ok(done) => {
                let age = clock::now().unix_seconds().saturating_sub(confirmed);
                Some((done, Duration::from_secs(age)))
            }
            Err(error) => {
                tracing::warn!(%zone, %error, "the copy of this zone is not used");
                None
            }
        }
    }

    /// Writes a version that was confirmed at this time.
    ///
    /// # Errors
    /// Those of the disk; the file before stays.
    pub(in crate::app) fn write(&self, copied: &Copied, confirmed: u64) -> io::Result<()> {
        make(&self.folder)?;
        let beside = self.folder.join(format!("{}.new", self.name));
        let file = File::create(&beside)?;
        let mut out = BufWriter::with_capacity(1 << 16, file);
        write_image(copied, &mut out)?;
        out.flush()?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        set_confirmed(&file, confirmed)?;
        file.sync_all()?;
        std::fs::rename(&beside, self.path())?;
        File::open(&self.folder)?.sync_all()
    }

    /// Takes it away; it need not be there.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn remove(&self) -> io::Result<()> {
        match std::fs::remove_file(self.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Notes that what is in it was confirmed.
    ///
    /// # Errors
    /// Those of the disk.
    pub(in crate::app) fn confirm(&self, confirmed: u64) -> io::Result<()> {
        set_confirmed(&File::options().write(true).open(self.path())?, confirmed)
    }
}

fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

fn set_confirmed(file: &File, confirmed: u64) -> io::Result<()> {
    file.set_modified(UNIX_EPOCH + Duration::from_secs(confirmed))
}

/// The name of a zone's file: the zone's own, what no file should be called in hexadecimal.
fn file_name(zone: &Name) -> String {
    let text = zone.as_ref().to_lowercase().to_string();
    let text = text
        .strip_suffix('.')
        .filter(|text| !text.is_empty())
        .unwrap_or("@");
    let mut name = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'@' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            byte => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name.push_str(".copy");
    name
}

#[cfg(test)]
mod tests {
    use wire::{Rtype, Ttl};
    use zone::records::{Place, Records};
    use zone::{Layer, Store};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn files_are_called_as_their_zones() {
        let cases = [
            ("Example.ORG.", "example.org.copy"),
            (".", "@.copy"),
            ("a\\.b.", "a%5c.b.copy"),
            ("\\..", "%5c..copy"),
            ("x/y.", "x%2fy.copy"),
        ];
        for (zone, expected) in cases {
            assert_eq!(file_name(&name(zone)), expected, "{zone}");
        }
    }

    #[test]
    fn a_copy_is_read_as_it_was_written_with_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new([1, 2]);
        store.expect_copy(&name("zone.")).unwrap();
        let mut records = Records::new(name("zone."));
        let apex = name("zone.");
        let ttl = Ttl::from_secs(60);
        records.push(apex.as_ref(), Rtype::SOA, ttl, &[0; 22], Place::default());
        records.push(apex.as_ref(), Rtype::NS, ttl, &[0], Place::default());
        records.sort();
        store.replace_copy(&records).unwrap();
        assert!(store.layer(&apex, Layer::Dynamic).is_empty());
        let file = Copies::new(folder.path()).file(&apex);
        assert!(file.read(&apex).unwrap().is_none());
        // Somebody has put something else in the folder's place, and takes it away again.
        std::fs::write(folder.path().join("copies"), "").unwrap();
        let copied = store.copied(&apex).unwrap();
        assert!(file.write(&copied, 1_000_000).is_err());
        assert!(file.read(&apex).is_err());
        std::fs::remove_file(folder.path().join("copies")).unwrap();
        file.write(&copied, 1_000_000).unwrap();
        let (read, confirmed) = file.read(&apex).unwrap().unwrap();
        assert_eq!((read.records.len(), confirmed), (2, 1_000_000));
        file.confirm(2_000_000).unwrap();
        assert_eq!(file.read(&apex).unwrap().unwrap().1, 2_000_000);
        std::fs::write(file.path(), "something else").unwrap();
        assert!(file.read(&apex).is_err());
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(file.read(&apex).unwrap().is_none());
    }
}
