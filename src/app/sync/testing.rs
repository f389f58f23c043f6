//! Objects of a text brought to destinations at work, for tests of what is told about them.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use config::Command;
use tokio_util::sync::CancellationToken;
use zone::Store;

use super::start::Running;
use crate::app::zones::Made;

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
    let arguments = arguments.iter().copied().chain([manifests.as_str()]);
    let command = config::parse(arguments.map(OsString::from), &|_| None);
    let Ok(Command::Run(run)) = command else {
        panic!("{command:?}");
    };
    let config = run.config.unwrap();
    let store = Arc::new(Store::new([1, 2]));
    for made in Made::all(&config) {
        made.put(&store).unwrap();
    }
    let stop = CancellationToken::new();
    let settings = config.sync.as_deref().unwrap();
    let running = super::start(settings, &store, false, stop.clone())
        .await
        .unwrap();
    Followed {
        running,
        stop,
        folder,
        store,
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
