//! `zonewright import skydns`: from etcd, as it is, with users, and by TLS with certificates of both
//! sides.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster_peers::Parts;
use peers::Program;

use super::certificates::{self, PRIMARY};
use super::import::import;
use super::site::{Check, PATIENCE, Site, check, free, skip};
use super::tool::{self, Said};

pub(super) const TRIALS: &[Check] = &[
    ("names_in_etcd_are_imported", plain),
    ("names_in_etcd_are_imported_by_tls", by_tls),
];

const ZONE: &str = "moved.test";

/// An etcd, in the clear and perhaps by TLS; killed when this is dropped.
pub(super) struct Etcd {
    child: Child,
    /// Where it answers in the clear.
    pub(super) url: String,
}

impl Etcd {
    /// Starts it in the clear; nothing if it is not installed.
    pub(super) fn start(site: &Site) -> Result<Option<Self>, String> {
        Self::launch(site, &[], None)
    }

    /// Starts it by TLS on a port too, with clients that have a certificate of `ca.pem`.
    pub(super) fn start_by_tls(site: &Site, port: u16) -> Result<Option<Self>, String> {
        let file = |name: &str| site.path(name).display().to_string();
        let more = [
            format!("--cert-file={}", file("server.pem")),
            format!("--key-file={}", file("server.key")),
            format!("--trusted-ca-file={}", file("ca.pem")),
            "--client-cert-auth".to_owned(),
        ];
        Self::launch(site, &more, Some(port))
    }

