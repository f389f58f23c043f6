//! A stand-in for both services of Azure, and for where tokens are given: spelled by their published
//! descriptions, as strict as those are known to be.

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::{Map, Value, json};
use wire::Rtype;

use super::api::{PRIVATE, PUBLIC};
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    Text, ZoneStore, empty, form, json as answer, page, store,
};
use crate::suite::{Family, Hosted, Start};

/// Public zones.
pub(crate) const SUBJECT: Hosted = Hosted::new("azure", (&PUBLIC, Family::Rrset), public)
    .set(SETTINGS)
    .ids(|name, group| id("dnsZones", group, name));

/// Private zones.
pub(crate) const SUBJECT_PRIVATE: Hosted =
    Hosted::new("azure-private-dns", (&PRIVATE, Family::Rrset), private)
        .set(SETTINGS)
        .ids(|name, group| id("privateDnsZones", group, name));

const SETTINGS: &[(&str, &str)] = &[
    ("azure-subscription-id", "sub"),
    ("AZURE_TENANT_ID", "tenant"),
    ("AZURE_CLIENT_ID", "client"),
    ("AZURE_CLIENT_SECRET", SECRET),
];

/// A service.
struct Host {
    kind: &'static str,
    version: &'static str,
    all: &'static str,
    ttl: &'static str,
    /// Bytes of all texts of a set.
    text: usize,
    /// Types, and where their data is.
    members: &'static [(Rtype, &'static str)],
}

fn public(start: &Start) -> Sim {
    host(
        start,
        Host {
            kind: "dnsZones",
            version: "2018-05-01",
            all: "all",
            ttl: "TTL",
            text: 4096,
            members: &[
                (Rtype::A, "ARecords"),
                (Rtype::AAAA, "AAAARecords"),
                (Rtype::CAA, "caaRecords"),
                (Rtype::CNAME, "CNAMERecord"),
                (Rtype::MX, "MXRecords"),
                (Rtype::NS, "NSRecords"),
                (Rtype::PTR, "PTRRecords"),
                (Rtype::SOA, "SOARecord"),
                (Rtype::SRV, "SRVRecords"),
                (Rtype::TXT, "TXTRecords"),
            ],
        },
    )
}

fn private(start: &Start) -> Sim {
    host(
        start,
        Host {
            kind: "privateDnsZones",
            version: "2024-06-01",
            all: "ALL",
            ttl: "ttl",
            text: 1024,
            members: &[
                (Rtype::A, "aRecords"),
                (Rtype::AAAA, "aaaaRecords"),
                (Rtype::CNAME, "cnameRecord"),
                (Rtype::MX, "mxRecords"),
                (Rtype::PTR, "ptrRecords"),
                (Rtype::SOA, "soaRecord"),
                (Rtype::SRV, "srvRecords"),
                (Rtype::TXT, "txtRecords"),
            ],
        },
    )
}

/// A host with these zones, each in a resource group of its own.
fn host(start: &Start, host: Host) -> Sim {
    let limits = Limits {
        ttl: 1,
        ..Limits::default()
    };
    Sim::new(store(start, limits), host)
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let result = self.manage(store, &asked, request.headers());
        result.unwrap_or_else(|refused| refusal(&refused))
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        if request.uri().host() != Some("login.microsoftonline.com") {
            return None;
        }
        let form = String::from_utf8_lossy(request.body());
        let pairs: Vec<&str> = form.split('&').collect();
        let wanted = [
            "grant_type=client_credentials",
            "client_id=client",
            &format!("client_secret={SECRET}"),
        ];
        // It has two names, of which Azure's own libraries take the older one, and more behind it.
        let scopes = ["azure.com%2F", "core.windows.net%2F%2F"]
            .map(|name| format!("scope=https%3A%2F%2Fmanagement.{name}.default"));
        let is_good = request.uri().path() == "/tenant/oauth2/v2.0/token"
            && wanted.iter().all(|pair| pairs.contains(pair))
            && scopes
                .iter()
                .any(|scope| pairs.iter().any(|pair| pair.starts_with(scope)));
        if !is_good {
            let said = json!({"error": "invalid_client", "error_description": "AADSTS7000215"});
            return Some(answer(StatusCode::UNAUTHORIZED, &said));
        }
        let token = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": SECRET});
        Some(answer(StatusCode::OK, &token))
    }

    fn unauthorized(&self) -> Response {
        let said = "Authentication failed. The 'Authorization' header is missing or wrong.";
        error(StatusCode::UNAUTHORIZED, "AuthenticationFailed", said)
    }
}

