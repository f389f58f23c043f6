//! A stand-in for Pi-hole: two lists of lines, changed by sessions.

use http::StatusCode;
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    Text, ZoneStore, empty, json, store,
};
use crate::suite::{Family, Hosted, Start};

/// A record may be of a line with others, so that a change takes more calls than one.
pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Other), host)
    .set(&[
        ("pihole-server", "http://pihole.example"),
        ("pihole-password", SECRET),
        ("registry", "noop"),
    ])
    .unzoned()
    .with_gaps()
    .ttls(&[Rtype::CNAME]);

fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        wildcard: false,
        apex_cname: true,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host { session: 0 })
}

struct Host {
    /// The number of the last session.
    session: u32,
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match (method, &path[..]) {
            ("GET", ["api", "config", "dns", only @ ..]) if only.len() < 2 => {
                let mut dns = json!({"hosts": lines(store, false), "cnameRecords": lines(store, true), "port": 53});
                // A part of the settings is told within what it is a part of.
                if let (Some(dns), [only]) = (dns.as_object_mut(), only) {
                    dns.retain(|name, _| name == only);
                }
                Ok(json(StatusCode::OK, &json!({"config": {"dns": dns}})))
            }
            (
                _,
                [
                    "api",
                    "config",
                    "dns",
                    list @ ("hosts" | "cnameRecords"),
                    line,
                ],
            ) => change(store, method, (*list == "cnameRecords", line)),
            _ => Err(Refused::Missing("such address".to_owned())),
        };
        result.unwrap_or_else(|refused| match refused {
            Refused::Missing(_) => error(StatusCode::NOT_FOUND, "not_found", "Item does not exist"),
            Refused::Exists(why) | Refused::Invalid(why) | Refused::Stale(why) => {
                error(StatusCode::BAD_REQUEST, "bad_request", &why)
            }
        })
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        if request.uri().path() != "/api/auth" {
            return None;
        }
        let asked = Asked::of(request);
        if asked.text("password") != SECRET {
            return Some(self.unauthorized());
        }
        self.session += 1;
        let sid = format!("{SECRET}-{}", self.session);
        let session = json!({"valid": true, "sid": sid, "validity": 1800});
        Some(json(StatusCode::OK, &json!({"session": session})))
    }

    fn admits(&self, request: &Request) -> bool {
        let sid = request.headers().get("x-ftl-sid");
        let last = format!("{SECRET}-{}", self.session);
        self.session > 0 && sid.is_some_and(|sid| sid.as_bytes() == last.as_bytes())
    }

    fn unauthorized(&self) -> Response {
        error(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized")
    }
}

/// The lines of a list; those that nobody has written are made of what there is.
pub(super) fn lines(store: &ZoneStore, cnames: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (key, set) in store.zones.iter().flat_map(|zone| &zone.sets) {
        if matches!(key.rtype, Rtype::SOA | Rtype::NS) || (key.rtype == Rtype::CNAME) != cnames {
            continue;
        }
        for row in &set.rows {
            for line in lines_of(key, row) {
                if !all.contains(&line) {
                    all.push(line);
                }
            }
        }
    }
    all
}

/// The lines that a value is in.
fn lines_of(key: &SetKey, row: &Row) -> Vec<String> {
    let written = row.extra.get(LINES).and_then(Value::as_array);
    if let Some(written) = written {
        let written = written.iter().filter_map(Value::as_str);
        return written.map(str::to_owned).collect();
    }
    let data = FORM.print(key.rtype, &row.rdata);
    vec![match key.rtype {
        Rtype::CNAME if row.ttl > 0 => format!("{},{data},{}", key.name, row.ttl),
        Rtype::CNAME => format!("{},{data}", key.name),
        _ => format!("{data} {}", key.name),
    }]
}

