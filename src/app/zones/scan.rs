//! Which zones there should be: the files of the settings, and those in folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Quoted, ZoneFile, Zones};
use wire::Name;

/// Where a zone comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A file of this folder.
    Folder(PathBuf),
    /// A file of the settings.
    Settings,
}

/// A zone that should be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its master file.
    pub(crate) path: PathBuf,
    /// Who named the file.
    pub(crate) from: From,
}

/// What a look at settings and folders gave.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The zones by name; names compare without case.
    pub(crate) zones: BTreeMap<Name, Found>,
    /// Folders that could not be listed: nothing is known about what is in them.
    pub(crate) unlisted: Vec<PathBuf>,
    /// What is wrong, a sentence each.
    pub(crate) problems: Vec<String>,
}

/// Looks at settings and folders. The settings win over folders, earlier folders over later ones.
pub(crate) fn scan(settings: &Zones) -> Scan {
    let mut scan = Scan::default();
    for file in &settings.files {
        let found = Found {
            path: file.path.clone(),
            from: From::Settings,
        };
        scan.zones.insert(file.origin.clone(), found);
    }
    for folder in &settings.dirs {
        match list(folder) {
            Ok(paths) => paths.into_iter().for_each(|path| scan.add(folder, path)),
            Err(error) => {
                let folder_name = folder.to_string_lossy();
                scan.unlisted.push(folder.clone());
                scan.problems.push(format!(
                    "zone folder {} cannot be listed: {error}",
                    Quoted(&folder_name)
                ));
            }
        }
    }
    scan
}

/// The zone files of a folder, by name.
pub(crate) fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        // Dot files are those of editors and of Kubernetes' volumes.
        let bytes = name.as_encoded_bytes();
        let path = folder.join(&name);
        if bytes.ends_with(b".zone") && !bytes.starts_with(b".") && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

impl Scan {
    fn add(&mut self, folder: &Path, path: PathBuf) {
        let shown = path.to_string_lossy().into_owned();
        let Some(ZoneFile { origin, path }) = ZoneFile::from_path(path) else {
            self.problems.push(format!(
                "file {} is not named after a zone; expected a name such as example.org.zone",
                Quoted(&shown)
            ));
            return;
        };
        match self.zones.get(&origin) {
            None => {
                let from = From::Folder(folder.to_owned());
                self.zones.insert(origin, Found { path, from });
            }
            Some(other) => self.problems.push(format!(
                "file {} is left out: zone {} is read from {}",
                Quoted(&shown),
                Quoted(&origin.to_string()),
                Quoted(&other.path.to_string_lossy())
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_their_zone_files_and_settings_win() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.example.zone",
            "a.example.zone",
            ".a.zone",
            "x.txt",
            "a..b.zone",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("sub.zone")).unwrap();
        let settings = Zones {
            files: vec![ZoneFile::from_path("elsewhere/B.example".into()).unwrap()],
            dirs: vec![folder.path().to_owned(), "/nowhere".into()],
            strict: false,
        };
        let scan = scan(&settings);
        let zones: Vec<String> = scan.zones.keys().map(ToString::to_string).collect();
        assert_eq!(zones, ["a.example.", "B.example."]);
        assert_eq!(scan.unlisted, [PathBuf::from("/nowhere")]);
        let folder = folder.path().to_string_lossy().into_owned();
        let problems: Vec<String> = scan
            .problems
            .iter()
            .map(|problem| problem.replace(&folder, "FOLDER"))
            .collect();
        insta::assert_snapshot!(problems.join("\n"), @r#"
        file "FOLDER/a..b.zone" is not named after a zone; expected a name such as example.org.zone
        file "FOLDER/b.example.zone" is left out: zone "b.example." is read from "elsewhere/B.example"
        zone folder "/nowhere" cannot be listed: No such file or directory (os error 2)
        "#);
    }
}
