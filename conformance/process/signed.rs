//! Keys of every algorithm, with every client that knows it; and all that dnspython does.

use peers::{Options, Program, Server};

use super::site::{Check, Site, answer, check, skip, start};
use super::tool::{self, UPDATERS};
use crate::fleet::root;
use crate::independent;
use crate::interop::{did, did_as_said};

pub(super) const TRIALS: &[Check] = &[
    ("updaters_sign_by_every_algorithm", updaters),
    ("dnspython_updates_and_transfers_by_every_algorithm", python),
];

const ZONE: &str = "signed.test";

/// As keys name them; the last three only dnspython knows.
pub(super) const ALGORITHMS: [&str; 9] = [
    "hmac-md5",
    "hmac-sha1",
    "hmac-sha224",
    "hmac-sha256",
    "hmac-sha384",
    "hmac-sha512",
    "hmac-sha256-128",
    "hmac-sha384-192",
    "hmac-sha512-256",
];

/// The secret of all keys; each key is called as its algorithm.
pub(super) const SECRET: &str = "bm90IGEgc2VjcmV0OiBmb3IgdGVzdHMgb25seSEhISE=";

/// A server of one zone that all keys may update and transfer.
pub(super) fn serve(program: &Program, zone: &str) -> Result<(Site, Server), String> {
    let site = Site::new()?;
    let clauses: String = ALGORITHMS
        .iter()
        .map(|one| format!("key \"{one}\" {{ algorithm {one}; secret \"{SECRET}\"; }};\n"))
        .collect();
    site.write("keys", &clauses)?;
    let path = |name: &str| site.path(name).display().to_string();
    let mut options = Options::new([site.zone(zone, 7, "")?]).arguments([
        "--key-file".to_owned(),
        path("keys"),
        "--data-dir".into(),
        path("data"),
    ]);
    for key in ALGORITHMS {
        options = options.arguments([
            "--update-policy",
            &format!("grant {key} zonesub ANY"),
            "--allow-transfer",
            &format!("key:{key}"),
        ]);
    }
    let server = start(program, &options)?;
    Ok((site, server))
}

fn updaters(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, ZONE)?;
    for client in UPDATERS {
        if !tool::has(client) {
            skip("updaters_sign", &format!("{client} is not installed"));
            continue;
        }
        for algorithm in ALGORITHMS.iter().take(6) {
            let key = format!("{algorithm}:{algorithm}:{SECRET}");
            let name = format!("{client}-{algorithm}.{ZONE}");
            let lines = format!("update add {name}. 60 TXT \"x\"\nsend");
            let said = tool::update(client, &["-y", &key], server.address(), ZONE, &lines)?;
            let there = answer(server.address(), &format!("{name} TXT"))?.len();
            check(said.well && there == 1, || {
                format!("{client}, {algorithm}: {}", said.text)
            })?;
            did(client, "TSIG", algorithm.trim_start_matches("hmac-"));
        }
    }
    Ok(())
}

fn python(program: &Program) -> Result<(), String> {
    let python = match independent::python::prepare() {
        Ok(python) => python.display().to_string(),
        Err(error) => {
            skip("dnspython_updates", &error);
            return Ok(());
        }
    };
    let (_site, server) = serve(program, ZONE)?;
    let script = root().join("conformance/independent/update.py");
    let (script, address) = (script.display().to_string(), server.address());
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    for algorithm in ALGORITHMS {
        let arguments = [&*script, &ip, &port, ZONE, algorithm, SECRET];
        let said = tool::run(&python, &arguments, "")?;
        check(said.well, || format!("{algorithm}: {}", said.text))?;
        did_as_said("dnspython", &said.text);
    }
    Ok(())
}
