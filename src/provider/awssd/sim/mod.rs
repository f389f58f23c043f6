//! A stand-in for Cloud Map, as strict as Amazon's description of it: signatures, patterns of names,
//! what a type and a routing policy go with, services that are taken away empty or not at all, and
//! operations that are made later.
//!
//! Values are in the store as DNS would tell them; what else a service is, is kept beside. What
//! somebody else puts into the store becomes a service that nobody has described.

mod theirs;

use std::collections::BTreeMap;

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use wire::Rtype;

use super::quirks::QUIRKS;
use crate::auth::aws::verify;
use crate::sim::{
    Dialect, Later, Limits, Request, Response, Row, SECRET, SetKey, Sim, ZoneStore, form,
    json as answer, store, text,
};
use crate::suite::{Family, Hosted, Start};
use theirs::{Op, Theirs, is_description, is_instance_id, is_name, kind_of, value_of};

/// The provider with keys as users have them, where all is made at once.
pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Other), |start| {
    host(start, None)
})
.set(SETTINGS)
.lists(|records| 1 + records + records.div_ceil(100))
.keeps();

/// The same where changes are accepted first.
pub(crate) const LATE: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Other), |start| {
    host(start, Some((0, false)))
})
.set(SETTINGS)
.lists(|records| 1 + records + records.div_ceil(100))
.named("aws-sd late")
.keeps();

/// What is set unless a trial is about something else.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIDSUITE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_REGION", "eu-central-1"),
    ("aws-api-retries", "3"),
    ("aws-sd-create-tag", "by=zonewright"),
    ("txt-owner-id", "suite"),
];

fn host(start: &Start, late: Option<(u32, bool)>) -> Sim {
    let mut store = store(start, LIMITS);
    store.late = late;
    store.weighted = true;
    Sim::new(store, Host::default())
}

/// What it takes.
const LIMITS: Limits = Limits {
    types: &[Rtype::A, Rtype::AAAA, Rtype::CNAME],
    ttl: 0,
    ttls: &[],
    values: 1000,
    text: 0,
    wildcard: false,
    apex_cname: false,
};

/// Cloud Map's side.
#[derive(Debug, Default)]
pub(crate) struct Host {
    /// Services, by namespace and whole name.
    pub(crate) services: BTreeMap<(String, String), Theirs>,
    /// The versions of namespaces that services are known of.
    seen: BTreeMap<String, u64>,
    ops: BTreeMap<String, Op>,
    next: u64,
    /// Operations that nobody may call.
    forbidden: Vec<&'static str>,
}

/// A code, and what is said.
type Fault = (&'static str, String);

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        self.look(store);
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let operation = operation(request);
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_kind = kind.is_some_and(|kind| kind == "application/x-amz-json-1.1");
        let result = match operation {
            _ if !is_kind || !body.is_object() => {
                Err(("SerializationException", "it is no JSON 1.1".to_owned()))
            }
            other if self.forbidden.contains(&other) => Err((
                "AccessDeniedException",
                format!("User: me is not authorized to perform: servicediscovery:{other}"),
            )),
            "ListNamespaces" => namespaces(store, &body),
            "ListServices" => self.list(store, &body),
            "ListInstances" => self.instances(&body),
            "DiscoverInstances" => self.discover(&body),
            "GetOperation" => self.operation(store, &body),
            "CreateService" => self.create(store, &body),
            "UpdateService" => self.update(store, &body),
            "DeleteService" => self.delete(&body),
            "RegisterInstance" => self.register(store, &body),
            "DeregisterInstance" => self.deregister(store, &body),
            other => Err(("UnknownOperationException", other.to_owned())),
        };
        self.look(store);
        match result {
            Ok(told) => json_1_1(StatusCode::OK, &told),
            Err((code, message)) => {
                let status = match code {
                    "AccessDeniedException" => StatusCode::FORBIDDEN,
                    "DuplicateRequest" | "ResourceInUse" => StatusCode::CONFLICT,
                    _ => StatusCode::BAD_REQUEST,
                };
                json_1_1(status, &json!({"__type": code, "Message": message}))
            }
        }
    }

    fn writes(&self, request: &Request) -> bool {
        let operation = operation(request);
        let reads = ["Discover", "Get", "List"];
        !reads.iter().any(|verb| operation.starts_with(verb))
    }

    fn admits(&self, request: &Request) -> bool {
        verify(request, SECRET, "servicediscovery")
    }

    fn unauthorized(&self) -> Response {
        let message = "The request signature we calculated does not match the one you provided.";
        let body = json!({"__type": "InvalidSignatureException", "message": message});
        json_1_1(StatusCode::FORBIDDEN, &body)
    }
}

