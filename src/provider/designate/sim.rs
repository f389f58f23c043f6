//! A stand-in for OpenStack: Keystone gives a token, Designate keeps zones and recordsets.

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    Text, ZoneStore, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Rrset), host).set(&[
    ("OS_AUTH_URL", "https://cloud.example/identity/v3"),
    ("OS_USERNAME", "somebody"),
    ("OS_PASSWORD", SECRET),
    ("OS_PROJECT_NAME", "project"),
]);

pub(super) fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host { token: 0 })
}

struct Host {
    /// How many tokens were given.
    token: u32,
}

impl Host {
    fn token(&self) -> String {
        format!("{SECRET}-{}", self.token)
    }
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match (method, &path[..]) {
            ("GET", ["dns", "v2", "zones"]) => {
                let zones = store.zones.iter().map(|zone| {
                    json!({"id": zone.id, "name": format!("{}.", zone.name), "type": "PRIMARY",
                        "status": "ACTIVE", "action": "NONE"})
                });
                let zones: Vec<Value> = zones.collect();
                return listed(&asked, "zones", &zones);
            }
            (_, ["dns", "v2", "zones", zone, "recordsets", rest @ ..]) => {
                if let ("GET", []) = (method, rest) {
                    return match sets(store, zone) {
                        Ok(sets) => listed(&asked, "recordsets", &sets),
                        Err(refused) => refusal(&refused),
                    };
                }
                change(store, &asked, (method, zone, rest.first().copied()))
            }
            _ => Err(Refused::Missing("such address".to_owned())),
        };
        match result {
            // The name servers get it later.
            Ok(set) => json(StatusCode::ACCEPTED, &set),
            Err(refused) => refusal(&refused),
        }
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        let asked = Asked::of(request);
        let ("POST", ["identity", "v3", "auth", "tokens"]) =
            (asked.route().0, &asked.route().1[..])
        else {
            return None;
        };
        let password = &asked.body["auth"]["identity"]["password"]["user"]["password"];
        if *password != *SECRET || asked.body["auth"]["scope"]["project"]["name"] != "project" {
            let error = json!({"error": {"code": 401, "title": "Unauthorized"}});
            return Some(json(StatusCode::UNAUTHORIZED, &error));
        }
        let url = format!("{}/dns/", asked.origin);
        let place = json!({"interface": "public", "region_id": "r", "url": url});
        let catalog = json!([{"type": "dns", "endpoints": [place]}]);
        let body =
            json!({"token": {"catalog": catalog, "expires_at": "2099-01-01T00:00:00.000000Z"}});
        self.token += 1;
        let mut answer = json(StatusCode::CREATED, &body);
        if let Ok(token) = HeaderValue::from_str(&self.token()) {
            answer.headers_mut().insert("x-subject-token", token);
        }
        Some(answer)
    }

    fn admits(&self, request: &Request) -> bool {
        let header = request.headers().get("x-auth-token");
        let number = header.and_then(|header| {
            let number = header.to_str().ok()?.strip_prefix(SECRET)?;
            number.strip_prefix('-')?.parse::<u32>().ok()
        });
        number.is_some_and(|number| (1..=self.token).contains(&number))
    }
}

/// The RRsets of a zone.
fn sets(store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let sets = zone.sets.iter().map(|(key, set)| {
        let records = set.rows.iter().map(|row| FORM.print(key.rtype, &row.rdata));
        let ttl = Some(set.ttl()).filter(|ttl| *ttl > 0);
        let mut told = set.extra.clone();
        let mut set = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
        set("id", format!("{}.{}", key.rtype, key.name).into());
        set("name", format!("{}.", key.name).into());
        set("type", key.rtype.to_string().into());
        set("ttl", ttl.into());
        set("records", records.collect::<Vec<_>>().into());
        set("status", "PENDING".into());
        set("action", "UPDATE".into());
        Value::Object(told)
    });
    Ok(sets.collect())
}

