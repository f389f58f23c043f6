//! Objects brought to destinations, at work or by hand, for tests of what becomes of them.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use config::Command;
use serde_json::{Value, json};
use source::object::{Kind, Object, Trim};
use tokio_util::sync::CancellationToken;
use zone::Store;

use super::destination::Destination;
use super::model::Model;
use super::parts::Parts;
use super::start::Running;
use crate::app::zones::Made;

/// Settings, and the zones that they make.
pub(crate) struct Settings {
    config: Box<config::Config>,
    store: Arc<Store>,
}

impl Settings {
    /// Those of these arguments, with objects from nowhere if they do not say where from.
    pub(crate) fn of<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
        let said = |argument: &OsString| argument.to_string_lossy().starts_with("--manifests=");
        if !arguments.iter().any(said) {
            arguments.push("--manifests=/dev/null".into());
        }
        let command = config::parse(arguments, &|_| None);
        let Ok(Command::Run(run)) = command else {
            panic!("{command:?}");
        };
        let config = run.config.unwrap();
        let store = Arc::new(Store::new([1, 2]));
        for made in Made::all(&config) {
            made.put(&store).unwrap();
        }
        Self { config, store }
    }

    fn sync(&self) -> &config::Sync {
        self.config.sync.as_deref().unwrap()
    }

    /// The zones.
    pub(super) fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// The model and the destinations; nothing is followed and nothing is done.
    pub(super) async fn parts(&self) -> (Model, Vec<Destination>) {
        let parts = Parts::new(self.sync(), &self.store).await.unwrap();
        (parts.model, parts.destinations)
    }
}

/// A Service that wants `NAME.example.org` with these addresses, between commas.
pub(super) fn service(name: &str, addresses: &str) -> Object {
    let addresses = addresses.split(',').map(|address| json!({"ip": address}));
    load_balancer(name, &addresses.collect(), &Trim::default())
}

/// The same behind a load balancer that has a name.
pub(super) fn behind(name: &str, host: &str, trim: &Trim) -> Object {
    load_balancer(name, &json!([{"hostname": host}]), trim)
}

fn load_balancer(name: &str, ingress: &Value, trim: &Trim) -> Object {
    let hostname = format!("{name}.example.org");
    let object = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "default", "name": name,
            "annotations": {"external-dns.alpha.kubernetes.io/hostname": hostname}},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": ingress}},
    });
    Kind::Service.decode_value(&object, trim).unwrap()
}

/// A folder of manifests with everything that follows it.
pub(crate) struct Followed {
    pub(crate) running: Running,
    stop: CancellationToken,
    folder: tempfile::TempDir,
    pub(crate) store: Arc<Store>,
}

/// Follows these objects.
pub(crate) async fn follow(objects: &str, arguments: &[&str]) -> Followed {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("objects.yaml"), objects).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let settings = Settings::of(arguments.iter().copied().chain([manifests.as_str()]));
    let stop = CancellationToken::new();
    let running = super::start(settings.sync(), &settings.store, false, stop.clone(), None)
        .await
        .unwrap();
    Followed {
        running,
        stop,
        folder,
        store: settings.store,
    }
}

impl Followed {
    /// Waits until each destination has made its first full pass.
    pub(crate) async fn synced(&self) {
        for _ in 0..TRIES {
            let mut all = self.running.asks.iter();
            if all.all(|asks| asks.status.numbers().synced) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{:?}", self.running.asks);
    }

    /// Puts a zone of this text into the store, as its file would.
    pub(crate) fn add_zone(&self, apex: &str, text: &str) {
        let apex = wire::Name::from_text(apex.as_bytes(), None).unwrap();
        let path = self.folder.path().join("zone");
        std::fs::write(&path, text).unwrap();
        let loaded = zone::file::load(&path, &apex);
        let records = loaded.records.expect("a zone");
        self.store.replace_static(&records).unwrap();
    }

    /// Ends everything.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while self.running.tasks.join_next().await.is_some() {}
    }
}

/// Ten seconds in all.
const TRIES: usize = 5_000;
