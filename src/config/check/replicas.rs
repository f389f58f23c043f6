//! Several copies, of which one leads: what they know of each other.

use std::net::IpAddr;
use std::time::Duration;

use super::reader::Reader;
use crate::problem::{Origin, Quoted};
use crate::settings::{Lease, Objects, Peers, Replicas, Sync};
use crate::value::{self, Wrong};

/// What is said of them; nothing if this is the only one.
pub(super) fn replicas(
    reader: &mut Reader,
    peers: &Peers,
    sync: Option<&Sync>,
) -> Option<Replicas> {
    let wanted = reader.switch("leader-elect");
    let candidate = reader.switch("replica-candidate");
    let lease = lease(reader);
    let name = reader.optional("replica-name");
    let address = reader.filled("replica-address", host);
    let address = address.and_then(|(host, port)| match host.parse::<IpAddr>() {
        Ok(address) => Some((address, port)),
        Err(_) => {
            let origin = reader.origin_of("replica-address");
            let wrong = Wrong::expected(&host, "the address of this copy");
            reader.problem_at("replica-address", &origin, wrong);
            None
        }
    });
    let given = reader.all_filled("replica-peers", host).into_iter();
    let found = given.map(|(peer, _)| peer).collect();
    let key = reader.filled("replica-key", value::key_name);
    if !wanted {
        return None;
    }
    let Some(key) = key else {
        if !reader.raw.values.contains_key("replica-key") {
            let origin = reader.origin_of("leader-elect");
            let wrong = Wrong::new("copies need a key that they know each other by").hint(
                "make one with 'zonewright key new replicas --file PATH', give it to all copies, and \
                 name it with --key-file PATH --replica-key replicas",
            );
            reader.problem_at("leader-elect", &origin, wrong);
        }
        return None;
    };
    if let Some(followed) = peers.followed.first() {
        let shown = followed.zone.to_string();
        let wrong = Wrong::new(format!(
            "zone {} is followed from another server by each copy for itself",
            Quoted(&shown)
        ));
        let origin = reader.origin_of("leader-elect");
        reader.warning_at("leader-elect", &origin, wrong);
    }
    if sync.is_some_and(|sync| matches!(sync.objects, Objects::Manifests(_)) || sync.once) {
        let origin = reader.origin_of("leader-elect");
        let wrong = Wrong::new(
            "copies find their leader by a cluster, and --manifests and --once do without one",
        );
        reader.problem_at("leader-elect", &origin, wrong);
    }
    Some(Replicas {
        candidate,
        lease,
        name,
        address,
        peers: found,
        key,
    })
}

fn lease(reader: &mut Reader) -> Lease {
    let name = reader.optional("leader-elect-resource-name");
    let lease = Lease {
        name: name.unwrap_or_else(|| "zonewright".to_owned()),
        namespace: reader.optional("leader-elect-resource-namespace"),
        duration: reader.go_duration("leader-elect-lease-duration", Duration::from_secs(5)),
        renew_deadline: reader.go_duration("leader-elect-renew-deadline", Duration::from_secs(3)),
        retry: reader.go_duration("leader-elect-retry-period", Duration::from_secs(1)),
    };
    let in_order = !lease.retry.is_zero()
        && lease.retry < lease.renew_deadline
        && lease.renew_deadline < lease.duration;
    if !in_order {
        let given = [
            "leader-elect-lease-duration",
            "leader-elect-renew-deadline",
            "leader-elect-retry-period",
        ];
        let mut given = given.into_iter();
        let name = given
            .find(|name| reader.raw.values.contains_key(name))
            .unwrap_or("leader-elect-lease-duration");
        let origin: Origin = reader.origin_of(name);
        let wrong = Wrong::new(format!(
            "the times of the Lease are not in order: it lasts {:?}, is renewed for up to {:?}, every {:?}",
            lease.duration, lease.renew_deadline, lease.retry
        ));
        let hint = "each must be shorter than the one before it, and none may be zero";
        reader.problem_at(name, &origin, wrong.hint(hint));
    }
    lease
}

/// `HOST[:PORT]`; an IPv6 address with a port stands in brackets.
fn host(text: &str) -> Result<(String, Option<u16>), Wrong> {
    let wrong = || Wrong::expected(text, "a host; expected HOST or HOST:PORT");
    if text.parse::<IpAddr>().is_ok() {
        return Ok((text.to_owned(), None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let fits = !host.is_empty() && !host.contains(char::is_whitespace) && port != Some(0);
    fits.then(|| (host.to_owned(), port)).ok_or_else(wrong)
}
