//! The archive of the image: what its configuration says, and what lies in its layers.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use peers::Program;
use serde_json::Value;
use tempfile::TempDir;

use super::super::site::check;
use super::made;
use crate::fleet::root as repository;

/// An unpacked image. Its files go with it.
pub(super) struct Image {
    folder: TempDir,
    /// What runtimes read: user, entry point, variables.
    pub(super) config: Value,
}

impl Image {
    /// The image for this machine, if it was built and can be unpacked with its owners.
    pub(super) fn unpack(trial: &str) -> Result<Option<Self>, String> {
        let Some(path) = made(trial, "zonewright.oci.tar")? else {
            return Ok(None);
        };
        if !nix::unistd::geteuid().is_root() {
            return super::lacking(trial, "files of other owners are unpacked by root only");
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (archive, root) = (folder.path().join("archive"), folder.path().join("root"));
        for path in [&archive, &root] {
            fs::create_dir(path).map_err(|error| error.to_string())?;
        }
        untar(&path, &archive)?;
        let mut index = json(&archive.join("index.json"))?;
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        // A list of architectures is an index in the index.
        let manifest = loop {
            let entries = index["manifests"].as_array().cloned().unwrap_or_default();
            let ours = |entry: &&Value| {
                let of = &entry["platform"]["architecture"];
                of.is_null() || of == architecture
            };
            let entry = entries.iter().find(ours);
            let entry = entry.ok_or_else(|| format!("no image for {architecture}: {index}"))?;
            let inner = json(&blob(&archive, entry)?)?;
            if inner["layers"].is_array() {
                break inner;
            }
            index = inner;
        };
        let config = json(&blob(&archive, &manifest["config"])?)?;
        for layer in manifest["layers"].as_array().into_iter().flatten() {
            untar(&blob(&archive, layer)?, &root)?;
        }
        drop(fs::remove_dir_all(&archive));
        Ok(Some(Self { folder, config }))
    }

    /// Its root folder.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }
}

pub(super) fn contents(_: &Program) -> Result<(), String> {
    let Some(image) = Image::unpack("the_image_is_one_program")? else {
        return Ok(());
    };
    let config = &image.config["config"];
    for (key, expected) in [
        ("User", r#""65532:65532""#),
        ("Entrypoint", r#"["/usr/bin/zonewright"]"#),
        ("Cmd", "null"),
        ("Env", r#"["PATH=/usr/bin"]"#),
        ("StopSignal", r#""SIGTERM""#),
    ] {
        let found = config[key].to_string();
        check(found == expected, || format!("{key} is {found}"))?;
    }
    let labels = &config["Labels"];
    for name in ["title", "description", "licenses", "version", "revision"] {
        let label = labels[format!("org.opencontainers.image.{name}")].as_str();
        check(label.is_some_and(|label| !label.is_empty()), || {
            format!("label {name}: {label:?}")
        })?;
    }
    let mut found = BTreeSet::new();
    walk(&image.root(), Path::new("/"), &mut found)?;
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let expected = EXPECTED.trim().lines().map(str::trim).collect::<Vec<_>>();
    check(found == expected, || format!("{found:#?}"))?;
    no_capabilities(&image.root())
}

/// Everything in the image, with its mode and owner: nothing is a link, set-uid or written by others.
const EXPECTED: &str = "
    /etc 40755 0
    /etc/group 100644 0
    /etc/nsswitch.conf 100644 0
    /etc/passwd 100644 0
    /etc/ssl 40755 0
    /etc/ssl/certs 40755 0
    /etc/ssl/certs/ca-certificates.crt 100644 0
    /run 40755 0
    /run/zonewright 40755 65532
    /usr 40755 0
    /usr/bin 40755 0
    /usr/bin/zonewright 100755 0
    /usr/share 40755 0
    /usr/share/doc 40755 0
    /usr/share/doc/zonewright 40755 0
    /usr/share/doc/zonewright/copyright 100644 0
    /usr/share/doc/zonewright/sbom.cdx.json 100644 0
    /var 40755 0
    /var/lib 40755 0
    /var/lib/zonewright 40755 65532
";

/// With one, the program could not even start where the container may have none.
fn no_capabilities(root: &Path) -> Result<(), String> {
    let program = root.join("usr/bin/zonewright");
    let output = Command::new("python3")
        .args(["-c", "import os, sys; print(os.listxattr(sys.argv[1]))"])
        .arg(program)
        .output()
        .map_err(|error| format!("python3: {error}"))?;
    let found = String::from_utf8_lossy(&output.stdout);
    check(found.trim() == "[]", || format!("attributes {found}"))
}

/// The bill of materials names what the lock file names, and each license has its place.
pub(super) fn materials(_: &Program) -> Result<(), String> {
    let Some(image) = Image::unpack("the_image_says_what_it_is_made_of")? else {
        return Ok(());
    };
    let folder = image.root().join("usr/share/doc/zonewright");
    let bill = json(&folder.join("sbom.cdx.json"))?;
    let program = &bill["metadata"]["component"];
    check(
        bill["bomFormat"] == "CycloneDX" && program["name"] == "zonewright",
        || format!("{} {program}", bill["bomFormat"]),
    )?;
    let lock = fs::read_to_string(repository().join("Cargo.lock"));
    let lock = lock.map_err(|error| error.to_string())?;
    let licenses = fs::read_to_string(folder.join("copyright"));
    let licenses = licenses.map_err(|error| error.to_string())?;
    let parts = bill["components"].as_array().cloned().unwrap_or_default();
    let mut names = BTreeSet::new();
    for part in &parts {
        let name = part["name"].as_str().unwrap_or_default();
        let version = part["version"].as_str().unwrap_or_default();
        names.insert(name);
        check(part["licenses"].is_array(), || {
            format!("no license: {part}")
        })?;
        if !part["purl"].is_null() {
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            check(lock.contains(&entry), || {
                format!("{entry} is not in the lock file")
            })?;
            let line = format!("\n  {name} {version}: ");
            check(licenses.contains(&line), || format!("no license of {name}"))?;
        }
    }
    // Some of what must be in it, of each kind, and what only runs while building or testing.
    for name in [
        "tokio", "kube", "rustls", "ring", "wire", "glibc", "jemalloc",
    ] {
        check(names.contains(name), || format!("{name} is not in it"))?;
    }
    for name in ["proptest", "serde_derive", "cc"] {
        check(!names.contains(name), || format!("{name} is in it"))?;
    }
    Ok(())
}

fn walk(root: &Path, below: &Path, found: &mut BTreeSet<String>) -> Result<(), String> {
    let folder = root.join(below.strip_prefix("/").unwrap_or(below));
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = below.join(entry.file_name());
        let metadata = entry.path().symlink_metadata();
        let metadata = metadata.map_err(|error| error.to_string())?;
        let (mode, owner) = (metadata.permissions().mode(), metadata.uid());
        found.insert(format!("{} {mode:o} {owner}", path.display()));
        if metadata.is_dir() {
            walk(root, &path, found)?;
        }
    }
    Ok(())
}

/// The file of what a descriptor names by its digest.
fn blob(archive: &Path, descriptor: &Value) -> Result<PathBuf, String> {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    let path = archive.join("blobs").join(digest.replace(':', "/"));
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("the archive has no {digest:?}: {descriptor}"))
}

fn json(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Unpacks an archive, compressed or not, with the owners that it names.
fn untar(archive: &Path, folder: &Path) -> Result<(), String> {
    let output = Command::new("tar")
        .args([
            "--extract",
            "--numeric-owner",
            "--same-owner",
            "--xattrs",
            "--file",
        ])
        .arg(archive)
        .arg("--directory")
        .arg(folder)
        .output()
        .map_err(|error| format!("tar: {error}"))?;
    check(output.status.success(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })
}
