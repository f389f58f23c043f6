//! A stand-in for both services of Azure, and for where tokens are given: spelled by their published
//! descriptions, as strict as those are known to be.

mod form;

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::{Value, json};
use wire::Rtype;

use super::api::{PRIVATE, PUBLIC};
use crate::sim::{
    Asked, Dialect, Limits, Refused, Request, Response, SECRET, SetKey, Sim, ZoneStore, empty,
    json as answer, page, store,
};
use crate::suite::{Family, Hosted, Start};
use form::etag;

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
}

/// What a zone is called; each is in a resource group of its own.
fn id(kind: &str, group: &str, zone: &str) -> String {
    format!("/subscriptions/sub/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{zone}")
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

/// What a set has that is an alias, or that a virtual machine has registered.
const KEPT: &str = "target-resource";
