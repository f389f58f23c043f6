//! Names of a cluster at a webhook that fails in all the ways that one can, and the brake.

use std::process::Command;
use std::time::{Duration, Instant};

use cluster_peers::{Endpoint, Fault, Recorder, Route};
use peers::{Options, Program, Ready, Server};
use serde_json::json;

use super::site::{Check, PATIENCE, check, start, wait_for_log};
use super::stand_in::Cluster;
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[
    ("a_webhook_that_starts_later_is_waited_for", late),
    ("a_webhook_that_answers_500_is_tried_again", status),
    ("a_webhook_that_answers_nonsense_is_tried_again", nonsense),
    ("a_webhook_whose_answers_are_cut_is_tried_again", cut),
    ("a_webhook_that_hangs_up_is_tried_again", dropped),
    ("a_webhook_that_is_too_slow_is_tried_again", slow),
    (
        "changes_whose_answer_was_lost_are_made_once",
        applied_then_dropped,
    ),
    ("one_refused_record_stops_no_other", refused),
    ("one_record_that_breaks_a_webhook_stops_no_other", breaking),
    (
        "numbers_of_external_dns_are_there_or_missing_for_a_reason",
        numbers,
    ),
    ("mass_deletes_are_held_until_released", brake),
    ("deletes_that_trickle_in_are_held_too", trickle),
    (
        "a_cluster_that_comes_back_empty_takes_nothing_away",
        emptied,
    ),
];

fn late(program: &Program) -> Result<(), String> {
    let recorder = recorder()?;
    let (url, address) = (recorder.url(), recorder.url().replace("http://", ""));
    drop(recorder);
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let mut server = start(program, &options(&cluster, &url, &[]))?;
    wait_for_log(&server, "no connection")?;
    let address = address
        .parse()
        .map_err(|error| format!("{address}: {error}"))?;
    let recorder = Recorder::start_on(address).map_err(|error| error.to_string())?;
    wait_for_targets(&recorder, &server, "a.example.org", Some("192.0.2.1"))?;
    check(server.ended().is_none(), || server.log())
}

fn status(program: &Program) -> Result<(), String> {
    bears(program, &Fault::Status(500))
}

fn nonsense(program: &Program) -> Result<(), String> {
    bears(program, &Fault::Nonsense)
}

fn cut(program: &Program) -> Result<(), String> {
    bears(program, &Fault::Cut)
}

fn dropped(program: &Program) -> Result<(), String> {
    bears(program, &Fault::Drop)
}

fn slow(program: &Program) -> Result<(), String> {
    bears(program, &Fault::Slow(Duration::from_millis(700)))
}

/// Each call fails once, one after the other; what is there stays, what is wanted comes.
fn bears(program: &Program, fault: &Fault) -> Result<(), String> {
    let recorder = recorder()?;
    recorder.put([record("foreign.example.org", "198.51.100.1")]);
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let owned = ["--interval=1s", "--registry=txt", "--txt-owner-id=us"];
    let mut server = start(program, &options(&cluster, &recorder.url(), &owned))?;
    wait_for_targets(&recorder, &server, "a.example.org", Some("192.0.2.1"))?;
    for route in [Route::Records, Route::Adjust, Route::Apply] {
        recorder.fail(route, fault.clone(), 1);
    }
    cluster.apply("b", "192.0.2.2");
    cluster.apply("a", "192.0.2.3");
    wait_for_targets(&recorder, &server, "b.example.org", Some("192.0.2.2"))?;
    wait_for_targets(&recorder, &server, "a.example.org", Some("192.0.2.3"))?;
    wait_for_log(&server, "destination works again")?;
    no_deletes(&recorder, &server)?;
    cluster.delete("a");
    wait_for_targets(&recorder, &server, "a.example.org", None)?;
    let foreign = targets(&recorder, "foreign.example.org");
    check(foreign.is_some(), || server.log())?;
    check(server.ended().is_none(), || server.log())
}

fn applied_then_dropped(program: &Program) -> Result<(), String> {
    let recorder = recorder()?;
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let server = start(program, &options(&cluster, &recorder.url(), &[]))?;
    wait_for_targets(&recorder, &server, "a.example.org", Some("192.0.2.1"))?;
    let lists = recorder.calls(Route::Records);
    recorder.fail(Route::Apply, Fault::AppliedThenDropped, 1);
    cluster.apply("b", "192.0.2.2");
    wait_for_targets(&recorder, &server, "b.example.org", Some("192.0.2.2"))?;
    wait_for_log(&server, "destination works again")?;
    check(recorder.calls(Route::Records) > lists, || {
        "it did not look what was done".into()
    })?;
    no_deletes(&recorder, &server)?;
    let applied = recorder.applied();
    let creates = applied.iter().flat_map(|applied| &applied.changes.create);
    let count = creates
        .filter(|made| made.dns_name == "b.example.org")
        .count();
    check(count == 1, || {
        format!("b is made {count} times:\n{}", server.log())
    })
}

