//! Zones that are served by TLS (RFC 7858, RFC 9103): clients that ask, update and transfer, with a
//! certificate where one is wanted; secondaries that follow; certificates that change meanwhile.

use std::net::{Ipv4Addr, SocketAddr};

use peers::{Key, Kind, Options, Program, Ready, Role, Server, Zone};

use super::certificates::{self, PRIMARY, SECONDARY};
use super::site::{Check, Site, check, fails, free, skip, start, text, wait_for_log};
use super::tool::{self, Said, contents};
use super::transfer::{ZONE, converge, updates};
use crate::fleet::root;
use crate::independent;
use crate::interop::did;
use crate::random::dice::Dice;

pub(super) const TRIALS: &[Check] = &[
    ("clients_ask_and_transfer_by_tls", clients),
    ("certificates_change_while_we_serve", rotated),
    ("certificates_of_no_use_are_said_at_the_start", of_no_use),
    ("bind_follows_us_by_tls", |program| {
        followed_by(Some(Kind::Bind), program)
    }),
    ("nsd_follows_us_by_tls", |program| {
        followed_by(Some(Kind::Nsd), program)
    }),
    ("we_follow_us_by_tls", |program| followed_by(None, program)),
];

/// A server of ours that speaks TLS too, and where.
struct Place {
    site: Site,
    key: Key,
    tls: SocketAddr,
}

impl Place {
    fn new() -> Result<Self, String> {
        let (site, key) = (Site::new()?, Key::new("xfr"));
        certificates::make(&site)?;
        site.write("keys", &(key.clause() + &checking().clause()))?;
        site.write(
            ZONE,
            &text(10, "www A 192.0.2.80").replace("3600 600", "2 2"),
        )?;
        let port = free()?;
        Ok(Self {
            site,
            key,
            tls: (Ipv4Addr::LOCALHOST, port).into(),
        })
    }

    fn file(&self, name: &str) -> String {
        self.site.path(name).display().to_string()
    }

    /// What makes a server of it, which has the certificate `pair`.
    fn options(&self, pair: &str, more: &[String]) -> Options {
        let arguments = [
            format!("--listen-tls={}", self.tls),
            format!("--listen-tls-cert={}", self.file(&format!("{pair}.pem"))),
            format!(
                "--listen-tls-cert-key={}",
                self.file(&format!("{pair}.key"))
            ),
            format!("--key-file={}", self.file("keys")),
            format!("--update-policy=grant {} zonesub ANY", self.key.name),
            format!("--allow-transfer={ZONE}=key:{}", checking().name),
        ];
        Options::new([Zone::new(ZONE, self.site.path(ZONE))])
            .arguments(arguments)
            .arguments(more.iter().cloned())
    }

    /// Wants a certificate of everybody; the zone is for who has the key besides.
    fn strict(&self) -> [String; 2] {
        let (key, ca) = (&self.key.name, self.file("ca.pem"));
        [
            format!("--listen-tls-client-ca={ca}"),
            format!("--allow-transfer={ZONE}=key:{key},cert:{SECONDARY}"),
        ]
    }

    /// Asks by `dig` or `kdig`, which trust `ca`, perhaps with a certificate.
    fn ask(
        &self,
        client: &str,
        ca: &str,
        own: Option<&str>,
        what: &[&str],
    ) -> Result<Said, String> {
        let (at, port) = (format!("@{}", self.tls.ip()), self.tls.port().to_string());
        let (ca, name) = (
            format!("+tls-ca={}", self.file(ca)),
            format!("+tls-hostname={PRIMARY}"),
        );
        let mut arguments = vec![&*at, "-p", &port, &ca, &name];
        let files = own.map(|own| {
            [("cert", "pem"), ("key", "key")].map(|(what, end)| {
                format!("+tls-{what}file={}", self.file(&format!("{own}.{end}")))
            })
        });
        arguments.extend(files.iter().flatten().map(|file| &**file));
        // No second try, no long wait, where nothing is to come.
        arguments.extend(match client {
            "dig" => ["+tries=1", "+timeout=3"],
            _ => ["+retry=0", "+timeout=3"],
        });
        arguments.extend(what);
        tool::run(client, &arguments, "")
    }
}

