//! A name server of others that takes updates, with what we and external-dns have to be told of it.

use std::fs;
use std::process::{Command, Stdio};

use cluster_peers::Parts;
use peers::{Kind, Options, Program, Ready, Server, Zone, free_port};

use super::site::{PATIENCE, Site, answer, check, free, start};
use super::tool::succeed;
use super::{certificates, power};

/// A server on zones that may be updated by a key. The zones outlive it.
pub(super) struct Place {
    program: Program,
    site: Site,
    port: u16,
    /// The port of TLS, if it is spoken.
    tls: Option<u16>,
    /// The port of its API, if it is written to by that.
    api: Option<u16>,
    server: Option<Server>,
}

impl Place {
    /// Starts a server of this kind; nothing if it is not installed.
    pub(super) fn start(kind: Kind) -> Result<Option<Self>, String> {
        Self::new(kind, None)
    }

    /// Starts PowerDNS, to be written to by its API; nothing if it is not installed.
    pub(super) fn start_api() -> Result<Option<Self>, String> {
        let port = free()?;
        Self::new(Kind::PowerDns, Some(port))
    }

    fn new(kind: Kind, api: Option<u16>) -> Result<Option<Self>, String> {
        let program = match kind {
            // Its other backend knows no updates.
            Kind::PowerDns if !power::is_there() => None,
            kind => Program::find(kind),
        };
        let Some(program) = program else {
            return Ok(None);
        };
        let site = Site::new()?;
        site.zone("example.org", 1, "foreign A 192.0.2.99")?;
        site.zone("2.0.192.in-addr.arpa", 1, "")?;
        let port = free()?;
        let mut place = Self {
            program,
            site,
            port,
            tls: None,
            api,
            server: None,
        };
        place.restart()?;
        Ok(Some(place))
    }

    /// Lines of configuration, and the database they speak of: made once, from the zones' files.
    fn power_dns(&self) -> Result<String, String> {
        let file = self.site.path("power.db").display().to_string();
        let database = format!("launch=bind,gsqlite3\ngsqlite3-database={file}\n");
        let api = match self.api {
            Some(port) => format!(
                "webserver=yes\nwebserver-address=127.0.0.1\nwebserver-port={port}\napi=yes\n\
                 api-key={API_KEY}\n"
            ),
            None => String::new(),
        };
        let config = format!(
            "{database}{api}dnsupdate=yes\nallow-dnsupdate-from=127.0.0.1\ndisable-axfr=no\n"
        );
        if self.site.path("power.db").exists() {
            return Ok(config);
        }
        succeed(Command::new("sqlite3").args([&file, &format!(".read {}", power::SCHEMA)]))?;
        self.site
            .write("pdns.conf", &database.replace("bind,", ""))?;
        let folder = format!("--config-dir={}", self.site.path("").display());
        let util =
            |arguments: &[&str]| succeed(Command::new("pdnsutil").arg(&folder).args(arguments));
        util(&["import-tsig-key", "push", "hmac-sha256", SECRET])?;
        for zone in ["example.org", "2.0.192.in-addr.arpa"] {
            let file = self.site.path(zone).display().to_string();
            util(&["load-zone", zone, &file])?;
            util(&["set-kind", zone, "primary"])?;
            util(&["activate-tsig-key", zone, "push", "primary"])?;
            util(&["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", "push"])?;
        }
        Ok(config)
    }

    /// Lets the server speak TLS too, with clients that have a certificate of ours. BIND only.
    pub(super) fn speak_tls(&mut self) -> Result<(), String> {
        certificates::make(&self.site)?;
        self.tls = free_port([127, 0, 0, 1].into());
        self.restart()
    }

    /// Flags for TLS there; `trusted` is whose certificates are trusted, `known` whether we have one.
    pub(super) fn tls_flags(&self, trusted: &str, known: bool) -> Vec<String> {
        let file = |name: &str| self.site.path(name).display().to_string();
        let mut flags = vec![
            "--rfc2136-axfr".to_owned(),
            "--rfc2136-use-tls".to_owned(),
            format!("--rfc2136-port={}", self.tls.unwrap_or_default()),
            format!("--tls-ca={}", file(trusted)),
        ];
        if known {
            flags.push(format!("--tls-client-cert={}", file("client.pem")));
            flags.push(format!("--tls-client-cert-key={}", file("client.key")));
        }
        flags
    }

    /// Whether it is written to by its API.
    pub(super) fn has_api(&self) -> bool {
        self.api.is_some()
    }

