//! `zonewright import`: from a BIND that was killed before it wrote its zone file, and from etcd.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster_peers::Parts;
use peers::{Key, Kind, Options, Program, Role, Server, Signal, Zone, free_port};

use super::site::{Check, PATIENCE, Site, check, skip, start, text};
use super::tool::{self, Said};

pub(super) const TRIALS: &[Check] = &[
    ("zones_of_bind_are_imported_with_their_journal", |program| {
        bind(program, "text")
    }),
    (
        "raw_zones_of_bind_are_imported_with_their_journal",
        |program| bind(program, "raw"),
    ),
    ("names_in_etcd_are_imported", etcd),
    ("zones_are_imported_into_a_running_server", running),
];

const ZONE: &str = "moved.test";

/// Runs `zonewright import …`.
fn import(program: &Program, words: &[&str], variables: &[(&str, &str)]) -> Result<Said, String> {
    let mut command = Command::new(&program.path);
    command.arg("import").args(words);
    command.envs(variables.iter().copied());
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        text: text(&output.stdout) + &text(&output.stderr),
        well: output.status.success(),
    })
}

fn bind(program: &Program, format: &str) -> Result<(), String> {
    let Some(named) = Program::find(Kind::Bind) else {
        skip("import", "BIND is not installed");
        return Ok(());
    };
    let (site, key) = (Site::new()?, Key::new("move"));
    site.write(
        "plain",
        &text(10, "www A 192.0.2.80\nold TXT \"goes away\""),
    )?;
    let path = |name: &str| site.path(name).display().to_string();
    let (file, plain) = (path("zone"), path("plain"));
    let compiled = tool::run(
        "named-compilezone",
        &["-q", "-F", format, "-o", &file, ZONE, &plain],
        "",
    )?;
    check(compiled.well, || compiled.text.clone())?;
    let role = Role::Primary {
        key: key.clone(),
        notify: Vec::new(),
    };
    let zone = Zone::new(ZONE, &file).role(role);
    let options = Options::new([zone]).zone_config(&format!("masterfile-format {format};"));
    let mut server = start(&named, &options)?;
    let argument = key.argument();
    for number in 0..20 {
        let lines = format!(
            "update add n{number}.{ZONE}. {} A 192.0.2.{number}\n\
             update add multi.{ZONE}. 60 TXT \"one {number}\" \"two\"\nsend\n\
             update delete n{}.{ZONE}. A\nupdate delete old.{ZONE}.\nsend",
            60 + number,
            number / 2
        );
        let said = tool::update(
            "nsupdate",
            &["-y", &argument],
            server.address(),
            ZONE,
            &lines,
        )?;
        check(said.well, || said.text.clone())?;
    }
    let theirs = tool::contents(server.address(), ZONE, Some(&key))?;
    server
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    let output = path("imported.zone");
    let named = format!("{ZONE}={file}");
    let said = import(program, &["bind", &named, "--output", &output], &[])?;
    check(
        said.well && said.text.contains("changes beyond the file"),
        || said.text.clone(),
    )?;
    let again = import(program, &["bind", &named, "--output", &output], &[])?;
    check(
        !again.well && again.text.contains("is there already"),
        || again.text.clone(),
    )?;
    let options = Options::new([Zone::new(ZONE, &output)])
        .arguments(["--allow-transfer".to_owned(), "127.0.0.1".into()]);
    let ours = start(program, &options)?;
    let ours = tool::contents(ours.address(), ZONE, None)?;
    check(ours == theirs, || format!("{ours:#?}\nnot\n{theirs:#?}"))
}

/// Into a server that serves the zone already.
fn running(program: &Program) -> Result<(), String> {
    let (site, following) = (Site::new()?, Site::new()?);
    let data = site.path("data").display().to_string();
    let options = Options::new([site.zone(ZONE, 10, "")?]).arguments([
        "--data-dir".to_owned(),
        data,
        "--allow-transfer".into(),
        "127.0.0.1".into(),
    ]);
    let mut server = start(program, &options)?;
    let many: String = (0..6000)
        .map(|number| format!("m{number} TXT \"{}\"\n", "x".repeat(number % 90)))
        .collect();
    let lines = format!(
        "www A 192.0.2.80\nwww A 192.0.2.81\n*.wild TXT \"a\" \"b\"\nold CNAME www\n{many}"
    );
    site.write("theirs", &text(500, &lines))?;
    let path = |name: &str| format!("{ZONE}={}", site.path(name).display());
    let apply = |server: &Server, file: &str, zone: &str| {
        let socket = server.folder().join("control.sock").display().to_string();
        let file = file.replace(ZONE, zone);
        import(
            program,
            &["bind", &file, "--apply", "--control-socket", &socket],
            &[],
        )
    };
    let says = |said: Said, well: bool, wanted: &str| {
        check(said.well == well && said.text.contains(wanted), || {
            format!("{said:?}, not {wanted:?}")
        })
    };
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(
        said,
        true,
        "of the running server has 6005 records of it, serial 5",
    )?;
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(said, true, "has all of it already")?;
    // What a client updated gives way, what a file says does not.
    site.write("other", &text(500, "www CNAME old\nold A 192.0.2.9"))?;
    let said = apply(&server, &path("other"), ZONE)?;
    says(said, true, "3 records of it, serial 5")?;
    site.write(
        "against",
        &text(500, "new A 192.0.2.9\nns AAAA 2001:db8::1\nns A 192.0.2.99"),
    )?;
    let said = apply(&server, &path("against"), ZONE)?;
    let wrong = "nothing is imported: \"ns.moved.test.\" A";
    says(said, false, wrong)?;
    let said = apply(&server, &path("theirs"), "none.test")?;
    says(said, false, "zone \"none.test.\" is not served here")?;
    let followed = format!("{ZONE}={}", server.address());
    let own = following.zone("own.test", 1, "")?;
    let copying = Options::new([own]).arguments(["--secondary".to_owned(), followed]);
    let copy = start(program, &copying)?;
    let now = super::site::serial(server.address(), ZONE).unwrap_or(0);
    check(now > 501, || format!("serial {now}"))?;
    super::site::wait_for_serial(&copy, ZONE, now)?;
    let said = apply(&copy, &path("theirs"), ZONE)?;
    says(said, false, "is a copy of another server's")?;
    server
        .signal(Signal::Kill)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(5));
    let said = apply(&server, &path("theirs"), ZONE)?;
    says(said, false, "nobody listens there")?;
    let server = start(program, &options)?;
    let found = tool::contents(server.address(), ZONE, None)?;
    let has = |text: &str| found.iter().any(|line| line.contains(text));
    check(
        found.len() == 6_006 && has("m5999") && has("www.moved.test. 300 IN CNAME"),
        || format!("{} records", found.len()),
    )
}

