//! A stand-in for DigitalOcean: as strict as the API is known to be.

use http::StatusCode;
use serde_json::{Map, Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    Text, ZoneStore, empty, json, number, page, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Record), host)
    .set(&[("DO_TOKEN", SECRET), ("digitalocean-api-page-size", "100")])
    .ids(|name, _| name.to_owned());

/// A host with these zones, which go by their names.
fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        ttl: 30,
        text: 512,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host)
}

struct Host;

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        match asked.route() {
            ("GET", path) if path == ["v2", "domains"] => {
                let zones = store.zones.iter();
                let zones = zones.map(|it| json!({"name": it.name, "ttl": 1800, "zone_file": ""}));
                list(&asked, "domains", &zones.collect::<Vec<_>>())
            }
            (method, path) => match path[..] {
                ["v2", "domains", zone, "records", ref rest @ ..] => {
                    let result = records(store, &asked, (method, zone, rest));
                    result.unwrap_or_else(|refused| refusal(&refused))
                }
                _ => refusal(&Refused::Missing(String::new())),
            },
        }
    }

    fn unauthorized(&self) -> Response {
        let said = "Unable to authenticate you";
        error(StatusCode::UNAUTHORIZED, "unauthorized", said)
    }
}

fn records(
    store: &mut ZoneStore,
    asked: &Asked,
    (method, zone, rest): (&str, &str, &[&str]),
) -> Result<Response, Refused> {
    let record = rest.first().map(|id| id.parse::<u64>().unwrap_or_default());
    let (number, status) = match (method, record) {
        ("GET", None) => {
            let all = told(store, zone, None)?;
            return Ok(list(asked, "domain_records", &all));
        }
        ("POST", None) => {
            let (key, row) = read(zone, &asked.body)?;
            let made = store.edit(zone, |draft| draft.add(key, row))?;
            (made, StatusCode::CREATED)
        }
        ("PUT", Some(record)) => {
            let (_, row) = read(zone, &asked.body)?;
            store.edit(zone, |draft| draft.change_row(record, row))?;
            (record, StatusCode::OK)
        }
        ("DELETE", Some(record)) => {
            store.edit(zone, |draft| draft.drop_row(record))?;
            return Ok(empty(StatusCode::NO_CONTENT));
        }
        _ => return Err(Refused::Missing(String::new())),
    };
    let one = told(store, zone, Some(number))?.pop();
    Ok(json(status, &json!({"domain_record": one})))
}

/// The records of a zone as it tells them, all or the one of a number.
fn told(store: &ZoneStore, id: &str, only: Option<u64>) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let rows = zone.sets.iter();
    let rows = rows.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)));
    let rows = rows.filter(|(_, row)| only.is_none_or(|id| row.id == id));
    let records = rows.map(|(key, row)| {
        let text = FORM.print(key.rtype, &row.rdata);
        let words: Vec<&str> = text.split(' ').collect();
        let host = |host: &str| match host {
            host if host == zone.name => "@".to_owned(),
            host => host.to_owned(),
        };
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
        let mut told = json!({
            "id": row.id, "type": key.rtype.to_string(), "ttl": row.ttl,
            "name": FORM.owner(&zone.name, &key.name),
            "data": text, "priority": null, "port": null, "weight": null, "flags": null, "tag": null,
        });
        match key.rtype {
            Rtype::CNAME | Rtype::NS => told["data"] = host(&text).into(),
            Rtype::MX => {
                told["priority"] = number(0).into();
                told["data"] = host(words.last().unwrap_or(&"")).into();
            }
            Rtype::SRV => {
                told["priority"] = number(0).into();
                told["weight"] = number(1).into();
                told["port"] = number(2).into();
                told["data"] = host(words.last().unwrap_or(&"")).into();
            }
            Rtype::CAA => {
                told["flags"] = number(0).into();
                told["tag"] = words.get(1).copied().into();
                told["data"] = words.get(2).map(|word| word.trim_matches('"')).into();
            }
            // Of a zone itself there is but a number there.
            Rtype::SOA => told["data"] = "1800".into(),
            _ => {}
        }
        told
    });
    Ok(records.collect())
}

