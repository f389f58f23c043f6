//! Names that are pushed to BIND with signatures by Kerberos (GSS-TSIG), and how that may fail.

use peers::{Program, Server};

use super::realm::{ELSEWHERE, OTHER, PASSWORD, Realm};
use super::site::{Check, check, skip, start, wait_for_log};
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("names_are_pushed_by_kerberos", life),
    ("a_keytab_is_as_good_as_a_password", keytab),
    ("sessions_are_made_anew_when_the_server_lost_them", lost),
    ("a_server_in_another_realm_is_reached", elsewhere),
    ("what_kerberos_refuses_is_said_with_what_to_check", refused),
];

const WEB: &str = "web.example.org";

fn realm(trial: &str) -> Result<Option<Realm>, String> {
    let realm = Realm::start()?;
    if realm.is_none() {
        skip(trial, "BIND or the KDC of MIT is not installed");
    }
    Ok(realm)
}

/// Names come, change and go; one that is refused stops no other; all of it takes one ticket.
fn life(program: &Program) -> Result<(), String> {
    let Some(realm) = realm("names_are_pushed_by_kerberos")? else {
        return Ok(());
    };
    // One key is of RFC 3962, one of RFC 8009, and one user gets tickets without a proof.
    for (user, flags) in [
        ("pusher", &["--rfc2136-axfr"][..]),
        ("newer", &[]),
        ("trusted", &[]),
    ] {
        realm.want(&[(WEB, "192.0.2.10"), ("two.example.org", "192.0.2.11")])?;
        let pusher = start(program, &realm.options(user, PASSWORD, flags))?;
        realm.wait_for(&pusher, WEB, Some("192.0.2.10"))?;
        realm.wait_for(&pusher, "two.example.org", Some("192.0.2.11"))?;
        realm.want(&[(WEB, "192.0.2.20"), ("refused.example.org", "192.0.2.1")])?;
        realm.wait_for(&pusher, WEB, Some("192.0.2.20"))?;
        realm.wait_for(&pusher, "two.example.org", None)?;
        if user == "pusher" {
            wait_for_log(&pusher, "says REFUSED")?;
        }
        realm.want(&[])?;
        realm.wait_for(&pusher, WEB, None)?;
        no_secret(&pusher)?;
        let log = realm.kdc_log();
        let tickets = log
            .matches(&format!("{user}@TRIAL.TEST for DNS/localhost"))
            .count();
        check(tickets == 1, || {
            format!("{tickets} tickets for {user}:\n{log}")
        })?;
    }
    did("BIND, written to", "TSIG", "gss");
    Ok(())
}

fn keytab(program: &Program) -> Result<(), String> {
    let Some(realm) = realm("a_keytab_is_as_good_as_a_password")? else {
        return Ok(());
    };
    // What MIT writes, with keys of RFC 3962 and of RFC 8009.
    for (user, address) in [("pusher", "192.0.2.10"), ("newer", "192.0.2.11")] {
        realm.keytab(user, user)?;
        realm.want(&[(WEB, address)])?;
        let pusher = start(program, &realm.options_by_keytab(user, user, &[]))?;
        realm.wait_for(&pusher, WEB, Some(address))?;
    }
    realm.keytab("stale", "stale")?;
    realm.change_password("stale")?;
    realm.want(&[(WEB, "192.0.2.12")])?;
    for (user, keytab, text) in [
        ("stale", "stale", "is the keytab the user's newest one?"),
        ("trusted", "stale", "it has no AES key of \\\"trusted@"),
        ("trusted", "missing", "it cannot be read"),
    ] {
        let pusher = start(program, &realm.options_by_keytab(user, keytab, &[]))?;
        wait_for_log(&pusher, text)?;
    }
    Ok(())
}

