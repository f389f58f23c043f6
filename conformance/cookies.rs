//! Cookies of several servers behind one address: with one secret, all make the same (RFC 9018).

use std::time::Duration;

use libtest_mimic::Trial;
use peers::{Kind, Options, Zone};

use crate::client::{Message, Query, exchange, exchange_all, rdata_hex};
use crate::fleet::{self, Cast, Fleet};

/// All trials.
pub(crate) fn trials(cast: &Cast) -> Vec<Trial> {
    vec![
        cast.trial("cookies::all_servers_make_the_same".into(), same),
        cast.trial("cookies::each_takes_what_another_made".into(), taken),
    ]
}

fn start(cast: &Cast) -> Result<Fleet, String> {
    let zone = Zone::new("any.test", fleet::root().join("zones/rfc/rfc8482.zone"));
    let options = Options::new([zone]).workers(1).cookie_secret(SECRET);
    Fleet::start_with(&cast.programs(), &options).map_err(|error| error.to_string())
}

fn cookie(reply: &[u8]) -> Option<String> {
    let edns = Message::decode(reply).ok()?.edns?;
    let (_, content) = edns.options.into_iter().find(|(code, _)| *code == 10)?;
    Some(rdata_hex(&content))
}

fn same(cast: &Cast) -> Result<(), String> {
    let fleet = start(cast)?;
    let mut shown = String::new();
    // The time is part of a cookie, so a second that ends in between spoils a round.
    for round in 0..10 {
        let query = Query::parse(&format!("one.any.test A +cookie=0123456789abcd{round:02x}"))?;
        let replies = exchange_all(&fleet.addresses(), &query, WAIT);
        let replies = replies.map_err(|error| error.to_string())?;
        let cookies: Vec<Option<String>> = replies
            .iter()
            .map(|reply| cookie(reply.as_deref()?))
            .collect();
        if cookies
            .iter()
            .all(|cookie| cookie.is_some() && *cookie == cookies[0])
        {
            return Ok(());
        }
        shown += &format!(
            "{:?}\n",
            fleet.kinds().iter().zip(cookies).collect::<Vec<_>>()
        );
    }
    Err(shown)
}

/// Knot says BADCOOKIE to a cookie that it does not take; the others say nothing of it.
fn taken(cast: &Cast) -> Result<(), String> {
    let fleet = start(cast)?;
    let knot = fleet
        .servers()
        .iter()
        .find(|server| server.kind() == Kind::Knot);
    let knot = knot.ok_or("no Knot")?.address();
    for server in fleet.servers() {
        let query = Query::parse("one.any.test A +cookie=0123456789abcdef")?;
        let reply = exchange(server.address(), &query, WAIT).map_err(|error| error.to_string())?;
        let made = reply.as_deref().and_then(cookie);
        let made = made.ok_or_else(|| format!("{}: no cookie", server.kind()))?;
        let query = Query::parse(&format!("one.any.test A +cookie={made}"))?;
        let reply = exchange(knot, &query, WAIT).map_err(|error| error.to_string())?;
        let message = Message::decode(&reply.ok_or("Knot is silent")?)?;
        if message.rcode != 0 {
            return Err(format!("{}: Knot does not take {made}", server.kind()));
        }
    }
    Ok(())
}

const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const WAIT: Duration = Duration::from_secs(2);
