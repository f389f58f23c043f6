//! Arguments before clap sees them: what kingpin takes and clap does not.
//!
//! `@FILE` stands for the lines of a file, `--switch=true` for `--switch`, and flags that
//! external-dns does not have any more are taken out.

use std::collections::VecDeque;
use std::ffi::OsString;

use crate::file::read_text;
use crate::flags::{self, Kind, Retired};
use crate::problem::Quoted;
use crate::value;

/// The arguments that are left, and the retired flags among those that are not.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) arguments: Vec<OsString>,
    pub(super) retired: Vec<&'static Retired>,
}

/// Prepares arguments; the first is the program's name.
///
/// # Errors
/// The message about a file that cannot be read.
pub(super) fn prepare(arguments: impl IntoIterator<Item = OsString>) -> Result<Prepared, String> {
    let mut prepared = Prepared::default();
    let mut rest: VecDeque<OsString> = arguments.into_iter().collect();
    prepared.arguments.extend(rest.pop_front());
    let mut files = 0;
    while let Some(argument) = rest.pop_front() {
        let Some(text) = argument.to_str() else {
            prepared.arguments.push(argument);
            continue;
        };
        if text == "--" {
            prepared.arguments.push(argument);
            prepared.arguments.extend(rest);
            break;
        }
        match text.strip_prefix('@') {
            Some(path) if !path.is_empty() => {
                files += 1;
                for line in lines_of(path, files)?.into_iter().rev() {
                    rest.push_front(line);
                }
                continue;
            }
            _ => {}
        }
        let Some((name, value)) = long(text) else {
            prepared.arguments.push(argument);
            continue;
        };
        if let Some(retired) = retired(name) {
            prepared.retired.push(retired);
            let next_is_value = || {
                let next = rest.front().and_then(|next| next.to_str());
                next.is_some_and(|next| !next.starts_with('-'))
            };
            if value.is_none() && !retired.switch && next_is_value() {
                rest.pop_front();
            }
            continue;
        }
        let plain = value.and_then(|value| switch(name, value));
        prepared.arguments.push(plain.unwrap_or(argument));
    }
    prepared.arguments = join_negative(prepared.arguments);
    Ok(prepared)
}

/// Makes `--flag -1s` what `--flag=-1s` is: a wrong value, which is told with what would be right,
/// and not an argument that nobody knows. None of ours begins with a hyphen and a digit.
fn join_negative(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        let negative = argument.to_str().is_some_and(|text| {
            let mut bytes = text.bytes();
            bytes.next() == Some(b'-') && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        });
        let flag = joined.last_mut().filter(|last| takes_value(last));
        match flag {
            Some(flag) if negative => {
                flag.push("=");
                flag.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

/// Whether an argument is a flag whose value comes behind it.
fn takes_value(argument: &OsString) -> bool {
    let name = argument.to_str().and_then(|text| text.strip_prefix("--"));
    let flag = name.and_then(flags::find);
    flag.is_some_and(|flag| !matches!(flag.kind, Kind::Switch(_)))
}

/// The lines of a file of arguments, without comments.
fn lines_of(path: &str, files: usize) -> Result<Vec<OsString>, String> {
    // A file may name itself.
    if files > MAX_FILES {
        return Err(format!("more than {MAX_FILES} files of arguments"));
    }
    let text = read_text(std::path::Path::new(path))
        .map_err(|error| format!("read arguments from {}: {error}", Quoted(path)))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.map(OsString::from).collect())
}

/// The name of a long flag and the value that is written to it.
fn long(text: &str) -> Option<(&str, Option<&str>)> {
    let flag = text.strip_prefix("--")?;
    Some(match flag.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (flag, None),
    })
}

fn retired(name: &str) -> Option<&'static Retired> {
    flags::find_retired(name).or_else(|| {
        let retired = flags::find_retired(name.strip_prefix("no-")?)?;
        retired.switch.then_some(retired)
    })
}

/// `--switch=true` as clap takes it.
fn switch(name: &str, value: &str) -> Option<OsString> {
    let flag = flags::find(name)?;
    if !matches!(flag.kind, Kind::Switch(_)) {
        return None;
    }
    let no = if value::switch(value).ok()? {
        ""
    } else {
        "no-"
    };
    Some(format!("--{no}{name}").into())
}

/// Files of arguments in one command line at most.
const MAX_FILES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(arguments: &[&str]) -> (String, Vec<&'static str>) {
        let arguments = std::iter::once(&"zonewright").chain(arguments);
        let prepared = prepare(arguments.map(OsString::from)).unwrap();
        let texts: Vec<_> = prepared.arguments[1..]
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect();
        let retired = prepared.retired.iter().map(|retired| retired.name);
        (texts.join(" "), retired.collect())
    }

    #[test]
    fn retired_flags_are_taken_out_with_their_values() {
        let (rest, retired) = prepared(&[
            "--source=service",
            "--bluecat-dns-view",
            "internal",
            "--txt-new-format-only",
            "--dyn-min-ttl=60",
            "--no-ibmcloud-proxied",
            "--akamai-client-token",
            "--provider",
            "webhook",
        ]);
        assert_eq!(rest, "--source=service --provider webhook");
        assert_eq!(
            retired,
            [
                "bluecat-dns-view",
                "txt-new-format-only",
                "dyn-min-ttl",
                "ibmcloud-proxied",
                "akamai-client-token",
            ]
        );
    }

    #[test]
    fn switches_may_have_a_value() {
        let (rest, _) = prepared(&["--events=true", "--once=0", "--dry-run=maybe", "--strict"]);
        assert_eq!(rest, "--events --no-once --dry-run=maybe --strict");
    }

    #[test]
    fn a_file_of_arguments_stands_for_its_lines() {
        let folder = std::env::temp_dir().join(format!("zonewright-args-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("args");
        let at = format!("@{}", path.display());
        std::fs::write(&path, "# what\n--source\nservice\n--events=true\n").unwrap();
        let (rest, _) = prepared(&["--once", &at, "--strict"]);
        assert_eq!(rest, "--once --source service --events --strict");
        std::fs::write(&path, &at).unwrap();
        let error = prepare(["zonewright".into(), OsString::from(&at)]).unwrap_err();
        assert_eq!(error, "more than 64 files of arguments");
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(prepare(["zonewright".into(), OsString::from(&at)]).is_err());
    }
}