fn json_1_1(status: StatusCode, body: &Value) -> Response {
    let mut answer = answer(status, body);
    let kind = HeaderValue::from_static("application/x-amz-json-1.1");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// What is asked for.
fn operation(request: &Request) -> &str {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| target.strip_prefix("Route53AutoNaming_v20170314."));
    target.unwrap_or_default()
}

fn invalid(what: impl Into<String>) -> Fault {
    ("InvalidInput", what.into())
}

impl Host {
    /// One where nobody may call an operation.
    #[cfg(test)]
    pub(crate) fn without(operation: &'static str) -> Self {
        Self {
            forbidden: vec![operation],
            ..Self::default()
        }
    }

    /// Takes note of what others have done in the store.
    fn look(&mut self, store: &ZoneStore) {
        for zone in &store.zones {
            if self.seen.insert(zone.id.clone(), zone.version) == Some(zone.version) {
                continue;
            }
            let mut rows: BTreeMap<&str, Vec<(Rtype, &Row)>> = BTreeMap::new();
            for (key, set) in &zone.sets {
                if LIMITS.types.contains(&key.rtype) && key.name != zone.name {
                    let of_set = set.rows.iter().map(|row| (key.rtype, row));
                    rows.entry(&key.name).or_default().extend(of_set);
                }
            }
            for (name, service) in &mut self.services {
                if name.0 == zone.id {
                    let there = rows.remove(&*name.1).unwrap_or_default();
                    service.sync(&there);
                }
            }
            for (name, rows) in rows {
                self.next += 1;
                let within = name
                    .strip_suffix(&format!(".{}", zone.name))
                    .unwrap_or(name);
                let mut service =
                    Theirs::planted(format!("srv-{}-{}", zone.id, self.next), within, &rows);
                service.sync(&rows);
                self.services
                    .insert((zone.id.clone(), name.to_owned()), service);
            }
        }
    }

    fn list(&self, store: &ZoneStore, body: &Value) -> Result<Value, Fault> {
        let filter = &body["Filters"][0];
        let id = filter["Values"][0].as_str().unwrap_or_default();
        if filter["Name"] != "NAMESPACE_ID" {
            return Err(invalid("only services of a namespace are asked for"));
        }
        namespace(store, id)?;
        let of_zone = self.services.iter().filter(|((zone, _), _)| zone == id);
        page(body, "Services", of_zone.map(|(_, service)| service.told()))
    }

    fn instances(&self, body: &Value) -> Result<Value, Fault> {
        let (_, service) = self.find(text(body, "ServiceId"))?;
        let told = service.instances.iter();
        let told = told.map(|(id, attributes)| json!({"Id": id, "Attributes": attributes}));
        page(body, "Instances", told)
    }

    /// As clients look them up: a hundred if they do not say how many.
    fn discover(&self, body: &Value) -> Result<Value, Fault> {
        let most = body["MaxResults"].as_u64().unwrap_or(100);
        if !(1..=1000).contains(&most) {
            return Err(invalid("MaxResults"));
        }
        let whole = format!(
            "{}.{}",
            text(body, "ServiceName"),
            text(body, "NamespaceName")
        );
        let found = self.services.iter().find(|((_, name), _)| *name == whole);
        let (_, service) = found.ok_or_else(|| ("ServiceNotFound", whole.clone()))?;
        let told = service.instances.iter().map(|(id, attributes)| {
            json!({"InstanceId": id, "Attributes": attributes, "HealthStatus": "UNKNOWN"})
        });
        let most = usize::try_from(most).unwrap_or(100);
        Ok(json!({"Instances": told.take(most).collect::<Vec<_>>()}))
    }

