//! The registry before a table that reads the statements word for word, and what is
//! read before moto, which knows no statements with parameters.

use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use plan::registry::TxtOptions;
use plan::{Applied, ChangeSet, Update};

use super::*;
use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::inmemory::InMemory;
use crate::moto::Moto;
use crate::suite::described::Description;
use crate::trial::Given;

fn a(name: &str, address: &str) -> Endpoint {
    let mut endpoint = Endpoint::new(name, Rtype::A, [address]);
    endpoint.labels.set(Labels::OWNER, "me");
    endpoint.labels.set(Labels::RESOURCE, "service/default/web");
    endpoint
}

fn texts() -> TxtRegistry {
    let options = TxtOptions {
        owner: "me".into(),
        managed: vec![Rtype::A],
        ..TxtOptions::default()
    };
    TxtRegistry::new(options).unwrap()
}

/// The registry over a provider in memory, with what is there.
async fn registry(settings: &[(&str, &str)], there: Vec<Endpoint>) -> Box<dyn DynProvider> {
    let memory = InMemory::new(["example.org"]);
    let create = there;
    let change = ChangeSet {
        create,
        ..ChangeSet::default()
    };
    if !change.is_empty() {
        plan::Provider::apply(&memory, &change).await.unwrap();
    }
    let given = Given::new(settings);
    let setup = given.setup();
    open(&setup, Box::new(memory), ("me", Some(texts()))).unwrap()
}

fn created(all: &[Endpoint]) -> ChangeSet {
    ChangeSet {
        create: all.to_vec(),
        ..ChangeSet::default()
    }
}

