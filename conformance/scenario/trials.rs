//! One trial per case; the cases of a file share their servers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libtest_mimic::Trial;
use peers::{Identity, Kind, Options};

use super::check::check;
use super::parse::{Case, File, parse};
use crate::client::{Query, exchange};
use crate::fleet::{self, Cast, Fleet};

/// The servers of a file, started by the first of its trials and stopped after the last.
type Shared = Arc<OnceLock<Result<Fleet, String>>>;

/// All trials.
pub(crate) fn trials(cast: &Cast) -> Result<Vec<Trial>, String> {
    let folder = fleet::root().join("conformance/dns");
    let mut trials = Vec::new();
    for path in files(&folder)? {
        let place = path
            .strip_prefix(&folder)
            .unwrap_or(&path)
            .with_extension("");
        let place = place.display().to_string().replace('/', "::");
        let text = fs::read_to_string(&path).map_err(|error| format!("{place}: {error}"))?;
        let file = Arc::new(parse(&text).map_err(|error| format!("{place}: {error}"))?);
        let shared = Shared::default();
        for (number, case) in file.cases.iter().enumerate() {
            let name = format!("dns::{place}: {}", case.name);
            let (file, shared) = (Arc::clone(&file), Arc::clone(&shared));
            trials.push(cast.trial(name, move |cast| run(cast, &file, number, &shared)));
        }
    }
    Ok(trials)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let list = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in list.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "case")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn run(cast: &Cast, file: &File, number: usize, shared: &Shared) -> Result<(), String> {
    let case = file.cases.get(number).ok_or("the case is gone")?;
    let fleet = shared
        .get_or_init(|| start(cast, file))
        .as_ref()
        .map_err(Clone::clone)?;
    let mut wrong = Vec::new();
    for server in fleet.servers() {
        let kind = server.kind();
        let ours = kind == Kind::Zonewright;
        if case.only_ours && !ours {
            continue;
        }
        let fails = if ours {
            case.xfail
        } else {
            case.except.contains(&kind)
        };
        match (ask(case, server.address()), fails) {
            (Ok(()), false) | (Err(_), true) => {}
            (Ok(()), true) => wrong.push(format!("{kind} is said to fail here, and passes")),
            (Err(error), false) => wrong.push(format!("{kind}: {error}")),
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Sends the queries of a case; an error says what is wrong with which answer.
fn ask(case: &Case, server: std::net::SocketAddr) -> Result<(), String> {
    for line in &case.queries {
        let query = Query::parse(line)?;
        let wait = if case.expected.silent {
            SHORT_WAIT
        } else {
            WAIT
        };
        let reply = exchange(server, &query, wait).map_err(|error| format!("{line}: {error}"))?;
        check(case, &query, reply.as_deref()).map_err(|error| format!("{line}\n{error}"))?;
    }
    Ok(())
}

fn start(cast: &Cast, file: &File) -> Result<Fleet, String> {
    let options = Options::new(file.zones.iter().cloned()).workers(1);
    let options = file.settings.iter().try_fold(options, |options, setting| {
        Ok::<_, String>(match setting.as_str() {
            "cookies" => options.cookie_secret(COOKIE_SECRET),
            "identity" => options.identity(Identity {
                version: "version 1".into(),
                hostname: "host".into(),
                id: "id-1".into(),
            }),
            other => return Err(format!("{other:?} is no setting")),
        })
    })?;
    Fleet::start_with(&cast.programs(), &options).map_err(|error| error.to_string())
}

/// The secret of RFC 9018's examples.
const COOKIE_SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const WAIT: Duration = Duration::from_secs(2);
const SHORT_WAIT: Duration = Duration::from_millis(300);
