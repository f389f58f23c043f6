//! What hangs on names beside records: custom hostnames and regions.
//!
//! Both are made before the records of an edit, and each only if it is not there: an edit that is made
//! again makes nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use plan::{ErrorKind, Properties};
use serde::Deserialize;
use serde_json::json;
use wire::Rtype;

use super::adjust::{self, HOSTNAMES, REGION, list, set_list};
use super::api::{Cloudflare, One, proxiable_names};
use crate::exec::{Answer, Edit};
use crate::record::Found;
use crate::zones::Zone;

/// What hangs on the names of a zone.
#[derive(Clone, Debug, Default)]
pub(super) struct Hung {
    /// Custom hostnames: each with its identifier and the name that it leads to.
    hostnames: BTreeMap<Box<str>, (Box<str>, Box<str>)>,
    /// Regions of names.
    regions: BTreeMap<Box<str>, Box<str>>,
    /// Which names have records that may have a region.
    names: BTreeSet<(Box<str>, Rtype)>,
}

impl Cloudflare {
    /// Reads what hangs on the names of a zone, and tells it of their records.
    pub(super) async fn hang(&self, zone: &Zone, found: &mut [Found]) -> Answer<()> {
        let mut hung = Hung {
            names: proxiable_names(found),
            ..Hung::default()
        };
        if self.settings.hostnames {
            let path = ["zones", &*zone.id, "custom_hostnames"];
            let all: Vec<Hostname> = self.all("list custom hostnames", &path, 50).await?;
            for one in all {
                let leads = (one.id.into(), one.custom_origin_server.into());
                hung.hostnames.insert(one.hostname.into(), leads);
            }
        }
        if self.settings.regional {
            let path = ["zones", &*zone.id, "addressing", "regional_hostnames"];
            let all: Vec<Regional> = self.all("list regional hostnames", &path, 50).await?;
            let all = all.into_iter();
            hung.regions = all
                .map(|it| (it.hostname.into(), it.region_key.into()))
                .collect();
        }
        for found in found {
            let key = &found.rrset.key;
            let before = std::mem::take(&mut found.rrset.properties);
            let mut own = Properties::default();
            copy(&before, &mut own, adjust::PROXIED);
            if self.settings.hostnames && adjust::has_hostnames(key.rtype) {
                let of_name = hung.hostnames.iter().filter(|(_, (_, to))| *to == key.name);
                let names: Vec<&str> = of_name.map(|(name, _)| &**name).collect();
                set_list(&mut own, HOSTNAMES, &names.join(","));
            }
            if self.settings.regional && adjust::is_proxiable(key.rtype) {
                own.set(REGION, hung.regions.get(&key.name).map_or("", |it| it));
            }
            copy(&before, &mut own, adjust::COMMENT);
            copy(&before, &mut own, adjust::TAGS);
            found.rrset.properties = own;
        }
        let mut seen = self.seen.lock();
        seen.hung.retain(|(id, _)| *id != zone.id);
        seen.hung.push((zone.id.clone(), hung));
        Ok(())
    }

    /// Makes hang on names what edits ask for.
    pub(super) async fn hang_new(&self, zone: &Zone, edits: &[Edit]) -> Answer<()> {
        let known = {
            let seen = self.seen.lock();
            let mut known = seen.hung.iter();
            known
                .find(|(id, _)| *id == zone.id)
                .map(|(_, it)| it.clone())
        };
        let mut hung = known.unwrap_or_default();
        let mut result = Ok(());
        if self.settings.hostnames {
            result = self.custom(zone, edits, &mut hung).await;
        }
        if self.settings.regional && result.is_ok() {
            result = self.regional(zone, edits, &mut hung).await;
        }
        let mut seen = self.seen.lock();
        seen.hung.retain(|(id, _)| *id != zone.id);
        seen.hung.push((zone.id.clone(), hung));
        result
    }