pub(super) fn change(
    store: &mut ZoneStore,
    method: &str,
    (cnames, line): (bool, &str),
) -> Result<Response, Refused> {
    let is_there = lines(store, cnames).iter().any(|other| other == line);
    match (method, is_there) {
        ("PUT", true) => return Err(Refused::Exists("Item already present".to_owned())),
        ("PUT", false) | ("DELETE", true) => {}
        _ => return Err(Refused::Missing("line".to_owned())),
    }
    let (names, rtype, data, ttl) = read(cnames, line)?;
    for name in &names {
        let zones = store.zones.iter();
        let zone =
            zones.filter(|zone| *name == zone.name || name.ends_with(&format!(".{}", zone.name)));
        let zone = zone.max_by_key(|zone| zone.name.len());
        let zone = zone.ok_or_else(|| Refused::Invalid(format!("{name} is not of this trial")))?;
        let (zone, key) = (zone.id.clone(), SetKey::new(name, rtype));
        let rdata = FORM.read("", rtype, &data).map_err(Refused::Invalid)?;
        store.edit(&zone, |draft| {
            let mut rows = draft
                .get(&key)
                .map(|set| set.rows.clone())
                .unwrap_or_default();
            let at = rows.iter().position(|row| row.rdata == rdata);
            let mut of_row = at
                .and_then(|at| rows.get(at))
                .map(|row| lines_of(&key, row))
                .unwrap_or_default();
            match method {
                "PUT" => of_row.push(line.to_owned()),
                _ => of_row.retain(|other| other != line),
            }
            // Two lines of one alias stop the server.
            if rtype == Rtype::CNAME && (of_row.len() > 1 || rows.len() > usize::from(at.is_some()))
            {
                return Err(Refused::Invalid("duplicate CNAME".to_owned()));
            }
            match at {
                Some(at) if of_row.is_empty() => drop(rows.remove(at)),
                Some(at) => {
                    rows[at].extra = [(LINES.to_owned(), of_row.into())].into_iter().collect()
                }
                None => {
                    let mut row = Row::new(ttl, rdata.clone());
                    row.extra.insert(LINES.to_owned(), of_row.into());
                    rows.push(row);
                }
            }
            if rows.is_empty() {
                draft.take(&key).map(drop)
            } else {
                draft.put(key.clone(), rows, None);
                Ok(())
            }
        })?;
    }
    Ok(match method {
        "PUT" => json(StatusCode::CREATED, &json!({})),
        _ => empty(StatusCode::NO_CONTENT),
    })
}

/// Names, type, data and TTL of a line.
fn read(cnames: bool, line: &str) -> Result<(Vec<String>, Rtype, String, u32), Refused> {
    let wrong = || Refused::Invalid(format!("\"{line}\" is no line of this list"));
    if cnames {
        let mut words: Vec<&str> = line.split(',').collect();
        let ttl = words.last().and_then(|word| word.parse::<u32>().ok());
        if ttl.is_some() {
            words.pop();
        }
        let target = words.pop().ok_or_else(wrong)?;
        let names: Vec<String> = words.iter().map(|name| name.to_ascii_lowercase()).collect();
        if names.is_empty() || target.is_empty() {
            return Err(wrong());
        }
        return Ok((names, Rtype::CNAME, target.to_owned(), ttl.unwrap_or(0)));
    }
    let mut words = line.split(' ');
    let address: std::net::IpAddr = words
        .next()
        .and_then(|it| it.parse().ok())
        .ok_or_else(wrong)?;
    let names: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    if names.is_empty() {
        return Err(wrong());
    }
    let rtype = if address.is_ipv4() {
        Rtype::A
    } else {
        Rtype::AAAA
    };
    Ok((names, rtype, address.to_string(), 0))
}

fn error(status: StatusCode, key: &str, message: &str) -> Response {
    let error = json!({"key": key, "message": message, "hint": null});
    json(status, &json!({"error": error, "took": 0.001}))
}

/// What keeps the lines that a value is in.
const LINES: &str = "lines";

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: false,
    text: Text::Raw,
};
