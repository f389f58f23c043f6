//! How a copy is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use peers::{Options, Ready, Server};

use super::copies::{CATALOG, Copies, Lease, Scene, ZONE};
use crate::process::site::{check, start};
use crate::process::tool::update;

impl Copies {
    /// Starts a copy, or starts it again.
    pub(super) fn launch(&self, number: usize) -> Result<Server, String> {
        let path = |name: &str| self.site.path(name).display().to_string();
        let port = self.ports.get(number).copied().unwrap_or_default();
        let times: &[&str] = match self.lease {
            Lease::Short => &[
                "--leader-elect-lease-duration=1s",
                "--leader-elect-renew-deadline=600ms",
                "--leader-elect-retry-period=200ms",
            ],
            Lease::Usual => &[],
        };
        let options = Options::new([])
            .port(port)
            .arguments([
                "--source=service".to_owned(),
                "--leader-elect".into(),
                format!("--replica-name=copy-{number}"),
                "--replica-key=copies".into(),
                format!("--key-file={}", path("keys")),
                "--update-policy=grant client zonesub ANY".into(),
                "--allow-transfer=key:client".into(),
                format!("--data-dir={}", path(&format!("data-{number}"))),
            ])
            .arguments(times.iter().copied())
            .arguments(self.neighbors(number)?)
            .arguments(self.destinations(number)?)
            .ready(match self.scene {
                Scene::Only(_) => Ready::Zones(Vec::new()),
                _ => Ready::Zones(vec![ZONE.to_owned()]),
            })
            .timeout(START);
        start(&self.program, &options)
    }

    /// Has a client change the zone while the first copy is the only one, which is killed then.
    pub(super) fn begin_alone(&self) -> Result<(), String> {
        let path = |name: &str| self.site.path(name).display().to_string();
        let options = Options::new([])
            .port(self.ports.first().copied().unwrap_or_default())
            .arguments([
                "--source=service".to_owned(),
                format!("--kubeconfig={}", self.cluster.kubeconfig().display()),
                format!("--domain-filter={ZONE}"),
                "--policy=sync".into(),
                format!("--key-file={}", path("keys")),
                "--update-policy=grant client zonesub ANY".into(),
                format!("--data-dir={}", path("data-0")),
            ])
            .ready(Ready::Zones(vec![ZONE.to_owned()]))
            .timeout(START);
        let server = start(&self.program, &options)?;
        let signed = self.key.argument();
        let lines = format!(
            "update add stays.{ZONE}. 60 A 192.0.2.77\nsend\n\
             update add goes.{ZONE}. 60 A 192.0.2.77\nsend\nupdate delete goes.{ZONE}.\nsend"
        );
        let said = update("nsupdate", &["-y", &signed], server.address(), ZONE, &lines)?;
        check(said.well, || said.text.clone())
    }

    /// Where it finds the API server and the other copies, and where these find it.
    fn neighbors(&self, number: usize) -> Result<Vec<String>, String> {
        let file = self.cluster.kubeconfig();
        let Some(ways) = &self.ways else {
            let others = self.ports.iter();
            let mut all: Vec<String> = others
                .map(|port| format!("--replica-peers=127.0.0.1:{port}"))
                .collect();
            all.push("--replica-address=127.0.0.1".to_owned());
            all.push(format!("--kubeconfig={}", file.display()));
            return Ok(all);
        };
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let to = format!("https://{}", ways.to_api(number)?);
        let name = format!("kubeconfig-{number}");
        self.site
            .write(&name, &text.replace(self.cluster.url(), &to))?;
        let others = ways.from(number).into_iter();
        let mut all: Vec<String> = others
            .map(|other| format!("--replica-peers={other}"))
            .collect();
        all.push(format!("--replica-address={}", ways.into(number)?));
        all.push(format!("--kubeconfig={}", self.site.path(&name).display()));
        Ok(all)
    }

    /// Where names go.
    fn destinations(&self, number: usize) -> Result<Vec<String>, String> {
        let mut all = Vec::new();
        if !matches!(self.scene, Scene::Also(..)) {
            all.push(format!("--domain-filter={ZONE}"));
            all.push("--policy=sync".to_owned());
        }
        match (&self.scene, &self.ways) {
            (Scene::Only(url), _) => {
                all.push("--provider=webhook".to_owned());
                all.push(format!("--webhook-provider-url={url}"));
            }
            (Scene::Also(_, secondaries), Some(ways)) => {
                let url = ways.upstream(number)?;
                let text = format!(
                    "version: 1\ninterval: {PASS}\npolicy: sync\ndomainFilter: [{ZONE}]\ndestinations:\n- {{name: here, provider: embedded}}\n\
                     - {{name: there, provider: webhook, webhookProviderUrl: \"http://{url}\"}}\n"
                );
                let name = format!("settings-{number}.yaml");
                self.site.write(&name, &text)?;
                all.push(format!("--config={}", self.site.path(&name).display()));
                let told = secondaries.iter();
                all.extend(told.map(|address| format!("--notify={address}")));
            }
            (Scene::Files(text), _) => {
                let name = format!("zone-{number}");
                if !self.site.path(&name).exists() {
                    self.site.write(&name, text)?;
                }
                let path = self.site.path(&name);
                all.push(format!("--zone-file={ZONE}={}", path.display()));
            }
            (Scene::Follower, _) if number + 1 == self.ports.len() => {
                all.push("--no-replica-candidate".to_owned());
            }
            (Scene::Catalog, _) => all.push(format!("--catalog={CATALOG}")),
            (Scene::Rollout, _) => all.push("--shutdown-delay=3s".to_owned()),
            (Scene::Also(..) | Scene::Follower | Scene::Plain | Scene::Single, _) => {}
        }
        Ok(all)
    }

    /// Where outside secondaries find who leads: the place of the Service with the leader's label.
    pub(super) fn lead_outside_to(&self, leader: usize) {
        let port = self.ports.get(leader).copied().unwrap_or_default();
        if let Some(ways) = &self.ways {
            ways.front
                .lead_to(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
    }
}

const START: Duration = Duration::from_secs(30);

/// How often a destination is looked at as a whole.
const PASS: &str = "3s";
