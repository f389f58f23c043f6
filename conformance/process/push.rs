//! Names that are pushed to name servers of others by RFC 2136, and how that may fail.

use peers::{Kind, Program};

use super::push_life::{full_life, give_back, written};
use super::push_place::Place;
use super::site::{Check, check, skip, start, wait_for_log};
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("names_are_pushed_changed_and_taken_away", life),
    ("names_are_pushed_without_transfers", without_transfers),
    ("a_server_that_is_restarted_is_followed", restarted),
    (
        "what_others_change_meanwhile_is_read_again",
        changed_by_others,
    ),
    ("a_name_that_the_server_refuses_stops_no_other", refused),
    ("a_wrong_key_is_said_with_what_to_check", wrong_key),
    ("another_server_stands_in_for_one_that_is_away", failover),
    ("zones_are_found_by_asking", found),
    ("names_are_pushed_by_tls", by_tls),
    ("external_dns_takes_the_zone_back", taken_back),
];

type Trial = fn(&Program, &mut Place) -> Result<(), String>;

/// Makes a trial with each server that takes updates.
fn each(program: &Program, name: &str, kinds: &[Kind], trial: Trial) -> Result<(), String> {
    for kind in kinds {
        match Place::start(*kind)? {
            Some(mut place) => {
                trial(program, &mut place).map_err(|error| format!("{kind}: {error}"))?;
            }
            None => skip(name, &format!("{kind} is not installed")),
        }
    }
    Ok(())
}

const ALL: &[Kind] = &[Kind::Bind, Kind::Knot, Kind::PowerDns];

fn life(program: &Program) -> Result<(), String> {
    each(
        program,
        "names_are_pushed_changed_and_taken_away",
        ALL,
        |program, place| full_life(program, place, &["--rfc2136-axfr"], true),
    )
}

fn without_transfers(program: &Program) -> Result<(), String> {
    each(
        program,
        "names_are_pushed_without_transfers",
        ALL,
        |program, place| full_life(program, place, &[], false),
    )
}

fn restarted(program: &Program) -> Result<(), String> {
    each(
        program,
        "a_server_that_is_restarted_is_followed",
        ALL,
        |program, place| {
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            let pusher = start(program, &place.options(&["--rfc2136-axfr"]))?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            place.restart()?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            place.want(&[("web.example.org", "A", "192.0.2.11", 60)])?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.11"],
            )?;
            place.stop();
            place.want(&[("web.example.org", "A", "192.0.2.12", 60)])?;
            wait_for_log(&pusher, "no connection to 127.0.0.1")?;
            place.restart()?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.12"],
            )
        },
    )
}

/// Somebody changes our record behind our back: a write from the old view is not made, and the next
/// one is from the new view.
fn changed_by_others(program: &Program) -> Result<(), String> {
    each(
        program,
        "what_others_change_meanwhile_is_read_again",
        ALL,
        |program, place| {
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            // No pass comes by itself.
            let flags = ["--rfc2136-axfr", "--interval=10m"];
            let pusher = start(program, &place.options(&flags))?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            place.update("del web.example.org A\nadd web.example.org 60 A 192.0.2.66")?;
            place.want(&[("web.example.org", "A", "192.0.2.11", 60)])?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.11"],
            )?;
            did(&written(place), "prerequisite", "");
            Ok(())
        },
    )
}

fn refused(program: &Program) -> Result<(), String> {
    let name = "a_name_that_the_server_refuses_stops_no_other";
    each(program, name, &[Kind::Bind], |program, place| {
        let names: Vec<String> = (0..20).map(|at| format!("n{at}.example.org")).collect();
        let mut wanted: Vec<(&str, &str, &str, u32)> = names
            .iter()
            .map(|name| (&**name, "A", "192.0.2.1", 60))
            .collect();
        wanted.insert(7, ("refused.example.org", "A", "192.0.2.1", 60));
        place.want(&wanted)?;
        let pusher = start(program, &place.options(&["--rfc2136-axfr"]))?;
        for name in &names {
            let line = format!("{name}. 60 A 192.0.2.1");
            place.wait_for(&pusher, &format!("{name} A"), &[&line])?;
        }
        place.wait_for(&pusher, "refused.example.org A", &[])?;
        wait_for_log(&pusher, "change is refused, the others are made")?;
        wait_for_log(&pusher, "says REFUSED")
    })
}

