//! Traces: what a collector is sent of passes, transfers and updates, and that nothing of queries is.
//!
//! The collector is a stand-in: it takes OTLP over HTTP and reads its protobuf field by field, with no
//! code of those who wrote it. Traces are a feature of the build, so variable `ZONEWRIGHT_TRACES` names
//! a program that has it; `.ci/test` sees to that.

use std::collections::BTreeMap;
use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::routing::post;
use peers::{Key, Options, Program};
use tokio::runtime::Runtime;

use super::site::{Check, PATIENCE, Site, answer, check, start, wait_for_address, wait_for_log};
use super::tool;

pub(super) const TRIALS: &[Check] = &[
    ("traces_that_are_not_in_the_build_are_named", absent),
    ("passes_transfers_and_updates_are_traced", traced),
    ("a_collector_that_is_down_holds_up_nobody", down),
];

fn absent(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let options = Options::new([site.zone("a.test", 1, "")?]).wrapper([
        "env",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1/v1/traces",
    ]);
    let server = start(program, &options)?;
    wait_for_log(&server, "rebuild with --features opentelemetry")
}

fn traced(_: &Program) -> Result<(), String> {
    let Some(program) = with_traces()? else {
        return Ok(());
    };
    let collector = Collector::start()?;
    let (site, key) = (Site::new()?, Key::new("dhcp"));
    site.write("keys", &key.clause())?;
    std::fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    site.write("objects/web.yaml", &service("192.0.2.1"))?;
    let file = |name: &str| site.path(name).display().to_string();
    let endpoint = format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://{}", collector.address);
    let options = Options::new([site.zone("a.test", 1, "")?])
        .arguments([
            format!("--manifests={}", file("objects")),
            "--domain-filter=example.org".to_owned(),
            "--policy=sync".to_owned(),
            format!("--key-file={}", file("keys")),
            format!("--update-policy=grant {} zonesub ANY", key.name),
            format!("--allow-transfer=key:{}", key.name),
        ])
        .wrapper([
            "env",
            &endpoint,
            "OTEL_EXPORTER_OTLP_HEADERS=x-tenant=names",
            "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=trial",
            "OTEL_BSP_SCHEDULE_DELAY=100",
        ]);
    let server = start(&program, &options)?;
    wait_for_address(&server, "web.example.org", "192.0.2.1")?;
    for _ in 0..20 {
        answer(server.address(), "ns.a.test A")?;
        answer(server.address(), "nothing.a.test A +tcp")?;
    }
    let lines = "update add x.a.test 60 A 192.0.2.7\nsend";
    tool::change(&key, server.address(), "a.test", lines)?;
    tool::contents(server.address(), "a.test", Some(&key))?;
    let wanted = [
        "sync pass",
        "list",
        "plan",
        "apply",
        "update",
        "transfer out",
    ];
    let all = || wanted.iter().all(|name| collector.of(name).is_some());
    let came = server.wait_for(PATIENCE, |_| all());
    let spans = collector
        .spans
        .lock()
        .map_err(|error| error.to_string())?
        .clone();
    check(came, || format!("{spans:#?}\n{}", server.log()))?;
    let known = |span: &Span| wanted.contains(&span.name.as_str());
    check(spans.iter().all(known), || {
        format!("of queries: {spans:#?}")
    })?;
    let span = |name: &str| collector.of(name).ok_or_else(|| format!("no span {name}"));
    for (name, key, value) in [
        ("sync pass", "destination", "embedded"),
        ("apply", "destination", "embedded"),
        ("apply", "creates", "1"),
        ("update", "zone", "a.test."),
        ("update", "rcode", "NOERROR"),
        ("update", "key", "dhcp."),
        ("transfer out", "zone", "a.test."),
        ("transfer out", "kind", "whole"),
        ("transfer out", "messages", "1"),
    ] {
        let span = span(name)?;
        let found = span.attributes.get(key).map(String::as_str);
        check(found == Some(value), || format!("{name} {key}: {span:#?}"))?;
        check(span.end >= span.start && span.start > 0, || {
            format!("{span:#?}")
        })?;
    }
    let (pass, apply) = (span("sync pass")?, span("apply")?);
    let within = spans
        .iter()
        .any(|one| one.name == "sync pass" && one.id == apply.parent);
    check(within && pass.parent.is_empty(), || {
        format!("what is applied is not within a pass: {spans:#?}")
    })?;
    for (key, value) in [
        ("service.name", "zonewright"),
        ("deployment.environment.name", "trial"),
    ] {
        let found = apply.resource.get(key).map(String::as_str);
        check(found == Some(value), || format!("{key}: {apply:#?}"))?;
    }
    check(apply.resource.contains_key("service.instance.id"), || {
        format!("{apply:#?}")
    })
}