impl Host {
    fn manage(
        &self,
        store: &mut ZoneStore,
        asked: &Asked,
        headers: &HeaderMap,
    ) -> Result<Response, Refused> {
        let missing = || Refused::Missing("resource".to_owned());
        if asked.origin != "https://management.azure.com" {
            return Err(missing());
        }
        if asked.query("api-version") != Some(self.version) {
            let why = "The api-version is missing or none of this resource.".to_owned();
            return Err(Refused::Invalid(why));
        }
        let (method, path) = asked.route();
        let ["subscriptions", "sub", ref rest @ ..] = path[..] else {
            return Err(missing());
        };
        match (method, rest) {
            ("GET", ["providers", "Microsoft.Network", kind]) if *kind == self.kind => {
                Ok(self.zones(store, asked, "/"))
            }
            (
                "GET",
                [
                    "resourceGroups",
                    group,
                    "providers",
                    "Microsoft.Network",
                    kind,
                ],
            ) if *kind == self.kind => Ok(self.zones(store, asked, &id(self.kind, group, ""))),
            (
                method,
                [
                    "resourceGroups",
                    group,
                    "providers",
                    "Microsoft.Network",
                    kind,
                    rest @ ..,
                ],
            ) if *kind == self.kind => self.zone(store, (asked, headers), (method, group, rest)),
            _ => Err(missing()),
        }
    }

    /// All zones below an address.
    fn zones(&self, store: &ZoneStore, asked: &Asked, below: &str) -> Response {
        let zones = store.zones.iter().filter(|zone| zone.id.starts_with(below));
        let zones = zones.map(|zone| {
            json!({
                "id": zone.id, "name": zone.name, "location": "global",
                "type": format!("Microsoft.Network/{}", self.kind), "tags": {},
                "etag": format!("zone-{}", zone.version),
                "properties": {"numberOfRecordSets": zone.sets.len(), "zoneType": "Public"},
            })
        });
        list(asked, &zones.collect::<Vec<_>>())
    }

    fn is_private(&self) -> bool {
        self.kind == "privateDnsZones"
    }

    fn zone(
        &self,
        store: &mut ZoneStore,
        (asked, headers): (&Asked, &HeaderMap),
        (method, group, rest): (&str, &str, &[&str]),
    ) -> Result<Response, Refused> {
        let (name, rest) = rest.split_first().unwrap_or((&"", &[]));
        let at = &*id(self.kind, group, name);
        let zone = store.zone(at)?.name.clone();
        let missing = || Refused::Missing(format!("zone {at}"));
        match (method, rest) {
            ("GET", [all]) if *all == self.all => {
                let sets = store.zone(at)?.sets.clone();
                let sets = sets
                    .iter()
                    .map(|(key, set)| self.told((at, &zone), (key, set)));
                Ok(list(asked, &sets.collect::<Vec<_>>()))
            }
            ("PUT", [rtype, owner]) => {
                let key = self.key(&zone, rtype, owner)?;
                let (rows, metadata) = self.read(&zone, key.rtype, &asked.body)?;
                let is_new = self.expect(store, (at, &key), headers)?;
                let put = key.clone();
                store.edit(at, |draft| {
                    draft.put(put, rows, Some(metadata));
                    Ok(())
                })?;
                let sets = &store.zone(at)?.sets;
                let set = sets.get(&key).ok_or_else(missing)?;
                let status = if is_new {
                    StatusCode::CREATED
                } else {
                    StatusCode::OK
                };
                Ok(answer(status, &self.told((at, &zone), (&key, set))))
            }
            ("DELETE", [rtype, owner]) => {
                let key = self.key(&zone, rtype, owner)?;
                if self.expect(store, (at, &key), headers)? {
                    return Ok(empty(StatusCode::NO_CONTENT));
                }
                store.edit(at, |draft| draft.take(&key))?;
                Ok(empty(StatusCode::OK))
            }
            _ => Err(missing()),
        }
    }

    /// Whether the set is a new one; an error if it is not what the request expects.
    fn expect(
        &self,
        store: &ZoneStore,
        (at, key): (&str, &SetKey),
        headers: &HeaderMap,
    ) -> Result<bool, Refused> {
        let set = store.zone(at)?.sets.get(key);
        let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let etag = set.map(|set| etag(set.version));
        let holds = match (said(header::IF_MATCH), said(header::IF_NONE_MATCH)) {
            (Some(expected), None) => etag.as_deref() == Some(expected),
            (None, Some("*")) => etag.is_none(),
            (None, None) => true,
            _ => return Err(Refused::Invalid("there are two conditions".to_owned())),
        };
        if set.is_some_and(|set| set.extra.contains_key(KEPT)) {
            return Err(Refused::Invalid(
                "this set is not yours to change".to_owned(),
            ));
        }
        match holds {
            true => Ok(set.is_none()),
            false => Err(Refused::Stale(key.name.clone())),
        }
    }

