//! Data folders that cannot be written: serials that were shown do not come again with something else,
//! what is wrong is said once, and what can be served is.

use std::fs;
use std::time::Duration;

use peers::{Options, Program, Server, Signal};

use super::namespace::mounted;
use super::site::{
    Check, PATIENCE, Site, answer, check, serial, start, text, wait_for_log, wait_for_serial,
};
use super::tool::{self, contents};

pub(super) const TRIALS: &[Check] = &[
    (READ_ONLY, read_only),
    ("a_data_folder_that_is_gone_is_said_once", gone),
    (FULL, full),
    (
        "a_folder_of_copies_that_cannot_be_made_is_tried_again",
        catalog,
    ),
];

const ZONE: &str = "disk.test";
const FULL: &str = "a_full_disk_refuses_updates_until_there_is_room";
const READ_ONLY: &str = "a_read_only_disk_shows_no_serial_with_two_contents";

fn options(site: &Site) -> Options {
    let data = site.path("data").display().to_string();
    Options::new([peers::Zone::new(ZONE, site.path(ZONE))]).arguments([
        "--update-policy".to_owned(),
        "grant 127.0.0.1 zonesub ANY".into(),
        "--data-dir".into(),
        data,
    ])
}

fn end(server: &mut Server, signal: Signal) -> Result<(), String> {
    server.signal(signal).map_err(|error| error.to_string())?;
    check(server.wait(PATIENCE).is_some(), || "it does not end".into())
}

fn add(server: &Server, name: &str) -> Result<tool::Said, String> {
    let lines = format!("update add {name}.{ZONE}. 60 A 192.0.2.9\nsend");
    tool::update("nsupdate", &["-v"], server.address(), ZONE, &lines)
}

/// Gives the zone another address, under the serial that its file has always had, and waits for it.
fn rewrite(site: &Site, server: Option<&Server>, last: u32) -> Result<(), String> {
    site.zone(ZONE, 7, &format!("www A 192.0.2.{last}"))?;
    let Some(server) = server else {
        return Ok(());
    };
    let wanted = format!("www.{ZONE}. 300 A 192.0.2.{last}");
    super::site::wait_for_answer(server, &format!("www.{ZONE} A"), &[&wanted]).map(drop)
}

/// The serial, which must be later than all before.
fn later(server: &Server, shown: &mut u32) -> Result<(), String> {
    let now = serial(server.address(), ZONE).unwrap_or(0);
    let before = std::mem::replace(shown, now);
    check(now > before, || {
        format!("{now} after {before}:\n{}", server.log())
    })
}

fn read_only(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    rewrite(&site, None, 1)?;
    let data = site.path("data").display().to_string();
    let mount = format!("mount --bind '{data}' '{data}' && mount -o remount,ro,bind '{data}'");
    fs::create_dir(site.path("data")).map_err(|error| error.to_string())?;
    let Some(wrapper) = mounted(READ_ONLY, &mount) else {
        return Ok(());
    };
    let mut server = start(program, &options(&site))?;
    let said = add(&server, "kept")?;
    check(said.well, || said.text.clone())?;
    let mut shown = serial(server.address(), ZONE).unwrap_or(0);
    check(shown == 8, || format!("serial {shown}"))?;
    end(&mut server, Signal::Terminate)?;
    for round in 0..2 {
        // What runs leave is time, counted in seconds.
        std::thread::park_timeout(Duration::from_millis(1100));
        let last = 10 * (round + 1);
        if round > 0 {
            rewrite(&site, None, last)?;
        }
        server = start(program, &options(&site).wrapper(wrapper.clone()))?;
        wait_for_log(&server, "leaves no trace")?;
        if round > 0 {
            later(&server, &mut shown)?;
        }
        let kept = answer(server.address(), &format!("kept.{ZONE} A"))?;
        check(kept.len() == 1, || format!("{kept:?}"))?;
        let said = add(&server, "lost")?;
        check(!said.well && said.text.contains("SERVFAIL"), || {
            said.text.clone()
        })?;
        for one in 1..4 {
            rewrite(&site, Some(&server), last + one)?;
            later(&server, &mut shown)?;
        }
        end(&mut server, Signal::Terminate)?;
    }
    std::thread::park_timeout(Duration::from_millis(1100));
    rewrite(&site, None, 99)?;
    server = start(program, &options(&site))?;
    later(&server, &mut shown)?;
    let said = add(&server, "more")?;
    check(said.well, || said.text.clone())?;
    later(&server, &mut shown)
}