/// A process that is killed when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Posts JSON to etcd.
fn post(url: &str, path: &str, body: &str, token: Option<&str>) -> Result<String, String> {
    let url = format!("{url}{path}");
    let header = format!("Authorization: {}", token.unwrap_or("none"));
    let mut arguments = vec!["-sS", "-f", "-X", "POST", "-d", body, &url];
    if token.is_some() {
        arguments.extend(["-H", &header]);
    }
    let said = tool::run("curl", &arguments, "")?;
    check(said.well, || format!("{path}: {}", said.text))?;
    Ok(said.text)
}

fn etcd(program: &Program) -> Result<(), String> {
    let Some(etcd) = Parts::find().etcd else {
        skip("import", "etcd is not there (.ci/kube)");
        return Ok(());
    };
    let site = Site::new()?;
    let free = || free_port(Ipv4Addr::LOCALHOST.into()).ok_or("no free port");
    let (client, peer) = (free()?, free()?);
    let (url, other) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    let child = Command::new(etcd)
        .arg(format!("--data-dir={}", site.path("etcd").display()))
        .arg(format!("--listen-client-urls={url}"))
        .arg(format!("--advertise-client-urls={url}"))
        .arg(format!("--listen-peer-urls={other}"))
        .arg(format!("--initial-advertise-peer-urls={other}"))
        .arg(format!("--initial-cluster=default={other}"))
        .args(["--unsafe-no-fsync", "--log-level=error"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _etcd = Killed(child.map_err(|error| format!("etcd: {error}"))?);
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", client)).is_err()
        || post(&url, "/v3/kv/range", "{\"key\":\"YQ==\"}", None).is_err()
    {
        check(begin.elapsed() < PATIENCE, || "etcd does not answer".into())?;
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let put = |key: &str, value: &str| {
        let body = format!(
            "{{\"key\":\"{}\",\"value\":\"{}\"}}",
            base64(key.as_bytes()),
            base64(value.as_bytes())
        );
        post(&url, "/v3/kv/put", &body, None)
    };
    put(
        "/skydns/test/moved/www",
        "{\"host\":\"192.0.2.80\",\"ttl\":60}",
    )?;
    put(
        "/skydns/test/moved/two/a1",
        "{\"host\":\"192.0.2.1\",\"targetstrip\":1}",
    )?;
    put(
        "/skydns/test/moved/two/b2",
        "{\"host\":\"192.0.2.2\",\"targetstrip\":1}",
    )?;
    put("/skydns/test/moved/text", "{\"text\":\"hello\"}")?;
    put("/skydns/test/else/www", "{\"host\":\"192.0.2.99\"}")?;
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
        post(&url, "/v3/kv/txn", &many(100 * at), None)?;
    }
    let ns = "--zone-ns=ns.moved.test=192.0.2.53";
    let words = ["skydns", ZONE, ns, "--etcd", &url];
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
    let dump = post(&url, "/v3/kv/range", all, None)?;
    site.write("dump", &dump)?;
    let path = site.path("dump").display().to_string();
    wanted(&import(
        program,
        &["skydns", ZONE, ns, "--dump", &path],
        &[],
    )?)?;
    // With users only those who say who they are.
    let user = "{\"name\":\"root\",\"password\":\"hunter2\"}";
    post(&url, "/v3/auth/user/add", user, None)?;
    post(&url, "/v3/auth/role/add", "{\"name\":\"root\"}", None)?;
    post(
        &url,
        "/v3/auth/user/grant",
        "{\"user\":\"root\",\"role\":\"root\"}",
        None,
    )?;
    post(&url, "/v3/auth/enable", "{}", None)?;
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