    /// Sends something to the API: a method, a path below the server's, and a body.
    pub(super) fn call(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let port = self.api.ok_or("it has no API")?;
        let url = format!("http://127.0.0.1:{port}/api/v1/servers/localhost{path}");
        let key = format!("X-API-Key: {API_KEY}");
        let output = Command::new("curl")
            .args([
                "-sS",
                "--fail-with-body",
                "-X",
                method,
                "-H",
                &key,
                "-d",
                body,
                &url,
            ])
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        check(output.status.success(), || {
            format!("{method} {path}: {said}")
        })?;
        Ok(said)
    }

    pub(super) fn kind(&self) -> Kind {
        self.program.kind
    }

    /// Ends the server in good order, and starts it on what it has left.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.stop();
        let zones = ["example.org", "2.0.192.in-addr.arpa"]
            .map(|origin| Zone::new(origin, self.site.path(origin)));
        let options = match self.kind() {
            Kind::PowerDns => Options::new([]).ready(Ready::Zones(vec!["example.org".into()])),
            _ => Options::new(zones),
        };
        let options = options.port(self.port);
        let options = match self.kind() {
            Kind::PowerDns => options.config(&self.power_dns()?),
            Kind::Knot => options.global(KNOT_KEY).zone_config(KNOT_ZONE),
            _ => options.global(BIND_KEY).zone_config(BIND_ZONE),
        };
        let options = match self.tls {
            None => options,
            Some(port) => certificates::bind(&self.site, port, options),
        };
        self.server = Some(start(&self.program, &options)?);
        Ok(())
    }

    pub(super) fn stop(&mut self) {
        self.server = None;
    }

    pub(super) fn server(&self) -> Result<&Server, String> {
        self.server.as_ref().ok_or_else(|| "it is stopped".into())
    }

    /// Manifests of endpoints that are wanted: name, type, target, TTL or 0.
    pub(super) fn want(&self, endpoints: &[(&str, &str, &str, u32)]) -> Result<(), String> {
        manifest(&self.site, endpoints)
    }

    /// Flags of the provider alone, with the key of its API.
    pub(super) fn provider_flags(&self) -> Vec<String> {
        let port = self.api.unwrap_or_default();
        vec![
            "--provider=pdns".into(),
            format!("--pdns-server=http://127.0.0.1:{port}"),
            format!("--pdns-api-key={API_KEY}"),
            "--policy=sync".into(),
        ]
    }

    /// Flags that we and external-dns have in common.
    fn shared(&self) -> Vec<String> {
        let mut flags: Vec<String> = match self.api {
            Some(port) => vec![
                "--provider=pdns".into(),
                format!("--pdns-server=http://127.0.0.1:{port}"),
            ],
            None => {
                let port = format!("--rfc2136-port={}", self.port);
                let all = [
                    &*port,
                    "--provider=rfc2136",
                    "--rfc2136-host=127.0.0.1",
                    "--rfc2136-zone=example.org",
                    "--rfc2136-zone=2.0.192.in-addr.arpa",
                    "--rfc2136-tsig-keyname=push",
                    "--rfc2136-tsig-secret-alg=hmac-sha256",
                ];
                all.map(str::to_owned).to_vec()
            }
        };
        let all = [
            "--policy=sync",
            "--registry=txt",
            "--txt-owner-id=us",
            "--txt-prefix=%{record_type}-owner.",
        ];
        flags.extend(all.map(str::to_owned));
        for rtype in ["A", "AAAA", "CNAME", "MX", "NAPTR", "PTR", "SRV", "TXT"] {
            flags.push(format!("--managed-record-types={rtype}"));
        }
        flags
    }

    /// Ours, pushing there, but not told the zones.
    pub(super) fn options_without_zones(&self, more: &[&str]) -> Options {
        self.options_with(more, |flag| !flag.starts_with("--rfc2136-zone"))
    }

    /// Ours, pushing there.
    pub(super) fn options(&self, more: &[&str]) -> Options {
        self.options_with(more, |_| true)
    }

    fn options_with(&self, more: &[&str], keep: impl Fn(&str) -> bool) -> Options {
        let given = |part: &str| more.iter().any(|flag| flag.contains(part));
        let secret = match self.api {
            Some(_) if given("pdns-api-key=") => Vec::new(),
            Some(_) => vec![format!("--pdns-api-key={API_KEY}")],
            None if given("tsig-secret=") => Vec::new(),
            None => vec![format!("--rfc2136-tsig-secret={SECRET}")],
        };
        let folder = self.site.path("manifests").display().to_string();
        // What is said once must not be said twice.
        let said = |flag: &str| {
            let name = flag.split('=').next().unwrap_or(flag);
            let repeated = name.ends_with("-host") || name.ends_with("-zone");
            !repeated
                && more
                    .iter()
                    .any(|other| other.starts_with(&format!("{name}=")))
        };
        let mut shared = self.shared();
        shared.retain(|flag| keep(flag) && !said(flag));
        let interval: &[&str] = if said("--interval=") {
            &[]
        } else {
            &["--interval=2s"]
        };
        Options::new([])
            .arguments(shared)
            .arguments(secret)
            .arguments(["--manifests", &folder])
            .arguments(interval.iter().copied())
            .arguments(more.iter().copied())
            .ready(Ready::Zones(Vec::new()))
    }

    /// Changes the zone behind our back.
    pub(super) fn update(&self, lines: &str) -> Result<(), String> {
        let text = format!(
            "server 127.0.0.1 {}\nkey hmac-sha256:push {SECRET}\nzone example.org\n{lines}\nsend\n",
            self.port
        );
        self.site.write("update", &text)?;
        succeed(Command::new("nsupdate").arg(self.site.path("update")))
    }

    /// Waits for an answer of the server.
    pub(super) fn wait_for(
        &self,
        pusher: &Server,
        query: &str,
        wanted: &[&str],
    ) -> Result<(), String> {
        let server = self.server()?;
        let find = || {
            let mut lines = answer(server.address(), query).ok()?;
            lines.sort_unstable();
            Some(lines)
        };
        let came = pusher.wait_for(PATIENCE, |_| {
            find().is_some_and(|lines| lines.iter().map(String::as_str).eq(wanted.iter().copied()))
        });
        check(came, || {
            format!(
                "{query} at {}: {:?}, not {wanted:?}; our log:\n{}\nits log:\n{}",
                self.kind(),
                find(),
                pusher.log(),
                server.log()
            )
        })
    }

    /// Lets external-dns make one pass for nothing at all as the same owner: it takes away what it
    /// takes for its own. False if it is not there.
    pub(super) fn external_dns_wants_nothing(&self) -> Result<bool, String> {
        let Some(external_dns) = Parts::find().external_dns else {
            return Ok(false);
        };
        let mut command = Command::new(external_dns);
        // Several of them run at the same time.
        command.env("EXTERNAL_DNS_METRICS_ADDRESS", "127.0.0.1:0");
        command
            .args(self.shared())
            .args(["--source=empty", "--once", "--log-level=debug"])
            .args(self.api.is_none().then_some("--rfc2136-axfr"))
            .env("EXTERNAL_DNS_RFC2136_TSIG_SECRET", SECRET)
            .env("EXTERNAL_DNS_PDNS_API_KEY", API_KEY)
            .stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.success(), || said)?;
        Ok(true)
    }
}