/// The others are made at once, and the refused one when it is taken.
fn refused(program: &Program) -> Result<(), String> {
    set_aside(program, &[400, 404, 422])
}

/// As most providers say it: with the status of an outage.
fn breaking(program: &Program) -> Result<(), String> {
    set_aside(program, &[500, 503])
}

fn set_aside(program: &Program, statuses: &[u16]) -> Result<(), String> {
    for &status in statuses {
        let recorder = recorder()?;
        let cluster = Cluster::start()?;
        for number in 0..8 {
            cluster.apply(&format!("s{number}"), "192.0.2.1");
        }
        recorder.refuse("s3.example.org", status);
        let server = start(program, &options(&cluster, &recorder.url(), &[]))?;
        for number in (0..8).filter(|number| *number != 3) {
            let name = format!("s{number}.example.org");
            wait_for_targets(&recorder, &server, &name, Some("192.0.2.1"))
                .map_err(|error| format!("HTTP {status}: {error}"))?;
        }
        wait_for_log(&server, "change is refused")?;
        check(targets(&recorder, "s3.example.org").is_none(), || {
            server.log()
        })?;
        cluster.apply("later", "192.0.2.2");
        wait_for_targets(&recorder, &server, "later.example.org", Some("192.0.2.2"))?;
        recorder.heal();
        wait_for_targets(&recorder, &server, "s3.example.org", Some("192.0.2.1"))?;
    }
    Ok(())
}

/// The list is a file, so that a dashboard's author can read it.
fn numbers(program: &Program) -> Result<(), String> {
    let list = include_str!("../externaldns/metrics.txt");
    let recorder = recorder()?;
    recorder.put([record("a.example.org", "198.51.100.1")]);
    let cluster = Cluster::start()?;
    for name in ["a", "b"] {
        cluster.apply(name, "192.0.2.1");
    }
    let twice = json!({"dnsName": "a.example.org", "recordType": "A", "targets": ["192.0.2.1"]});
    let wrong = json!({"dnsName": "d.example.org", "recordType": "A", "targets": ["x"]});
    for name in ["x", "y"] {
        cluster.store.apply(json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"namespace": "default", "name": name},
            "spec": {"endpoints": [twice, twice, wrong]},
        }));
    }
    let more = ["--source=crd", "--interval=1s", "--provider-cache-time=2s"];
    let server = start(program, &options(&cluster, &recorder.url(), &more))?;
    wait_for_targets(&recorder, &server, "b.example.org", Some("192.0.2.1"))?;
    let (mut missing, mut page) = (vec![""], String::new());
    let begin = Instant::now();
    while !missing.is_empty() && begin.elapsed() < PATIENCE {
        page = get(&server, "/metrics")?;
        let lines = list.lines().filter(|line| !line.starts_with('#'));
        let names: Vec<(&str, bool)> = lines
            .map(|line| {
                line.split_once("  ")
                    .map_or((line, true), |(name, _)| (name, false))
            })
            .collect();
        let there = |name: &str| {
            page.lines().any(|line| match name.strip_suffix('*') {
                Some(start) => line.starts_with(start),
                None => line
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' '])),
            })
        };
        let lacking = names.iter().filter(|(name, wanted)| there(name) != *wanted);
        missing = lacking.map(|(name, _)| *name).collect();
    }
    check(missing.is_empty(), || format!("{missing:?}:\n{page}"))
}

fn brake(program: &Program) -> Result<(), String> {
    let recorder = recorder()?;
    recorder.set_filter(json!({"include": ["example.org"]}));
    let mut cluster = Cluster::start()?;
    let server = hundred(program, &mut cluster, &recorder)?;
    cluster.kill();
    for number in 0..40 {
        cluster.delete(&format!("s{number}"));
    }
    cluster.store.compact();
    cluster.restart()?;
    wait_for_log(&server, "too many deletes within an interval")?;
    wait_for_held(&server, 40)?;
    // Other changes are made meanwhile.
    cluster.apply("s50", "192.0.2.2");
    wait_for_targets(&recorder, &server, "s50.example.org", Some("192.0.2.2"))?;
    no_deletes(&recorder, &server)?;
    let socket = server.folder().join("control.sock");
    let release = |more: &[&str]| {
        let mut command = Command::new(program.path());
        command.args(["brake", "release", "--control-socket"]);
        let output = command.arg(&socket).args(more).output();
        output.map_err(|error| error.to_string())
    };
    let elsewhere = release(&["--zone=example.net"])?;
    let said = String::from_utf8_lossy(&elsewhere.stderr).into_owned();
    check(
        !elsewhere.status.success() && said.contains("expected one of \"example.org\""),
        || said,
    )?;
    let output = release(&["--zone=example.org"])?;
    check(output.status.success(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })?;
    wait_for_targets(&recorder, &server, "s0.example.org", None)?;
    wait_for_held(&server, 0)?;
    let left = recorder.records().len();
    check(left == 60, || {
        format!("{left} records are left:\n{}", server.log())
    })
}

