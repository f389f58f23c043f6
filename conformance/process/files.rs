//! Zone files that change while they are served.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use peers::{Options, Program, Ready, Signal, Zone};

use super::site::{Check, Site, answer, check, serial, start, text, wait_for_log, wait_for_serial};

pub(super) const TRIALS: &[Check] = &[
    ("an_edited_file_is_served", edited),
    ("a_file_replaced_by_rename_is_served", renamed),
    ("an_edited_include_is_served", included),
    ("a_volume_that_swaps_its_link_is_served", swapped),
    (
        "a_link_swapped_far_away_is_served_at_once",
        swapped_far_away,
    ),
    ("sighup_reads_all_files_again", hangup),
    ("a_bad_zone_on_reload_keeps_the_old_one", bad_on_reload),
    ("a_file_cut_short_keeps_the_old_zone", cut_short),
    ("a_file_that_vanishes_keeps_the_old_zone", vanished),
    ("a_folder_of_zones_is_followed", folder),
    ("a_thousand_zones_are_served_and_followed", thousand),
];

fn edited(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "old A 192.0.2.2")?;
    let server = start(program, &Options::new([zone]))?;
    site.zone("a.test", 2, "new A 192.0.2.3")?;
    wait_for_serial(&server, "a.test", 2)?;
    let new = answer(server.address(), "new.a.test A")?;
    check(new.len() == 1, || format!("{new:?}"))?;
    let old = answer(server.address(), "old.a.test A")?;
    check(old.is_empty(), || format!("{old:?}"))
}

fn renamed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let server = start(program, &Options::new([zone]))?;
    for round in 2..5 {
        site.write("new", &text(round, ""))?;
        let done = fs::rename(site.path("new"), site.path("a.test"));
        done.map_err(|error| error.to_string())?;
        wait_for_serial(&server, "a.test", round)?;
    }
    Ok(())
}

fn included(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("more", "x A 192.0.2.2\n")?;
    let zone = site.zone("a.test", 1, "$INCLUDE more")?;
    let server = start(program, &Options::new([zone]))?;
    let first = answer(server.address(), "x.a.test A")?;
    check(first == ["x.a.test. 300 A 192.0.2.2"], || {
        format!("{first:?}")
    })?;
    site.write("more", "x A 192.0.2.3\n")?;
    let came = server.wait_for(super::site::PATIENCE, |server| {
        answer(server.address(), "x.a.test A")
            .is_ok_and(|lines| lines == ["x.a.test. 300 A 192.0.2.3"])
    });
    check(came, || {
        format!("the include is not read again:\n{}", server.log())
    })
}

/// As Kubernetes does with a ConfigMap: the file is a link through `..data`, which is replaced.
fn swapped(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let swap = |serial: u32| -> std::io::Result<()> {
        let version = format!("..{serial}");
        fs::create_dir(site.path(&version))?;
        fs::write(site.path(&version).join("a.test"), text(serial, ""))?;
        symlink(&version, site.path("..data_tmp"))?;
        fs::rename(site.path("..data_tmp"), site.path("..data"))?;
        if serial > 1 {
            fs::remove_dir_all(site.path(&format!("..{}", serial - 1)))?;
        }
        Ok(())
    };
    swap(1).map_err(|error| error.to_string())?;
    symlink("..data/a.test", site.path("a.test")).map_err(|error| error.to_string())?;
    let server = start(
        program,
        &Options::new([Zone::new("a.test", site.path("a.test"))]),
    )?;
    for serial in 2..4 {
        swap(serial).map_err(|error| error.to_string())?;
        wait_for_serial(&server, "a.test", serial)?;
    }
    Ok(())
}

/// The folder of zones holds links into a volume elsewhere, and only the volume changes.
fn swapped_far_away(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let volume = Site::new()?;
    let swap = |serial: u32| -> std::io::Result<()> {
        let version = format!("..{serial}");
        fs::create_dir(volume.path(&version))?;
        fs::write(volume.path(&version).join("a.test.zone"), text(serial, ""))?;
        symlink(&version, volume.path("..data_tmp"))?;
        fs::rename(volume.path("..data_tmp"), volume.path("..data"))
    };
    swap(1).map_err(|error| error.to_string())?;
    let zones = site.path("zones");
    fs::create_dir(&zones).map_err(|error| error.to_string())?;
    let far = volume.path("..data/a.test.zone");
    symlink(far, zones.join("a.test.zone")).map_err(|error| error.to_string())?;
    let options = Options::new([site.zone("b.test", 1, "")?])
        .arguments(["--zone-dir", &zones.display().to_string()]);
    let server = start(program, &options)?;
    wait_for_serial(&server, "a.test", 1)?;
    for serial in 2..5 {
        let begin = Instant::now();
        swap(serial).map_err(|error| error.to_string())?;
        wait_for_serial(&server, "a.test", serial)?;
        // Without events it would be found by the look at all files every ten seconds.
        check(begin.elapsed() < Duration::from_secs(3), || {
            format!("serial {serial} took {:?}", begin.elapsed())
        })?;
    }
    Ok(())
}

