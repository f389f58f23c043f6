//! Services as Cloud Map tells them, and what they say in DNS.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{Rtype, Ttl};

use super::owner::DESCRIPTION;
use super::quirks::QUIRKS;
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// A service with its instances.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Service {
    pub(super) id: String,
    /// Its name within the namespace.
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// How many instances it has, as far as they are made.
    pub(super) instance_count: Option<u64>,
    pub(super) dns_config: Option<DnsConfig>,
    /// Goes away if it is not sent back with a change.
    pub(super) health_check_config: Option<Value>,
    #[serde(skip)]
    pub(super) instances: Vec<Instance>,
}

/// What its instances are in DNS.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DnsConfig {
    pub(super) routing_policy: Option<String>,
    #[serde(default)]
    pub(super) dns_records: Vec<DnsRecord>,
}

/// A type with its TTL.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct DnsRecord {
    #[serde(rename = "Type")]
    pub(super) rtype: String,
    #[serde(rename = "TTL")]
    pub(super) ttl: u32,
}

/// One value, or several that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Instance {
    #[serde(alias = "InstanceId")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

impl Service {
    /// The types that it has, with their TTLs.
    pub(super) fn records(&self) -> &[DnsRecord] {
        let config = self.dns_config.as_ref();
        config.map_or(&[], |config| &config.dns_records)
    }

    /// What an instance says in DNS: mostly one record; nothing if it is not for that.
    pub(super) fn says(&self, zone: &Zone, instance: &Instance) -> Vec<(Rtype, Box<str>)> {
        let attribute = |name: &str| instance.attributes.get(name).map(String::as_str);
        let value = |rtype, text: &str| (rtype, QUIRKS.value(rtype, text));
        if let Some(target) = attribute(ALIAS) {
            return vec![value(Rtype::CNAME, target)];
        }
        let each = self.records().iter().filter_map(|record| {
            Some(match &*record.rtype {
                "A" => value(Rtype::A, attribute(IPV4)?),
                "AAAA" => value(Rtype::AAAA, attribute(IPV6)?),
                "CNAME" => value(Rtype::CNAME, attribute(CNAME)?),
                "SRV" => {
                    let (port, id) = (attribute(PORT)?, &instance.id);
                    let target = format!("1 1 {port} {id}.{}.", self.whole(zone));
                    value(Rtype::SRV, &target)
                }
                _ => return None,
            })
        });
        each.collect()
    }

    /// Its whole name.
    pub(super) fn whole(&self, zone: &Zone) -> String {
        match &*self.name {
            "." => zone.name.to_string(),
            name => format!("{name}.{}", zone.name),
        }
    }

    /// The records that it is.
    pub(super) fn found(&self, zone: &Zone) -> Vec<Found> {
        let mut sets: BTreeMap<Rtype, Vec<Box<str>>> = BTreeMap::new();
        for instance in &self.instances {
            for (rtype, value) in self.says(zone, instance) {
                sets.entry(rtype).or_default().push(value);
            }
        }
        let name = self.whole(zone);
        let found = sets.into_iter().map(|(rtype, values)| {
            let mut records = self.records().iter();
            let own = records.find(|record| record.rtype == rtype.to_string());
            // An alias has the type of addresses there.
            let record = own.or_else(|| self.records().first());
            let ttl = record.map(|record| Ttl::from_secs(record.ttl));
            let mut rrset = Rrset::new(Key::new(&name, rtype), ttl, &values);
            if let Some(text) = self.description.as_deref().filter(|text| !text.is_empty()) {
                rrset.properties.set(DESCRIPTION, text);
            }
            Found::whole(rrset, &self.id, Value::Null)
        });
        found.collect()
    }

    /// Whether its instances can be of this form, or could if it had none.
    pub(super) fn fits(&self, form: &Form) -> bool {
        let policy = self.dns_config.as_ref();
        let policy = policy.and_then(|config| config.routing_policy.as_deref());
        let is_type = matches!(self.records(), [record] if record.rtype == form.rtype);
        // Without one it is that of several values.
        is_type && policy.unwrap_or(MULTIVALUE) == form.policy
    }
}

/// How a value is kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The type of its service.
    pub(super) rtype: &'static str,
    pub(super) policy: &'static str,
    /// The attribute of the instance that has it.
    pub(super) attribute: &'static str,
}

impl Form {
    /// That of a value. Names of load balancers are aliases, as in external-dns.
    pub(super) fn of(rtype: Rtype, value: &str) -> Self {
        let (rtype, policy, attribute) = match rtype {
            Rtype::AAAA => ("AAAA", MULTIVALUE, IPV6),
            Rtype::CNAME if is_load_balancer(value) => ("A", WEIGHTED, ALIAS),
            Rtype::CNAME => ("CNAME", WEIGHTED, CNAME),
            _ => ("A", MULTIVALUE, IPV4),
        };
        Self {
            rtype,
            policy,
            attribute,
        }
    }
}

/// Whether a name is that of a load balancer, of either kind.
pub(super) fn is_load_balancer(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let Some(front) = name.strip_suffix(".amazonaws.com") else {
        return false;
    };
    let parts = |text: &str| {
        let parts = text.rsplit_once('.');
        parts.is_some_and(|(front, region)| !front.is_empty() && !region.is_empty())
    };
    let classic = front.strip_suffix(".elb").is_some_and(parts);
    let network = front.rsplit_once('.').is_some_and(|(front, region)| {
        let name = front.strip_suffix(".elb");
        !region.is_empty() && name.is_some_and(|name| !name.is_empty())
    });
    classic || network
}

/// The identifier of the instance of a value, as external-dns has it.
pub(super) fn instance_id(data: &str) -> String {
    let data = data.to_ascii_lowercase();
    if data.len() <= LONGEST {
        return data;
    }
    let hash = digest(&SHA256, data.as_bytes());
    let hex = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

pub(super) const ALIAS: &str = "AWS_ALIAS_DNS_NAME";
pub(super) const CNAME: &str = "AWS_INSTANCE_CNAME";
pub(super) const IPV4: &str = "AWS_INSTANCE_IPV4";
pub(super) const IPV6: &str = "AWS_INSTANCE_IPV6";
pub(super) const PORT: &str = "AWS_INSTANCE_PORT";

pub(super) const MULTIVALUE: &str = "MULTIVALUE";
pub(super) const WEIGHTED: &str = "WEIGHTED";

/// Bytes of an identifier of an instance at most.
const LONGEST: usize = 64;