/// Each event takes one name away, and together they are too many.
fn trickle(program: &Program) -> Result<(), String> {
    let recorder = recorder()?;
    let mut cluster = Cluster::start()?;
    let server = hundred(program, &mut cluster, &recorder)?;
    for number in 0..40 {
        cluster.delete(&format!("s{number}"));
        if number < 30 {
            wait_for_targets(&recorder, &server, &format!("s{number}.example.org"), None)?;
        }
    }
    wait_for_log(&server, "too many deletes within an interval")?;
    wait_for_held(&server, 10)?;
    let left = recorder.records().len();
    check(left == 70, || {
        format!("{left} records are left:\n{}", server.log())
    })
}

/// All objects are gone after a restart, as when the store of a cluster is lost.
fn emptied(program: &Program) -> Result<(), String> {
    let recorder = recorder()?;
    let mut cluster = Cluster::start()?;
    let server = hundred(program, &mut cluster, &recorder)?;
    cluster.kill();
    for number in 0..100 {
        cluster.delete(&format!("s{number}"));
    }
    cluster.store.compact();
    cluster.restart()?;
    wait_for_log(&server, "too many deletes within an interval")?;
    wait_for_held(&server, 100)?;
    no_deletes(&recorder, &server)?;
    for number in 0..100 {
        cluster.apply(&format!("s{number}"), "192.0.2.1");
    }
    wait_for_log(&server, "deletes are no longer held")?;
    no_deletes(&recorder, &server)
}

/// Our program with a hundred Services at the webhook, with the usual time between full passes.
fn hundred(
    program: &Program,
    cluster: &mut Cluster,
    recorder: &Recorder,
) -> Result<Server, String> {
    for number in 0..100 {
        cluster.apply(&format!("s{number}"), "192.0.2.1");
    }
    let server = start(
        program,
        &options(
            cluster,
            &recorder.url(),
            &["--interval=1m", "--registry=noop"],
        ),
    )?;
    let came = recorder.wait_for(PATIENCE, |records| records.len() == 100);
    check(came.is_some(), || server.log())?;
    Ok(server)
}

fn options(cluster: &Cluster, url: &str, more: &[&str]) -> Options {
    let url = format!("--webhook-provider-url={url}");
    let options = cluster
        .options(&["--provider=webhook", &url])
        .arguments(["--webhook-provider-read-timeout=200ms"])
        .arguments(["--webhook-provider-write-timeout=200ms"]);
    let options = match more {
        [] => options.arguments(["--interval=1s", "--registry=noop"]),
        more => options.arguments(more.iter().copied()),
    };
    options.ready(Ready::Zones(Vec::new()))
}

fn recorder() -> Result<Recorder, String> {
    Recorder::start().map_err(|error| error.to_string())
}

fn record(name: &str, address: &str) -> Endpoint {
    Endpoint {
        dns_name: name.to_owned(),
        record_type: "A".to_owned(),
        targets: vec![address.to_owned()],
        ..Endpoint::default()
    }
}

fn targets(recorder: &Recorder, name: &str) -> Option<String> {
    let records = recorder.records();
    let record = records.into_iter().find(|record| record.dns_name == name);
    record.map(|record| record.targets.join(","))
}

fn wait_for_targets(
    recorder: &Recorder,
    server: &Server,
    name: &str,
    wanted: Option<&str>,
) -> Result<(), String> {
    let came = recorder.wait_for(PATIENCE, |records| {
        let record = records.iter().find(|record| record.dns_name == name);
        record.map(|record| record.targets.join(",")).as_deref() == wanted
    });
    check(came.is_some(), || {
        let found = targets(recorder, name);
        format!("{name}: {found:?}, not {wanted:?}; log:\n{}", server.log())
    })
}

pub(super) fn no_deletes(recorder: &Recorder, server: &Server) -> Result<(), String> {
    let applied = recorder.applied();
    let deleted = applied
        .iter()
        .flat_map(|applied| &applied.changes.delete)
        .next();
    check(deleted.is_none(), || {
        format!("{deleted:?} was deleted:\n{}", server.log())
    })
}

fn wait_for_held(server: &Server, count: usize) -> Result<(), String> {
    let line = format!("zonewright_sync_brake_held{{destination=\"webhook\"}} {count}");
    let begin = Instant::now();
    loop {
        let page = get(server, "/metrics")?;
        if page.lines().any(|other| other == line) {
            return Ok(());
        }
        check(begin.elapsed() < PATIENCE, || {
            let found: Vec<&str> = page.lines().filter(|line| line.contains("brake")).collect();
            format!("{found:?}, not {count}; log:\n{}", server.log())
        })?;
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