fn wrong_key(program: &Program) -> Result<(), String> {
    each(
        program,
        "a_wrong_key_is_said_with_what_to_check",
        ALL,
        |program, place| {
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            let flags = [
                "--rfc2136-axfr",
                "--rfc2136-tsig-secret=d3Jvbmd3cm9uZ3dyb25nd3Jvbmc=",
            ];
            let pusher = start(program, &place.options(&flags))?;
            // PowerDNS says no more than NOTAUTH.
            let terse = place.kind() == Kind::PowerDns;
            let said = |more: &'static str| if terse { "NOTAUTH" } else { more };
            wait_for_log(&pusher, said("BADSIG"))?;
            wait_for_log(&pusher, "of the key the same on both sides?")?;
            let log = pusher.log();
            check(!log.contains("d3Jvbmd3"), || log)?;
            drop(pusher);
            let flags = ["--rfc2136-axfr", "--rfc2136-tsig-keyname=nobody"];
            let pusher = start(program, &place.options(&flags))?;
            wait_for_log(&pusher, said("BADKEY"))?;
            wait_for_log(&pusher, said("the server knows no such key"))
        },
    )
}

fn failover(program: &Program) -> Result<(), String> {
    each(
        program,
        "another_server_stands_in_for_one_that_is_away",
        ALL,
        |program, place| {
            for strategy in ["disabled", "random", "round-robin"] {
                place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
                let flag = format!("--rfc2136-load-balancing-strategy={strategy}");
                // Nobody listens there; it comes first and last.
                let flags = ["--rfc2136-axfr", "--rfc2136-host=127.0.0.77", &flag];
                let pusher = start(program, &place.options(&flags))?;
                place.wait_for(
                    &pusher,
                    "web.example.org A",
                    &["web.example.org. 60 A 192.0.2.10"],
                )?;
                place.want(&[])?;
                place.wait_for(&pusher, "web.example.org A", &[])?;
            }
            Ok(())
        },
    )
}

fn found(program: &Program) -> Result<(), String> {
    each(
        program,
        "zones_are_found_by_asking",
        ALL,
        |program, place| {
            place.want(&[
                ("web.example.org", "A", "192.0.2.10", 60),
                ("10.2.0.192.in-addr.arpa", "PTR", "web.example.org", 60),
                ("web.example.net", "A", "192.0.2.10", 60),
            ])?;
            let pusher = start(program, &place.options_without_zones(&["--rfc2136-axfr"]))?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            let pointer = "10.2.0.192.in-addr.arpa. 60 PTR web.example.org.";
            place.wait_for(&pusher, "10.2.0.192.in-addr.arpa PTR", &[pointer])?;
            wait_for_log(&pusher, "is in none of the zones that are written to")
        },
    )
}

/// Both sides show who they are, or nothing is said.
fn by_tls(program: &Program) -> Result<(), String> {
    each(
        program,
        "names_are_pushed_by_tls",
        &[Kind::Bind],
        |program, place| {
            place.speak_tls()?;
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            for (trusted, known, more, expected) in [
                ("other.pem", true, None, Err("is its certificate trusted")),
                ("ca.pem", false, None, Err("zone cannot be read")),
                ("ca.pem", true, None, Ok(())),
                ("other.pem", true, Some("--rfc2136-skip-tls-verify"), Ok(())),
            ] {
                let flags = place.tls_flags(trusted, known);
                let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more).collect();
                let pusher = start(program, &place.options(&flags))?;
                match expected {
                    Err(text) => wait_for_log(&pusher, text)?,
                    Ok(()) => {
                        let line = "web.example.org. 60 A 192.0.2.10";
                        place.wait_for(&pusher, "web.example.org A", &[line])?;
                        place.update("del web.example.org A\ndel a-owner.web.example.org TXT")?;
                        did(&written(place), "TLS", "");
                    }
                }
            }
            Ok(())
        },
    )
}

fn taken_back(program: &Program) -> Result<(), String> {
    each(
        program,
        "external_dns_takes_the_zone_back",
        ALL,
        |program, place| give_back(program, place, &["--rfc2136-axfr"]),
    )
}
