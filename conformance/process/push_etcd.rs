//! Names that are pushed to etcd, where CoreDNS answers from it; what external-dns makes of them, and
//! we of its own.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use cluster_peers::Parts;
use peers::{Options, Program, Ready, Server};

use super::certificates::{self, PRIMARY};
use super::import_etcd::Etcd;
use super::push_place::manifest;
use super::site::{Check, PATIENCE, Site, answer, check, free, skip, start, wait_for_log};

pub(super) const TRIALS: &[Check] = &[
    ("coredns_answers_the_names_in_etcd", life),
    ("external_dns_takes_names_in_etcd_back", taken_back),
    ("names_of_external_dns_in_etcd_are_taken_over", taken_over),
    ("etcd_with_users_is_written_to", with_users),
    ("etcd_is_written_to_by_tls", by_tls),
];

/// etcd, and the names that are wanted there.
struct Place {
    site: Site,
    etcd: Etcd,
}

impl Place {
    fn start(name: &str) -> Result<Option<Self>, String> {
        let site = Site::new()?;
        match Etcd::start(&site)? {
            Some(etcd) => Ok(Some(Self { site, etcd })),
            None => {
                skip(name, "etcd is not there (.ci/kube)");
                Ok(None)
            }
        }
    }

    fn want(&self, endpoints: &[(&str, &str, &str, u32)]) -> Result<(), String> {
        manifest(&self.site, endpoints)
    }

    /// Ours, pushing there.
    fn pusher(&self, program: &Program, variables: &[(&str, &str)]) -> Result<Server, String> {
        let folder = self.site.path("manifests").display().to_string();
        let mut wrapper = vec!["env".to_owned()];
        wrapper.push(format!("ETCD_URLS={}", self.etcd.url));
        wrapper.extend(
            variables
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        let options = Options::new([])
            .wrapper(wrapper)
            .arguments(SHARED.iter().copied())
            .arguments(["--manifests", &folder, "--interval=1s"])
            .ready(Ready::Zones(Vec::new()));
        start(program, &options)
    }

    /// Lets external-dns make one pass; nothing if it is not there.
    fn external_dns(&self, more: &[&str]) -> Result<bool, String> {
        let Some(external_dns) = Parts::find().external_dns else {
            skip(
                "external_dns_takes_names_in_etcd_back",
                "external-dns is not built",
            );
            return Ok(false);
        };
        let output = Command::new(external_dns)
            .args(SHARED)
            .args([
                "--once",
                "--log-level=debug",
                "--metrics-address=127.0.0.1:0",
            ])
            .args(more)
            .env("ETCD_URLS", &self.etcd.url)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.success(), || said)?;
        Ok(true)
    }

    /// Waits until the keys are so, as lines of a key and its value.
    fn wait_for(&self, pusher: &Server, wanted: impl Fn(&[String]) -> bool) -> Result<(), String> {
        let came = pusher.wait_for(PATIENCE, |_| self.etcd.keys().is_ok_and(|it| wanted(&it)));
        check(came, || {
            format!("{:#?}\n{}", self.etcd.keys(), pusher.log())
        })
    }
}

/// Flags that we and external-dns have in common.
const SHARED: &[&str] = &[
    "--provider=coredns",
    "--policy=sync",
    "--registry=txt",
    "--txt-owner-id=us",
    "--managed-record-types=A",
    "--managed-record-types=AAAA",
    "--managed-record-types=CNAME",
    "--managed-record-types=PTR",
    "--managed-record-types=TXT",
];

/// CoreDNS; killed when this is dropped.
struct CoreDns {
    child: Child,
    address: SocketAddr,
}

