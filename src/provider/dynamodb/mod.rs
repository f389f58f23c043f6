//! Labels of records in a table of DynamoDB, laid out as external-dns does.
//!
//! ```text
//! k (key)                        o       l                                      claimed
//! "www.example.org#A#"           "me"    {"resource": "service/default/web"}    ["192.0.2.1"]
//! ```
//!
//! The table is of several owners; a key is of whoever has inserted it. The last attribute is ours:
//! what a record holds that is about to be made or taken away, and nothing once that is done. external-dns
//! neither reads nor changes it; that it goes costs a statement for each record that is made. Permissions needed are those
//! that external-dns needs: to describe and scan the table, and to insert, update and delete by
//! statements.

use std::collections::BTreeMap;

use plan::registry::{KeptLabels, TxtRegistry};
use plan::{
    DynProvider, Endpoint, ErrorKind, KeptChange, KeptRecord, LabelStore, Labels, ProviderError,
    Settled,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use wire::Rtype;

use crate::amazon::{self, Rpc, Service};
use crate::client::{Answer, Limit, Refusal};
use crate::layer::Kept;
use crate::open::{Setup, SetupError};

#[cfg(test)]
mod tests;

/// A provider whose records have their labels in the table that the settings name.
pub(crate) fn open(
    setup: &Setup<'_>,
    inner: Box<dyn DynProvider>,
    (owner, texts): (&str, Option<TxtRegistry>),
) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let region = options.text("dynamodb-region").map(str::to_owned);
    let provider = inner.name();
    let table = options.text("dynamodb-table");
    let missing = || SetupError::setting(provider, "no table is named; set --dynamodb-table");
    let table = Table {
        rpc: Rpc::new(provider, setup, (SERVICE, judge), region)?,
        name: table.ok_or_else(missing)?.to_owned(),
        owner: owner.to_owned(),
        described: OnceCell::new(),
    };
    let labels = KeptLabels::new(owner, ADOPT, texts);
    Ok(Box::new(Kept::new(inner, table, labels)))
}

/// The property that has records updated whose labels come from TXT, as external-dns calls it.
const ADOPT: &str = "dynamodb/needs-migration";

/// The table, for one owner.
#[derive(Debug)]
struct Table {
    rpc: Rpc,
    name: String,
    owner: String,
    /// That it is laid out as it has to be.
    described: OnceCell<()>,
}

impl LabelStore for Table {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn load(&self) -> Result<Vec<KeptRecord>, ProviderError> {
        let described = self.described.get_or_try_init(|| self.describe());
        described.await?;
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let mut body = json!({
                "TableName": self.name,
                "FilterExpression": "o = :ownerval",
                "ExpressionAttributeValues": {":ownerval": text(&self.owner)},
                "ProjectionExpression": "k,l,claimed",
                "ConsistentRead": true,
            });
            if let (Value::Object(body), Some(from)) = (&mut body, from.take()) {
                body.insert("ExclusiveStartKey".to_owned(), from);
            }
            let page: Page = self.rpc.ask(SCAN, &body).await?;
            for item in page.items {
                all.push(self.kept(&item)?);
            }
            match page.last {
                Some(last) => from = Some(last),
                None => return Ok(all),
            }
        }
    }

    async fn claim(&self, claims: &[KeptChange]) -> Result<Vec<(usize, Box<str>)>, ProviderError> {
        let statements = claims.iter().map(|claim| match &claim.kept {
            None => self.insert(&claim.endpoint),
            Some(kept) => self.update(kept, (&claim.endpoint, &claim.endpoint.targets)),
        });
        let statements: Vec<Value> = statements.collect();
        let mut taken = Vec::new();
        for (place, fault) in self.execute(&statements).await?.into_iter().enumerate() {
            match fault {
                None => {}
                // Whose it is may not be asked: the permissions of external-dns do not say so.
                Some(fault) if fault.code == "DuplicateItem" || fault.is_unmet() => {
                    taken.push((place, "another owner".into()));
                }
                Some(fault) => return Err(self.fault(&fault)),
            }
        }
        Ok(taken)
    }

    async fn settle(&self, settled: &Settled) -> Result<(), ProviderError> {
        let made = settled.created.iter().chain(&settled.updated);
        // All of them are claimed. What was kept before that, and is the same, needs nothing more.
        let kept = made.filter_map(|made| Some((&made.endpoint, made.kept.as_ref()?)));
        let kept = kept.filter(|(endpoint, kept)| {
            kept.claimed.is_some() || map(&endpoint.labels) != map(&kept.labels)
        });
        let kept = kept.map(|(endpoint, kept)| self.update(kept, (endpoint, &[])));
        let mut statements: Vec<Value> = kept.collect();
        let writes = statements.len();
        let gone = settled.deleted.iter().filter_map(|gone| gone.kept.as_ref());
        statements.extend(
            gone.chain(&settled.orphans)
                .map(|kept| self.delete(&key_of(kept))),
        );
        for (place, fault) in self.execute(&statements).await?.into_iter().enumerate() {
            let Some(fault) = fault else { continue };
            // What is gone already, or somebody else's, is no longer ours to take away.
            if place < writes || !fault.is_unmet() {
                return Err(self.fault(&fault));
            }
        }
        Ok(())
    }

    async fn refuse(&self, claims: &[KeptChange], _: &ProviderError) -> Result<(), ProviderError> {
        let keys = claims.iter().map(|claim| match &claim.kept {
            Some(kept) => key_of(kept),
            None => key_of_new(&claim.endpoint),
        });
        let statements: Vec<Value> = keys.map(|key| self.delete(&key)).collect();
        let faults = self.execute(&statements).await?.into_iter().flatten();
        match faults.into_iter().find(|fault| !fault.is_unmet()) {
            Some(fault) => Err(self.fault(&fault)),
            None => Ok(()),
        }
    }
}