/// The key that all may be looked at with, in the clear.
fn checking() -> Key {
    Key::new("check")
}

fn clients(program: &Program) -> Result<(), String> {
    let place = Place::new()?;
    let server = start(program, &place.options("server", &place.strict()))?;
    let (www, signed) = (format!("www.{ZONE}"), place.key.argument());
    let (question, whole) = ([&*www, "A"], [ZONE, "AXFR", "-y", &*signed]);
    let has = |said: Result<Said, String>| said.map(|said| said.text.contains("192.0.2.80"));
    for client in ["dig", "kdig"] {
        if !tool::has(client) {
            skip("clients_by_tls", &format!("{client} is not installed"));
            continue;
        }
        let own = Some("client");
        for (ca, own, what, expected) in [
            ("ca.pem", own, &question[..], true),
            ("ca.pem", own, &whole[..], true),
            // By the key alone, with another key, and with who is no authority to the client or to us.
            ("ca.pem", None, &question[..], false),
            ("ca.pem", own, &whole[..2], false),
            ("other.pem", own, &question[..], false),
            ("ca.pem", Some("later"), &question[..], false),
        ] {
            let came = has(place.ask(client, ca, own, what))?;
            check(came == expected, || {
                format!("{client} {ca} {own:?} {what:?}: {came}\n{}", server.log())
            })?;
        }
        did(client, "TLS", "");
    }
    let plain = contents(server.address(), ZONE, Some(&place.key));
    check(plain.is_err(), || "it comes in the clear too".to_owned())?;
    for (arguments, expected) in [
        (&["-tls1_2"][..], "alert protocol version"),
        (&["-alpn", "h2"][..], "alert no application protocol"),
    ] {
        let to = place.tls.to_string();
        let all = [&["s_client", "-connect", &to], arguments].concat();
        let said = tool::run("openssl", &all, "")?.text;
        check(said.contains(expected), || said.clone())?;
    }
    python(&place)
}

fn python(place: &Place) -> Result<(), String> {
    let python = match independent::python::prepare() {
        Ok(python) => python.display().to_string(),
        Err(error) => {
            skip("clients_by_tls", &error);
            return Ok(());
        }
    };
    let script = root().join("conformance/independent/tls.py");
    let (ip, port) = (place.tls.ip().to_string(), place.tls.port().to_string());
    let files = ["ca.pem", "client.pem", "client.key"].map(|name| place.file(name));
    let [ca, certificate, key] = &files;
    let script = script.display().to_string();
    let Key { name, secret } = &place.key;
    let said = tool::run(
        &python,
        &[
            &script,
            &ip,
            &port,
            ZONE,
            name,
            secret,
            ca,
            certificate,
            key,
            PRIMARY,
        ],
        "",
    )?;
    check(said.well, || said.text.clone())?;
    did("dnspython", "TLS", "");
    Ok(())
}

fn rotated(program: &Program) -> Result<(), String> {
    if !tool::has("dig") {
        skip("certificates_change", "dig is not installed");
        return Ok(());
    }
    let place = Place::new()?;
    let copy = |from: &str| {
        for end in ["pem", "key"] {
            let (from, to) = (format!("{from}.{end}"), format!("live.{end}"));
            std::fs::copy(place.site.path(&from), place.site.path(&to))
                .map_err(|error| format!("{from}: {error}"))?;
        }
        Ok::<(), String>(())
    };
    copy("server")?;
    let server = start(program, &place.options("live", &[]))?;
    let www = format!("www.{ZONE}");
    let trusted = |ca: &str| {
        let said = place.ask("dig", ca, None, &[&www, "A", "+short"])?;
        Ok::<bool, String>(said.text.trim() == "192.0.2.80")
    };
    check(trusted("ca.pem")? && !trusted("other.pem")?, || {
        server.log()
    })?;
    // The certificate without its key: what there was stays.
    place.site.write("live.key", "nothing\n")?;
    wait_for_log(&server, "are of no use, the old ones stay in use")?;
    wait_for_log(&server, "live.key\\\" has no key")?;
    check(trusted("ca.pem")?, || server.log())?;
    copy("later")?;
    wait_for_log(&server, "are used from now on")?;
    check(trusted("other.pem")? && !trusted("ca.pem")?, || {
        server.log()
    })
}