/// The record that a body tells.
fn read(zone: &str, body: &Value) -> Result<(SetKey, Row), Refused> {
    let wrong = |why: &str| Refused::Invalid(why.to_owned());
    let rtype = Rtype::from_text(text(body, "type").as_bytes());
    let rtype = rtype.ok_or_else(|| wrong("Type is not included in the list"))?;
    let name = FORM
        .name(zone, text(body, "name"))
        .map_err(Refused::Invalid)?;
    let data = text(body, "data");
    if data.is_empty() {
        return Err(wrong("Data can't be blank"));
    }
    let is_host = matches!(rtype, Rtype::CNAME | Rtype::MX | Rtype::NS | Rtype::SRV);
    let cut = match data {
        "." if rtype == Rtype::SRV => Some("."),
        _ => data.strip_suffix('.').filter(|cut| !cut.is_empty()),
    };
    let cut = match (is_host || rtype == Rtype::CAA, cut) {
        (true, Some(cut)) => cut,
        (true, None) => return Err(wrong("Data needs to end with a dot (.)")),
        (false, _) => data,
    };
    let part = |name: &str| {
        let blank = || Refused::Invalid(format!("{name} can't be blank"));
        number(body, name).ok_or_else(blank)
    };
    let whole = match rtype {
        Rtype::MX => format!("{} {cut}", part("priority")?),
        Rtype::SRV => {
            let (priority, weight, port) = (part("priority")?, part("weight")?, part("port")?);
            format!("{priority} {weight} {port} {cut}")
        }
        Rtype::CAA if cut.contains(' ') => return Err(wrong("Data has a space")),
        Rtype::CAA => format!("{} {} \"{cut}\"", part("flags")?, text(body, "tag")),
        Rtype::TXT if cut.contains('\\') => return Err(wrong("Data has a backslash")),
        _ => cut.to_owned(),
    };
    let rdata = FORM.read(zone, rtype, &whole).map_err(Refused::Invalid)?;
    let ttl = number(body, "ttl").unwrap_or(1800);
    Ok((SetKey::new(&name, rtype), Row::new(ttl, rdata)))
}

/// A page of a list.
fn list(asked: &Asked, name: &str, items: &[Value]) -> Response {
    let size = asked.number("per_page").unwrap_or(20);
    if !(1..=200).contains(&size) {
        return refusal(&Refused::Invalid("per_page is out of range".to_owned()));
    }
    let at = asked.number("page").unwrap_or(1);
    let (shown, more) = page(items, at, size);
    // Each page names those around it; on the last one there is no `last`, by which clients know it.
    let (origin, path) = (&asked.origin, asked.path.join("/"));
    let link = |at: usize| format!("{origin}/{path}?page={at}&per_page={size}");
    let mut pages = Map::new();
    let mut name_page =
        |name: &str, at: usize| drop(pages.insert(name.to_owned(), link(at).into()));
    if at > 1 {
        name_page("first", 1);
        name_page("prev", at - 1);
    }
    if more {
        name_page("next", at + 1);
        name_page("last", items.len().div_ceil(size));
    }
    let links = match pages.is_empty() {
        true => json!({}),
        false => json!({"pages": pages}),
    };
    let meta = json!({"total": items.len()});
    json(
        StatusCode::OK,
        &json!({name: shown, "links": links, "meta": meta}),
    )
}

fn refusal(refused: &Refused) -> Response {
    match refused {
        Refused::Missing(_) => {
            let said = "The resource you were accessing could not be found.";
            error(StatusCode::NOT_FOUND, "not_found", said)
        }
        Refused::Exists(what) | Refused::Invalid(what) | Refused::Stale(what) => error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable_entity",
            what,
        ),
    }
}

fn error(status: StatusCode, id: &str, message: &str) -> Response {
    json(status, &json!({"id": id, "message": message}))
}

const FORM: Form = Form {
    owner: Owner::At,
    dots: false,
    text: Text::Raw,
};