    fn key(&self, zone: &str, rtype: &str, owner: &str) -> Result<SetKey, Refused> {
        let rtype = Rtype::from_text(rtype.as_bytes()).filter(|it| *it != Rtype::SOA);
        let known = rtype.filter(|it| self.members.iter().any(|(member, _)| member == it));
        let known = known.ok_or_else(|| Refused::Invalid("no such type".to_owned()))?;
        let name = FORM.name(zone, owner).map_err(Refused::Invalid)?;
        Ok(SetKey::new(&name, known))
    }

    fn member(&self, rtype: Rtype) -> Option<&'static str> {
        let mut members = self.members.iter();
        members
            .find(|(known, _)| *known == rtype)
            .map(|(_, name)| *name)
    }

    /// A set as it is told.
    fn told(&self, (at, zone): (&str, &str), (key, set): (&SetKey, &crate::sim::Set)) -> Value {
        let owner = FORM.owner(zone, &key.name);
        let mut properties = Map::new();
        let mut put = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
        put(self.ttl, set.ttl().into());
        put("fqdn", format!("{}.", key.name).into());
        put("provisioningState", "Succeeded".into());
        let mut extra = set.extra.clone();
        let kept = extra.remove(KEPT);
        put("metadata", extra.into());
        let is_alias = kept.is_some() && !self.is_private();
        if let (Some(name), false) = (self.member(key.rtype), is_alias) {
            let mut all: Vec<Value> = set
                .rows
                .iter()
                .map(|row| datum(key.rtype, &row.rdata))
                .collect();
            put(
                name,
                match key.rtype {
                    Rtype::CNAME | Rtype::SOA => all.pop().unwrap_or_default(),
                    _ => all.into(),
                },
            );
        }
        match kept {
            kept if self.is_private() => put("isAutoRegistered", kept.is_some().into()),
            Some(id) => put("targetResource", json!({"id": id})),
            None => put("targetResource", json!({})),
        }
        // Only the older service tells its name in small letters.
        let kind = match self.is_private() {
            true => self.kind.to_owned(),
            false => self.kind.to_ascii_lowercase(),
        };
        let rtype = key.rtype;
        json!({
            "id": format!("{at}/{rtype}/{owner}"),
            "name": owner, "type": format!("Microsoft.Network/{kind}/{rtype}"),
            "etag": etag(set.version), "properties": properties,
        })
    }

    /// The values and the metadata of a body.
    fn read(
        &self,
        zone: &str,
        rtype: Rtype,
        body: &Value,
    ) -> Result<(Vec<Row>, Map<String, Value>), Refused> {
        let wrong = |why: &str| Refused::Invalid(why.to_owned());
        let properties = body.get("properties").and_then(Value::as_object);
        let properties = properties.ok_or_else(|| wrong("there are no properties"))?;
        let member = self.member(rtype).unwrap_or_default();
        let known = [member, self.ttl, "metadata"];
        if let Some(odd) = properties.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Refused::Invalid(format!(
                "\"{odd}\" is not a part of {rtype}"
            )));
        }
        let ttl = properties.get(self.ttl).and_then(Value::as_u64);
        let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok());
        let ttl = ttl
            .filter(|ttl| *ttl <= 2_147_483_647)
            .ok_or_else(|| wrong("no TTL"))?;
        let records = match properties.get(member) {
            Some(Value::Array(all)) if rtype != Rtype::CNAME => all.clone(),
            Some(one @ Value::Object(_)) if rtype == Rtype::CNAME => vec![one.clone()],
            _ => return Err(wrong("there are no records")),
        };
        let mut rows = Vec::new();
        for record in &records {
            let rdata = self.rdata(zone, rtype, record).map_err(Refused::Invalid)?;
            rows.push(Row::new(ttl, rdata));
        }
        let texts = rows.iter().map(|row| form::bytes(&row.rdata).len());
        if rtype == Rtype::TXT && texts.sum::<usize>() > self.text {
            return Err(wrong("the combined length of all TXT records is too large"));
        }
        let metadata = properties.get("metadata").and_then(Value::as_object);
        let metadata = metadata.cloned().unwrap_or_default();
        match metadata.values().all(Value::is_string) {
            true => Ok((rows, metadata)),
            false => Err(wrong("metadata is texts")),
        }
    }

    fn rdata(&self, zone: &str, rtype: Rtype, record: &Value) -> Result<Vec<u8>, String> {
        let object = record.as_object().ok_or("a record is an object")?;
        let fields = fields(rtype);
        let odd = object.keys().find(|key| !fields.contains(&key.as_str()));
        if let Some(odd) = odd {
            return Err(format!("\"{odd}\" is no part of {rtype}"));
        }
        if rtype == Rtype::TXT {
            let strings = record["value"].as_array().ok_or("a text is a list")?;
            let mut out = Vec::new();
            for string in strings {
                let string = string.as_str().filter(|it| !it.is_empty());
                let string = string.ok_or("a string is empty")?.as_bytes();
                let length = u8::try_from(string.len());
                out.push(length.map_err(|_| "a string has at most 255 bytes")?);
                out.extend_from_slice(string);
            }
            return if out.is_empty() {
                Err("a text is empty".to_owned())
            } else {
                Ok(out)
            };
        }
        let mut words = Vec::new();
        for name in fields {
            words.push(match object.get(*name) {
                Some(Value::String(text)) if *name == "value" => format!("\"{text}\""),
                Some(Value::String(text)) if !text.is_empty() => text.clone(),
                Some(Value::Number(number)) if number.is_u64() => number.to_string(),
                _ => return Err(format!("there is no \"{name}\"")),
            });
        }
        if rtype == Rtype::MX && words.last().is_some_and(|host| host == ".") {
            return Err("an exchange is a host".to_owned());
        }
        FORM.read(zone, rtype, &words.join(" "))
    }
}