impl CoreDns {
    fn start(site: &Site, etcd: &str) -> Result<Option<Self>, String> {
        let Some(program) = Parts::find().coredns else {
            skip(
                "coredns_answers_the_names_in_etcd",
                "CoreDNS is not built (.ci/kube live)",
            );
            return Ok(None);
        };
        let address = SocketAddr::from(([127, 0, 0, 1], free()?));
        let port = address.port();
        site.write(
            "Corefile",
            &format!(
                ".:{port} {{\n  bind 127.0.0.1\n  etcd example.org in-addr.arpa {{\n    path /skydns\n    \
                 endpoint {etcd}\n  }}\n}}\n"
            ),
        )?;
        let child = Command::new(program)
            .arg("-conf")
            .arg(site.path("Corefile"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("CoreDNS: {error}"))?;
        Ok(Some(Self { child, address }))
    }

    fn wait_for(&self, pusher: &Server, query: &str, wanted: &[&str]) -> Result<(), String> {
        let find = || {
            let mut lines = answer(self.address, query).ok()?;
            lines.sort_unstable();
            Some(lines)
        };
        let is_so =
            |lines: Vec<String>| lines.iter().map(String::as_str).eq(wanted.iter().copied());
        let came = pusher.wait_for(PATIENCE, |_| find().is_some_and(is_so));
        check(came, || {
            format!(
                "{query}: {:?}, not {wanted:?}; our log:\n{}",
                find(),
                pusher.log()
            )
        })
    }
}

impl Drop for CoreDns {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const ALL: &[(&str, &str, &str, u32)] = &[
    ("web.example.org", "A", "192.0.2.10", 60),
    ("web.example.org", "AAAA", "2001:db8::10", 60),
    ("alias.example.org", "CNAME", "web.example.org", 60),
    ("text.example.org", "TXT", "hello world", 60),
    ("10.2.0.192.in-addr.arpa", "PTR", "web.example.org", 60),
];

/// Every type; then each changed or taken away.
fn life(program: &Program) -> Result<(), String> {
    let Some(place) = Place::start("coredns_answers_the_names_in_etcd")? else {
        return Ok(());
    };
    let Some(coredns) = CoreDns::start(&place.site, &place.etcd.url)? else {
        return Ok(());
    };
    let foreign = "{\"host\":\"192.0.2.99\",\"ttl\":60,\"targetstrip\":1}";
    place.etcd.put("/skydns/org/example/foreign/x1", foreign)?;
    // external-dns would take this one away with the name whose letters it begins with.
    place.etcd.put("/skydns/org/example/webmail/x1", foreign)?;
    place.want(ALL)?;
    let pusher = place.pusher(program, &[])?;
    let owner = "\"heritage=external-dns,external-dns/owner=us,\
                 external-dns/resource=crd/default/all\"";
    let claim = format!("a-web.example.org. 300 TXT {owner}");
    for (query, wanted) in [
        (
            "web.example.org A",
            &["web.example.org. 60 A 192.0.2.10"][..],
        ),
        (
            "web.example.org AAAA",
            &["web.example.org. 60 AAAA 2001:db8::10"],
        ),
        (
            "alias.example.org A",
            &[
                "alias.example.org. 60 CNAME web.example.org.",
                "web.example.org. 60 A 192.0.2.10",
            ],
        ),
        (
            "text.example.org TXT",
            &["text.example.org. 60 TXT \"hello world\""],
        ),
        (
            "10.2.0.192.in-addr.arpa PTR",
            &["10.2.0.192.in-addr.arpa. 60 PTR web.example.org."],
        ),
        ("a-web.example.org TXT", &[&claim]),
        (
            "foreign.example.org A",
            &["foreign.example.org. 60 A 192.0.2.99"],
        ),
    ] {
        coredns.wait_for(&pusher, query, wanted)?;
    }
    place.want(&[
        ("web.example.org", "A", "192.0.2.20", 90),
        ("text.example.org", "TXT", "good bye", 60),
    ])?;
    for (query, wanted) in [
        (
            "web.example.org A",
            &["web.example.org. 90 A 192.0.2.20"][..],
        ),
        (
            "text.example.org TXT",
            &["text.example.org. 60 TXT \"good bye\""],
        ),
        ("web.example.org AAAA", &[]),
        ("alias.example.org A", &[]),
        ("10.2.0.192.in-addr.arpa PTR", &[]),
        (
            "webmail.example.org A",
            &["webmail.example.org. 60 A 192.0.2.99"],
        ),
    ] {
        coredns.wait_for(&pusher, query, wanted)?;
    }
    place.want(&[])?;
    place.wait_for(&pusher, |keys| keys.len() == 2)
}

/// What we have made, external-dns takes away as the same owner, and nothing else.
fn taken_back(program: &Program) -> Result<(), String> {
    let Some(place) = Place::start("external_dns_takes_names_in_etcd_back")? else {
        return Ok(());
    };
    let foreign = "{\"host\":\"192.0.2.99\",\"targetstrip\":1}";
    place.etcd.put("/skydns/org/example/foreign/x1", foreign)?;
    place.want(&[ALL[0], ALL[2], ALL[3], ALL[4]])?;
    let pusher = place.pusher(program, &[])?;
    // Four values, each with its owner.
    place.wait_for(&pusher, |keys| keys.len() == 9)?;
    drop(pusher);
    if !place.external_dns(&["--source=empty"])? {
        return Ok(());
    }
    let left = place.etcd.keys()?;
    check(
        left == [format!("/skydns/org/example/foreign/x1 {foreign}")],
        || format!("{left:#?}"),
    )
}

/// What external-dns has made, we take away as the same owner, and nothing else. Some of its ten names
/// it makes twice or thrice.
fn taken_over(program: &Program) -> Result<(), String> {
    let Some(place) = Place::start("names_of_external_dns_in_etcd_are_taken_over")? else {
        return Ok(());
    };
    let foreign = "{\"host\":\"192.0.2.99\",\"targetstrip\":1}";
    place.etcd.put("/skydns/org/example/foreign/x1", foreign)?;
    let source = ["--source=fake", "--fqdn-template=example.org"];
    if !place.external_dns(&source)? {
        return Ok(());
    }
    let made = place.etcd.keys()?.len();
    check(made > 10, || format!("{made} keys of external-dns"))?;
    place.want(&[("web.example.org", "A", "192.0.2.10", 60)])?;
    let pusher = place.pusher(program, &[])?;
    // Some of its texts say that another owner has them.
    let hosts = |keys: &[String]| keys.iter().filter(|key| key.contains("\"host\"")).count();
    place.wait_for(&pusher, |keys| hosts(keys) == 2)
}

/// A user of a role that may write below the prefix only.
fn with_users(program: &Program) -> Result<(), String> {
    let Some(place) = Place::start("etcd_with_users_is_written_to")? else {
        return Ok(());
    };
    for (path, body) in [
        ("user/add", "{\"name\":\"root\",\"password\":\"hunter22\"}"),
        ("role/add", "{\"name\":\"root\"}"),
        ("user/grant", "{\"user\":\"root\",\"role\":\"root\"}"),
        ("user/add", "{\"name\":\"us\",\"password\":\"open-sesame\"}"),
        ("role/add", "{\"name\":\"names\"}"),
        // From /skydns/ to /skydns0.
        (
            "role/grant",
            "{\"name\":\"names\",\"perm\":{\"permType\":\"READWRITE\",\"key\":\"L3NreWRucy8=\",\
             \"range_end\":\"L3NreWRuczA=\"}}",
        ),
        ("user/grant", "{\"user\":\"us\",\"role\":\"names\"}"),
        ("enable", "{}"),
    ] {
        place.etcd.post(&format!("/v3/auth/{path}"), body)?;
    }
    place.want(ALL)?;
    let name = ("ETCD_USERNAME", "us");
    let wrong = place.pusher(program, &[name, ("ETCD_PASSWORD", "open-barley")])?;
    wait_for_log(&wrong, "ETCD_PASSWORD")?;
    let log = wrong.log();
    check(!log.contains("barley"), || log)?;
    drop(wrong);
    let pusher = place.pusher(program, &[name, ("ETCD_PASSWORD", "open-sesame")])?;
    wait_for_log(&pusher, "all names are as wanted")?;
    let log = pusher.log();
    check(!log.contains("sesame"), || log)
}

/// Both sides show certificates, or nothing is written.
fn by_tls(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    certificates::make(&site)?;
    let (port, file) = (free()?, |name: &str| site.path(name).display().to_string());
    let Some(etcd) = Etcd::start_by_tls(&site, port)? else {
        skip("etcd_is_written_to_by_tls", "etcd is not there (.ci/kube)");
        return Ok(());
    };
    let (ca, other) = (file("ca.pem"), file("other.pem"));
    let (certificate, key) = (file("client.pem"), file("client.key"));
    let place = Place { site, etcd };
    place.want(&ALL[..1])?;
    let url = format!("https://127.0.0.1:{port}");
    let us = [
        ("ETCD_URLS", &*url),
        ("ETCD_CERT_FILE", &certificate),
        ("ETCD_KEY_FILE", &key),
    ];
    let with = |more: &[(&'static str, &'static str)], trusted| {
        let mut all = us.to_vec();
        all.push(("ETCD_CA_FILE", trusted));
        all.extend_from_slice(more);
        place.pusher(program, &all)
    };
    let wrong = with(&[], &other)?;
    wait_for_log(&wrong, "its certificate is not trusted")?;
    drop(wrong);
    let pusher = with(&[("ETCD_TLS_SERVER_NAME", PRIMARY)], &ca)?;
    place.wait_for(&pusher, |keys| keys.len() == 2)?;
    drop(pusher);
    place.want(&[])?;
    let pusher = with(&[], &ca)?;
    place.wait_for(&pusher, <[String]>::is_empty)?;
    fs::remove_file(place.site.path("manifests/all.yaml")).map_err(|error| error.to_string())
}
