//! An etcd of tests' own: ranges, transactions and users by the JSON gateway, as strict as etcd is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::stub::{Reply, Seen, Stub, reply};

/// An etcd that is up.
pub(crate) struct StubEtcd {
    stub: Stub,
    store: Arc<Mutex<Store>>,
}

#[derive(Default)]
struct Store {
    revision: u64,
    keys: BTreeMap<Vec<u8>, (Vec<u8>, u64)>,
    /// The password that is needed, and the token that is good now.
    user: Option<(String, u64)>,
}

impl StubEtcd {
    pub(crate) async fn start() -> Self {
        let store: Arc<Mutex<Store>> = Arc::default();
        let held = Arc::clone(&store);
        let stub = Stub::start(move |seen| held.lock().unwrap().answer(seen)).await;
        Self { stub, store }
    }

    pub(crate) fn url(&self) -> &str {
        &self.stub.url
    }

    /// Writes a key behind the back of whoever reads.
    pub(crate) fn put(&self, key: &str, value: &Value) {
        self.put_text(key, &value.to_string());
    }

    pub(crate) fn put_text(&self, key: &str, value: &str) {
        let mut store = self.store.lock().unwrap();
        store.revision += 1;
        let revision = store.revision;
        store.keys.insert(key.into(), (value.into(), revision));
    }

    /// Takes a key away behind the back of whoever reads.
    pub(crate) fn remove(&self, key: &str) {
        self.store.lock().unwrap().keys.remove(key.as_bytes());
    }

    /// All keys with their values.
    pub(crate) fn keys(&self) -> Vec<(String, Value)> {
        let store = self.store.lock().unwrap();
        let keys = store.keys.iter().map(|(key, (value, _))| {
            let value = serde_json::from_slice(value).unwrap_or(Value::Null);
            (String::from_utf8(key.clone()).unwrap(), value)
        });
        keys.collect()
    }

    /// The values of keys that begin so.
    pub(crate) fn values(&self, prefix: &str) -> Vec<Value> {
        let keys = self.keys().into_iter();
        let keys = keys.filter(|(key, _)| key.starts_with(prefix));
        keys.map(|(_, value)| value).collect()
    }

    /// Demands a user with this password, and lets all tokens go.
    pub(crate) fn demand(&self, password: &str) {
        let mut store = self.store.lock().unwrap();
        let token = store.user.as_ref().map_or(1, |(_, token)| token + 1);
        store.user = Some((password.to_owned(), token));
    }

    /// The requests since the last time, by their last segment.
    pub(crate) fn asked(&self) -> Vec<String> {
        let lines = self.stub.lines().into_iter();
        lines
            .map(|line| line.rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.stub.seen()
    }
}

impl Store {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        if let Some((password, token)) = &self.user {
            if seen.target == "/v3/auth/authenticate" {
                return match body["password"] == **password && body["name"] == "us" {
                    true => reply(200, json!({"token": format!("token-{token}")}).to_string()),
                    false => fault(
                        400,
                        3,
                        "etcdserver: authentication failed, invalid user ID or password",
                    ),
                };
            }
            match seen.header("authorization") {
                "" => return fault(400, 3, "etcdserver: user name is empty"),
                given if given != format!("token-{token}") => {
                    return fault(401, 16, "etcdserver: invalid auth token");
                }
                _ => {}
            }
        }
        match &*seen.target {
            "/v3/kv/range" => self.range(&body),
            "/v3/kv/txn" => self.txn(&body),
            _ => reply(404, "Not Found"),
        }
    }

    fn range(&self, body: &Value) -> Reply {
        let (from, end) = (bytes(&body["key"]), bytes(&body["range_end"]));
        let limit: usize = body["limit"].as_str().unwrap().parse().unwrap();
        let found = self.keys.range(from..end);
        let all: Vec<Value> = found
            .map(|(key, (value, revision))| {
                json!({"key": STANDARD.encode(key), "value": STANDARD.encode(value),
                       "mod_revision": revision.to_string()})
            })
            .collect();
        let more = all.len() > limit;
        let page = all.get(..limit).unwrap_or(&all);
        let said = json!({"header": self.header(), "kvs": page, "more": more});
        reply(200, said.to_string())
    }

    fn txn(&mut self, body: &Value) -> Reply {
        let (guards, edits) = (list(&body["compare"]), list(&body["success"]));
        if guards.len() > 128 || edits.len() > 128 {
            return fault(400, 3, "etcdserver: too many operations in txn request");
        }
        if !guards.iter().all(|guard| self.holds(guard)) {
            return reply(200, json!({"header": self.header()}).to_string());
        }
        self.revision += 1;
        let mut touched = Vec::new();
        for edit in edits {
            let put = &edit["requestPut"];
            let key = match put.is_null() {
                true => bytes(&edit["requestDeleteRange"]["key"]),
                false => bytes(&put["key"]),
            };
            assert!(
                !touched.contains(&key),
                "duplicate key given in txn request"
            );
            match put.is_null() {
                true => drop(self.keys.remove(&key)),
                false => {
                    let value = (bytes(&put["value"]), self.revision);
                    self.keys.insert(key.clone(), value);
                }
            }
            touched.push(key);
        }
        let said = json!({"header": self.header(), "succeeded": true});
        reply(200, said.to_string())
    }

    fn holds(&self, guard: &Value) -> bool {
        assert_eq!(guard["result"], "EQUAL");
        let key = bytes(&guard["key"]);
        let wanted = match guard["target"].as_str() {
            Some("MOD") => &guard["modRevision"],
            Some("CREATE") => &guard["createRevision"],
            _ => panic!("{guard}"),
        };
        let wanted: u64 = wanted.as_str().unwrap().parse().unwrap();
        match guard["range_end"].is_null() {
            true => self.keys.get(&key).map_or(0, |(_, revision)| *revision) == wanted,
            false => {
                let mut inside = self.keys.range(key..bytes(&guard["range_end"]));
                inside.all(|(_, (_, revision))| *revision == wanted)
            }
        }
    }

    fn header(&self) -> Value {
        json!({"revision": self.revision.to_string()})
    }
}

fn bytes(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fault(status: u16, code: u16, message: &str) -> Reply {
    let said = json!({"error": message, "code": code, "message": message});
    reply(status, said.to_string())
}