/// What a zone is called; each is in a resource group of its own.
fn id(kind: &str, group: &str, zone: &str) -> String {
    format!("/subscriptions/sub/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{zone}")
}

/// The members of a record.
fn fields(rtype: Rtype) -> &'static [&'static str] {
    match rtype {
        Rtype::A => &["ipv4Address"],
        Rtype::AAAA => &["ipv6Address"],
        Rtype::CAA => &["flags", "tag", "value"],
        Rtype::CNAME => &["cname"],
        Rtype::MX => &["preference", "exchange"],
        Rtype::NS => &["nsdname"],
        Rtype::PTR => &["ptrdname"],
        Rtype::SRV => &["priority", "weight", "port", "target"],
        Rtype::TXT => &["value"],
        _ => &["host"],
    }
}

/// A record as it is told.
fn datum(rtype: Rtype, rdata: &[u8]) -> Value {
    if rtype == Rtype::TXT {
        let (mut strings, mut rest) = (Vec::new(), rdata);
        while let Some((&length, tail)) = rest.split_first() {
            let (string, tail) = tail.split_at(usize::from(length).min(tail.len()));
            strings.push(String::from_utf8_lossy(string).into_owned());
            rest = tail;
        }
        return json!({"value": strings});
    }
    let text = FORM.print(rtype, rdata);
    let fields = fields(rtype);
    let words = text.splitn(fields.len(), ' ');
    let pairs = fields.iter().zip(words).map(|(name, word)| {
        let is_text = matches!(*name, "tag" | "value" | "host");
        let number = word.parse::<u64>().ok().filter(|_| !is_text);
        let text = || word.trim_matches('"').into();
        ((*name).to_owned(), number.map_or_else(text, Value::from))
    });
    Value::Object(pairs.collect())
}

fn etag(version: u64) -> String {
    format!("00000000-0000-0000-0000-{version:012}")
}

/// A page of a list, and the whole address of the next one.
fn list(asked: &Asked, items: &[Value]) -> Response {
    let at = asked
        .query("$skipToken")
        .and_then(|it| it.strip_prefix("page="));
    let at = at.and_then(|it| it.parse().ok()).unwrap_or(1);
    let (shown, more) = page(items, at, 100);
    let mut said = json!({"value": shown});
    if more {
        let (origin, path) = (&asked.origin, asked.path.join("/"));
        let version = asked.query("api-version").unwrap_or_default();
        let next = at + 1;
        let next = format!("{origin}/{path}?api-version={version}&$skipToken=page={next}");
        said["nextLink"] = next.into();
    }
    answer(StatusCode::OK, &said)
}

fn refusal(refused: &Refused) -> Response {
    let (status, code, what) = match refused {
        Refused::Exists(what) => (StatusCode::CONFLICT, "Conflict", what),
        Refused::Invalid(what) => (StatusCode::BAD_REQUEST, "BadRequest", what),
        Refused::Missing(what) => (StatusCode::NOT_FOUND, "ResourceNotFound", what),
        Refused::Stale(what) => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed", what),
    };
    error(status, code, what)
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    answer(
        status,
        &json!({"error": {"code": code, "message": message}}),
    )
}

const FORM: Form = Form {
    owner: Owner::At,
    dots: false,
    text: Text::Raw,
};

/// What a set has that is an alias, or that a virtual machine has registered.
const KEPT: &str = "target-resource";