fn change(
    store: &mut ZoneStore,
    asked: &Asked,
    (method, zone, set): (&str, &str, Option<&str>),
) -> Result<Value, Refused> {
    let name = store.zone(zone)?.name.clone();
    let there = sets(store, zone)?;
    let there = there.into_iter().find(|it| set == Some(text(it, "id")));
    if set.is_some() && there.is_none() {
        return Err(Refused::Missing("recordset".to_owned()));
    }
    let told = there.as_ref().unwrap_or(&asked.body);
    let rtype = Rtype::from_text(text(told, "type").as_bytes());
    let rtype = rtype.ok_or_else(|| Refused::Invalid("invalid type".to_owned()))?;
    let key = FORM
        .name(&name, text(told, "name"))
        .map_err(Refused::Invalid)?;
    let key = SetKey::new(&key, rtype);
    let inner = key.name.strip_prefix("*.").unwrap_or(&key.name);
    if inner.contains('*') {
        return Err(Refused::Invalid("a wildcard is the first label".to_owned()));
    }
    let result = match (method, set) {
        ("POST", None) => {
            let rows = rows(&name, rtype, &asked.body)?;
            store.edit(zone, |draft| {
                if draft.get(&key).is_some() {
                    return Err(Refused::Exists("recordset".to_owned()));
                }
                draft.put(key.clone(), rows, None);
                Ok(())
            })
        }
        ("PUT", Some(_)) => {
            let rows = rows(&name, rtype, &asked.body)?;
            store.edit(zone, |draft| {
                draft.put(key.clone(), rows, None);
                Ok(())
            })
        }
        ("DELETE", Some(_)) => {
            store.edit(zone, |draft| draft.take(&key).map(drop))?;
            return Ok(there.unwrap_or_default());
        }
        _ => Err(Refused::Missing("such method".to_owned())),
    };
    result?;
    let shown = |it: &Value| {
        text(it, "name") == format!("{}.", key.name) && text(it, "type") == rtype.to_string()
    };
    Ok(sets(store, zone)?
        .into_iter()
        .find(shown)
        .unwrap_or_default())
}

fn rows(zone: &str, rtype: Rtype, body: &Value) -> Result<Vec<Row>, Refused> {
    let ttl = match body.get("ttl") {
        None | Some(Value::Null) => 0,
        Some(_) => match number(body, "ttl") {
            Some(ttl) if (1..=2_147_483_647).contains(&ttl) => ttl,
            _ => return Err(Refused::Invalid("invalid ttl".to_owned())),
        },
    };
    let records = body.get("records").and_then(Value::as_array);
    let records = records.into_iter().flatten().map(|record| {
        let rdata = FORM.read(zone, rtype, record.as_str().unwrap_or_default());
        Ok(Row::new(ttl, rdata.map_err(Refused::Invalid)?))
    });
    records.collect()
}

/// A page of a list; it is smaller than what is asked for.
fn listed(asked: &Asked, name: &str, all: &[Value]) -> Response {
    let size = asked.number("limit").unwrap_or(20).min(100);
    let place = asked.query("marker").and_then(|marker| {
        let mut all = all.iter();
        all.position(|item| text(item, "id") == marker)
    });
    let from = match (asked.query("marker"), place) {
        (None, _) => 0,
        (Some(_), Some(at)) => at + 1,
        (Some(_), None) => return refusal(&Refused::Invalid("invalid marker".to_owned())),
    };
    let shown: Vec<&Value> = all.iter().skip(from).take(size).collect();
    // By itself it knows an address that only the cloud reaches; where no name is in front of it, its own.
    let itself = match asked.origin.ends_with("cloud.example") {
        true => "http://inside.example".to_owned(),
        false => asked.origin.clone(),
    };
    let itself = format!("{itself}/{}", asked.path.join("/"));
    let mut body = json!({name: shown, "links": {"self": itself}});
    if let Some(last) = shown.last().filter(|_| from + shown.len() < all.len()) {
        let next = format!("{itself}?limit={size}&marker={}", text(last, "id"));
        body["links"]["next"] = next.into();
    }
    json(StatusCode::OK, &body)
}

fn refusal(refused: &Refused) -> Response {
    let (status, kind, said) = match refused {
        Refused::Exists(what) => (StatusCode::CONFLICT, "duplicate_recordset", what),
        Refused::Invalid(why) | Refused::Stale(why) => {
            (StatusCode::BAD_REQUEST, "invalid_object", why)
        }
        Refused::Missing(what) => (StatusCode::NOT_FOUND, "recordset_not_found", what),
    };
    json(
        status,
        &json!({"code": status.as_u16(), "type": kind, "message": said}),
    )
}

const FORM: Form = Form {
    owner: Owner::Dotted,
    dots: true,
    text: Text::Quoted,
};
