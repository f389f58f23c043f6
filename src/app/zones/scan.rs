//! Which zones there should be: the files of the settings, and those in folders.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use config::{Config, Objects, Quoted, ZoneFile, Zones};
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
    /// What is right, but maybe not what was meant.
    pub(crate) remarks: Vec<String>,
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

/// What to say about folders and files of the settings that are not there: a typing mistake. Once we
/// run they may come and go.
pub(crate) fn missing(config: &Config) -> Vec<String> {
    let folder = |folder: &PathBuf| {
        let problem = match std::fs::metadata(folder) {
            Ok(about) if !about.is_dir() => "is not a folder",
            Err(error) if error.kind() == ErrorKind::NotFound => "does not exist",
            // Others may be allowed to look into it, or it may answer later.
            Ok(_) | Err(_) => return None,
        };
        let shown = folder.to_string_lossy();
        let shown = Quoted(&shown);
        Some(format!(
            "zone folder {shown} {problem}\n  hint: make it, or correct --zone-dir"
        ))
    };
    let objects = |path: &PathBuf| {
        let error = std::fs::metadata(path).err()?;
        let shown = path.to_string_lossy();
        let shown = Quoted(&shown);
        (error.kind() == ErrorKind::NotFound).then(|| {
            format!("manifests {shown} do not exist\n  hint: make them, or correct --manifests")
        })
    };
    let manifests = match config.sync.as_deref().map(|sync| &sync.objects) {
        Some(Objects::Manifests(paths)) => paths.as_slice(),
        Some(Objects::Cluster(_)) | None => &[],
    };
    let folders = config.zones.dirs.iter().filter_map(folder);
    folders
        .chain(manifests.iter().filter_map(objects))
        .collect()
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
            Some(other) => self.remarks.push(format!(
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
        let said = scan.problems.iter().chain(&scan.remarks);
        let problems: Vec<String> = said
            .map(|problem| problem.replace(&folder, "FOLDER"))
            .collect();
        insta::assert_snapshot!(problems.join("\n"), @r#"
        file "FOLDER/a..b.zone" is not named after a zone; expected a name such as example.org.zone
        zone folder "/nowhere" cannot be listed: No such file or directory (os error 2)
        file "FOLDER/b.example.zone" is left out: zone "b.example." is read from "elsewhere/B.example"
        "#);
    }

    #[test]
    fn what_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let arguments = [
            "--zone-dir".into(),
            folder.path().as_os_str().to_owned(),
            "--zone-dir".into(),
            file.into(),
            "--zone-dir=/nowhere".into(),
            "--manifests".into(),
            folder.path().as_os_str().to_owned(),
            "--manifests=/none".into(),
            "--zone=example.org".into(),
        ];
        let Ok(config::Command::Run(run)) = config::parse(arguments, &|_| None) else {
            panic!("not the daemon");
        };
        let told = missing(&run.config.unwrap()).join("\n");
        let told = told.replace(&*folder.path().to_string_lossy(), "FOLDER");
        insta::assert_snapshot!(told, @r#"
        zone folder "FOLDER/file" is not a folder
          hint: make it, or correct --zone-dir
        zone folder "/nowhere" does not exist
          hint: make it, or correct --zone-dir
        manifests "/none" do not exist
          hint: make them, or correct --manifests
        "#);
    }
}