/// Records with their owners, in order.
async fn owned(registry: &dyn DynProvider) -> Vec<String> {
    let all = registry.records().await.unwrap();
    let lines = all.iter().map(|it| {
        let owner = it.labels.value(Labels::OWNER).unwrap_or("-");
        format!("{} {} {owner}", it.name, it.rtype)
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

fn refused(applied: &Applied) -> Vec<String> {
    let lines = applied
        .refused
        .iter()
        .map(|(_, error)| error.message.clone());
    lines.collect()
}

/// A table, as it answers.
#[derive(Clone, Default)]
struct Items(Arc<Mutex<BTreeMap<String, Item>>>);

/// The owner, the labels, and what is claimed.
type Item = (String, Value, Option<Value>);

impl Items {
    fn put(&self, key: &str, owner: &str, labels: Value) {
        let mut items = self.0.lock().unwrap();
        items.insert(key.to_owned(), (owner.to_owned(), labels, None));
    }

    /// `key owner labels` of each item, and what is claimed.
    fn lines(&self) -> Vec<String> {
        let items = self.0.lock().unwrap();
        let lines = items.iter().map(|(key, (owner, labels, claimed))| {
            let claimed = claimed.as_ref().filter(|it| **it != json!({"L": []}));
            let claimed = claimed.map_or_else(String::new, |it| format!(" {it}"));
            format!("{key} {owner} {labels}{claimed}")
        });
        lines.collect()
    }

    fn answer(&self, seen: &Seen) -> Reply {
        static DESCRIBED: OnceLock<Option<Description>> = OnceLock::new();
        if let Some(described) = DESCRIBED.get_or_init(|| Description::find(NAME)) {
            described.check(&request(seen)).unwrap();
        }
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(seen.header("content-type"), "application/x-amz-json-1.0");
        match seen.header("x-amz-target").rsplit('.').next().unwrap() {
            "DescribeTable" => described(&json!([{"AttributeName": "k", "KeyType": "HASH"}])),
            "Scan" => self.scan(&body),
            "BatchExecuteStatement" => {
                let statements = body["Statements"].as_array().unwrap();
                assert!(statements.len() <= 25);
                let told = statements.iter().map(|statement| self.execute(statement));
                reply(
                    200,
                    json!({"Responses": told.collect::<Vec<_>>()}).to_string(),
                )
            }
            other => panic!("{other} is not asked for"),
        }
    }

    /// Two items a page.
    fn scan(&self, body: &Value) -> Reply {
        assert_eq!(body["FilterExpression"], "o = :ownerval");
        assert_eq!(body["ConsistentRead"], true);
        let owner = body["ExpressionAttributeValues"][":ownerval"]["S"]
            .as_str()
            .unwrap();
        let from = body["ExclusiveStartKey"]["k"]["S"]
            .as_str()
            .unwrap_or_default();
        let items = self.0.lock().unwrap();
        let mut rest = items
            .iter()
            .filter(|(key, _)| key.as_str() > from)
            .peekable();
        let page: Vec<_> = rest.by_ref().take(2).collect();
        let ours = page.iter().filter(|(_, (other, ..))| other == owner);
        let ours = ours.map(|(key, (_, labels, claimed))| {
            let mut item = json!({"k": {"S": key}, "l": labels});
            item["claimed"] = claimed.clone().unwrap_or_default();
            item
        });
        let mut told = json!({"Items": ours.collect::<Vec<_>>()});
        if let (Some(_), Some((last, _))) = (rest.peek(), page.last()) {
            told["LastEvaluatedKey"] = json!({"k": {"S": last}});
        }
        reply(200, told.to_string())
    }

    fn execute(&self, statement: &Value) -> Value {
        let words = statement["Statement"].as_str().unwrap();
        let parameters = statement["Parameters"].as_array().unwrap();
        let text = |at: usize| parameters[at]["S"].as_str().unwrap().to_owned();
        let fault = |code: &str| json!({"Error": {"Code": code, "Message": "no"}});
        let mut items = self.0.lock().unwrap();
        match words {
            "INSERT INTO \"t\" VALUE {'k':?, 'o':?, 'l':?, 'claimed':?}" => {
                assert_eq!(statement["ConsistentRead"], true);
                if items.contains_key(&text(0)) {
                    return fault("DuplicateItem");
                }
                let (labels, claimed) = (parameters[2].clone(), parameters[3].clone());
                items.insert(text(0), (text(1), labels, Some(claimed)));
            }
            "UPDATE \"t\" SET \"l\"=? SET \"claimed\"=? WHERE \"k\"=? AND \"o\"=?" => {
                match items.get_mut(&text(2)) {
                    Some(item) if item.0 == text(3) => {
                        item.1 = parameters[0].clone();
                        item.2 = Some(parameters[1].clone());
                    }
                    _ => return fault("ConditionalCheckFailed"),
                }
            }
            "DELETE FROM \"t\" WHERE \"k\"=? AND \"o\"=?" => {
                if items
                    .get(&text(0))
                    .is_none_or(|(owner, ..)| *owner != text(1))
                {
                    return fault("ConditionalCheckFailed");
                }
                items.remove(&text(0));
            }
            other => panic!("{other} is no statement of ours"),
        }
        json!({"TableName": "t"})
    }
}

/// What was seen, as a request.
fn request(seen: &Seen) -> crate::sim::Request {
    let request = http::Request::post(format!("http://h{}", seen.target));
    let request = ["x-amz-target", "content-type"]
        .into_iter()
        .fold(request, |request, name| {
            request.header(name, seen.header(name))
        });
    request.body(seen.body.clone().into()).unwrap()
}

#[tokio::test]
async fn labels_come_change_and_go_with_their_records() {
    let table = Items::default();
    let kept = json!({"M": {"resource": {"S": "service/default/old"}}});
    table.put("old.example.org#A#", "me", kept.clone());
    table.put("taken.example.org#A#", "other", kept);
    let inner = table.clone();
    let stub = Stub::start(move |seen: &Seen| inner.answer(seen)).await;
    let old = a("old.example.org", "192.0.2.1");
    let foreign = a("foreign.example.org", "192.0.2.9");
    let registry = before(&stub, vec![old.clone(), foreign]).await;
    let both = ["foreign.example.org A -", "old.example.org A me"];
    assert_eq!(owned(&*registry).await, both);

    // More than a batch, and one that another owner has.
    let mut all: Vec<Endpoint> = (0..30)
        .map(|at| a(&format!("n{at}.example.org"), "192.0.2.1"))
        .collect();
    all.push(a("taken.example.org", "192.0.2.1"));
    let applied = registry.apply(&created(&all)).await.unwrap();
    assert_eq!(
        refused(&applied),
        ["taken.example.org A belongs to \"another owner\" in the registry \"dynamodb\""]
    );
    let there = table.lines();
    assert_eq!(there.len(), 32);
    assert_eq!(
        there[0],
        r#"n0.example.org#A# me {"M":{"resource":{"S":"service/default/web"}}}"#
    );

    // Other labels, and records that go.
    let old = registry.records().await.unwrap();
    let old = old
        .iter()
        .find(|it| &*it.name == "old.example.org")
        .unwrap()
        .clone();
    let mut new = old.clone();
    new.labels.set(Labels::RESOURCE, "service/default/new");
    new.targets = vec!["192.0.2.2".into()];
    let change = ChangeSet {
        update: vec![Update { old, new }],
        delete: all[..30].to_vec(),
        ..ChangeSet::default()
    };
    let applied = registry.apply(&change).await.unwrap();
    assert_eq!(refused(&applied), [""; 0]);
    assert_eq!(
        table.lines(),
        [
            r#"old.example.org#A# me {"M":{"resource":{"S":"service/default/new"}}}"#,
            r#"taken.example.org#A# other {"M":{"resource":{"S":"service/default/old"}}}"#,
        ]
    );
    registry.forget();
    assert_eq!(owned(&*registry).await, both);
}

#[tokio::test]
async fn a_row_whose_record_was_not_made_makes_no_strangers_record_ours() {
    let table = Items::default();
    let inner = table.clone();
    let stub = Stub::start(move |seen: &Seen| inner.answer(seen)).await;
    let there = vec![a("x.example.org", "192.0.2.9")];
    // A process before us has claimed it, and could not make it.
    let labels = json!({"M": {"resource": {"S": "service/default/web"}}});
    table.put("x.example.org#A#", "me", labels);
    for (claimed, line) in [
        ("192.0.2.1", "x.example.org A -"),
        ("192.0.2.9", "x.example.org A me"),
    ] {
        let list = json!({"L": [{"S": claimed}]});
        table
            .0
            .lock()
            .unwrap()
            .get_mut("x.example.org#A#")
            .unwrap()
            .2 = Some(list);
        let registry = before(&stub, there.clone()).await;
        assert_eq!(owned(&*registry).await, [line]);
    }
    // It goes while it is being made: the row stays, and says so.
    table.0.lock().unwrap().clear();
    let registry = before(&stub, there.clone()).await;
    registry.records().await.unwrap();
    let new = a("x.example.org", "192.0.2.1");
    registry.apply(&created(&[new])).await.unwrap_err();
    assert_eq!(
        table.lines(),
        [
            r#"x.example.org#A# me {"M":{"resource":{"S":"service/default/web"}}} {"L":[{"S":"192.0.2.1"}]}"#
        ]
    );
    assert_eq!(owned(&*registry).await, ["x.example.org A -"]);
}

#[tokio::test]
async fn what_ownership_texts_tell_is_taken_over() {
    let table = Items::default();
    let inner = table.clone();
    let stub = Stub::start(move |seen: &Seen| inner.answer(seen)).await;
    let text = |owner: &str| {
        format!(
            "\"heritage=external-dns,external-dns/owner={owner},external-dns/resource=ingress/x/y\""
        )
    };
    let there = vec![
        a("mine.example.org", "192.0.2.1"),
        Endpoint::new("a-mine.example.org", Rtype::TXT, [text("me")]),
        a("theirs.example.org", "192.0.2.2"),
        Endpoint::new("a-theirs.example.org", Rtype::TXT, [text("other")]),
    ];
    let registry = before(&stub, there).await;
    let all = registry.records().await.unwrap();
    let mine = all
        .iter()
        .find(|it| &*it.name == "mine.example.org")
        .unwrap();
    assert_eq!(
        mine.properties.value("dynamodb/needs-migration"),
        Some("true")
    );
    let mut new = mine.clone();
    new.properties.remove(ADOPT);
    let change = ChangeSet {
        update: vec![Update {
            old: mine.clone(),
            new,
        }],
        ..ChangeSet::default()
    };
    registry.apply(&change).await.unwrap();
    assert_eq!(
        table.lines(),
        [r#"mine.example.org#A# me {"M":{"resource":{"S":"ingress/x/y"}}}"#]
    );
    registry.forget();
    // The text is of no more use, and goes where texts are managed.
    assert_eq!(
        owned(&*registry).await,
        [
            "a-mine.example.org TXT me",
            "a-theirs.example.org TXT -",
            "mine.example.org A me",
            "theirs.example.org A other",
        ]
    );
}

#[tokio::test]
async fn a_table_of_moto_is_read() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let table = json!({
        "TableName": "t",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    moto.ask(NAME, "DynamoDB_20120810.CreateTable", &table)
        .await;
    let long = "x".repeat(200_000);
    let mut there = Vec::new();
    // More than a megabyte, which is a page.
    for at in 0..8 {
        let name = format!("n{at}.example.org");
        let owner = if at % 2 == 0 { "me" } else { "other" };
        let labels = json!({"M": {"resource": {"S": long}}});
        let item = json!({"k": {"S": format!("{name}#A#")}, "o": {"S": owner}, "l": labels});
        let body = json!({"TableName": "t", "Item": item});
        moto.ask(NAME, "DynamoDB_20120810.PutItem", &body).await;
        there.push(a(&name, "192.0.2.1"));
    }
    let settings = [
        &moto.settings()[..],
        &[("dynamodb-table", "t"), ("aws-api-retries", "3")],
    ];
    let registry = registry(&settings.concat(), there).await;
    let expected = [
        "n0 me", "n1 -", "n2 me", "n3 -", "n4 me", "n5 -", "n6 me", "n7 -",
    ];
    let expected = expected.map(|line| line.replace(' ', ".example.org A "));
    assert_eq!(owned(&*registry).await, expected);
}

/// What is answered to each operation.
async fn stub(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Stub {
    Stub::start(move |seen: &Seen| answer(seen.header("x-amz-target").rsplit('.').next().unwrap()))
        .await
}

async fn before(stub: &Stub, there: Vec<Endpoint>) -> Box<dyn DynProvider> {
    let settings = [
        ("AWS_ENDPOINT_URL", stub.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("dynamodb-region", "eu-west-1"),
        ("dynamodb-table", "t"),
        ("aws-api-retries", "1"),
    ];
    registry(&settings, there).await
}

fn described(keys: &Value) -> Reply {
    let attributes = json!([{"AttributeName": "k", "AttributeType": "S"}]);
    let table = json!({"Table": {"AttributeDefinitions": attributes, "KeySchema": keys}});
    reply(200, table.to_string())
}

#[tokio::test]
async fn a_table_that_cannot_be_used_is_told_and_nothing_is_written() {
    let missing = json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no"});
    let denied =
        json!({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not you"});
    let range = json!([{"AttributeName": "k"}, {"AttributeName": "r"}]);
    let cases = [
        (
            reply(400, missing.to_string()),
            ErrorKind::Config,
            "--dynamodb-table",
        ),
        (
            reply(400, denied.to_string()),
            ErrorKind::Auth,
            "dynamodb:DescribeTable",
        ),
        (described(&range), ErrorKind::Config, "no range key"),
        (
            described(&json!([{"AttributeName": "x"}])),
            ErrorKind::Config,
            "the hash key \"k\"",
        ),
    ];
    for (answer, kind, said) in cases {
        let answer = Arc::new(answer);
        let stub = stub(move |_| Reply::clone(&answer)).await;
        let registry = before(&stub, Vec::new()).await;
        let error = registry.records().await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(said), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[tokio::test]
async fn a_statement_that_fails_keeps_the_record_from_being_made() {
    let stub = stub(|operation| match operation {
        "DescribeTable" => described(&json!([{"AttributeName": "k"}])),
        "Scan" => reply(200, r#"{"Items": [], "Count": 0}"#),
        _ => reply(
            200,
            r#"{"Responses": [{"Error": {"Code": "ThrottlingError", "Message": "slow"}}]}"#,
        ),
    })
    .await;
    let registry = before(&stub, Vec::new()).await;
    registry.records().await.unwrap();
    let error = registry
        .apply(&created(&[a("a.example.org", "192.0.2.1")]))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(registry.records().await.unwrap().is_empty());
}

#[test]
fn keys_are_those_of_external_dns() {
    assert_eq!(
        key("*.a.example.org", Rtype::CNAME, "x#y"),
        "*.a.example.org#CNAME#x#y"
    );
    let answer = Answer {
        status: StatusCode::BAD_REQUEST,
        headers: HeaderMap::new(),
        body: Bytes::from_static(br#"{"__type":"x#ExpiredTokenException","message":"old"}"#),
    };
    let refusal = judge(&answer).unwrap();
    assert!(refusal.renew && refusal.kind == ErrorKind::Auth);
}
