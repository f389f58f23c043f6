//! The stand-in of a DNS host as a program: `sim NAME [PORT] [FOLDER] [ZONE…]`, without a name the list
//! of them.
//!
//! It says where it listens, and serves until its standard input ends: as an API of one's own, and, with
//! the certificates that it makes in a folder, as a proxy for the vendor's address. `GET /-/state` tells
//! what is in the zones, and `GET /-/calls` what was asked. Its only token is that of the suite.

use std::io::{Read, Write};
use std::path::Path;

use hosts::{Certificates, HOSTS, Served, ZONE, lines, subject};
use provider::sim::SECRET;
use provider::suite::{Start, subjects, told};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut out = std::io::stdout();
    let Some(name) = arguments.next() else {
        for subject in subjects() {
            writeln!(out, "{}", subject.name())?;
        }
        return Ok(());
    };
    let port = arguments.next().unwrap_or_else(|| "0".to_owned()).parse()?;
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let mut zones: Vec<String> = arguments.collect();
    if zones.is_empty() {
        zones.push(ZONE.to_owned());
    }
    let zones: Vec<&str> = zones.iter().map(String::as_str).collect();
    let subject = subject(&name)?;
    let world = subject.start(&subject.zones(&Start::zones(&zones))).await;
    let sim = world.sim().cloned().ok_or("it is no stand-in")?;
    let at = HOSTS.iter().find(|host| host.name == name);
    let at = at.map_or(&[][..], |host| host.at);
    let mut tls = None;
    if !at.is_empty() {
        let made = Certificates::make(Path::new(&folder), at)?;
        let authority = made.authority();
        writeln!(
            out,
            "as a proxy for {}, by {}",
            at.join(", "),
            authority.display()
        )?;
        tls = Some(made.server()?);
    }
    let looked = sim.clone();
    let look = move |path: &str| match path {
        "/-/state" => Some(looked.store(|store| lines(&told(store))).join("\n") + "\n"),
        "/-/calls" => {
            let log = looked.log();
            let log = log
                .iter()
                .map(|seen| format!("{:?} {}\n", seen.status, seen.line));
            Some(log.collect())
        }
        _ => None,
    };
    let served = Served::start(sim, port, tls, look).await?;
    writeln!(out, "{} with the token {SECRET}", served.url())?;
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}
