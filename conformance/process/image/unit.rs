//! The unit of systemd: judged by systemd's own tools, and its command run by hand as systemd runs it,
//! with the user, the one right and the system calls that it leaves.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use peers::Program;

use super::super::namespace::ask_inside;
use super::super::site::{PATIENCE, check};
use super::super::start::heard;
use super::lacking;
use super::package::Package;
use crate::client::{Message, Query};
use crate::fleet::root as repository;

/// What is expected of the exposure that systemd computes, from 0 to 100.
const EXPOSURE: &str = "20";

pub(super) fn verified(_: &Program) -> Result<(), String> {
    const TRIAL: &str = "the_unit_is_well_formed";
    if !has_systemd() {
        return lacking::<()>(TRIAL, "systemd-analyze is not installed").map(drop);
    }
    let Some(package) = Package::find(TRIAL)? else {
        return Ok(());
    };
    let threshold = format!("security --offline=true --threshold={EXPOSURE}");
    let service = "/lib/systemd/system/zonewright.service";
    let both = format!("{service} /lib/systemd/system/zonewright.socket");
    for (words, units) in [("verify", &*both), (&threshold, service)] {
        let script = format!(
            "dpkg --no-triggers -i /mnt/zonewright.deb >/dev/null && exec systemd-analyze {words} --no-pager \
             {units}"
        );
        let output = package
            .inside(&["--mount"], &script)
            .output()
            .map_err(|error| format!("unshare: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        // Warnings about other units of this system are not ours.
        let ours = said.lines().any(|line| line.contains("zonewright"));
        check(output.status.success() && !ours, || {
            format!(
                "{words}: {said}\n{}",
                String::from_utf8_lossy(&output.stdout)
            )
        })?;
    }
    Ok(())
}

pub(super) fn started(_: &Program) -> Result<(), String> {
    const TRIAL: &str = "the_unit_starts_the_program";
    if !has_systemd() || Command::new("strace").arg("-V").output().is_err() {
        return lacking::<()>(TRIAL, "systemd-analyze or strace is not installed").map(drop);
    }
    let Some(package) = Package::find(TRIAL)? else {
        return Ok(());
    };
    let path = repository().join(".package/debian/zonewright.service");
    let unit = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let value = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key));
        line.ok_or_else(|| format!("the unit has no {key}"))
    };
    let notify = package.folder().join("notify");
    let socket = UnixDatagram::bind(&notify).map_err(|error| error.to_string())?;
    // Before its first word the package is installed, and a program that is watched takes its time.
    let wait = socket.set_read_timeout(Some(6 * PATIENCE));
    wait.map_err(|error| error.to_string())?;
    let script = START
        .replace("USER", value("User=")?)
        .replace("COMMAND", value("ExecStart=")?);
    let log = fs::File::create(package.folder().join("log")).map_err(|error| error.to_string())?;
    let mut child = package
        .inside(&["--mount", "--net"], &script)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(|error| error.to_string())?)
        .stderr(log)
        .spawn()
        .map_err(|error| format!("unshare: {error}"))?;
    let told = told(&package, &socket, child.id());
    let said = || fs::read_to_string(package.folder().join("log")).unwrap_or_default();
    for order in ORDERS.iter().filter(|_| told.is_err()) {
        // Nothing is left behind, whatever came of it.
        drop(fs::write(package.folder().join(order.0), ""));
    }
    let begin = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begin.elapsed() < 6 * PATIENCE => heartbeat(),
            Ok(None) | Err(_) => {
                drop(child.kill());
                return Err(format!("it does not end:\n{}", said()));
            }
        }
    };
    told.map_err(|error| format!("{error}\n{}", said()))?;
    check(status.success(), || format!("{status}\n{}", said()))?;
    let calls = fs::read_to_string(package.folder().join("calls"));
    let calls = calls.map_err(|error| error.to_string())?;
    allowed(&calls, &unit)
}