/// On a disk without room clients are told that nothing was done, and nothing was; with room again it
/// goes on.
fn full(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    rewrite(&site, None, 1)?;
    fs::create_dir(site.path("data")).map_err(|error| error.to_string())?;
    let data = site.path("data").display().to_string();
    let mount = format!("mount -t tmpfs -o size=1m tmpfs '{data}'");
    let Some(wrapper) = mounted(FULL, &mount) else {
        return Ok(());
    };
    let server = start(program, &options(&site).wrapper(wrapper))?;
    let said = add(&server, "before")?;
    check(said.well, || said.text.clone())?;
    // The mount is the server's alone; this is the way to it from outside.
    let root = format!("/proc/{}/root", server.pid());
    let filler = format!("{root}{data}/filler");
    let filled = fs::write(&filler, vec![0; 2 << 20]);
    check(filled.is_err(), || "the disk is not full".into())?;
    // What was set aside before is used up first.
    let (mut done, mut sent) = (0, 0);
    while done == sent {
        check(sent < 4000, || "it takes updates without end".into())?;
        let lines = (sent..sent + BATCH)
            .map(|number| format!("update add n{number}.{ZONE}. 60 A 192.0.2.9\nsend\n"));
        let lines: String = lines.collect();
        let said = tool::update("nsupdate", &["-v"], server.address(), ZONE, &lines)?;
        sent += BATCH;
        done += BATCH - said.text.matches("SERVFAIL").count();
    }
    let said = add(&server, "refused")?;
    check(!said.well && said.text.contains("SERVFAIL"), || {
        said.text.clone()
    })?;
    wait_for_log(&server, "the disk is full")?;
    // Files are served all the same.
    rewrite(&site, Some(&server), 2)?;
    fs::remove_file(&filler).map_err(|error| error.to_string())?;
    let back = server.wait_for(3 * PATIENCE, |server| {
        add(server, "after").is_ok_and(|said| said.well)
    });
    check(back, || server.log())?;
    let mut there = 0;
    for number in 0..sent {
        there += answer(server.address(), &format!("n{number}.{ZONE} A"))?.len();
    }
    check(there == done, || {
        format!("{there} names, {done} acknowledged")
    })
}

/// Updates that one run of a client sends.
const BATCH: usize = 40;

fn gone(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    rewrite(&site, None, 1)?;
    let server = start(program, &options(&site))?;
    fs::rename(site.path("data"), site.path("away")).map_err(|error| error.to_string())?;
    wait_for_log(&server, "not all that changes is stored")?;
    let said = add(&server, "lost")?;
    check(!said.well && said.text.contains("SERVFAIL"), || {
        said.text.clone()
    })?;
    // Changes that need no promise come, and it is tried again and again meanwhile.
    for last in 2..6 {
        rewrite(&site, Some(&server), last)?;
        std::thread::park_timeout(Duration::from_secs(1));
    }
    let log = server.log();
    let said = log.matches("not all that changes is stored").count();
    check(said == 1, || format!("said {said} times:\n{log}"))?;
    fs::rename(site.path("away"), site.path("data")).map_err(|error| error.to_string())?;
    let back = server.wait_for(3 * PATIENCE, |server| {
        server.log().contains("what changes is stored again")
    });
    check(back, || server.log())?;
    let said = add(&server, "kept")?;
    check(said.well, || said.text)
}

fn catalog(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    fs::create_dir(site.path("zones")).map_err(|error| error.to_string())?;
    site.write("zones/a.test.zone", &text(3, ""))?;
    fs::create_dir(site.path("data")).map_err(|error| error.to_string())?;
    // Nobody, root included, makes a folder in the place of a file.
    site.write("data/copies", "")?;
    let path = |name: &str| site.path(name).display().to_string();
    let flags = [
        "--zone-dir".to_owned(),
        path("zones"),
        "--catalog".into(),
        "catalog.test".into(),
        "--allow-transfer".into(),
        "127.0.0.1".into(),
        "--data-dir".into(),
        path("data"),
    ];
    let mut server = start(program, &Options::new([]).arguments(flags.clone()))?;
    wait_for_log(&server, "the folder of copies cannot be made")?;
    wait_for_serial(&server, "a.test", 3)?;
    wait_for_log(&server, "the catalog could not be written down")?;
    let listed = contents(server.address(), "catalog.test", None)?;
    check(listed.len() == 4, || format!("{listed:#?}"))?;
    fs::remove_file(site.path("data/copies")).map_err(|error| error.to_string())?;
    let copy = site.path("data/copies/catalog.test.copy");
    let written = server.wait_for(2 * PATIENCE, |_| copy.is_file());
    check(written, || server.log())?;
    // It grows on from there.
    end(&mut server, Signal::Kill)?;
    let server = start(program, &Options::new([]).arguments(flags))?;
    wait_for_log(&server, "ready: ")?;
    let again = contents(server.address(), "catalog.test", None)?;
    check(listed == again, || format!("{listed:#?} {again:#?}"))
}
