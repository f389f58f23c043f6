//! What the suite makes providers send, beside the descriptions of their vendors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::json;

use super::Description;
use super::tap::{Tap, Tapped};
use crate::sim::Request;
use crate::suite::{Case, Group, Hosted, What, cases, run};

fn request(method: &str, url: &str, body: &str) -> Request {
    let mut request = Request::new(Bytes::copy_from_slice(body.as_bytes()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = url.parse().unwrap();
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert("content-type", json);
    request
}

#[test]
fn what_is_not_as_described_is_told() {
    let zone = json!({"swagger": "2.0", "basePath": "/v1", "paths": {
        "/zones/{zone}": {"parameters": [{"name": "zone", "in": "path", "type": "string"}], "patch": {
            "operationId": "patch",
            "parameters": [
                {"name": "short", "in": "query", "type": "boolean"},
                {"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Zone"}},
            ],
        }},
    }, "definitions": {"Zone": {"required": ["name"], "properties": {
        "name": {"type": "string", "enum": ["a", "b"]},
        "ttl": {"type": "integer", "minimum": 1},
        "hosts": {"type": "array", "items": {"type": "string"}},
    }}}});
    let described = Description::read(&zone.to_string()).unwrap();
    for (method, path, body, wrong) in [
        (
            "PATCH",
            "/v1/zones/x?short=true",
            r#"{"name":"a","ttl":5,"hosts":["x"]}"#,
            "",
        ),
        ("GET", "/v1/zones/x", "", "no such operation"),
        ("PATCH", "/v1/zones/", "{}", "no such operation"),
        (
            "PATCH",
            "/v1/zones/x?long=1",
            r#"{"name":"a"}"#,
            "no parameter \"long\"",
        ),
        (
            "PATCH",
            "/v1/zones/x?short=1",
            r#"{"name":"a"}"#,
            "is no truth",
        ),
        ("PATCH", "/v1/zones/x", "", "body: it is required"),
        ("PATCH", "/v1/zones/x", "{}", "\"name\" is required"),
        ("PATCH", "/v1/zones/x", r#"{"name":"c"}"#, "is no value of"),
        (
            "PATCH",
            "/v1/zones/x",
            r#"{"name":"a","ttl":0}"#,
            ".ttl a number, 0, is not within",
        ),
        (
            "PATCH",
            "/v1/zones/x",
            r#"{"name":"a","ttl":"5"}"#,
            "is no number",
        ),
        (
            "PATCH",
            "/v1/zones/x",
            r#"{"name":"a","hosts":[1]}"#,
            ".hosts [0] 1 is no text",
        ),
        (
            "PATCH",
            "/v1/zones/x",
            r#"{"name":"a","more":1}"#,
            "no member \"more\"",
        ),
    ] {
        judge(
            &described,
            &request(method, &format!("http://h{path}"), body),
            wrong,
        );
    }
    let xml = r#"{"metadata": {"protocol": "rest-xml"}, "operations": {"Change": {
        "http": {"method": "POST", "requestUri": "/z/{Id}"},
        "input": {"shape": "In", "locationName": "In", "xmlNamespace": {"uri": "u:x"}}
    }}, "shapes": {
        "In": {"type": "structure", "required": ["Zone", "Name"], "members": {
            "Zone": {"shape": "Id", "location": "uri", "locationName": "Id"},
            "Name": {"shape": "Name"}, "All": {"shape": "All"}
        }},
        "Id": {"type": "string", "max": 2}, "Name": {"type": "string"}, "TTL": {"type": "long"},
        "All": {"type": "list", "max": 2, "member": {"shape": "TTL", "locationName": "One"}}
    }}"#;
    let described = Description::read(xml).unwrap();
    for (path, body, wrong) in [
        (
            "/z/ab",
            "<In xmlns=\"u:x\"><Name>n</Name><All><One>1</One></All></In>",
            "",
        ),
        (
            "/z/abc",
            "<In xmlns=\"u:x\"><Name>n</Name></In>",
            "path, Id: the length of a text, 3,",
        ),
        (
            "/z/a",
            "<In><Name>n</Name></In>",
            "it begins with \"In\" of \"\"",
        ),
        (
            "/z/a",
            "<In xmlns=\"u:x\"><All/><Name>n</Name></In>",
            "<Name> in a wrong place",
        ),
        (
            "/z/a",
            "<In xmlns=\"u:x\"><All/></In>",
            "\"Name\" is required",
        ),
        (
            "/z/a",
            "<In xmlns=\"u:x\"><Name>n</Name><All><Two/></All></In>",
            "<Two> for <One>",
        ),
        (
            "/z/a",
            "<In xmlns=\"u:x\"><Name>n</Name><All><One>x</One></All></In>",
            "is no number",
        ),
    ] {
        judge(
            &described,
            &request("POST", &format!("http://h{path}"), body),
            wrong,
        );
    }
}

