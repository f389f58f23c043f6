//! Files that include files.

use std::fs;
use std::path::Path;

use super::super::{Loaded, load};
use super::{HEAD, origin, show};

/// Writes files into a folder and loads the one named `zone`.
fn load_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = text.replace("HEAD\n", HEAD);
        fs::write(path, text).unwrap();
    }
    let loaded = load(&folder.path().join("zone"), &origin());
    (folder, loaded)
}

/// The lines of a report, `file:line:column: message`, without the folder.
fn say(folder: &Path, loaded: &Loaded) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    let lines = loaded.report.diagnostics().iter();
    lines
        .map(|diagnostic| diagnostic.to_string().replace(&folder, ""))
        .collect()
}

#[test]
fn origin_and_owner_return_when_a_file_ends_and_the_ttl_stays() {
    let (_folder, loaded) = load_files(&[
        (
            "zone",
            "HEAD\na TXT 1\n$INCLUDE d/one sub\n HINFO 4 5\nb TXT 5\n",
        ),
        (
            "d/one",
            " TXT 2\n$ORIGIN deep\nc TXT 3\n$TTL 9\n$INCLUDE two\n",
        ),
        ("d/two", "d TXT 6"),
    ]);
    assert_eq!(loaded.report.render(false), "");
    let mut shown = show(&loaded.records.unwrap());
    shown.retain(|record| record.contains("TXT"));
    assert_eq!(
        shown,
        [
            "a 300 TXT \"1\"",
            "a 300 TXT \"2\"",
            "b 9 TXT \"5\"",
            "c.deep.sub 300 TXT \"3\"",
            "d.deep.sub 9 TXT \"6\"",
        ]
    );
    assert_eq!(loaded.files.len(), 3);
}

#[test]
fn loops_are_named_and_a_file_may_be_included_twice() {
    let (folder, loaded) = load_files(&[
        (
            "zone",
            "HEAD\n$INCLUDE one\n$INCLUDE two x\n$INCLUDE two y\n",
        ),
        ("one", "$INCLUDE ./two\n$INCLUDE one\n$INCLUDE zone\n"),
        ("two", "a TXT x\n"),
    ]);
    assert_eq!(
        say(folder.path(), &loaded),
        [
            "one:2:10: file includes itself: one → one",
            "one:3:10: file includes itself: zone → one → zone",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_said_with_the_reason() {
    let (folder, loaded) = load_files(&[
        (
            "zone",
            "HEAD\n$INCLUDE none\n$INCLUDE d\n$INCLUDE b\n$INCLUDE u\n",
        ),
        ("d/x", ""),
        ("b", "a\0b"),
    ]);
    fs::write(folder.path().join("u"), b"\xFF\xFEa\0").unwrap();
    let loaded_again = load(&folder.path().join("zone"), &origin());
    assert_eq!(loaded.files.len(), 5);
    assert_eq!(
        say(folder.path(), &loaded_again),
        [
            "zone:5:10: include \"none\": no such file or directory",
            "zone:6:10: include \"d\": it is a folder, not a file",
            "zone:7:10: include \"b\": it holds binary data, not text",
            "zone:8:10: include \"u\": it is text in UTF-16, expected ASCII or UTF-8",
        ]
    );
    let missing = load(&folder.path().join("missing"), &origin());
    assert_eq!(
        say(folder.path(), &missing),
        ["missing: zone file cannot be read: no such file or directory",]
    );
    assert_eq!(missing.files.len(), 1);
}

#[test]
fn deep_and_wide_nesting_ends() {
    let mut files: Vec<(String, String)> = (0..40)
        .map(|n| {
            (
                format!("f{n}"),
                format!("$INCLUDE f{}\n$INCLUDE f{}\n", n + 1, n + 1),
            )
        })
        .collect();
    files.push(("zone".to_owned(), "HEAD\n$INCLUDE f0\n".to_owned()));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    let (_folder, loaded) = load_files(&files);
    assert!(loaded.report.errors() > 0);
    assert!(loaded.report.render(false).contains("more than 32 deep"));
}

#[test]
fn text_of_files_elsewhere_is_not_shown() {
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("shadow");
    fs::write(
        &secret,
        "root:$y$j9T$abc:19000:0\nx A hunter2\ny TYPO \"a\"b\" c\n",
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("zone");
    std::os::unix::fs::symlink(&secret, folder.path().join("link")).unwrap();
    fs::write(folder.path().join("own"), "z TYPO\n").unwrap();
    for include in [secret.to_str().unwrap(), "link"] {
        fs::write(&zone, format!("{HEAD}$INCLUDE {include}\n$INCLUDE own\n")).unwrap();
        let loaded = load(&zone, &origin());
        let report = loaded.report.render(false);
        for text in ["root", "j9T", "hunter2", "TYPO \"", "b\\\""] {
            assert!(!report.contains(text), "{text}: {report}");
        }
        assert!(report.contains("the line is not shown here"), "{report}");
        assert!(report.contains("z TYPO"), "{report}");
        let lines: Vec<String> = loaded
            .report
            .diagnostics()
            .iter()
            .map(|diagnostic| format!("{}:{}", diagnostic.mark.line, diagnostic.message))
            .collect();
        assert!(
            lines.iter().any(|line| line.starts_with("2:A at")),
            "{lines:?}"
        );
    }
}
