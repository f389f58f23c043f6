//! Checked settings as the server's own options.

use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;

use super::zones::Made;
use config::{Config, CountedClients, Gso, Listen};
use server::Chaos;
use server::options::Options;
use server::pipeline::CoreOptions;
use server::stage::acl::AccessList;
use server::stage::cookie::{Secret, Secrets};
use server::stage::ratelimit::{Counted, RateLimitOptions};
use server::transport::gso::Gso as ServerGso;
use server::transport::tcp::TcpOptions;
use server::transport::tls::Tls;
use server::transport::udp::UdpOptions;

/// Everything about listening, transports and answers. `secret` is used for cookies where the
/// settings have none.
pub(super) fn options(
    config: &Config,
    inherited: Vec<OwnedFd>,
    tls: Tls,
    secret: [u8; 16],
) -> Options {
    let listen = match &config.listen {
        Listen::Default if !inherited.is_empty() || !serves(config) => Vec::new(),
        Listen::Default => Options::default().listen,
        Listen::On(addresses) => addresses.iter().copied().map(Into::into).collect(),
    };
    Options {
        listen,
        inherited,
        listen_tls: match &config.listen_tls {
            None => Vec::new(),
            Some(listen) => listen.addresses.clone(),
        },
        tls,
        udp: UdpOptions {
            workers: config
                .udp
                .workers
                .map_or_else(processors, NonZeroUsize::get),
            gso: match config.udp.gso {
                Gso::Auto => ServerGso::Auto,
                Gso::Off => ServerGso::Off,
                Gso::On => ServerGso::On,
            },
            ..UdpOptions::default()
        },
        tcp: TcpOptions {
            connections: config.tcp.connections,
            per_client: u32::try_from(config.tcp.connections_per_client).unwrap_or(u32::MAX),
            idle: config.tcp.idle_timeout,
            write: config.tcp.write_timeout,
            ..TcpOptions::default()
        },
        proxies: config.proxy_protocol_from.clone(),
        core: core(config, secret),
    }
}

/// Whether there is, or may be, a zone to answer for. In the place of external-dns there is none, and
/// nobody gave us port 53.
fn serves(config: &Config) -> bool {
    let zones = &config.zones;
    let files = !zones.files.is_empty() || !zones.dirs.is_empty();
    files || !Made::all(config).is_empty() || !config.peers.follows_nothing()
}

fn core(config: &Config, random: [u8; 16]) -> CoreOptions {
    let answers = &config.answers;
    let secret = |secret: &config::Secret| Secret::new(secret.0);
    CoreOptions {
        acl: AccessList::new(&config.access.allow, &config.access.deny),
        chaos: Chaos {
            version: answers.version_bind.clone(),
            hostname: answers.hostname_bind.clone(),
            id: answers.id_server.clone(),
        },
        cookies: config.cookies.as_ref().map(|cookies| Secrets {
            active: cookies
                .active
                .as_ref()
                .map_or_else(|| Secret::new(random), secret),
            other: cookies.other.as_ref().map(secret),
        }),
        edns_size: answers.edns_size,
        nsid: (!answers.nsid.is_empty()).then(|| answers.nsid.clone()),
        rate_limit: match &config.rate_limit {
            None => RateLimitOptions {
                rate: 0,
                ..RateLimitOptions::default()
            },
            Some(limit) => RateLimitOptions {
                rate: limit.rate,
                slip: limit.slip,
                v4_bits: limit.v4_bits,
                v6_bits: limit.v6_bits,
                exempt: limit.exempt.clone(),
                counted: match limit.clients {
                    CountedClients::All => Counted::Everyone,
                    CountedClients::Global => Counted::Global,
                },
                ..RateLimitOptions::default()
            },
        },
        ..CoreOptions::default()
    }
}

/// Says whom the rate limit leaves out, so that nobody looks for it in vain.
pub(super) fn say_limit(config: &Config) {
    let Some(limit) = config.rate_limit.as_ref().filter(|limit| limit.rate > 0) else {
        return;
    };
    let exempt: Vec<String> = limit.exempt.iter().map(ToString::to_string).collect();
    let exempt = (!exempt.is_empty()).then(|| exempt.join(" "));
    let counts = match limit.clients {
        CountedClients::All => "the rate limit counts all clients",
        CountedClients::Global => {
            "the rate limit counts clients of the internet only; those with private, loopback and \
             link-local addresses are exempt (--rate-limit-clients=all counts them)"
        }
    };
    tracing::info!(rate = limit.rate, exempt, "{counts}");
}

/// The processors we may use, at most eight: more threads than that wait for the network card.
fn processors() -> usize {
    std::thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(8)
}