/// BIND is started again, and once with another key; then the KDC is needed no more.
fn lost(program: &Program) -> Result<(), String> {
    let Some(mut realm) = realm("sessions_are_made_anew_when_the_server_lost_them")? else {
        return Ok(());
    };
    realm.want(&[(WEB, "192.0.2.10")])?;
    let pusher = start(program, &realm.options("pusher", PASSWORD, &[]))?;
    realm.wait_for(&pusher, WEB, Some("192.0.2.10"))?;
    realm.stop_kdc();
    realm.stop_server();
    realm.start_server()?;
    realm.want(&[(WEB, "192.0.2.11")])?;
    realm.wait_for(&pusher, WEB, Some("192.0.2.11"))?;
    realm.stop_server();
    realm.start_kdc()?;
    realm.renew_keytab()?;
    realm.start_server()?;
    realm.want(&[(WEB, "192.0.2.12")])?;
    realm.wait_for(&pusher, WEB, Some("192.0.2.12"))?;
    no_secret(&pusher)
}

/// The KDC says which realm the server is in, or `krb5.conf` does.
fn elsewhere(program: &Program) -> Result<(), String> {
    let Some(realm) = realm("a_server_in_another_realm_is_reached")? else {
        return Ok(());
    };
    for (address, names) in [
        ("192.0.2.10", String::new()),
        ("192.0.2.11", format!("{ELSEWHERE} = {OTHER}")),
    ] {
        realm.tell_realms("krb5.conf", &names)?;
        realm.want(&[(WEB, address)])?;
        let options = realm.options_at(ELSEWHERE, "pusher", PASSWORD, &["--rfc2136-axfr"]);
        let pusher = start(program, &options)?;
        realm.wait_for(&pusher, WEB, Some(address))?;
    }
    Ok(())
}

fn refused(program: &Program) -> Result<(), String> {
    let Some(mut realm) = realm("what_kerberos_refuses_is_said_with_what_to_check")? else {
        return Ok(());
    };
    realm.want(&[(WEB, "192.0.2.10")])?;
    for (user, password, texts) in [
        (
            "pusher",
            "wrong-horse-7",
            &[
                "wrong password (24)",
                "is --rfc2136-kerberos-password the user's?",
            ][..],
        ),
        (
            "nobody",
            PASSWORD,
            &[
                "the user is unknown (6)",
                "is --rfc2136-kerberos-username the user's name",
            ],
        ),
        ("locked", PASSWORD, &["expired (18)", "look at the account"]),
        ("older", PASSWORD, &["RC4 and DES are not spoken"]),
    ] {
        let pusher = start(program, &realm.options(user, password, &[]))?;
        for text in texts {
            wait_for_log(&pusher, text)?;
        }
        if user == "pusher" {
            // An account must not be locked by asking again and again.
            wait_for_log(&pusher, "lest the account be locked")?;
            let log = realm.kdc_log();
            let tries = log.matches("PREAUTH_FAILED").count();
            check(tries == 1, || format!("{tries} tries:\n{log}"))?;
        }
        check(!pusher.log().contains(password), || pusher.log())?;
    }
    // To the resolver an address like any other, to the realm a name of no service.
    let strange = realm.options_at("0x7f000001", "pusher", PASSWORD, &[]);
    wait_for_log(&start(program, &strange)?, "DNS/NAME")?;
    realm.stop_kdc();
    if realm.start_early_kdc()? {
        let pusher = start(program, &realm.options("pusher", PASSWORD, &[]))?;
        wait_for_log(&pusher, "the clocks differ too much (37)")?;
        wait_for_log(&pusher, "its is more than one hour ahead of ours")?;
    } else {
        skip(
            "what_kerberos_refuses_is_said_with_what_to_check",
            "faketime is not installed",
        );
    }
    realm.stop_kdc();
    let pusher = start(program, &realm.options("pusher", PASSWORD, &[]))?;
    wait_for_log(&pusher, "a KDC of realm")?;
    realm.start_kdc()?;
    realm.stop_server();
    realm.start_server_with(false)?;
    wait_for_log(&pusher, "does the server take GSS-TSIG?")?;
    realm.stop_server();
    realm.start_server()?;
    realm.wait_for(&pusher, WEB, Some("192.0.2.10"))
}

fn no_secret(pusher: &Server) -> Result<(), String> {
    let log = pusher.log();
    check(!log.contains(PASSWORD) && !log.contains("panicked"), || log)
}
