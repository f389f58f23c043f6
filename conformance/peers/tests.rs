//! Every installed server starts, answers and stops.

use std::fs;
use std::net::UdpSocket;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::{Kind, Options, Program, Ready, Server, StartError, Zone};

const TEXT: &str = "@ 60 IN SOA ns.example. a.example. 1 2 3 4 5\n@ 60 IN NS ns.example.\n";

#[test]
fn installed_servers_answer_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zone");
    fs::write(&file, TEXT).unwrap();
    let zones = ["a.example", "b.example"].map(|origin| Zone::new(origin, &file));
    for program in Kind::OTHERS.into_iter().filter_map(Program::find) {
        let options = Options::new(zones.clone()).workers(1).cpus("0");
        let server = Server::start(&program, &options).unwrap();
        let (address, pids) = (server.address(), server.pids());
        assert!(crate::answers(address, "b.example", Duration::from_secs(1)));
        assert!(server.memory().unwrap() > 1 << 20, "{}", server.kind());
        assert!(server.cpu_time().is_some());
        // A panic of the user stops the server too.
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let _server = server;
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        UdpSocket::bind(address).unwrap();
        assert!(
            pids.iter()
                .all(|pid| crate::process::memory(*pid).is_none()),
            "{}",
            program.kind
        );
    }
}

#[test]
fn a_program_that_ends_is_told_with_its_log() {
    let Some(program) = Program::find_knot() else {
        return;
    };
    let options = Options::new([]).config("nonsense").ready(Ready::AllZones);
    let zone = Options::new([Zone::new("a.example", "/nowhere")]).config("nonsense");
    assert!(
        Server::start(&program, &options).is_ok(),
        "nothing to wait for"
    );
    match Server::start(&program, &zone) {
        Err(StartError::Ended { log, .. }) => assert!(log.contains("nonsense") || !log.is_empty()),
        other => panic!("{other:?}"),
    }
}