/// It says that it is ready, answers at port 53, reads a zone that came, and says that it ends.
fn told(package: &Package, socket: &UnixDatagram, pid: u32) -> Result<(), String> {
    heard(socket, "READY=1")?;
    let ask = || -> Result<bool, String> {
        let query = Query::parse("www.a.test A")?;
        let message = Message::decode(&ask_inside(pid, 53, &query.bytes)?)?;
        Ok(message.answer.len() == 1)
    };
    check(ask()?, || "no answer".into())?;
    // Its reload and its end are the script's to ask for.
    for (order, word) in ORDERS {
        fs::write(package.folder().join(order), "").map_err(|error| error.to_string())?;
        heard(socket, word)?;
    }
    Ok(())
}

/// Every system call that it made is one that the unit lets it make.
fn allowed(calls: &str, unit: &str) -> Result<(), String> {
    let mut may = BTreeSet::new();
    for set in unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
    {
        let (denied, names) = set
            .strip_prefix('~')
            .map_or((false, set), |names| (true, names));
        for name in names.split_whitespace() {
            let calls = if name.starts_with('@') {
                expand(name)?
            } else {
                BTreeSet::from([name.to_owned()])
            };
            if denied {
                may.retain(|call| !calls.contains(call));
            } else {
                may.extend(calls);
            }
        }
    }
    // Lines are `PID name(arguments) = result`, or say of a thread that a call goes on or ended.
    let made: BTreeSet<&str> = calls
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .filter_map(|word| word.split_once('(').map(|(name, _)| name))
        // A thread that ends with its process may be gone before its call is read: `???(`.
        .filter(|name| !name.is_empty() && *name != "???")
        .collect();
    check(made.contains("recvmmsg"), || format!("{made:?}"))?;
    let beyond: Vec<&&str> = made.iter().filter(|name| !may.contains(**name)).collect();
    check(beyond.is_empty(), || format!("not allowed: {beyond:?}"))
}

/// The system calls of a set, sets inside it included.
fn expand(set: &str) -> Result<BTreeSet<String>, String> {
    let output = Command::new("systemd-analyze")
        .args(["syscall-filter", "--no-pager", set])
        .output()
        .map_err(|error| format!("systemd-analyze: {error}"))?;
    let mut calls = BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let word = line.trim();
        if word == set || word.is_empty() || word.starts_with('#') {
            continue;
        }
        if word.starts_with('@') {
            calls.extend(expand(word)?);
        } else {
            calls.insert(word.to_owned());
        }
    }
    check(!calls.is_empty(), || format!("no set {set}"))?;
    Ok(calls)
}

fn has_systemd() -> bool {
    let mut command = Command::new("systemd-analyze");
    let output = command.arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is watched from outside"
)]
fn heartbeat() {
    std::thread::sleep(Duration::from_millis(50));
}

/// What the script does once a file of this name is there, and what the program then says.
const ORDERS: [(&str, &str); 2] = [("reload", "RELOADING=1"), ("stop", "STOPPING=1")];

/// As the unit has it: the user, its folders, one right, none to be had. Orders come as files.
const START: &str = r#"
set -e
dpkg --no-triggers -i /mnt/zonewright.deb > /dev/null
printf '$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\n' \
    > /etc/zonewright/zones/a.test.zone
for folder in /run/zonewright /var/lib/zonewright; do
    mkdir -p $folder
    chown USER: $folder
    chmod 750 $folder
done
chmod 711 /mnt
chmod 666 /mnt/notify
touch /mnt/calls && chmod 666 /mnt/calls
cd /var/lib/zonewright
setpriv --reuid USER --regid USER --clear-groups --no-new-privs \
    --bounding-set=-all,+net_bind_service --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service \
    env -i PATH=/usr/bin:/bin NOTIFY_SOCKET=/mnt/notify \
    strace -f -qq -o /mnt/calls COMMAND &
strace=$!
program() { pgrep -P $strace; }
for order in reload stop; do
    until [ -e /mnt/$order ]; do kill -0 $strace; sleep 0.05; done
    case $order in
        reload) kill -HUP $(program) ;;
        stop) kill -TERM $(program) ;;
    esac
done
wait $strace
"#;