    fn launch(site: &Site, more: &[String], tls: Option<u16>) -> Result<Option<Self>, String> {
        let Some(etcd) = Parts::find().etcd else {
            skip("import", "etcd is not there (.ci/kube)");
            return Ok(None);
        };
        let (client, peer) = (free()?, free()?);
        let (url, other) = (
            format!("http://127.0.0.1:{client}"),
            format!("http://127.0.0.1:{peer}"),
        );
        let secure = tls.map(|port| format!(",https://127.0.0.1:{port}"));
        let all = format!("{url}{}", secure.unwrap_or_default());
        let child = Command::new(etcd)
            .arg(format!("--data-dir={}", site.path("etcd").display()))
            .arg(format!("--listen-client-urls={all}"))
            .arg(format!("--advertise-client-urls={url}"))
            .arg(format!("--listen-peer-urls={other}"))
            .arg(format!("--initial-advertise-peer-urls={other}"))
            .arg(format!("--initial-cluster=default={other}"))
            .args(["--unsafe-no-fsync", "--log-level=error"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.map_err(|error| format!("etcd: {error}"))?;
        let etcd = Self { child, url };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", client)).is_err()
            || etcd.post("/v3/kv/range", "{\"key\":\"YQ==\"}").is_err()
        {
            check(begin.elapsed() < PATIENCE, || "etcd does not answer".into())?;
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(Some(etcd))
    }

    pub(super) fn put(&self, key: &str, value: &str) -> Result<String, String> {
        let (key, value) = (base64(key.as_bytes()), base64(value.as_bytes()));
        self.post(
            "/v3/kv/put",
            &format!("{{\"key\":\"{key}\",\"value\":\"{value}\"}}"),
        )
    }

    /// All keys below `/skydns/`, as lines of a key and its value.
    pub(super) fn keys(&self) -> Result<Vec<String>, String> {
        let all = "{\"key\":\"L3NreWRucy8=\",\"range_end\":\"L3NreWRuczA=\"}";
        let said = self.post("/v3/kv/range", all)?;
        let said: serde_json::Value =
            serde_json::from_str(&said).map_err(|error| error.to_string())?;
        let text = |value: &serde_json::Value| {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default());
            String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
        };
        let keys = said["kvs"].as_array().into_iter().flatten();
        Ok(keys
            .map(|pair| format!("{} {}", text(&pair["key"]), text(&pair["value"])))
            .collect())
    }

    /// Posts JSON.
    pub(super) fn post(&self, path: &str, body: &str) -> Result<String, String> {
        let url = format!("{}{path}", self.url);
        let said = tool::run("curl", &["-sS", "-f", "-X", "POST", "-d", body, &url], "")?;
        check(said.well, || format!("{path}: {}", said.text))?;
        Ok(said.text)
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn plain(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let Some(etcd) = Etcd::start(&site)? else {
        return Ok(());
    };
    let url = &*etcd.url;
    etcd.put(
        "/skydns/test/moved/www",
        "{\"host\":\"192.0.2.80\",\"ttl\":60}",
    )?;
    etcd.put(
        "/skydns/test/moved/two/a1",
        "{\"host\":\"192.0.2.1\",\"targetstrip\":1}",
    )?;
    etcd.put(
        "/skydns/test/moved/two/b2",
        "{\"host\":\"192.0.2.2\",\"targetstrip\":1}",
    )?;
    etcd.put("/skydns/test/moved/text", "{\"text\":\"hello\"}")?;
    etcd.put("/skydns/test/else/www", "{\"host\":\"192.0.2.99\"}")?;
    // More than one answer holds.
    let many = |at: usize| {
        let key = |number| base64(format!("/skydns/test/moved/many{number}").as_bytes());
        let put = |number| {
            let (key, value) = (key(number), base64(b"{\"host\":\"192.0.2.3\"}"));
            format!("{{\"requestPut\":{{\"key\":\"{key}\",\"value\":\"{value}\"}}}}")
        };
        let puts: Vec<String> = (at..at + 100).map(put).collect();
        format!("{{\"success\":[{}]}}", puts.join(","))
    };
    for at in 0..11 {
        etcd.post("/v3/kv/txn", &many(100 * at))?;
    }
    let ns = "--zone-ns=ns.moved.test=192.0.2.53";
    let words = ["skydns", ZONE, ns, "--etcd", url];
    let wanted = |said: &Said| {
        let text = &said.text;
        check(
            said.well
                && text.contains("192.0.2.80")
                && text.matches("two ").count() == 2
                && text.contains("\"hello\"")
                && text.matches("many").count() == 1100
                && !text.contains("192.0.2.99")
                && text.contains("1 keys are not in zone"),
            || text.clone(),
        )
    };
    wanted(&import(program, &words, &[])?)?;
    // What etcdctl prints is what the server says.
    let all = "{\"key\":\"L3NreWRucy8=\",\"range_end\":\"L3NreWRuczA=\"}";
    let dump = etcd.post("/v3/kv/range", all)?;
    site.write("dump", &dump)?;
    let path = site.path("dump").display().to_string();
    wanted(&import(
        program,
        &["skydns", ZONE, ns, "--dump", &path],
        &[],
    )?)?;
    // With users only those who say who they are.
    let user = "{\"name\":\"root\",\"password\":\"hunter2\"}";
    etcd.post("/v3/auth/user/add", user)?;
    etcd.post("/v3/auth/role/add", "{\"name\":\"root\"}")?;
    etcd.post(
        "/v3/auth/user/grant",
        "{\"user\":\"root\",\"role\":\"root\"}",
    )?;
    etcd.post("/v3/auth/enable", "{}")?;
    let said = import(program, &words, &[])?;
    check(!said.well && said.text.contains("HTTP 4"), || {
        said.text.clone()
    })?;
    let name = ("ETCD_USERNAME", "root");
    let said = import(program, &words, &[name, ("ETCD_PASSWORD", "wrong")])?;
    check(!said.well && !said.text.contains("wrong"), || {
        said.text.clone()
    })?;
    let (servers, words) = (format!("http://127.0.0.1:1,{url}"), ["skydns", ZONE, ns]);
    let variables = [name, ("ETCD_PASSWORD", "hunter2"), ("ETCD_URLS", &servers)];
    wanted(&import(program, &words, &variables)?)
}

/// Both sides show certificates, or nothing is read.
fn by_tls(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    certificates::make(&site)?;
    let (port, file) = (free()?, |name: &str| site.path(name).display().to_string());
    let Some(etcd) = Etcd::start_by_tls(&site, port)? else {
        return Ok(());
    };
    etcd.put("/skydns/test/moved/www", "{\"host\":\"192.0.2.80\"}")?;
    let url = format!("https://127.0.0.1:{port}");
    let words = ["skydns", ZONE, "--zone-ns=ns.moved.test=192.0.2.53"];
    let own = [
        ("ETCD_CERT_FILE", "client.pem"),
        ("ETCD_KEY_FILE", "client.key"),
    ];
    let [ca, other] = ["ca.pem", "other.pem"].map(|name| ("ETCD_CA_FILE", name));
    let name = |name| ("ETCD_TLS_SERVER_NAME", name);
    let insecure = ("ETCD_TLS_INSECURE", "true");
    let [certificate, key] = own;
    for (variables, expected) in [
        (&[ca, certificate, key][..], Ok(())),
        (&[ca, certificate, key, name(PRIMARY)], Ok(())),
        (&[certificate, key, insecure], Ok(())),
        (
            &[ca, certificate, key, name("other.test")],
            Err("certificate"),
        ),
        (&[other, certificate, key], Err("certificate")),
        (&[certificate, key], Err("certificate")),
        (&[ca], Err("etcd")),
        (&[ca, certificate], Err("are set together, or neither")),
        (&[("ETCD_CA_FILE", "missing")], Err("ETCD_CA_FILE: read")),
        (&[("ETCD_CA_FILE", "client.key")], Err("certificate")),
    ] {
        // Those that end in FILE are paths.
        let variables: Vec<(&str, String)> = variables
            .iter()
            .map(|(name, value)| match name.ends_with("FILE") {
                true => (*name, file(value)),
                false => (*name, (*value).to_owned()),
            })
            .chain([("ETCD_URLS", url.clone())])
            .collect();
        let shown: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        let said = import(program, &words, &shown)?;
        let is_right = match expected {
            Ok(()) => said.well && said.text.contains("192.0.2.80"),
            Err(text) => !said.well && said.text.contains(text),
        };
        check(is_right, || format!("{shown:?}: {}", said.text))?;
    }
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let number = number << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = (number >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(usize::try_from(letter).unwrap_or(0));
            let shown = place <= chunk.len();
            text.push(char::from(*letter.filter(|_| shown).unwrap_or(&b'=')));
        }
    }
    text
}
