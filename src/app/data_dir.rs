//! The data folder: what updates and objects brought, from one run to the next.
//!
//! ```text
//! open → zones begin with what is stored ─→ a look each second: old entries go, trouble is said ─→ close
//! ```

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::SerialPolicy;
use tokio_util::sync::CancellationToken;
use wire::Serial;
use zone::Store;
use zone::journal::{Folder, JournalError, Log};

use super::{clock, telemetry};

/// Has versions numbered as the settings say.
pub(super) fn count_serials(store: &Store, policy: SerialPolicy) {
    match policy {
        SerialPolicy::Date => store.count_serials_from(|| Serial(clock::now().date_serial())),
        SerialPolicy::Increment => {}
        SerialPolicy::UnixTime => store.count_serials_from(|| Serial(clock::now().dns_time())),
    }
}

/// The journal of this process.
#[derive(Debug)]
pub(super) struct DataDir {
    log: Arc<Log>,
    store: Arc<Store>,
}

impl DataDir {
    /// Opens the folder; the store's zones begin with what it holds.
    ///
    /// # Errors
    /// When it cannot be used, or is damaged.
    pub(super) fn open(path: &Path, store: &Arc<Store>) -> Result<Self, JournalError> {
        let now = clock::now().unix_seconds();
        let opened = match Log::open(Arc::new(Folder::open(path)?), now) {
            Err(damaged @ JournalError::Damaged { .. }) => {
                set_aside(path, &damaged)?;
                store.lose_serials(Serial(u32::try_from(now).unwrap_or(u32::MAX)));
                Log::open(Arc::new(Folder::open(path)?), now)
            }
            other => other,
        };
        let (log, recovered) = opened?;
        let log = Arc::new(log);
        for note in &recovered.notes {
            tracing::warn!(folder = %path.display(), "{note}");
        }
        let records: usize = recovered
            .zones
            .values()
            .map(|zone| zone.changes.len())
            .sum();
        if !recovered.zones.is_empty() {
            tracing::info!(
                folder = %path.display(),
                zones = recovered.zones.len(),
                rrsets = records,
                "found what was stored"
            );
        }
        store.keep_in(Arc::clone(&log) as _, recovered.zones);
        let store = Arc::clone(store);
        Ok(Self { log, store })
    }

    /// Keeps the folder in order until the stop, and then closes it.
    pub(super) async fn keep(self, stop: CancellationToken) {
        tidy(&self.store, &stop).await;
        let close = move || {
            self.store.note_serials();
            self.log.close()
        };
        let closed = tokio::task::spawn_blocking(close).await;
        if let Ok(Err(error)) = closed {
            tracing::error!(error = telemetry::chain(&error), "close the data folder");
        }
    }
}

/// Lets the journal forget what it may, and says how it fares, until the stop.
pub(super) async fn tidy(store: &Arc<Store>, stop: &CancellationToken) {
    let mut trouble: Option<Arc<JournalError>> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let store = Arc::clone(store);
        let looked = tokio::task::spawn_blocking(move || {
            store.tidy_journal();
            store.journal_trouble()
        });
        let now = looked.await.unwrap_or_default();
        // It is tried again and again: what has been said already is not.
        let is_new = match (&now, &trouble) {
            (Some(now), Some(before)) => !now.is_like(before),
            (now, before) => now.is_some() != before.is_some(),
        };
        if is_new {
            match &now {
                Some(error) => tracing::error!(
                    error = telemetry::chain(&**error),
                    "not all that changes is stored, but all is served; updates by clients are refused while \
                     they cannot be stored"
                ),
                None => tracing::info!("what changes is stored again"),
            }
            trouble = now;
        }
    }
}

/// Moves a journal that cannot be read out of the way: what files and objects say is served all the
/// same, and a person may still save what clients had brought.
fn set_aside(path: &Path, damaged: &JournalError) -> Result<(), JournalError> {
    let time = clock::now().unix_seconds();
    let aside = path.join(format!("damaged-{time}"));
    let failed = |source| JournalError::Io {
        action: "set aside a damaged journal in",
        path: path.to_owned(),
        hint: "",
        source,
    };
    move_journal(path, &aside).map_err(failed)?;
    tracing::error!(
        error = telemetry::chain(damaged),
        aside = %aside.display(),
        "what clients had updated is lost to us: the journal is damaged and was set aside; zones are \
         served as files and objects have them, with later serials"
    );
    Ok(())
}

/// How often the folder is looked after.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether there is a journal in a folder.
pub(super) fn has_journal(path: &Path) -> bool {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| is_journal(&entry.file_name()))
}

/// Moves the journal of a folder into another one, which is made.
///
/// # Errors
/// Those of the disk.
pub(super) fn move_journal(path: &Path, into: &Path) -> std::io::Result<()> {
    std::fs::create_dir(into)?;
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        if is_journal(&name) {
            std::fs::rename(path.join(&name), into.join(&name))?;
        }
    }
    Ok(())
}

fn is_journal(name: &OsStr) -> bool {
    let known = ["image", "image-draft", "log", "unsaved"];
    let end = Path::new(name).extension();
    end.is_some_and(|end| known.iter().any(|known| end == *known))
}