fn judge(described: &Description, request: &Request, wrong: &str) {
    let told = described.check(request).err().unwrap_or_default();
    let is_told = !wrong.is_empty() && told.contains(wrong);
    assert!(
        is_told || (wrong.is_empty() && told.is_empty()),
        "{request:?}: {told}"
    );
}

/// A vendor's description, the host that it is of, and what has to be asked there.
struct Row {
    description: &'static str,
    subject: Hosted,
    host: &'static str,
    asks: &'static [&'static str],
    /// What only this one takes.
    more: &'static [&'static str],
    /// What is not as described, where the description contradicts itself.
    waived: &'static [&'static str],
}

fn rows() -> Vec<Row> {
    vec![
        #[cfg(feature = "aws")]
        Row {
            description: "route53",
            subject: crate::aws::sim::SUBJECT,
            host: "route53.amazonaws.com",
            asks: &[
                "ChangeResourceRecordSets",
                "ListHostedZones",
                "ListResourceRecordSets",
            ],
            more: ROUTES,
            waived: &[],
        },
        #[cfg(feature = "google")]
        Row {
            description: "google-dns",
            subject: crate::google::sim::SUBJECT,
            host: "dns.googleapis.com",
            asks: &[
                "dns.changes.create",
                "dns.managedZones.list",
                "dns.resourceRecordSets.list",
            ],
            more: &[],
            waived: &[],
        },
        #[cfg(feature = "pdns")]
        Row {
            description: "pdns",
            subject: crate::pdns::sim::SUBJECT,
            host: "pdns.example",
            asks: &["listZone", "listZones", "patchZone"],
            more: &[],
            // In words: it must not be there where all is deleted.
            waived: &["\"ttl\" is required", "\"records\" is required"],
        },
    ]
}

/// What Route 53 answers by.
#[cfg(feature = "aws")]
const ROUTES: &[&str] = &[
    "a A 192.0.2.1 ;; set=x aws/weight=10 aws/health-check-id=h-1\na A 192.0.2.2 ;; set=y aws/weight=0",
    "a A 192.0.2.1 ;; set=x aws/region=eu-central-1",
    "a A 192.0.2.1 ;; set=x aws/failover=PRIMARY\na A 192.0.2.2 ;; set=y aws/failover=SECONDARY",
    "a A 192.0.2.1 ;; set=x aws/geolocation-continent-code=EU\n\
     a A 192.0.2.2 ;; set=y aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY",
    "a A 192.0.2.1 ;; set=x aws/geoproximity-coordinates=50.1,-8.6 aws/geoproximity-bias=-10\n\
     a A 192.0.2.2 ;; set=y aws/geoproximity-region=eu-west-1",
    "a A 192.0.2.1 ;; set=x aws/multi-value-answer=true",
    "a CNAME my.eu-central-1.elb.amazonaws.com",
];

#[tokio::test(start_paused = true)]
async fn requests_are_those_that_vendors_describe() {
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        let Some(described) = Description::find(row.description) else {
            continue;
        };
        let tap: Arc<Tap> = Arc::default();
        let subject = Tapped {
            subject: row.subject,
            tap: Arc::clone(&tap),
        };
        let mut some = cases(1);
        some.retain(|case| case.group <= Group::Names && matches!(case.what, What::States(_)));
        for states in row.more {
            some.push(Case::new(Group::Types, "routes", &[states, ""]));
        }
        // What becomes of it is judged elsewhere.
        let _table = run(&some, &[&subject]).await;
        let (mut seen, mut asked) = (BTreeSet::new(), BTreeSet::new());
        for request in tap.requests() {
            let key = (
                request.method().to_string(),
                request.uri().to_string(),
                request.body().clone(),
            );
            if request.uri().host() != Some(row.host) || !seen.insert(key) {
                continue;
            }
            match described.check(&request) {
                Ok(operation) => {
                    asked.insert(operation.to_owned());
                }
                Err(told) if row.waived.iter().any(|waived| told.ends_with(waived)) => {
                    asked.extend(row.asks.last().map(|name| (*name).to_owned()));
                }
                Err(told) => {
                    let told = told.chars().take(300).collect::<String>();
                    *wrong
                        .entry(format!("{}: {told}", row.description))
                        .or_default() += 1;
                }
            }
        }
        let missing = row.asks.iter().find(|name| !asked.contains(**name));
        assert_eq!(missing, None, "{}: {asked:?}, {wrong:?}", row.description);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
