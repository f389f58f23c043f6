//! Our catalog: a zone that lists the zones that we are the primary of (RFC 9432), as they come and
//! go.
//!
//! ```text
//! a zone comes or goes ─→ wake ─→ all zones that are no copies ─differ from what is listed?→ store
//!                                 and those whose files have errors   └→ file, for the next start
//! ```
//!
//! A zone whose file cannot be read stays listed: secondaries would throw away what they have of it.
//! To the store the catalog is a copy, so that neither a file nor a client changes it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use config::Config;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wire::{Name, Serial};
use zone::{News, Store, catalog};

use super::cluster::{self, Leading};
use super::follow::{Copies, CopyFile};
use super::zones::{self, State, Status, Statuses};
use super::{clock, telemetry};

/// The groups of each zone that is listed.
type Listed = BTreeMap<Name, Vec<Vec<u8>>>;

/// The catalog of our zones.
#[derive(Debug)]
pub(super) struct Catalog {
    apex: Name,
    groups: Listed,
    store: Arc<Store>,
    file: Option<CopyFile>,
    wake: Arc<Notify>,
}

impl Catalog {
    /// Makes room for it, and fills that with what an earlier run has listed. To be called before zone
    /// files are read.
    ///
    /// # Errors
    /// There is a file for a zone of its name.
    pub(super) fn open(
        settings: &config::Catalog,
        config: &Config,
        store: &Arc<Store>,
    ) -> anyhow::Result<Self> {
        let apex = settings.zone.clone();
        if let Some(found) = zones::scan(&config.zones).zones.get(&apex) {
            bail!(
                "--catalog {apex}: there is a file of a zone of this name: {}\n  hint: a zone has one \
                 origin: choose another name for the catalog",
                found.path.display()
            );
        }
        store
            .expect_copy(&apex)
            .context("make room for the catalog")?;
        let mut groups = Listed::new();
        for (group, zone) in &settings.groups {
            let groups = groups.entry(zone.clone()).or_default();
            groups.push(group.clone().into_bytes());
            groups.sort();
            groups.dedup();
        }
        let wake = Arc::new(Notify::new());
        let (news, own) = (Arc::clone(&wake), apex.clone());
        store.tell(move |zone, what| {
            if what != News::Changed && *zone != own {
                news.notify_one();
            }
        });
        let mut opened = Self {
            apex,
            groups,
            store: Arc::clone(store),
            file: None,
            wake,
        };
        if let Some(data_dir) = &config.data_dir {
            let copies = Copies::new(data_dir);
            copies.prepare();
            opened.recall(copies.file(&opened.apex));
        }
        Ok(opened)
    }

    /// Begins with what an earlier run has listed, so that its serial grows on.
    fn recall(&mut self, file: CopyFile) {
        let zone = &self.apex;
        let recalled = file.read(zone).and_then(|found| match found {
            Some((image, _)) => Ok(self.store.recall_copy(image).map(drop)?),
            None => Ok(()),
        });
        if let Err(error) = recalled {
            let error = telemetry::chain(error.as_ref());
            tracing::warn!(%zone, error, "what the catalog had at the last run is not known");
        }
        self.file = Some(file);
    }

    /// Keeps it as our zones are until the stop. To be called when all zones have been read.
    ///
    /// Of several copies the leader lists them, as `leading` says; the others have what it lists.
    pub(super) async fn run(
        self,
        statuses: Statuses,
        mut leading: Option<Leading>,
        stop: CancellationToken,
    ) {
        statuses.set(self.apex.clone(), Status::catalog());
        // Since when the file is not what is listed, and why.
        let (mut unwritten, mut said): (bool, Option<String>) = (false, None);
        loop {
            if cluster::leads(leading.as_ref()) {
                unwritten |= self.list(&statuses);
            }
            if unwritten {
                let error = self.write().await.err();
                unwritten = error.is_some();
                let error = error.map(|error| error.to_string());
                if let Some(error) = error.as_ref().filter(|error| said.as_ref() != Some(error)) {
                    tracing::warn!(
                        zone = %self.apex, error,
                        "the catalog could not be written down; it is tried again"
                    );
                }
                said = error;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = cluster::until_role(&mut leading) => {}
                () = tokio::time::sleep(RETRY), if unwritten => {}
            }
            // Zones often come by the folder.
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Lists what there is. Tells whether that is new.
    fn list(&self, statuses: &Statuses) -> bool {
        let zone = &self.apex;
        let wanted = self.wanted(statuses);
        let now = Serial(u32::try_from(clock::now().unix_seconds()).unwrap_or(u32::MAX));
        let serial = match self.current() {
            Some((_, listed)) if listed == wanted => return false,
            Some((serial, _)) if !now.is_newer_than(serial) => serial.next(),
            _ => now,
        };
        let listed = match catalog::write(zone, &wanted, serial) {
            Ok(records) => self.store.replace_copy(&records),
            Err(error) => {
                tracing::error!(%zone, %error, "the catalog cannot be made");
                return false;
            }
        };
        match listed {
            Ok(done) => {
                let (serial, zones) = (done.serial.0, wanted.len());
                tracing::info!(%zone, serial, zones, "the catalog lists our zones");
            }
            Err(error) => tracing::error!(%zone, %error, "the catalog cannot be served"),
        }
        true
    }

    /// What should be listed.
    fn wanted(&self, statuses: &Statuses) -> Listed {
        let failed = statuses.all().into_iter().filter_map(|(zone, status)| {
            (status.state == State::Failed).then(|| zone.as_ref().to_lowercase())
        });
        let zones = self.store.own_zones().into_iter().chain(failed);
        let with_groups = |zone: Name| {
            let groups = self.groups.get(&zone).cloned().unwrap_or_default();
            (zone, groups)
        };
        zones.map(with_groups).collect()
    }

    /// The serial, and what is listed.
    fn current(&self) -> Option<(Serial, Listed)> {
        let snapshot = self.store.snapshot();
        let zone = snapshot.zone(self.apex.as_ref())?;
        if zone.withheld().is_some() {
            return None;
        }
        let members = catalog::read(zone).unwrap_or_default().members;
        let listed = members.into_iter();
        let listed = listed.map(|(zone, member)| (zone, member.groups)).collect();
        Some((zone.serial(), listed))
    }

    /// Writes it down for the next start.
    async fn write(&self) -> io::Result<()> {
        let (Some(file), Some(copied)) = (self.file.clone(), self.store.copied(&self.apex)) else {
            return Ok(());
        };
        let now = clock::now().unix_seconds();
        let written = tokio::task::spawn_blocking(move || file.write(&copied, now));
        written.await.map_err(io::Error::other)?
    }
}

/// When it is tried again to write it down.
const RETRY: Duration = Duration::from_secs(10);

/// How long changes are gathered.
const PAUSE: Duration = Duration::from_millis(100);
