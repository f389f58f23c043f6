//! A conversation over a socket, with a keeper behind it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use config::Zones;
use zone::Store;

use super::Answerer;
use super::protocol::{Command, Reply, Request, VERSION};
use crate::app::zones::{Keeper, Loader, Order, Statuses};

/// A daemon with one zone.
fn answerer(folder: &std::path::Path) -> Answerer {
    let text = "$TTL 60\n@ SOA ns host 7 1h 5m 1w 60\n@ NS ns\nns A 192.0.2.1\n";
    std::fs::write(folder.join("a.example.zone"), text).unwrap();
    let store = Arc::new(Store::new([1, 2]));
    let statuses = Statuses::default();
    let settings = Zones {
        files: Vec::new(),
        dirs: vec![folder.to_owned()],
        strict: true,
    };
    let loader = Loader::new(Arc::clone(&store), false);
    let (mut keeper, handle) = Keeper::new(settings, Vec::new(), loader, statuses.clone());
    assert_eq!(keeper.load(), 0);
    std::thread::spawn(move || keeper.run());
    Answerer {
        keeper: handle,
        statuses,
        store,
        hub: None,
        sync: None,
    }
}

/// Sends a line, gives all lines of the answer.
fn ask(answerer: &Answerer, line: impl AsRef<[u8]>) -> Vec<Reply> {
    let (client, server) = UnixStream::pair().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || answerer.converse(&server).unwrap());
        (&client).write_all(line.as_ref()).unwrap();
        BufReader::new(&client)
            .lines()
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
            .collect()
    })
}

fn command(answerer: &Answerer, command: Command) -> Vec<Reply> {
    let request = Request {
        version: VERSION,
        command,
    };
    ask(
        answerer,
        format!("{}\n", serde_json::to_string(&request).unwrap()),
    )
}

#[test]
fn every_command_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = answerer(folder.path());
    let zone = || "A.example".to_owned();
    let list = command(&daemon, Command::List);
    let show = command(&daemon, Command::Show { zone: zone() });
    for replies in [list, show] {
        match &replies[..] {
            [Reply::Zone(zone), Reply::Done] => {
                assert_eq!((zone.state.as_str(), zone.serial), ("served", Some(7)));
                assert_eq!((zone.zone.as_str(), zone.records), ("a.example.", 3));
            }
            other => panic!("{other:?}"),
        }
    }
    match &command(&daemon, Command::Export { zone: zone() })[..] {
        [Reply::Text(text), Reply::Done] => assert!(text.starts_with("$ORIGIN"), "{text}"),
        other => panic!("{other:?}"),
    }
    match &command(
        &daemon,
        Command::Reload {
            zones: vec![zone()],
        },
    )[..]
    {
        [Reply::Outcome(outcome), Reply::Done] => {
            assert_eq!((outcome.serial, outcome.changed), (Some(7), false));
        }
        other => panic!("{other:?}"),
    }
    daemon.keeper.give(Order::Stop);
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = answerer(folder.path());
    let error = |replies: Vec<Reply>| match &replies[..] {
        [Reply::Error(message)] => message.clone(),
        other => panic!("{other:?}"),
    };
    let zone = "b.example".to_owned();
    let messages = [
        error(command(&daemon, Command::Show { zone: zone.clone() })),
        error(command(&daemon, Command::Export { zone })),
        error(command(
            &daemon,
            Command::Export {
                zone: "a..b".to_owned(),
            },
        )),
        error(command(
            &daemon,
            Command::Explain {
                name: "a.example".to_owned(),
            },
        )),
        error(ask(
            &daemon,
            "{\"version\":1,\"command\":\"brake-release\"}\n",
        )),
        error(ask(&daemon, "{\"version\":2,\"command\":\"list\"}\n")),
        error(ask(&daemon, "hello\n")),
        error(ask(&daemon, b"\xFF\x00\x80\n")),
        error(ask(&daemon, vec![b' '; 1 << 20])),
        error(ask(&daemon, "{\"version\":1")),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    zone "b.example." is not served here
    zone "b.example." is not served here
    "a..b" is not the name of a zone: empty label (two dots in a row, or a dot at the front)
    this daemon has no sources (flag --source), so it looks after no names of objects
    this daemon has no sources (flag --source), so it looks after no names of objects
    version 2 of the control protocol is not spoken here; this daemon speaks version 1
    the request is not understood: expected value at line 1 column 1
    the request is not understood: expected value at line 1 column 1
    the request is not understood: no line ends within 1048576 bytes
    the request is not understood: no line ends within 1s
    "#);
    daemon.keeper.give(Order::Stop);
}
