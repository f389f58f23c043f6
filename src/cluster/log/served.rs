//! The API server as the place of objects.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use source::watch::{Connection, connect, encode};
use tokio::sync::OnceCell;

use super::LogError;
use super::item::{GROUP, Id, Item, Kind, LOG_LABEL, VERSION};
use super::name::label;
use super::objects::Objects;
use crate::api::{Api, ApiError, Fault, Resource};

/// Which log it is.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The namespace of its objects.
    pub namespace: String,
    /// Its name, which keeps logs in one namespace apart: that of the Lease.
    pub name: String,
}

/// Objects in the API server.
#[derive(Debug)]
pub(super) struct Served {
    connection: Connection,
    options: LogOptions,
    api: OnceCell<Api>,
}

impl Served {
    pub(super) fn new(connection: Connection, options: LogOptions) -> Self {
        Self {
            connection,
            options,
            api: OnceCell::new(),
        }
    }

    /// The way to the server. It is found here, not where the rest of the program has its own: requests
    /// of this one must go on while those threads wait for it.
    async fn api(&self) -> Result<&Api, LogError> {
        let find = || async { Ok(Api::new(connect(&self.connection).await?)) };
        self.api.get_or_try_init(find).await
    }

    fn resource(&self, kind: Kind) -> Resource {
        Resource {
            group: GROUP,
            version: VERSION,
            plural: match kind {
                Kind::Checkpoint => "zonecheckpoints",
                Kind::Entry => "zonejournals",
            },
            namespace: self.options.namespace.clone(),
        }
    }

    async fn page(&self, kind: Kind, next: &str, patience: Duration) -> Result<Value, LogError> {
        let mut query = format!("?limit={PAGE}&labelSelector=");
        encode(
            &mut query,
            &format!("{LOG_LABEL}={}", label(&self.options.name)),
        );
        if !next.is_empty() {
            query.push_str("&continue=");
            encode(&mut query, next);
        }
        let resource = self.resource(kind);
        let api = self.api().await?;
        Ok(api
            .call(Method::GET, &resource, &query, None, patience)
            .await?)
    }
}

impl Objects for Served {
    async fn create(&self, item: &Item, patience: Duration) -> Result<(), LogError> {
        let object = item.to_json(&self.options.namespace, &self.options.name);
        let resource = self.resource(item.id.kind);
        let api = self.api().await?;
        api.call(Method::POST, &resource, "", Some(&object), patience)
            .await?;
        Ok(())
    }

    async fn read(&self, id: &Id, patience: Duration) -> Result<Option<Item>, LogError> {
        let behind = format!("/{}", id.name(&self.options.name));
        let resource = self.resource(id.kind);
        let api = self.api().await?;
        match api
            .call(Method::GET, &resource, &behind, None, patience)
            .await
        {
            Ok(object) => Ok(Item::of(id.kind, &object)),
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(&self, id: &Id, patience: Duration) -> Result<(), LogError> {
        let behind = format!("/{}", id.name(&self.options.name));
        let options = json!({"propagationPolicy": "Background"});
        let resource = self.resource(id.kind);
        let api = self.api().await?;
        let gone = api.call(Method::DELETE, &resource, &behind, Some(&options), patience);
        match gone.await {
            Ok(_)
            | Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn list(
        &self,
        kind: Kind,
        patience: Duration,
    ) -> Result<(Vec<Item>, Vec<String>), LogError> {
        let (mut items, mut strange) = (Vec::new(), Vec::new());
        let mut next = String::new();
        loop {
            let page = match self.page(kind, &next, patience).await {
                // The instant that the list is of is forgotten; it begins anew.
                Err(LogError::Api(ApiError {
                    fault: Fault::Gone, ..
                })) if !next.is_empty() => {
                    (items, strange, next) = (Vec::new(), Vec::new(), String::new());
                    continue;
                }
                page => page?,
            };
            let objects = page.get("items").and_then(Value::as_array);
            for object in objects.into_iter().flatten() {
                match Item::of(kind, object) {
                    Some(item) => items.push(item),
                    None => strange.push(name_of(object)),
                }
            }
            let token = page.pointer("/metadata/continue").and_then(Value::as_str);
            match token.filter(|token| !token.is_empty()) {
                Some(token) => token.clone_into(&mut next),
                None => break,
            }
        }
        items.sort_by(|one, other| one.id.cmp(&other.id));
        Ok((items, strange))
    }
}

fn name_of(object: &Value) -> String {
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

/// Objects that are asked for at a time: 24 MiB of JSON if all of them are as large as can be.
const PAGE: usize = 32;

#[cfg(test)]
mod tests {
    use apiserver::ApiServer;
    use serde_json::json;
    use wire::Name;

    use super::*;

    fn entry(number: u64) -> Item {
        let zone = Name::from_text(b"_tcp.example.org.", None).unwrap();
        Item {
            id: Id::entry(&zone, number),
            term: 1,
            writer: 2,
            parts: 0,
            data: vec![0, 255, 7],
        }
    }

    #[tokio::test]
    async fn objects_are_made_once_read_in_pages_and_taken_away() {
        let server = ApiServer::start().await.unwrap();
        let connection = Connection {
            server: Some(server.url()),
            ..Connection::default()
        };
        let place = |name: &str| {
            let (namespace, name) = ("dns".to_owned(), name.to_owned());
            Served::new(connection.clone(), LogOptions { namespace, name })
        };
        let (ours, theirs) = (place("zonewright"), place("other"));
        let patience = Duration::from_secs(5);
        // More than two pages, and numbers that are not in the order of their digits.
        let count = 2 * PAGE as u64 + 3;
        for number in (1..=count).rev() {
            ours.create(&entry(number), patience).await.unwrap();
        }
        theirs.create(&entry(1), patience).await.unwrap();
        let again = ours.create(&entry(5), patience).await;
        let again = again.unwrap_err();
        assert!(super::super::objects::is_conflict(&again), "{again}");
        let found = ours.read(&entry(5).id, patience).await.unwrap();
        assert_eq!(found, Some(entry(5)));
        server.apply(json!({
            "apiVersion": "zonewright.dev/v1alpha1",
            "kind": "ZoneJournal",
            "metadata": {"name": "x", "namespace": "dns", "labels": {LOG_LABEL: "zonewright"}},
            "spec": {},
        }));
        let (items, strange) = ours.list(Kind::Entry, patience).await.unwrap();
        let numbers: Vec<u64> = items.iter().map(|item| item.id.number).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<u64>>());
        assert_eq!(strange, ["x"]);
        for _ in 0..2 {
            ours.delete(&entry(5).id, patience).await.unwrap();
        }
        assert_eq!(ours.read(&entry(5).id, patience).await.unwrap(), None);
        assert_eq!(theirs.list(Kind::Entry, patience).await.unwrap().0.len(), 1);
    }
}
