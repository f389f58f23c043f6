//! RancherDNS, by the keys of etcd that it answers from.
//!
//! ```text
//! a.lb.example A 192.0.2.1 ↔ /rdnsv3/example/lb/a/192_0_2_1 {"host":"192.0.2.1"}
//!              TXT         ↔ /rdnsv3/example/lb/a           {"text":"…"}
//! ```
//!
//! It knows addresses of IPv4, ten of a name at most, and one text of a name; external-dns put that
//! text beside each of the addresses, which is read and kept.

use std::net::Ipv4Addr;

use plan::DynProvider;
use wire::Rtype;

use crate::etcd::{self, Etcd};
use crate::exec::{Batched, Executor};
use crate::keyed::{Keyed, Layout, Part, Place, Service, Settings};
use crate::open::{Setup, SetupError};
use crate::record::quirks::{Names, Quirks, Refusal, TtlRule, Txt};
use crate::zones::ZoneFilter;

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let root = options.variable("RDNS_ROOT_DOMAIN");
    let root = root.ok_or_else(|| {
        SetupError::setting(NAME, "the domain is not known; set RDNS_ROOT_DOMAIN to it")
    })?;
    let servers = etcd::Settings::from_variables(Vec::new(), |name| options.variable(name));
    let servers = servers.map_err(|source| SetupError::Etcd {
        provider: NAME,
        source,
    })?;
    let etcd = Etcd::of(NAME, servers, setup.client())?;
    let settings = Settings {
        prefix: PREFIX.to_owned(),
        domains: std::mem::take(&mut setup.scope.zones).domains,
        owner: None,
    };
    setup.scope.zones = ZoneFilter::default();
    let layout = Rdns {
        root: plan::name::normalize(&root).into(),
    };
    let api = Keyed::new(etcd, layout, settings);
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

/// The keys of RancherDNS.
#[derive(Debug)]
struct Rdns {
    root: Box<str>,
}

impl Layout for Rdns {
    const NAME: &'static str = NAME;
    const GROUP: &'static str = "";

    fn quirks(&self) -> &'static Quirks {
        &QUIRKS
    }

    fn zone(&self) -> &str {
        &self.root
    }

    fn strip(&self, labels: &[&str], _service: &Service) -> usize {
        let is_address = |label: &&str| label.replace('_', ".").parse::<Ipv4Addr>().is_ok();
        usize::from(labels.first().is_some_and(is_address))
    }

    fn place(&self, _name: &str, part: Part, (text, _): (&str, bool), attempt: u32) -> Place {
        match (part, attempt) {
            (Part::Host, 0) => Place::Child(text.replace('.', "_"), 0),
            (Part::Host, _) => Place::Nowhere("something else stands where this address would"),
            (Part::Text, 0) => Place::Here,
            (Part::Text, _) => {
                Place::Nowhere("RancherDNS keeps one text of a name, and there is one")
            }
        }
    }
}

const NAME: &str = "rdns";

const PREFIX: &str = "/rdnsv3/";

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    txt: Txt::Either,
    ttl: TtlRule::from(1, None),
    types: &[Rtype::A, Rtype::TXT],
    values: 10,
    texts: 1,
    // Quotes are taken for those that external-dns writes around all texts.
    refuses: &[Refusal::TXT_EMPTY, Refusal::TXT_IN_QUOTES],
    conditional: true,
    ..Quirks::NONE
};

#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;

#[cfg(test)]
mod tests {
    use plan::{ChangeSet, Endpoint, Update};
    use serde_json::json;

    use super::*;
    use crate::keyed::stub::StubEtcd;
    use crate::trial::Given;

    fn started(etcd: &StubEtcd) -> Box<dyn DynProvider> {
        let root = ("RDNS_ROOT_DOMAIN", "lb.example.org.");
        open(Given::new(&[("ETCD_URLS", etcd.url()), root]).setup()).unwrap()
    }

    fn a(targets: &[&str]) -> Endpoint {
        Endpoint::new("a.lb.example.org", Rtype::A, targets)
    }

    /// What external-dns of its last version wrote, with the text beside each address.
    fn fill(etcd: &StubEtcd) {
        for host in ["192.0.2.1", "192.0.2.2"] {
            let key = format!("/rdnsv3/org/example/lb/a/{}", host.replace('.', "_"));
            etcd.put(
                &key,
                &json!({"host": host, "text": "\"heritage\"", "ttl": 60}),
            );
        }
        etcd.put(
            "/rdnsv3/org/example/lbs/a/192_0_2_9",
            &json!({"host": "192.0.2.9"}),
        );
    }

    #[tokio::test]
    async fn what_external_dns_has_written_is_read() {
        let etcd = StubEtcd::start().await;
        fill(&etcd);
        let found = started(&etcd).records().await.unwrap();
        let lines: Vec<String> = found
            .iter()
            .map(|it| format!("{} {} {}", it.name, it.rtype, it.targets.join(" ")))
            .collect();
        assert_eq!(
            lines,
            [
                "a.lb.example.org A 192.0.2.1 192.0.2.2",
                "a.lb.example.org TXT \"heritage\""
            ]
        );
    }

    /// external-dns leaves the key of an address that has gone, unless it finds its digits elsewhere.
    #[tokio::test]
    async fn an_address_that_goes_takes_its_key_with_it() {
        let etcd = StubEtcd::start().await;
        let provider = started(&etcd);
        let apply = async |update: Option<Update>, create: Vec<Endpoint>| {
            let changes = ChangeSet {
                create,
                update: update.into_iter().collect(),
                ..ChangeSet::default()
            };
            let applied = provider.apply(&changes).await.unwrap();
            assert!(applied.refused.is_empty(), "{applied:?}");
        };
        let owner = Endpoint::new("a-a.lb.example.org", Rtype::TXT, ["heritage"]);
        apply(None, vec![a(&["192.0.2.1", "192.0.2.11"]), owner]).await;
        let (old, new) = (a(&["192.0.2.1", "192.0.2.11"]), a(&["192.0.2.11"]));
        apply(Some(Update { old, new }), Vec::new()).await;
        let text = json!({"text": "heritage"});
        let host = json!({"host": "192.0.2.11"});
        assert_eq!(
            etcd.keys(),
            [
                ("/rdnsv3/org/example/lb/a-a".to_owned(), text),
                ("/rdnsv3/org/example/lb/a/192_0_2_11".to_owned(), host),
            ]
        );
    }

    /// external-dns cuts them off when it reads, and writes them again at each pass.
    #[tokio::test]
    async fn more_addresses_than_are_answered_are_refused() {
        let etcd = StubEtcd::start().await;
        let targets: Vec<String> = (1..12).map(|at| format!("192.0.2.{at}")).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let changes = ChangeSet {
            create: vec![a(&targets)],
            ..ChangeSet::default()
        };
        let applied = started(&etcd).apply(&changes).await.unwrap();
        let said = applied.refused[0].1.to_string();
        assert!(said.contains("11 values, at most 10"), "{said}");
        let other = Endpoint::new("a.example.net", Rtype::A, ["192.0.2.1"]);
        let changes = ChangeSet {
            create: vec![other],
            ..ChangeSet::default()
        };
        let applied = started(&etcd).apply(&changes).await.unwrap();
        assert_eq!(applied.refused.len(), 1);
        assert_eq!(etcd.keys(), []);
    }

    #[test]
    fn a_domain_is_needed() {
        let error = open(Given::default().setup()).err().unwrap();
        assert!(error.to_string().contains("RDNS_ROOT_DOMAIN"));
    }
}