    async fn custom(&self, zone: &Zone, edits: &[Edit], hung: &mut Hung) -> Answer<()> {
        let of = |properties: Option<&Properties>| -> BTreeSet<String> {
            let text = properties.and_then(|it| it.value(HOSTNAMES));
            let names = list(text.unwrap_or_default()).into_iter();
            names.map(str::to_owned).collect()
        };
        let edits = edits.iter();
        for edit in edits.filter(|edit| adjust::has_hostnames(edit.key().rtype)) {
            let old = of(edit.old.as_ref().map(|old| &old.rrset.properties));
            let new = of(edit.new.as_ref().map(|new| &new.properties));
            let name = &edit.key().name;
            for gone in old.difference(&new) {
                let Some((id, to)) = hung.hostnames.get(&**gone) else {
                    continue;
                };
                if to != name {
                    continue;
                }
                let path = ["zones", &zone.id, "custom_hostnames", id];
                let call = self.web.delete("delete custom hostname", &path);
                call.accept(&[404]).done().await?;
                hung.hostnames.remove(&**gone);
            }
            for come in &new {
                match hung.hostnames.get(&**come) {
                    Some((_, to)) if to == name => continue,
                    Some((_, to)) => {
                        let message =
                            format!("custom hostname \"{come}\" leads to \"{to}\" already");
                        return Err(self
                            .web
                            .error(ErrorKind::Rejected, "apply changes", message));
                    }
                    None => {}
                }
                let id = self.make_hostname(zone, come, name).await?;
                let leads = (id, name.clone());
                hung.hostnames.insert(come.as_str().into(), leads);
            }
        }
        Ok(())
    }

    async fn make_hostname(&self, zone: &Zone, hostname: &str, to: &str) -> Answer<Box<str>> {
        let settings = &self.settings;
        let mut ssl = json!({
            "type": "dv",
            "method": "http",
            "bundle_method": "ubiquitous",
            "settings": {"min_tls_version": settings.least_tls},
        });
        // Only some plans may say who certifies, even if that is nobody.
        if !matches!(&*settings.authority, "" | "none") {
            ssl["certificate_authority"] = json!(settings.authority);
        }
        let body = json!({"hostname": hostname, "custom_origin_server": to, "ssl": ssl});
        let path = ["zones", &*zone.id, "custom_hostnames"];
        let call = self.web.post("create custom hostname", &path);
        let made: One<Made> = call.json(&body).read().await?;
        Ok(made.result.id.into())
    }

    async fn regional(&self, zone: &Zone, edits: &[Edit], hung: &mut Hung) -> Answer<()> {
        let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
        for edit in edits {
            let key = edit.key();
            if !adjust::is_proxiable(key.rtype) {
                continue;
            }
            let place = (key.name.clone(), key.rtype);
            let Some(new) = &edit.new else {
                hung.names.remove(&place);
                continue;
            };
            hung.names.insert(place);
            let region = new.properties.value(REGION).unwrap_or_default();
            if let Some(other) = wanted.insert(&key.name, region)
                && other != region
            {
                let message =
                    format!("{key}: region \"{region}\", but \"{other}\" by another type");
                return Err(self
                    .web
                    .error(ErrorKind::Rejected, "apply changes", message));
            }
        }
        for edit in edits {
            let name = &*edit.key().name;
            // A name keeps its region for as long as it has any record that it is for.
            if !hung.names.iter().any(|(other, _)| **other == *name) {
                wanted.insert(name, "");
            }
        }
        let all = ["zones", &*zone.id, "addressing", "regional_hostnames"];
        for (name, region) in wanted {
            let one = [&all[..], &[name]].concat();
            let there = hung.regions.get(name).map(|it| &**it);
            match (there, region) {
                (None, "") => continue,
                (Some(there), region) if there == region => continue,
                (Some(_), "") => {
                    let call = self.web.delete("delete regional hostname", &one);
                    call.accept(&[404]).done().await?;
                    hung.regions.remove(name);
                    continue;
                }
                (Some(_), region) => {
                    let call = self.web.patch("update regional hostname", &one);
                    let call = call.idempotent().json(&json!({"region_key": region}));
                    call.done().await?;
                }
                (None, region) => {
                    let body = json!({"hostname": name, "region_key": region});
                    let call = self.web.post("create regional hostname", &all);
                    call.json(&body).done().await?;
                }
            }
            hung.regions.insert(name.into(), region.into());
        }
        Ok(())
    }
}

fn copy(from: &Properties, to: &mut Properties, name: &str) {
    if let Some(value) = from.value(name) {
        to.set(name, value);
    }
}

#[derive(Deserialize)]
struct Hostname {
    id: String,
    hostname: String,
    #[serde(default)]
    custom_origin_server: String,
}

#[derive(Deserialize)]
struct Regional {
    hostname: String,
    region_key: String,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}
