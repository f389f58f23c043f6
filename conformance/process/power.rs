//! PowerDNS on a database: with zone files it knows neither updates nor keys, and asks for all of a
//! zone each time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use peers::{Key, Options, Ready};

use super::site::Site;
use super::tool::{self, succeed};

/// Its tables, where its packages have them.
pub(super) const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// Whether it can have a database.
pub(super) fn is_there() -> bool {
    Path::new(SCHEMA).exists() && tool::has("sqlite3")
}

/// It follows a zone, by steps and signed, and gives it to all on loopback.
pub(super) fn secondary(
    site: &Site,
    zone: &str,
    key: &Key,
    of: SocketAddr,
) -> Result<Options, String> {
    let database = Database::new(site, key)?;
    database.util(&["create-secondary-zone", zone, &of.to_string()])?;
    database.util(&["activate-tsig-key", zone, &key.name, "secondary"])?;
    database.util(&["set-meta", zone, "IXFR", "1"])?;
    let lines = "secondary=yes\nxfr-cycle-interval=1\n";
    Ok(Options::new([]).config(&(database.lines() + lines)))
}

/// It has a zone, takes updates of it by the key, and tells a port of loopback of changes.
pub(super) fn primary(site: &Site, zone: &str, key: &Key, told: u16) -> Result<Options, String> {
    let database = Database::new(site, key)?;
    let file = site.path(zone).display().to_string();
    database.util(&["load-zone", zone, &file])?;
    database.util(&["set-kind", zone, "primary"])?;
    database.util(&["activate-tsig-key", zone, &key.name, "primary"])?;
    for (name, value) in [
        ("TSIG-ALLOW-DNSUPDATE", &*key.name),
        ("SOA-EDIT-DNSUPDATE", "INCREASE"),
        ("NOTIFY-DNSUPDATE", "1"),
    ] {
        database.util(&["set-meta", zone, name, value])?;
    }
    let lines = format!(
        "primary=yes\ndnsupdate=yes\nallow-dnsupdate-from=127.0.0.1\nonly-notify=\n\
         also-notify=127.0.0.1:{told}\n"
    );
    let ready = Ready::Zones(vec![zone.to_owned()]);
    let options = Options::new([]).config(&(database.lines() + &lines));
    Ok(options.ready(ready))
}

/// Its database in a folder.
struct Database<'a>(&'a Site);

impl<'a> Database<'a> {
    fn new(site: &'a Site, key: &Key) -> Result<Self, String> {
        let database = Self(site);
        let file = database.file();
        succeed(Command::new("sqlite3").args([&file, &format!(".read {SCHEMA}")]))?;
        let config = format!("launch=gsqlite3\ngsqlite3-database={file}\n");
        site.write("pdns.conf", &config)?;
        database.util(&["import-tsig-key", &key.name, "hmac-sha256", &key.secret])?;
        Ok(database)
    }

    fn file(&self) -> String {
        self.0.path("power.db").display().to_string()
    }

    /// Lines of configuration. What is on the disk does not outlive a trial anyway; and who asks while a
    /// change is written would keep the old answer in its caches for 20 seconds.
    fn lines(&self) -> String {
        let file = self.file();
        format!(
            "launch=bind,gsqlite3\ngsqlite3-database={file}\ngsqlite3-pragma-synchronous=0\n\
             cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\n\
             disable-axfr=no\nallow-axfr-ips=127.0.0.0/8\n"
        )
    }

    fn util(&self, arguments: &[&str]) -> Result<(), String> {
        let folder = format!("--config-dir={}", self.0.path("").display());
        succeed(Command::new("pdnsutil").arg(folder).args(arguments))
    }
}