    fn operation(&mut self, store: &mut ZoneStore, body: &Value) -> Result<Value, Fault> {
        let id = text(body, "OperationId");
        if store.later.contains_key(id) {
            let polled = store.poll(id);
            let Some(op) = self.ops.get_mut(id) else {
                return Err(("OperationNotFound", id.to_owned()));
            };
            match polled {
                Ok(true) => {
                    op.status = "SUCCESS";
                    let made = op.clone();
                    self.make(&made);
                }
                Ok(false) => op.status = "PENDING",
                Err(_) => op.status = "FAIL",
            }
        }
        let op = self.ops.get(id);
        let op = op.ok_or_else(|| ("OperationNotFound", id.to_owned()))?;
        let mut told = json!({"Id": id, "Status": op.status});
        if op.status == "FAIL" {
            told["ErrorCode"] = "INTERNAL_FAILURE".into();
            told["ErrorMessage"] = "it came to nothing".into();
        }
        Ok(json!({"Operation": told}))
    }

    fn create(&mut self, store: &ZoneStore, body: &Value) -> Result<Value, Fault> {
        let zone = namespace(store, text(body, "NamespaceId"))?;
        let name = text(body, "Name");
        if !is_name(name) || !is_description(text(body, "Description")) {
            return Err(invalid("Name or Description"));
        }
        let whole = format!("{name}.{}", zone.name).to_ascii_lowercase();
        let key = (zone.id.clone(), whole);
        if self.services.contains_key(&key) {
            return Err(("ServiceAlreadyExists", format!("{name} is there already")));
        }
        self.next += 1;
        let id = format!("srv-{}-{}", zone.id, self.next);
        let service = Theirs::asked(id, body).map_err(invalid)?;
        let told = json!({"Service": service.told()});
        self.services.insert(key, service);
        Ok(told)
    }

    fn update(&mut self, store: &mut ZoneStore, body: &Value) -> Result<Value, Fault> {
        let (key, _) = self.find(text(body, "Id"))?;
        let Some(service) = self.services.get_mut(&key) else {
            return Err(("ServiceNotFound", key.1));
        };
        service.change(&body["Service"]).map_err(invalid)?;
        let (ttl, kinds) = (service.ttl(), LIMITS.types);
        let made = store.edit(&key.0, |draft| {
            for rtype in kinds {
                let key = SetKey::new(&key.1, *rtype);
                let Some(mut rows) = draft.get(&key).map(|set| set.rows.clone()) else {
                    continue;
                };
                rows.iter_mut().for_each(|row| row.ttl = ttl);
                draft.put(key, rows, None);
            }
            Ok(())
        });
        made.map_err(|refused| invalid(format!("{refused:?}")))?;
        Ok(json!({"OperationId": self.done()}))
    }

    fn delete(&mut self, body: &Value) -> Result<Value, Fault> {
        let (key, service) = self.find(text(body, "Id"))?;
        let is_waiting = |op: &Op| op.service == key && op.status == "PENDING";
        if !service.instances.is_empty() || self.ops.values().any(is_waiting) {
            return Err(("ResourceInUse", "it still has instances".to_owned()));
        }
        self.services.remove(&key);
        Ok(json!({}))
    }

    fn register(&mut self, store: &mut ZoneStore, body: &Value) -> Result<Value, Fault> {
        let (key, service) = self.find(text(body, "ServiceId"))?;
        let id = text(body, "InstanceId").to_owned();
        if !is_instance_id(&id) {
            return Err(invalid("InstanceId"));
        }
        let attributes = body["Attributes"].as_object().cloned().unwrap_or_default();
        let (rtype, value) = value_of(service, &attributes).map_err(invalid)?;
        let rdata = form::parse(rtype, &value).map_err(invalid)?;
        let ttl = service.ttl();
        let mut rows = self.rows(store, &key, rtype);
        let before = service.instances.get(&id).and_then(kind_of);
        if let Some((_, before)) = before {
            let before = form::parse(rtype, &before).unwrap_or_default();
            rows.retain(|row| row.rdata != before);
        }
        rows.push(Row::new(ttl, rdata));
        self.accept(store, (key, rtype), rows, (id, Some(attributes)))
    }

    fn deregister(&mut self, store: &mut ZoneStore, body: &Value) -> Result<Value, Fault> {
        let (key, service) = self.find(text(body, "ServiceId"))?;
        let id = text(body, "InstanceId").to_owned();
        let Some(instance) = service.instances.get(&id) else {
            return Err(("InstanceNotFound", id));
        };
        let (rtype, value) = kind_of(instance).ok_or_else(|| invalid("it is none of DNS"))?;
        let rdata = form::parse(rtype, &value).map_err(invalid)?;
        let mut rows = self.rows(store, &key, rtype);
        rows.retain(|row| row.rdata != rdata);
        self.accept(store, (key, rtype), rows, (id, None))
    }

