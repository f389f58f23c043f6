//! CoreDNS and SkyDNS, by the keys of etcd that they answer from.
//!
//! ```text
//! www.example.org A 192.0.2.1 ↔ /skydns/org/example/www/1a2b3c4d {"host":"192.0.2.1","targetstrip":1}
//! ```
//!
//! The last label is a sum of the value, so whoever writes the same value writes the same key. Each
//! value has a key of its own: CoreDNS answers neither a text beside an address nor a name beside a
//! text. Only a PTR record stands at the very key of its name, where CoreDNS looks for it, and so does
//! an ownership record, where external-dns looks for it.

use plan::DynProvider;
use ring::digest::{SHA256, digest};
use wire::Rtype;

use crate::etcd::{self, Etcd};
use crate::exec::{Batched, Executor};
use crate::keyed::{Keyed, Layout, Part, Place, Service, Settings, is_reverse};
use crate::open::{Setup, SetupError};
use crate::record::quirks::{Names, Quirks, Refusal, TtlRule, Txt};
use crate::zones::ZoneFilter;

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let wrong = |error: etcd::SettingsError| SetupError::Etcd {
        provider: NAME,
        source: error,
    };
    let servers = etcd::Settings::from_variables(Vec::new(), |name| options.variable(name));
    let etcd = Etcd::of(NAME, servers.map_err(wrong)?, setup.client())?;
    let prefix = options.text("coredns-prefix").unwrap_or("/skydns/");
    let owner = options.text("txt-owner-id").unwrap_or("default");
    let is_strict = options.is_on("coredns-strictly-owned");
    let settings = Settings {
        prefix: folder(prefix),
        // There are no zones: names are looked at one by one.
        domains: std::mem::take(&mut setup.scope.zones).domains,
        owner: is_strict.then(|| owner.to_owned()),
    };
    setup.scope.zones = ZoneFilter::default();
    let api = Keyed::new(etcd, SkyDns, settings);
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

/// The keys of SkyDNS.
#[derive(Debug)]
pub(crate) struct SkyDns;

impl Layout for SkyDns {
    const NAME: &'static str = NAME;
    const GROUP: &'static str = GROUP;

    fn quirks(&self) -> &'static Quirks {
        &QUIRKS
    }

    fn zone(&self) -> &str {
        ""
    }

    fn strip(&self, _labels: &[&str], service: &Service) -> usize {
        usize::try_from(service.targetstrip).unwrap_or(usize::MAX)
    }

    fn place(&self, name: &str, part: Part, (text, owns): (&str, bool), attempt: u32) -> Place {
        if owns && part == Part::Text && attempt == 0 {
            // Here external-dns looks for it when it takes an ownership away.
            return Place::Here;
        }
        if part == Part::Host && is_reverse(name) {
            return match attempt {
                0 => Place::Here,
                _ => Place::Nowhere("CoreDNS answers one PTR record of a name, and there is one"),
            };
        }
        let tag = match part {
            Part::Host => "host",
            Part::Text => "text",
        };
        let sum = digest(&SHA256, format!("{tag} {attempt} {text}").as_bytes());
        let label = sum.as_ref().iter().take(4);
        Place::Child(label.map(|byte| format!("{byte:02x}")).collect(), 1)
    }
}

/// What keys begin with, with a slash at either end, without which CoreDNS finds none of them.
fn folder(prefix: &str) -> String {
    match prefix.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    }
}

const NAME: &str = "coredns";

/// The setting that annotation `coredns-group` becomes.
const GROUP: &str = "coredns/group";

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    txt: Txt::Either,
    // Zero is what CoreDNS takes by itself.
    ttl: TtlRule::from(1, None),
    types: &[Rtype::A, Rtype::AAAA, Rtype::CNAME, Rtype::PTR, Rtype::TXT],
    properties: &[GROUP],
    // Quotes are taken for those that external-dns writes around all texts.
    refuses: &[Refusal::TXT_EMPTY, Refusal::TXT_IN_QUOTES],
    apex_cname: true,
    conditional: true,
    ..Quirks::NONE
};

#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;
