//! Names that are pushed to PowerDNS by its API, and how that may fail.

use peers::Program;

use super::push_life::{full_life, give_back};
use super::push_place::Place;
use super::site::{Check, check, skip, start, wait_for_log};

pub(super) const TRIALS: &[Check] = &[
    ("powerdns_is_written_to_by_its_api", life),
    ("external_dns_takes_a_zone_of_powerdns_back", taken_back),
    ("what_others_keep_at_powerdns_stays", kept),
    (
        "a_wrong_key_of_powerdns_is_said_with_what_to_check",
        wrong_key,
    ),
    ("a_restart_of_powerdns_is_waited_for", restarted),
    ("a_name_that_powerdns_refuses_stops_no_other", refused),
];

type Trial = fn(&Program, &mut Place) -> Result<(), String>;

fn with_place(program: &Program, name: &str, trial: Trial) -> Result<(), String> {
    match Place::start_api()? {
        Some(mut place) => trial(program, &mut place),
        None => {
            skip(name, "PowerDNS is not installed");
            Ok(())
        }
    }
}

fn life(program: &Program) -> Result<(), String> {
    with_place(
        program,
        "powerdns_is_written_to_by_its_api",
        |program, place| {
            full_life(
                program,
                place,
                // Its API takes no `*` but in front.
                &["--txt-wildcard-replacement=any"],
                true,
            )
        },
    )
}

fn taken_back(program: &Program) -> Result<(), String> {
    let name = "external_dns_takes_a_zone_of_powerdns_back";
    with_place(program, name, |program, place| {
        give_back(program, place, &[])
    })
}

/// A record that is switched off, an LUA record and a comment outlast changes beside them and of
/// their own RRset.
fn kept(program: &Program) -> Result<(), String> {
    with_place(
        program,
        "what_others_keep_at_powerdns_stays",
        |program, place| {
            place.call(
            "PATCH",
            "/zones/example.org.",
            r#"{"rrsets":[{"name":"lua.example.org.","type":"LUA","ttl":5,"changetype":"REPLACE",
               "records":[{"content":"A \"ifportup(443, {'192.0.2.1'})\"","disabled":false}]}]}"#,
        )?;
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            let pusher = start(program, &place.options(&["--interval=1s"]))?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            place.call(
                "PATCH",
                "/zones/example.org.",
                r#"{"rrsets":[{"name":"web.example.org.","type":"A","ttl":60,"changetype":"REPLACE",
               "records":[{"content":"192.0.2.10","disabled":false},
                          {"content":"192.0.2.77","disabled":true}],
               "comments":[{"content":"ask the network team","account":"ops"}]}]}"#,
            )?;
            place.want(&[("web.example.org", "A", "192.0.2.11", 90)])?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 90 A 192.0.2.11"],
            )?;
            let zone = place.call("GET", "/zones/example.org.", "")?;
            for part in ["192.0.2.77", "ask the network team", "ifportup"] {
                check(zone.contains(part), || format!("{part} has gone: {zone}"))?;
            }
            Ok(())
        },
    )
}

fn wrong_key(program: &Program) -> Result<(), String> {
    let name = "a_wrong_key_of_powerdns_is_said_with_what_to_check";
    with_place(program, name, |program, place| {
        place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
        let pusher = start(program, &place.options(&["--pdns-api-key=open-sesame"]))?;
        wait_for_log(&pusher, "EXTERNAL_DNS_PDNS_API_KEY")?;
        let log = pusher.log();
        check(!log.contains("open-sesame"), || log.clone())
    })
}

fn restarted(program: &Program) -> Result<(), String> {
    with_place(
        program,
        "a_restart_of_powerdns_is_waited_for",
        |program, place| {
            place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
            let pusher = start(program, &place.options(&["--interval=1s"]))?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.10"],
            )?;
            place.stop();
            place.want(&[("web.example.org", "A", "192.0.2.12", 60)])?;
            wait_for_log(&pusher, "no connection")?;
            place.restart()?;
            place.wait_for(
                &pusher,
                "web.example.org A",
                &["web.example.org. 60 A 192.0.2.12"],
            )
        },
    )
}

/// One of the names is none that PowerDNS takes.
fn refused(program: &Program) -> Result<(), String> {
    let name = "a_name_that_powerdns_refuses_stops_no_other";
    with_place(program, name, |program, place| {
        let names: Vec<String> = (0..20).map(|at| format!("n{at}.example.org")).collect();
        let mut wanted: Vec<(&str, &str, &str, u32)> = names
            .iter()
            .map(|name| (&**name, "A", "192.0.2.10", 60))
            .collect();
        wanted.push(("odd!name.example.org", "A", "192.0.2.11", 60));
        place.want(&wanted)?;
        let pusher = start(program, &place.options(&[]))?;
        for name in &names {
            let line = format!("{name}. 60 A 192.0.2.10");
            place.wait_for(&pusher, &format!("{name} A"), &[&line])?;
        }
        wait_for_log(&pusher, "contains unsupported characters")?;
        place.want(&[("*.wild.example.org", "A", "192.0.2.12", 60)])?;
        wait_for_log(&pusher, "--txt-wildcard-replacement")
    })
}