    /// What there is of a type, or will be once all is made that was accepted.
    fn rows(&self, store: &ZoneStore, key: &(String, String), rtype: Rtype) -> Vec<Row> {
        let set = SetKey::new(&key.1, rtype);
        let waiting = self.ops.iter().filter(|(id, op)| {
            op.service == *key && op.rtype == rtype && store.later.contains_key(*id)
        });
        let last = waiting.max_by_key(|(_, op)| op.number);
        if let Some((id, _)) = last {
            let later = store.later.get(id).and_then(|later| later.after.clone());
            return later.unwrap_or_default();
        }
        let zone = store.zone(&key.0).ok();
        let there = zone.and_then(|zone| zone.sets.get(&set));
        there.map(|set| set.rows.clone()).unwrap_or_default()
    }

    /// Makes a change of an instance, now or later.
    fn accept(
        &mut self,
        store: &mut ZoneStore,
        (key, rtype): ((String, String), Rtype),
        rows: Vec<Row>,
        (instance, attributes): (String, Option<serde_json::Map<String, Value>>),
    ) -> Result<Value, Fault> {
        let is_same =
            |op: &Op| op.service == key && op.instance == instance && op.status == "PENDING";
        if self.ops.values().any(is_same) {
            return Err(("DuplicateRequest", "it is under way".to_owned()));
        }
        self.next += 1;
        let mut op = Op {
            number: self.next,
            service: key.clone(),
            rtype,
            instance,
            attributes,
            status: "SUCCESS",
        };
        let set = SetKey::new(&key.1, rtype);
        let after = Some(rows).filter(|rows| !rows.is_empty());
        let id = match store.late.filter(|late| *late != (0, false)) {
            Some((polls, fails)) => {
                op.status = "PENDING";
                let later = Later {
                    polls,
                    fails,
                    zone: key.0.clone(),
                    key: set,
                    after,
                };
                store.put_off(later)
            }
            None => {
                let made = store.edit(&key.0, |draft| match after {
                    Some(rows) => {
                        draft.put(set, rows, None);
                        Ok(())
                    }
                    None => draft.take(&set).map(drop),
                });
                made.map_err(|refused| invalid(format!("{refused:?}")))?;
                self.make(&op);
                format!("op-at-once-{}", op.number)
            }
        };
        self.ops.insert(id.clone(), op);
        Ok(json!({"OperationId": id}))
    }

    /// Takes over what was made.
    fn make(&mut self, op: &Op) {
        if let Some(service) = self.services.get_mut(&op.service) {
            match &op.attributes {
                Some(attributes) => {
                    service
                        .instances
                        .insert(op.instance.clone(), attributes.clone());
                }
                None => {
                    service.instances.remove(&op.instance);
                }
            }
        }
    }

    /// An operation that is made.
    fn done(&mut self) -> String {
        self.next += 1;
        let id = format!("op-at-once-{}", self.next);
        let op = Op {
            number: self.next,
            status: "SUCCESS",
            ..Op::default()
        };
        self.ops.insert(id.clone(), op);
        id
    }

    fn find(&self, id: &str) -> Result<((String, String), &Theirs), Fault> {
        // An identifier says the namespace, so that not all of them are looked through.
        let zone = id
            .strip_prefix("srv-")
            .and_then(|rest| rest.rsplit_once('-'));
        let from = (zone.map_or("", |(zone, _)| zone).to_owned(), String::new());
        let mut services = self.services.range(from..);
        let found = services.find(|(_, service)| service.id == id);
        let found = found.map(|(key, service)| (key.clone(), service));
        found.ok_or_else(|| ("ServiceNotFound", id.to_owned()))
    }
}

fn namespaces(store: &ZoneStore, body: &Value) -> Result<Value, Fault> {
    let filter = body["Filters"][0]["Values"][0].as_str();
    let all = store.zones.iter().map(|zone| {
        let kind = match (zone.private, zone.extra.contains_key("http")) {
            (_, true) => "HTTP",
            (true, _) => "DNS_PRIVATE",
            _ => "DNS_PUBLIC",
        };
        json!({"Id": zone.id, "Name": zone.name, "Type": kind})
    });
    let asked = all.filter(|it| filter.is_none_or(|kind| it["Type"] == kind));
    page(body, "Namespaces", asked)
}

