//! Who may do more than ask: keys read from their files, grants of the settings as the server's own.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, bail};
use config::{OfZone, Peers, UpdateNames, UpdateTypes};
use server::address::AddressSet;
use server::pipeline::{Authority, Updates};
use server::stage::policy::{Names, Types, UpdateRule};
use server::stage::who::{PerZone, Who};
use server::transport::tls::CertificateName;
use tsig::{Key, Keys};
use wire::Name;
use zone::{Store, Updater};

/// What is granted, and the thread that carries updates out, if there are any.
///
/// # Errors
/// A file of keys cannot be read, a key is there twice, or a grant is for a key that is not.
pub(super) fn authority(
    peers: &Peers,
    store: &Arc<Store>,
) -> anyhow::Result<(Authority, Option<JoinHandle<()>>)> {
    let keys = keys(peers)?;
    let transfers = peers.transfers.iter().flat_map(|one| one.value.parts());
    let updates = peers.updates.iter().map(|one| &one.value.who);
    for who in transfers.chain(updates) {
        check(&keys, who)?;
    }
    let mut authority = Authority {
        keys: Arc::new(keys),
        transfers: Arc::new(per_zone(&peers.transfers, who)),
        catalogs: catalogs(peers),
        updates: None,
        following: None,
    };
    if peers.updates.is_empty() {
        return Ok((authority, None));
    }
    let started = Updater::start(Arc::clone(store)).context("start the thread for updates")?;
    let (updater, thread) = started;
    authority.updates = Some(Updates {
        rules: Arc::new(per_zone(&peers.updates, rule)),
        updater,
    });
    Ok((authority, Some(thread)))
}

/// Our catalog, and those that we follow.
fn catalogs(peers: &Peers) -> Vec<Name> {
    let followed = peers.followed.iter().filter(|one| one.is_catalog);
    let own = peers.catalog.iter().map(|catalog| &catalog.zone);
    own.chain(followed.map(|one| &one.zone)).cloned().collect()
}

/// The keys of all files, and those of the settings.
fn keys(peers: &Peers) -> anyhow::Result<Keys> {
    let mut keys = Keys::default();
    for path in &peers.key_files {
        let shown = config::Quoted(&path.to_string_lossy()).to_string();
        for key in Keys::read(path).context("read --key-file")?.iter() {
            keys.insert(Arc::clone(key))
                .with_context(|| format!("--key-file {shown}"))?;
        }
    }
    for text in &peers.keys {
        let key = Key::from_short(&text.0).context("--key")?;
        keys.insert(key).context("--key")?;
    }
    for key in keys.iter().filter(|key| key.algorithm().is_weak()) {
        tracing::warn!(
            key = %key.name(),
            "this key is for {}, which is weak: use it only for clients that know nothing better",
            key.algorithm()
        );
    }
    Ok(keys)
}

/// Whether the key of a grant is known: a name with a slip would be a grant to nobody.
fn check(keys: &Keys, who: &config::Who) -> anyhow::Result<()> {
    let (config::Who::Key(name) | config::Who::KeyFrom(name, _)) = who else {
        return Ok(());
    };
    if keys.get(name).is_some() {
        return Ok(());
    }
    let known: Vec<String> = keys
        .iter()
        .map(|key| format!("\"{}\"", key.name()))
        .collect();
    match known.is_empty() {
        true => bail!(
            "something is granted to key \"{name}\", but no key is known\n  hint: make one with \
             'zonewright key new {name} --file PATH' and name it with --key-file PATH"
        ),
        false => bail!(
            "something is granted to key \"{name}\", which is in no --key-file and no --key\n  hint: known are {}",
            known.join(", ")
        ),
    }
}

/// What is said of each zone, and of those of which nothing is said.
fn per_zone<T, U>(said: &[OfZone<T>], turn: impl Fn(&T) -> U) -> PerZone<U> {
    let (mut others, mut zones) = (Vec::new(), HashMap::<Name, Vec<U>>::new());
    for one in said {
        match &one.zone {
            Some(zone) => zones.entry(zone.clone()).or_default(),
            None => &mut others,
        }
        .push(turn(&one.value));
    }
    PerZone::new(others, zones)
}

fn who(who: &config::Who) -> Who {
    match who {
        config::Who::All(parts) => Who::All(parts.iter().map(self::who).collect()),
        config::Who::AnyCertificate => Who::AnyCertificate,
        config::Who::AnyKey => Who::AnyKey,
        config::Who::Certificate(name) => match CertificateName::new(name) {
            Some(name) => Who::Certificate(name),
            // Nobody has a certificate of a name that can be none.
            None => Who::Addresses(AddressSet::new(&[])),
        },
        config::Who::Key(name) => Who::Key(name.clone()),
        config::Who::KeyFrom(name, net) => Who::KeyFrom(name.clone(), AddressSet::new(&[*net])),
        config::Who::Network(net) => Who::Addresses(AddressSet::new(&[*net])),
        config::Who::Tls => Who::Tls,
    }
}

fn rule(rule: &config::UpdateRule) -> UpdateRule {
    UpdateRule {
        grant: rule.grant,
        who: who(&rule.who),
        names: match &rule.names {
            UpdateNames::Name(name) => Names::Name(name.clone()),
            UpdateNames::SelfName => Names::SelfName,
            UpdateNames::SelfSub => Names::SelfSub,
            UpdateNames::SelfWild => Names::SelfWild,
            UpdateNames::Subdomain(name) => Names::Subdomain(name.clone()),
            UpdateNames::TcpSelf => Names::TcpSelf,
            UpdateNames::Wildcard(name) => Names::Wildcard(name.clone()),
            UpdateNames::Zonesub => Names::Zonesub,
        },
        types: match &rule.types {
            UpdateTypes::Any => Types::Any,
            UpdateTypes::Ordinary => Types::Ordinary,
            UpdateTypes::These(types) => Types::These(types.clone()),
        },
        takeover: rule.takeover,
    }
}