impl Table {
    /// Whether the table is laid out as it has to be.
    async fn describe(&self) -> Result<(), ProviderError> {
        let body = json!({"TableName": self.name});
        let told: Described = self.rpc.ask(DESCRIBE, &body).await?;
        let name = &self.name;
        let wrong = |what: &str| {
            let message = format!("table \"{name}\" {what}");
            Err(self.rpc.error(ErrorKind::Config, DESCRIBE, message))
        };
        let mut definitions = told.table.attribute_definitions.iter();
        let key = definitions.find(|it| it.attribute_name == "k");
        if key.is_none_or(|key| key.attribute_type != "S") {
            return wrong("needs an attribute \"k\" of type \"S\"");
        }
        match &told.table.key_schema[..] {
            [key] if key.attribute_name == "k" => Ok(()),
            _ => wrong("needs the hash key \"k\", and no range key"),
        }
    }

    /// What an item says.
    fn kept(&self, item: &Value) -> Result<KeptRecord, ProviderError> {
        let key = item
            .pointer("/k/S")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut parts = key.splitn(3, '#');
        let parts = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(rtype), Some(set)) = parts else {
            return Err(self.odd(key));
        };
        let rtype = Rtype::from_text(rtype.as_bytes()).ok_or_else(|| self.odd(key))?;
        let mut labels = Labels::default();
        let map = item.pointer("/l/M").and_then(Value::as_object);
        for (label, value) in map.into_iter().flatten() {
            labels.set(
                label,
                value
                    .pointer("/S")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
            );
        }
        labels.set(Labels::OWNER, &self.owner);
        let claimed = item.pointer("/claimed/L").and_then(Value::as_array);
        let claimed = claimed.into_iter().flatten();
        let claimed = claimed.filter_map(|target| target.pointer("/S")?.as_str());
        let claimed: Vec<Box<str>> = claimed.map(Into::into).collect();
        Ok(KeptRecord {
            name: name.into(),
            rtype,
            set_identifier: set.into(),
            labels,
            claimed: Some(claimed).filter(|claimed| !claimed.is_empty()),
        })
    }

    fn odd(&self, key: &str) -> ProviderError {
        let message = format!(
            "key \"{key}\" of table \"{}\" is not one of a record; expected NAME#TYPE#SET",
            self.name
        );
        self.rpc.error(ErrorKind::Config, SCAN, message)
    }

    fn insert(&self, endpoint: &Endpoint) -> Value {
        let key = key_of_new(endpoint);
        let (labels, claimed) = (map(&endpoint.labels), list(&endpoint.targets));
        let fields = "{'k':?, 'o':?, 'l':?, 'claimed':?}";
        json!({
            "Statement": format!("INSERT INTO \"{}\" VALUE {fields}", self.name),
            "ConsistentRead": true,
            "Parameters": [text(&key), text(&self.owner), labels, claimed],
        })
    }

    /// Changes what is kept, if it is still ours: the labels, and what the record is to hold.
    fn update(&self, kept: &KeptRecord, (new, claimed): (&Endpoint, &[Box<str>])) -> Value {
        let change = "SET \"l\"=? SET \"claimed\"=? WHERE \"k\"=? AND \"o\"=?";
        let (labels, claimed, key) = (map(&new.labels), list(claimed), text(&key_of(kept)));
        json!({
            "Statement": format!("UPDATE \"{}\" {change}", self.name),
            "Parameters": [labels, claimed, key, text(&self.owner)],
        })
    }

    fn delete(&self, key: &str) -> Value {
        json!({
            "Statement": format!("DELETE FROM \"{}\" WHERE \"k\"=? AND \"o\"=?", self.name),
            "Parameters": [text(key), text(&self.owner)],
        })
    }

    /// Executes statements, and tells of each what was wrong with it.
    async fn execute(&self, statements: &[Value]) -> Result<Vec<Option<Fault>>, ProviderError> {
        let mut faults = Vec::new();
        for some in statements.chunks(MOST) {
            let body = json!({"Statements": some});
            let told: Executed = self.rpc.change(EXECUTE, &body).await?;
            if told.responses.len() != some.len() {
                let message = "the answer does not tell of each statement";
                return Err(self.rpc.error(ErrorKind::Ambiguous, EXECUTE, message));
            }
            faults.extend(told.responses.into_iter().map(|told| told.error));
        }
        Ok(faults)
    }

    fn fault(&self, fault: &Fault) -> ProviderError {
        let own = match &*fault.code {
            _ if fault.is_unmet() => ErrorKind::Conflict,
            "ResourceNotFound" => ErrorKind::Config,
            _ => ErrorKind::Rejected,
        };
        let kind = amazon::kind(&fault.code).unwrap_or(own);
        let message = format!("{}: {}", fault.code, fault.message);
        self.rpc.error(kind, EXECUTE, message)
    }
}