fn of_no_use(program: &Program) -> Result<(), String> {
    let place = Place::new()?;
    place.site.write("empty.pem", "")?;
    let ca = |name: &str| vec![format!("--listen-tls-client-ca={}", place.file(name))];
    std::fs::copy(place.site.path("server.pem"), place.site.path("mixed.pem"))
        .and_then(|_| std::fs::copy(place.site.path("client.key"), place.site.path("mixed.key")))
        .map_err(|error| error.to_string())?;
    for (pair, more, expected) in [
        ("missing", vec![], "missing.pem\" of TLS cannot be read"),
        ("mixed", vec![], "mixed.key\" is not the one of certificate"),
        ("empty", vec![], "empty.pem\" has no certificate in it"),
        (
            "server",
            ca("client.key"),
            "client.key\" has no certificate in it",
        ),
    ] {
        let said = fails(program, &place.options(pair, &more))?;
        check(said.contains(expected), || said.clone())?;
    }
    Ok(())
}

/// A secondary, another one of ours if no kind is said.
fn followed_by(kind: Option<Kind>, program: &Program) -> Result<(), String> {
    let peer = match kind {
        None => None,
        Some(kind) => match Program::find(kind) {
            None => {
                skip("followed_by_tls", &format!("{kind} is not installed"));
                return Ok(());
            }
            found => found,
        },
    };
    let place = Place::new()?;
    let told = free()?;
    let mut more = place.strict().to_vec();
    more.push(format!("--notify={ZONE}=127.0.0.1:{told}"));
    let primary = start(program, &place.options("server", &more))?;
    let secondary = secondary(&place, program, (kind, peer.as_ref()), told)?;
    let keys = (Some(checking()), None);
    let keys = (keys.0.as_ref(), keys.1);
    converge(&primary, &secondary, keys)?;
    let (mut dice, argument) = (Dice::new(9), place.key.argument());
    for _ in 0..BATCHES {
        let lines = updates(&mut dice, 10);
        let options = ["-y", &*argument];
        let said = tool::update("nsupdate", &options, primary.address(), ZONE, &lines)?;
        check(said.well, || said.text.clone())?;
        converge(&primary, &secondary, keys)?;
    }
    let log = primary.log();
    let by_tls = |what: &str| {
        let mut lines = log.lines();
        lines.any(|line| line.contains(what) && line.contains("tls=true"))
    };
    check(by_tls("kind=whole") && by_tls("kind=steps"), || log.clone())?;
    if let Some(kind) = kind {
        did(&format!("{kind}, our secondary"), "TLS", "");
    }
    Ok(())
}

fn secondary(
    place: &Place,
    program: &Program,
    (kind, peer): (Option<Kind>, Option<&Program>),
    told: u16,
) -> Result<Server, String> {
    let role = Role::Secondary {
        of: place.tls,
        key: place.key.clone(),
        tls: true,
    };
    let zone = || Zone::new(ZONE, place.site.path("copy")).role(role);
    let options = match kind {
        Some(Kind::Bind) => certificates::bind_asks(&place.site, Options::new([zone()])),
        Some(_) => certificates::nsd_asks(&place.site, Options::new([zone()])),
        None => Options::new([]).arguments([
            format!("--secondary={ZONE}={},key:xfr,tls:{PRIMARY}", place.tls),
            format!("--key-file={}", place.file("keys")),
            format!("--secondary-tls-ca={}", place.file("ca.pem")),
            format!("--secondary-tls-cert={}", place.file("client.pem")),
            format!("--secondary-tls-cert-key={}", place.file("client.key")),
            "--allow-transfer=127.0.0.1".to_owned(),
        ]),
    };
    start(
        peer.unwrap_or(program),
        &options.port(told).ready(Ready::AnyAnswer),
    )
}

/// Batches of updates.
const BATCHES: usize = 3;
