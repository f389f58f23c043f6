//! A realm of Kerberos of our own (MIT), and BIND in it: who signs by the realm's tickets may update.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use peers::{Kind, Options, Program, Ready, Server, Zone};

use super::site::{PATIENCE, Site, answer, check, free, start};

/// A realm, its KDC and its name server.
pub(super) struct Realm {
    site: Site,
    bind: Program,
    /// The port of the KDC.
    kdc_port: u16,
    /// That of BIND.
    port: u16,
    kdc: Option<Child>,
    server: Option<Server>,
}

impl Realm {
    /// Makes a realm and starts its servers; nothing if they are not installed.
    pub(super) fn start() -> Result<Option<Self>, String> {
        let Some(bind) = Program::find(Kind::Bind).filter(|_| is_installed()) else {
            return Ok(None);
        };
        let site = Site::new()?;
        site.zone("example.org", 1, "foreign A 192.0.2.99")?;
        let mut realm = Self {
            site,
            bind,
            kdc_port: free()?,
            port: free()?,
            kdc: None,
            server: None,
        };
        realm.make()?;
        realm.start_kdc()?;
        realm.start_server()?;
        Ok(Some(realm))
    }

    /// Makes the databases of the realms: a user, users that cannot log in, and the name server, which
    /// has another name in the other realm.
    fn make(&self) -> Result<(), String> {
        let (port, folder) = (self.kdc_port, self.folder());
        self.tell_realms("krb5.conf", "")?;
        // Only the KDC knows which realm that name is in.
        self.tell_realms("kdc-krb5.conf", &format!("{ELSEWHERE} = {OTHER}"))?;
        let realm = |realm: &str| {
            format!(
                " {realm} = {{\n  database_name = {folder}/{realm}\n  \
                 key_stash_file = {folder}/stash.{realm}\n  acl_file = {folder}/none\n  \
                 kdc_listen = 127.0.0.1:{port}\n  kdc_tcp_listen = 127.0.0.1:{port}\n }}\n"
            )
        };
        let realms = format!("[realms]\n{}{}", realm(REALM), realm(OTHER));
        self.site.write("kdc.conf", &realms)?;
        for realm in [REALM, OTHER] {
            self.run("kdb5_util", &["create", "-s", "-r", realm, "-P", "master"])?;
            // The key that the realms share.
            self.administer(
                realm,
                &format!("addprinc -pw shared-key krbtgt/{OTHER}@{REALM}"),
            )?;
        }
        let password = format!("-pw {PASSWORD}");
        for query in [
            format!("addprinc +requires_preauth {password} pusher"),
            format!(
                "addprinc +requires_preauth {password} -e aes128-cts-hmac-sha256-128:normal newer"
            ),
            format!("addprinc {password} trusted"),
            format!("addprinc +requires_preauth {password} stale"),
            format!("addprinc +requires_preauth {password} -e arcfour-hmac:normal older"),
            format!("addprinc -allow_tix +requires_preauth {password} locked"),
            "addprinc -randkey DNS/localhost".to_owned(),
        ] {
            self.administer(REALM, &query)?;
        }
        self.administer(OTHER, &format!("addprinc -randkey DNS/{ELSEWHERE}"))?;
        self.renew_keytab()
    }

    /// Writes where KDCs are, the first one of which is away, and which realms names are in.
    pub(super) fn tell_realms(&self, file: &str, names: &str) -> Result<(), String> {
        let (port, folder) = (self.kdc_port, self.folder());
        let kdcs = format!("{{\n  kdc = 127.0.0.1:1\n  kdc = 127.0.0.1:{port}\n }}\n");
        let text = format!(
            "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n rdns = false\n\
             [realms]\n {REALM} = {kdcs} {OTHER} = {kdcs}\
             [domain_realm]\n {names}\n[logging]\n kdc = FILE:{folder}/kdc.log\n"
        );
        self.site.write(file, &text)
    }

    /// Gives the name server a new key.
    pub(super) fn renew_keytab(&self) -> Result<(), String> {
        // A new version each time; the old ones go with the file.
        let keytab = self.site.path("dns.keytab");
        if keytab.exists() {
            fs::remove_file(&keytab).map_err(|error| error.to_string())?;
        }
        for (realm, name) in [(REALM, "localhost"), (OTHER, ELSEWHERE)] {
            let query = format!("ktadd -k {} DNS/{name}", keytab.display());
            self.administer(realm, &query)?;
        }
        Ok(())
    }

