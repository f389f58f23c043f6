//! Plays a case with one program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::causes::chain;
use crate::cluster::Cluster;
use crate::process::{last_lines, run};
use crate::recorder::{Changes, Endpoint, Recorder};

use super::case::{Case, Step};
use super::outcome::{Outcome, Run};

/// What came of a case.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) outcome: Outcome,
    /// What the program said in all runs.
    pub(crate) log: String,
}

/// Plays a case: its objects, its runs, and the cluster empty again.
pub(crate) fn play(program: &Path, cluster: &Cluster, case: &Case) -> Result<Played, String> {
    let played = play_in(program, cluster, case);
    let reset = cluster.reset().map_err(|error| chain(&error));
    let (played, ()) = (played?, reset?);
    Ok(played)
}

fn play_in(program: &Path, cluster: &Cluster, case: &Case) -> Result<Played, String> {
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    recorder.put(case.records.iter().cloned());
    if let Some(filter) = &case.filter {
        recorder.set_filter(filter.clone());
    }
    cluster
        .create(&case.objects)
        .map_err(|error| chain(&error))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let environment = [&OURS.map(owned)[..], &case.env].concat();
    let mut outcome = Vec::new();
    let mut log = String::new();
    for step in &case.steps {
        change(cluster, step)?;
        let arguments = arguments(&step.flags, cluster.kubeconfig(), &recorder.url());
        let exit = run(program, &arguments, &environment, folder.path(), RUN_WAIT);
        let exit = exit.map_err(|error| format!("{}: {error}", program.display()))?;
        let Some(code) = exit.code else {
            let log = last_lines(&exit.log, 20);
            return Err(format!(
                "no end after {RUN_WAIT:?} of {arguments:?}; the log ends:\n{log}"
            ));
        };
        let applied = recorder
            .take_applied()
            .into_iter()
            .map(|applied| applied.changes);
        let changes = applied.reduce(join).map(|changes| match case.mask_txt {
            true => masked(changes).canonical(),
            false => changes.canonical(),
        });
        outcome.push(Run {
            succeeded: code == 0,
            changes,
        });
        // The log holds all runs so far.
        log = exit.log;
    }
    Ok(Played { outcome, log })
}

fn change(cluster: &Cluster, step: &Step) -> Result<(), String> {
    cluster
        .create(&step.create)
        .map_err(|error| chain(&error))?;
    let api = cluster.api();
    api.patch(&step.patch).map_err(|error| chain(&error))?;
    api.delete(&step.delete).map_err(|error| chain(&error))
}

/// The case's flags and those that all runs have, unless the case sets them.
fn arguments(flags: &[String], kubeconfig: PathBuf, webhook: &str) -> Vec<String> {
    let mut arguments = vec![
        "--once".to_owned(),
        format!("--kubeconfig={}", kubeconfig.display()),
        "--provider=webhook".to_owned(),
        format!("--webhook-provider-url={webhook}"),
        "--metrics-address=127.0.0.1:0".to_owned(),
        // The limits of requests would be most of a run's time.
        "--kube-api-qps=1000".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ];
    let defaults = [
        ("--policy=", "sync"),
        ("--registry=", "txt"),
        ("--txt-owner-id=", "me"),
    ];
    for (flag, value) in defaults {
        if !flags.iter().any(|given| given.starts_with(flag)) {
            arguments.push(format!("{flag}{value}"));
        }
    }
    arguments.extend(flags.iter().cloned());
    arguments
}

/// Several requests as one.
fn join(mut all: Changes, more: Changes) -> Changes {
    all.create.extend(more.create);
    all.update_old.extend(more.update_old);
    all.update_new.extend(more.update_new);
    all.delete.extend(more.delete);
    all
}

/// Hides encrypted text, which is another one in each run.
fn masked(mut changes: Changes) -> Changes {
    let lists = [
        &mut changes.create,
        &mut changes.update_old,
        &mut changes.update_new,
        &mut changes.delete,
    ];
    for endpoint in lists.into_iter().flatten() {
        mask(endpoint);
    }
    changes
}

fn mask(endpoint: &mut Endpoint) {
    let plain = |text: &String| text.contains("heritage=");
    if endpoint.record_type == "TXT" && !endpoint.targets.iter().any(plain) {
        endpoint.targets = vec!["encrypted".to_owned()];
    }
    if let Some(nonce) = endpoint.labels.get_mut("txt-encryption-nonce") {
        "any".clone_into(nonce);
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Our name server's sockets, on loopback and out of the way; external-dns has none and reads no
/// such variables. As flags they would stop it.
pub(super) const OURS: [(&str, &str); 2] = [
    ("ZONEWRIGHT_LISTEN", "127.0.0.1:0"),
    ("ZONEWRIGHT_CONTROL_SOCKET", "off"),
];
/// A run that waits for a kind that is not served takes a minute.
const RUN_WAIT: Duration = Duration::from_secs(90);
