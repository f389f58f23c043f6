//! A source without objects, to try a destination: one endpoint of each of the ten types, for each
//! domain that `--fqdn-template` gives, or for `example.com`.
//!
//! Shapes, labels and the set identifier are those of external-dns; the letters and addresses are
//! not, as Go's generator of random numbers is not ours. They are the same in every pass, so that a
//! destination comes to rest, where external-dns makes new ones each time.

use std::sync::Arc;

use plan::{Endpoint, Labels, ObjectRef};
use serde_json::json;
use wire::Rtype;

use super::{Merge, Row, build};
use crate::object::Key;
use crate::template::{self, Subject};
use crate::{Index, Outcome, Reason, Rules};

pub(super) const ROW: Row = Row {
    name: NAME,
    kind: None,
    also: |_, _| Vec::new(),
    touched: |_, _, _, _| {},
    doubt: |_, _, _| None,
    endpoints,
    merge: Merge::Plain,
};

/// All that the source gives; there is no object for the key to name.
fn endpoints(_: &Index, rules: &Rules, _: &Key, outcome: &mut Outcome) {
    let domains = domains(rules, outcome);
    let mut random = Random(SEED);
    for domain in &domains {
        for rtype in TYPES {
            let endpoint = endpoint(domain, rtype, domains.len(), &mut random);
            outcome.endpoints.push(endpoint);
        }
    }
    build::merge(&mut outcome.endpoints);
}

/// The domains that templates make of a pod that is made up.
fn domains(rules: &Rules, outcome: &mut Outcome) -> Vec<String> {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": "default"}});
    let (engine, kind) = (
        rules.templates.as_deref(),
        template::Kind::typed("v1", "Pod"),
    );
    if let (Some(engine), Some(kind)) = (engine, kind) {
        let subject = Subject {
            object: &pod,
            kind,
            source: NAME,
        };
        match engine.fqdns(subject) {
            Ok(domains) if !domains.is_empty() => return domains,
            Ok(_) => {}
            Err(error) => outcome.problem(Reason::TemplateFailed, error.to_string()),
        }
    }
    vec![DEFAULT_DOMAIN.to_owned()]
}

fn endpoint(domain: &str, rtype: Rtype, count: usize, random: &mut Random) -> Endpoint {
    let service = || format!("_sip._udp.{domain}");
    let (name, targets) = match rtype {
        Rtype::A => (
            random.name(4, domain),
            (0..count).map(|_| random.ipv4()).collect(),
        ),
        Rtype::AAAA => (
            random.name(4, domain),
            (0..count).map(|_| random.ipv6()).collect(),
        ),
        Rtype::TXT => (random.name(4, domain), vec![TEXT.to_owned()]),
        Rtype::SRV => (
            service(),
            vec![format!("10 20 5060 {}.", random.name(4, domain))],
        ),
        Rtype::NS => (domain.to_owned(), vec![random.name(3, domain)]),
        Rtype::PTR => (random.reverse(), vec![random.name(4, domain)]),
        Rtype::MX => (
            domain.to_owned(),
            vec![format!("10 {}", random.name(4, domain))],
        ),
        Rtype::NAPTR => {
            let target = format!("100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@{domain}!\" .");
            (service(), vec![target])
        }
        // CNAME and DNAME.
        _ => (random.name(4, domain), vec![random.name(4, domain)]),
    };
    let mut endpoint = Endpoint::new(&name, rtype, &targets);
    endpoint.set_identifier = NAME.into();
    let resource = format!("{NAME}/default/{}", endpoint.name);
    endpoint.labels.set(Labels::RESOURCE, &resource);
    endpoint.origins = vec![Arc::new(ObjectRef {
        kind: "Pod",
        api_version: "v1",
        namespace: "default".into(),
        name: format!("{NAME}-{}", endpoint.name).into(),
        uid: Box::default(),
        created: 0,
    })];
    endpoint
}

/// Numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// A name of so many letters under a domain.
    fn name(&mut self, letters: usize, domain: &str) -> String {
        let mut name = String::new();
        for _ in 0..letters {
            name.push(char::from(
                b'a' + u8::try_from(self.below(26)).unwrap_or_default(),
            ));
        }
        name + "." + domain
    }

    /// An address of RFC 5737, for documentation.
    fn ipv4(&mut self) -> String {
        format!("192.0.2.{}", self.below(253) + 1)
    }

    /// The name of such an address in the reverse tree.
    fn reverse(&mut self) -> String {
        format!("{}.2.0.192.in-addr.arpa", self.below(253) + 1)
    }

    /// An address of RFC 3849, for documentation.
    fn ipv6(&mut self) -> String {
        format!(
            "2001:db8::{:x}:{:x}",
            self.below(0xffff) + 1,
            self.below(0xffff) + 1
        )
    }
}

const NAME: &str = "fake";
const DEFAULT_DOMAIN: &str = "example.com";
const SEED: u64 = 9673;
const TEXT: &str = "\"heritage=external-dns,external-dns/owner=fake\"";
const TYPES: [Rtype; 10] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::TXT,
    Rtype::SRV,
    Rtype::NS,
    Rtype::PTR,
    Rtype::MX,
    Rtype::NAPTR,
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{ROW, TYPES};
    use crate::object::Key;
    use crate::template::{Engine, Templates};
    use crate::{Index, Outcome, Rules};

    fn endpoints(rules: &Rules) -> Vec<plan::Endpoint> {
        let mut outcome = Outcome::default();
        (ROW.endpoints)(&Index::default(), rules, &Key::new("", ""), &mut outcome);
        assert_eq!(outcome.problems, []);
        outcome.endpoints
    }

    #[test]
    fn each_domain_gets_one_endpoint_of_each_type() {
        let found = endpoints(&Rules::default());
        assert_eq!(
            found
                .iter()
                .map(|endpoint| endpoint.rtype)
                .collect::<Vec<_>>(),
            TYPES
        );
        assert_eq!(
            found,
            endpoints(&Rules::default()),
            "the same in every pass"
        );
        for endpoint in &found {
            assert_eq!(&*endpoint.set_identifier, "fake");
            let resource = format!("fake/default/{}", endpoint.name);
            assert_eq!(endpoint.labels.value("resource"), Some(&*resource));
            assert_eq!(endpoint.targets.len(), 1);
            let reverse = endpoint.name.ends_with(".2.0.192.in-addr.arpa");
            assert!(
                reverse || endpoint.name.ends_with("example.com"),
                "{endpoint:?}"
            );
        }
    }

    #[test]
    fn domains_come_from_the_template() {
        let fqdn = ["{{.Name}}.example.org,{{.Namespace}}.example.net".to_owned()];
        let engine = Engine::new(Templates {
            fqdn: &fqdn,
            ..Templates::default()
        })
        .unwrap();
        let rules = Rules {
            templates: Some(Arc::new(engine)),
            ..Rules::default()
        };
        let found = endpoints(&rules);
        assert_eq!(found.len(), 20);
        assert!(
            found
                .iter()
                .any(|endpoint| endpoint.name.ends_with("fake.example.org"))
        );
        let addresses = found
            .iter()
            .find(|endpoint| endpoint.rtype == wire::Rtype::A);
        assert_eq!(addresses.map(|endpoint| endpoint.targets.len()), Some(2));
    }
}