fn down(_: &Program) -> Result<(), String> {
    let Some(program) = with_traces()? else {
        return Ok(());
    };
    let site = Site::new()?;
    std::fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    site.write("objects/web.yaml", &service("192.0.2.1"))?;
    // A listener that takes no connection, so that nobody is told that there is nothing.
    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let full = full.map_err(|error| error.to_string())?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    full.bind(&any.into()).map_err(|error| error.to_string())?;
    full.listen(0).map_err(|error| error.to_string())?;
    let address = full.local_addr().map_err(|error| error.to_string())?;
    let address = address.as_socket().ok_or("no address")?;
    let _taken = std::net::TcpStream::connect(address);
    let endpoint = format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}");
    let options = Options::new([site.zone("a.test", 1, "")?])
        .arguments([
            format!("--manifests={}", site.path("objects").display()),
            "--domain-filter=example.org".to_owned(),
            "--policy=sync".to_owned(),
        ])
        .wrapper([
            "env",
            &endpoint,
            "OTEL_BSP_SCHEDULE_DELAY=100",
            "OTEL_EXPORTER_OTLP_TIMEOUT=500",
        ]);
    let mut server = start(&program, &options)?;
    wait_for_address(&server, "web.example.org", "192.0.2.1")?;
    wait_for_log(&server, "traces are lost")?;
    site.write("objects/web.yaml", &service("192.0.2.2"))?;
    wait_for_address(&server, "web.example.org", "192.0.2.2")?;
    let begin = Instant::now();
    server
        .signal(peers::Signal::Terminate)
        .map_err(|error| error.to_string())?;
    let status = server.wait(PATIENCE);
    check(status.is_some_and(|status| status.success()), || {
        format!("{status:?} after {:?}\n{}", begin.elapsed(), server.log())
    })
}

/// The program that has traces, if one is named.
fn with_traces() -> Result<Option<Program>, String> {
    let Some(path) = env::var_os("ZONEWRIGHT_TRACES") else {
        return Ok(None);
    };
    let path = std::path::PathBuf::from(path);
    check(path.exists(), || format!("{} is not there", path.display()))?;
    Ok(Some(Program::zonewright(path)))
}

fn service(address: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: default\n  \
         annotations: {{external-dns.kubernetes.io/hostname: web.example.org}}\nspec: {{type: LoadBalancer}}\n\
         status: {{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}\n"
    )
}

/// A span, as it came.
#[derive(Clone, Debug, Default)]
struct Span {
    name: String,
    id: Vec<u8>,
    parent: Vec<u8>,
    start: u64,
    end: u64,
    attributes: BTreeMap<String, String>,
    resource: BTreeMap<String, String>,
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// What takes traces.
struct Collector {
    address: SocketAddr,
    spans: Spans,
    _runtime: Runtime,
}

impl Collector {
    fn start() -> Result<Self, String> {
        let words = |error: std::io::Error| format!("collector: {error}");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(words)?;
        let spans = Spans::default();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&spans));
        let any = (Ipv4Addr::LOCALHOST, 0);
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(any))
            .map_err(words)?;
        let address = listener.local_addr().map_err(words)?;
        let serving = async move { axum::serve(listener, router).await };
        // It ends with the runtime.
        drop(runtime.spawn(serving));
        Ok(Self {
            address,
            spans,
            _runtime: runtime,
        })
    }

    /// The first span of this name.
    fn of(&self, name: &str) -> Option<Span> {
        let spans = self.spans.lock().ok()?;
        spans.iter().find(|span| span.name == name).cloned()
    }
}