fn namespace<'s>(store: &'s ZoneStore, id: &str) -> Result<&'s crate::sim::SimZone, Fault> {
    let zone = store.zone(id);
    zone.map_err(|_| ("NamespaceNotFound", id.to_owned()))
}

/// A page of a list.
fn page(body: &Value, what: &str, mut all: impl Iterator<Item = Value>) -> Result<Value, Fault> {
    let most = body["MaxResults"].as_u64().unwrap_or(100);
    if !(1..=100).contains(&most) {
        return Err(invalid("MaxResults"));
    }
    let most = usize::try_from(most).unwrap_or(100);
    let first: usize = match body["NextToken"].as_str() {
        Some(token) => token.parse().map_err(|_| invalid("NextToken"))?,
        None => 0,
    };
    let mut all = all.by_ref().skip(first);
    let shown: Vec<Value> = all.by_ref().take(most).collect();
    let mut told = json!({what: shown});
    if all.next().is_some() {
        told["NextToken"] = (first + most).to_string().into();
    }
    Ok(told)
}

/// Asks the stand-in as somebody else does, past the provider.
#[cfg(test)]
async fn ask(sim: &Sim, operation: &'static str, body: Value) -> Value {
    use crate::auth::Environment;
    use crate::auth::aws::{Aws, Chain, ChainSettings, VARIABLES};
    use crate::client::{Http, Setup, Web};

    let value = |name: &str| SETTINGS.iter().find(|(other, _)| *other == name);
    let environment = Environment::taken(&VARIABLES, |name| {
        value(name).map(|(_, value)| (*value).to_owned())
    });
    let setup = Setup {
        carrier: Some(std::sync::Arc::new(sim.clone())),
        ..Setup::default()
    };
    let around = (environment, sim.clock());
    let chain = Chain::new("other", ChainSettings::default(), around, &setup).unwrap();
    let http = Http::with("other", &setup).unwrap();
    let web = Web::new(http, "https://servicediscovery.example").unwrap();
    let web = web.sign(Aws::new(chain.into(), "eu-central-1", "servicediscovery"));
    let name = http::HeaderName::from_static("x-amz-target");
    let target = format!("Route53AutoNaming_v20170314.{operation}");
    let call = web.clock(sim.clock());
    let call = call.post("ask", &[""]).header(name, &target);
    let call = call.body("application/x-amz-json-1.1", body.to_string());
    call.read().await.unwrap()
}

/// All services of the first namespace, with their instances as `Instances`.
#[cfg(test)]
pub(crate) async fn look(sim: &Sim) -> Vec<Value> {
    let zone = sim.store(|store| store.zones[0].id.clone());
    let body = json!({"Filters": [{"Name": "NAMESPACE_ID", "Values": [zone]}]});
    let told = ask(sim, "ListServices", body).await;
    let mut all = told["Services"].as_array().cloned().unwrap();
    for service in &mut all {
        let told = ask(sim, "ListInstances", json!({"ServiceId": service["Id"]})).await;
        service["Instances"] = told["Instances"].clone();
    }
    all
}

/// Asks for a change of the first service of the first namespace.
#[cfg(test)]
pub(crate) async fn call(
    sim: &Sim,
    operation: &'static str,
    body: impl FnOnce(&str) -> Value + Send,
) {
    let all = look(sim).await;
    let body = body(text(&all[0], "Id"));
    ask(sim, operation, body).await;
}

/// A service as `name type TTL policy values description tags`.
#[cfg(test)]
pub(crate) fn line(service: &Value) -> String {
    let record = &service["DnsConfig"]["DnsRecords"][0];
    let mut words = vec![
        text(service, "Name").to_owned(),
        text(record, "Type").to_owned(),
        record["TTL"].to_string(),
        text(&service["DnsConfig"], "RoutingPolicy").to_owned(),
    ];
    for instance in service["Instances"].as_array().unwrap() {
        let attributes = instance["Attributes"].as_object().unwrap().values();
        words.extend(attributes.map(|value| value.as_str().unwrap().to_owned()));
    }
    words.push(text(service, "Description").to_owned());
    for tag in service["Tags"].as_array().into_iter().flatten() {
        words.push(format!("{}={}", text(tag, "Key"), text(tag, "Value")));
    }
    words.join(" ")
}