/// What went wrong; a table that is not there is a setting that is wrong.
fn judge(answer: &Answer) -> Option<Refusal> {
    let (mut refusal, code) = amazon::judge(answer, NEEDS)?;
    if code == "ResourceNotFoundException" {
        refusal.kind = ErrorKind::Config;
        refusal
            .message
            .push_str("; the table is that of --dynamodb-table in --dynamodb-region");
    }
    Some(refusal)
}

/// A key as external-dns writes it.
fn key(name: &str, rtype: Rtype, set: &str) -> String {
    format!("{name}#{rtype}#{set}")
}

fn key_of(kept: &KeptRecord) -> String {
    key(&kept.name, kept.rtype, &kept.set_identifier)
}

/// The key of what is not kept yet.
fn key_of_new(endpoint: &Endpoint) -> String {
    key(&endpoint.name, endpoint.rtype, &endpoint.set_identifier)
}

fn list(targets: &[Box<str>]) -> Value {
    let targets: Vec<Value> = targets.iter().map(|target| text(target)).collect();
    json!({"L": targets})
}

fn text(text: &str) -> Value {
    json!({"S": text})
}

/// Labels without the owner, who is an attribute of its own.
fn map(labels: &Labels) -> Value {
    let kept = labels.iter().filter(|(name, _)| {
        let own = [Labels::OWNER, Labels::OWNED_RECORD, Labels::PREVIOUS_OWNER];
        !own.contains(name)
    });
    let sorted: BTreeMap<&str, &str> = kept.collect();
    let map: Map<String, Value> = sorted
        .into_iter()
        .map(|(name, value)| (name.to_owned(), text(value)))
        .collect();
    json!({"M": map})
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, rename = "Items")]
    items: Vec<Value>,
    #[serde(rename = "LastEvaluatedKey")]
    last: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    table: Layout,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[derive(Default)]
struct Layout {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    #[serde(default)]
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Executed {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Fault>,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[derive(Default)]
struct Fault {
    code: String,
    message: String,
}

impl Fault {
    /// Whether there is no such item of ours.
    fn is_unmet(&self) -> bool {
        self.code.starts_with("ConditionalCheckFailed")
    }
}

const NAME: &str = "dynamodb";
const DESCRIBE: &str = "DescribeTable";
const EXECUTE: &str = "BatchExecuteStatement";
const SCAN: &str = "Scan";

/// What has to be permitted.
const NEEDS: &str = "dynamodb:DescribeTable, Scan, PartiQLInsert, PartiQLUpdate and PartiQLDelete";

/// Statements of a batch at most.
const MOST: usize = 25;

const SERVICE: Service = Service {
    name: "dynamodb",
    before: "",
    variable: "DYNAMODB",
    target: "DynamoDB_20120810",
    kind: "application/x-amz-json-1.0",
    limit: Limit::NONE,
};