fn hangup(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let server = start(program, &Options::new([zone]))?;
    for serial in 2..5 {
        site.zone("a.test", serial, "")?;
        server
            .signal(Signal::Hangup)
            .map_err(|error| error.to_string())?;
        wait_for_serial(&server, "a.test", serial)?;
    }
    Ok(())
}

fn bad_on_reload(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zones = [
        site.zone("a.test", 1, "x A 192.0.2.2")?,
        site.zone("b.test", 1, "")?,
    ];
    let server = start(program, &Options::new(zones))?;
    site.zone("a.test", 2, "x A 192.0.2.300\ny CNAME x\ny A 192.0.2.3")?;
    site.zone("b.test", 2, "")?;
    wait_for_serial(&server, "b.test", 2)?;
    // Place and data of the mistake are said.
    wait_for_log(&server, "a.test:5")?;
    wait_for_log(&server, "192.0.2.300")?;
    let old = answer(server.address(), "x.a.test A")?;
    check(old == ["x.a.test. 300 A 192.0.2.2"], || format!("{old:?}"))?;
    check(serial(server.address(), "a.test") == Some(1), || {
        "the serial moved".into()
    })?;
    site.zone("a.test", 3, "x A 192.0.2.4")?;
    wait_for_serial(&server, "a.test", 3)
}

/// What a full disk leaves behind: the first part of the file.
fn cut_short(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let server = start(program, &Options::new([zone]))?;
    let new = text(2, "x TXT ( \"one\"\n \"two\" )");
    for (round, length) in [(1, 0), (2, 12), (3, 40), (4, new.len() - 8)] {
        site.write("a.test", new.get(..length).unwrap_or_default())?;
        // Another zone file's event comes after this one's, so this one has been seen by then.
        let said = server.wait_for(super::site::PATIENCE, |server| {
            server.log().matches("a.test").count() > round
        });
        check(said, || {
            format!(
                "a file of {length} bytes is not spoken of:\n{}",
                server.log()
            )
        })?;
        check(serial(server.address(), "a.test") == Some(1), || {
            format!("a file of {length} bytes is served:\n{}", server.log())
        })?;
    }
    site.write("a.test", &new)?;
    wait_for_serial(&server, "a.test", 2)
}

fn vanished(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zones = [site.zone("a.test", 1, "")?, site.zone("b.test", 1, "")?];
    let server = start(program, &Options::new(zones))?;
    fs::remove_file(site.path("a.test")).map_err(|error| error.to_string())?;
    site.zone("b.test", 2, "")?;
    wait_for_serial(&server, "b.test", 2)?;
    check(serial(server.address(), "a.test") == Some(1), || {
        "the zone is gone".into()
    })?;
    site.zone("a.test", 3, "")?;
    wait_for_serial(&server, "a.test", 3)
}

fn folder(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("first.test", 1, "")?;
    fs::create_dir(site.path("zones")).map_err(|error| error.to_string())?;
    let options = Options::new([zone])
        .arguments([
            "--zone-dir".to_owned(),
            site.path("zones").display().to_string(),
        ])
        .ready(Ready::AllZones);
    let server = start(program, &options)?;
    site.write("zones/second.test.zone", &text(7, ""))?;
    wait_for_serial(&server, "second.test", 7)?;
    fs::remove_file(site.path("zones/second.test.zone")).map_err(|error| error.to_string())?;
    let gone = server.wait_for(super::site::PATIENCE, |server| {
        serial(server.address(), "second.test").is_none()
    });
    check(gone, || format!("the zone stays:\n{}", server.log()))?;
    check(serial(server.address(), "first.test") == Some(1), || {
        "the other went too".into()
    })
}

fn thousand(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zones = (0..1000)
        .map(|number| site.zone(&format!("z{number}.test"), 1, "x A 192.0.2.2"))
        .collect::<Result<Vec<_>, _>>()?;
    let server = start(program, &Options::new(zones))?;
    let took = server.load_time();
    check(took.as_secs() < 10, || format!("start took {took:?}"))?;
    for number in [0, 500, 999] {
        site.zone(&format!("z{number}.test"), 2, "x A 192.0.2.3")?;
        wait_for_serial(&server, &format!("z{number}.test"), 2)?;
    }
    check(serial(server.address(), "z1.test") == Some(1), || {
        "another zone moved".into()
    })
}