/// Writes manifests of endpoints that are wanted: name, type, target, TTL or 0.
pub(super) fn manifest(site: &Site, endpoints: &[(&str, &str, &str, u32)]) -> Result<(), String> {
    let mut text = String::from(
        "apiVersion: externaldns.k8s.io/v1alpha1\nkind: DNSEndpoint\n\
             metadata: {name: all, namespace: default}\nspec:\n  endpoints:\n",
    );
    for (name, rtype, target, ttl) in endpoints {
        text += &format!(
            "  - {{dnsName: {name:?}, recordType: {rtype}, targets: [{target:?}], recordTTL: {ttl}}}\n"
        );
    }
    let folder = site.path("manifests");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (new, file) = (site.path("new.yaml"), folder.join("all.yaml"));
    fs::write(&new, text).map_err(|error| error.to_string())?;
    fs::rename(new, file).map_err(|error| error.to_string())
}

/// The key of the API.
const API_KEY: &str = "changeme-api-key";

/// The key's secret.
const SECRET: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";

const BIND_KEY: &str =
    "key \"push\" { algorithm hmac-sha256; secret \"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"; };";

/// What is refused is a name that may not be changed.
const BIND_ZONE: &str = "allow-transfer { key push; }; \
    update-policy { deny push name refused.example.org. ANY; grant push zonesub ANY; };";

const KNOT_KEY: &str = "key:\n  - id: push\n    algorithm: hmac-sha256\n    \
    secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\nacl:\n  - id: push\n    key: push\n    \
    action: [transfer, update]\n";

const KNOT_ZONE: &str = "acl: push\njournal-content: changes\n";