/// Takes one export: `ExportTraceServiceRequest { 1: ResourceSpans … }`.
async fn take(State(spans): State<Spans>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it == value);
    if !is(CONTENT_TYPE.as_str(), "application/x-protobuf") || !is("x-tenant", "names") {
        return StatusCode::BAD_REQUEST;
    }
    let Some(came) = export(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    if let Ok(mut spans) = spans.lock() {
        spans.extend(came);
    }
    StatusCode::OK
}

/// `ResourceSpans { 1: Resource { 1: KeyValue … }, 2: ScopeSpans { 2: Span … } … }`
fn export(body: &[u8]) -> Option<Vec<Span>> {
    let mut all = Vec::new();
    for (_, resource_spans) in fields(body)? {
        let (mut resource, mut spans) = (BTreeMap::new(), Vec::new());
        for (number, part) in fields(resource_spans.bytes()?)? {
            match number {
                1 => {
                    for (_, pair) in fields(part.bytes()?)?.into_iter().filter(|(n, _)| *n == 1) {
                        resource.extend(pair_of(pair.bytes()?));
                    }
                }
                2 => {
                    for (_, one) in fields(part.bytes()?)?.into_iter().filter(|(n, _)| *n == 2) {
                        spans.push(span_of(one.bytes()?)?);
                    }
                }
                _ => {}
            }
        }
        all.extend(spans.into_iter().map(|span| Span {
            resource: resource.clone(),
            ..span
        }));
    }
    Some(all)
}

/// `Span { 2: id, 4: parent, 5: name, 7: start, 8: end, 9: KeyValue … }`
fn span_of(body: &[u8]) -> Option<Span> {
    let mut span = Span::default();
    for (number, field) in fields(body)? {
        match (number, field) {
            (2, Field::Bytes(id)) => span.id = id.to_vec(),
            (4, Field::Bytes(id)) => span.parent = id.to_vec(),
            (5, Field::Bytes(name)) => span.name = String::from_utf8(name.to_vec()).ok()?,
            (7, Field::Number(time)) => span.start = time,
            (8, Field::Number(time)) => span.end = time,
            (9, Field::Bytes(pair)) => span.attributes.extend(pair_of(pair)),
            _ => {}
        }
    }
    Some(span)
}

/// `KeyValue { 1: key, 2: AnyValue { 1: text, 2: bool, 3: int } }`, the value as text.
fn pair_of(body: &[u8]) -> Option<(String, String)> {
    let (mut key, mut value) = (None, None);
    for (number, field) in fields(body)? {
        match number {
            1 => key = String::from_utf8(field.bytes()?.to_vec()).ok(),
            2 => {
                value = fields(field.bytes()?)?
                    .pop()
                    .and_then(|(_, field)| match field {
                        Field::Bytes(text) => String::from_utf8(text.to_vec()).ok(),
                        Field::Number(number) => Some(number.to_string()),
                    });
            }
            _ => {}
        }
    }
    Some((key?, value?))
}

/// A field of a message of protobuf.
#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Bytes(&'a [u8]),
    Number(u64),
}

impl<'a> Field<'a> {
    fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Number(_) => None,
        }
    }
}

/// The fields of a message, with their numbers.
fn fields(mut rest: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut rest)?),
            1 => {
                let (number, after) = rest.split_first_chunk::<8>()?;
                rest = after;
                Field::Number(u64::from_le_bytes(*number))
            }
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                Field::Bytes(bytes)
            }
            5 => {
                let (number, after) = rest.split_first_chunk::<4>()?;
                rest = after;
                Field::Number(u32::from_le_bytes(*number).into())
            }
            _ => return None,
        };
        fields.push((tag >> 3, field));
    }
    Some(fields)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