    fn administer(&self, realm: &str, query: &str) -> Result<(), String> {
        self.run("kadmin.local", &["-r", realm, "-q", query])
    }

    pub(super) fn start_kdc(&mut self) -> Result<(), String> {
        self.start_kdc_with(&[])
    }

    /// Starts the KDC with a clock that is an hour ahead; false if that cannot be.
    pub(super) fn start_early_kdc(&mut self) -> Result<bool, String> {
        // Its own program would stand between us and the KDC, and outlive us.
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
        let Some(library) = libraries.find(|library| library.exists()) else {
            return Ok(false);
        };
        let library = library.display().to_string();
        self.start_kdc_with(&[("LD_PRELOAD", &library), ("FAKETIME", "+1h")])?;
        Ok(true)
    }

    fn start_kdc_with(&mut self, variables: &[(&str, &str)]) -> Result<(), String> {
        let child = self
            .command("setpriv")
            .env("KRB5_CONFIG", self.site.path("kdc-krb5.conf"))
            .envs(variables.iter().copied())
            .args(["--pdeathsig", "KILL", "krb5kdc", "-n"])
            .args(["-r", REALM, "-r", OTHER])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.kdc = Some(child.map_err(|error| format!("krb5kdc: {error}"))?);
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.kdc_port)).is_err() {
            check(begin.elapsed() < PATIENCE, || {
                format!("the KDC does not listen:\n{}", self.kdc_log())
            })?;
            std::thread::yield_now();
        }
        Ok(())
    }

    pub(super) fn stop_kdc(&mut self) {
        if let Some(mut kdc) = self.kdc.take() {
            // It may be gone already, which is what is wanted.
            drop(kdc.kill());
            drop(kdc.wait());
        }
    }

    pub(super) fn start_server(&mut self) -> Result<(), String> {
        self.start_server_with(true)
    }

    /// Starts the name server, perhaps without its key.
    pub(super) fn start_server_with(&mut self, with_keytab: bool) -> Result<(), String> {
        let keytab = self.site.path("dns.keytab").display().to_string();
        let options = Options::new([Zone::new("example.org", self.site.path("example.org"))])
            .port(self.port)
            .wrapper(["env".to_owned(), self.krb5_config()])
            .config(&match with_keytab {
                true => format!("tkey-gssapi-keytab \"{keytab}\";"),
                false => String::new(),
            })
            .zone_config(&format!(
                "allow-transfer {{ 127.0.0.1; }}; update-policy {{ \
                 deny pusher@{REALM} name refused.example.org. ANY; \
                 grant pusher@{REALM} zonesub ANY; grant newer@{REALM} zonesub ANY; \
                 grant trusted@{REALM} zonesub ANY; }};"
            ));
        self.server = Some(start(&self.bind, &options)?);
        Ok(())
    }

    /// Ends the name server; its sessions are lost with it.
    pub(super) fn stop_server(&mut self) {
        self.server = None;
    }

    /// Ours, pushing there as a user.
    pub(super) fn options(&self, user: &str, password: &str, more: &[&str]) -> Options {
        self.options_at("localhost", user, password, more)
    }

    /// The same as a user that has a keytab of this name.
    pub(super) fn options_by_keytab(&self, user: &str, keytab: &str, more: &[&str]) -> Options {
        let path = self.site.path(keytab);
        let proof = format!("EXTERNAL_DNS_RFC2136_KERBEROS_KEYTAB={}", path.display());
        self.options_with("localhost", user, proof, more)
    }

    /// Writes a keytab of a user, whose password stays what it is.
    pub(super) fn keytab(&self, user: &str, keytab: &str) -> Result<(), String> {
        let path = self.site.path(keytab);
        let query = format!("ktadd -norandkey -k {} {user}", path.display());
        self.administer(REALM, &query)
    }

    /// Sets the password of a user anew.
    pub(super) fn change_password(&self, user: &str) -> Result<(), String> {
        self.administer(REALM, &format!("cpw -pw another-horse-8 {user}"))
    }

    /// Ours, pushing to a server of this name.
    pub(super) fn options_at(
        &self,
        host: &str,
        user: &str,
        password: &str,
        more: &[&str],
    ) -> Options {
        let proof = format!("EXTERNAL_DNS_RFC2136_KERBEROS_PASSWORD={password}");
        self.options_with(host, user, proof, more)
    }

    fn options_with(&self, host: &str, user: &str, proof: String, more: &[&str]) -> Options {
        let folder = self.site.path("manifests").display().to_string();
        let flags = [
            "--provider=rfc2136",
            "--rfc2136-zone=example.org",
            "--rfc2136-gss-tsig",
            "--policy=sync",
            "--registry=txt",
            "--txt-owner-id=us",
            "--txt-prefix=%{record_type}-owner.",
            "--interval=2s",
        ];
        Options::new([])
            .wrapper(["env".to_owned(), self.krb5_config(), proof])
            .arguments(flags)
            .arguments([format!("--rfc2136-host={host}")])
            .arguments([format!("--rfc2136-port={}", self.port)])
            .arguments([format!("--rfc2136-kerberos-username={user}")])
            .arguments([format!("--rfc2136-kerberos-realm={}", REALM.to_lowercase())])
            .arguments(["--manifests", &folder])
            .arguments(more.iter().copied())
            .ready(Ready::Zones(Vec::new()))
    }

    /// Names that are wanted, each with its address.
    pub(super) fn want(&self, names: &[(&str, &str)]) -> Result<(), String> {
        let mut text = String::from(
            "apiVersion: externaldns.k8s.io/v1alpha1\nkind: DNSEndpoint\n\
             metadata: {name: all, namespace: default}\nspec:\n  endpoints:\n",
        );
        for (name, address) in names {
            text += &format!("  - {{dnsName: {name}, recordType: A, targets: [{address}]}}\n");
        }
        let folder = self.site.path("manifests");
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let (new, file) = (self.site.path("new.yaml"), folder.join("all.yaml"));
        fs::write(&new, text).map_err(|error| error.to_string())?;
        fs::rename(new, file).map_err(|error| error.to_string())
    }

    /// Waits until a name has this address, or none.
    pub(super) fn wait_for(
        &self,
        pusher: &Server,
        name: &str,
        address: Option<&str>,
    ) -> Result<(), String> {
        let server = self.server.as_ref().ok_or("the name server is stopped")?;
        let wanted: Vec<String> = address
            .map(|address| format!("{name}. 300 A {address}"))
            .into_iter()
            .collect();
        let query = format!("{name} A");
        let came = pusher.wait_for(PATIENCE, |_| {
            answer(server.address(), &query).is_ok_and(|lines| lines == wanted)
        });
        check(came, || {
            format!(
                "{query} is not {wanted:?}; our log:\n{}\nlog of BIND:\n{}\nof the KDC:\n{}",
                pusher.log(),
                server.log(),
                self.kdc_log()
            )
        })
    }

    /// What the KDC has said.
    pub(super) fn kdc_log(&self) -> String {
        fs::read_to_string(self.site.path("kdc.log")).unwrap_or_default()
    }

    fn folder(&self) -> String {
        self.site.path("").display().to_string()
    }

    fn krb5_config(&self) -> String {
        format!("KRB5_CONFIG={}", self.site.path("krb5.conf").display())
    }

    /// A command that knows the realm.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .env("KRB5_CONFIG", self.site.path("krb5.conf"))
            .env("KRB5_KDC_PROFILE", self.site.path("kdc.conf"));
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let output = self
            .command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| format!("{program}: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.success(), || format!("{program}: {said}"))
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        self.stop_kdc();
    }
}

fn is_installed() -> bool {
    let programs = ["kdb5_util", "kadmin.local", "krb5kdc"];
    programs.iter().all(|program| {
        ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/sbin"]
            .iter()
            .any(|folder| std::path::Path::new(folder).join(program).exists())
    })
}

const REALM: &str = "TRIAL.TEST";
/// A realm whose tickets are got by those of the first one.
pub(super) const OTHER: &str = "OTHER.TEST";
/// The name server in that realm: a name to Kerberos, and an address of loopback to resolvers.
pub(super) const ELSEWHERE: &str = "0x7f.1";
/// The password of all users.
pub(super) const PASSWORD: &str = "correct-horse-7";
