//! Zone files into the store, many at a time.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wire::{Name, Rtype, Serial};
use zone::Store;
use zone::check::Care;
use zone::file::Diagnostic;
use zone::records::Records;

use super::file::File;
use super::hint::hint;
use crate::app::clock;

/// Reads zone files and hands their records to the store.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    store: Arc<Store>,
    color: bool,
}

/// What came of a zone file.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) zone: Name,
    pub(crate) path: PathBuf,
    pub(crate) result: Result<Served, Refused>,
    pub(crate) warnings: usize,
    /// The first warning on one line, where there is no error.
    pub(crate) first_warning: Option<String>,
    /// The zone file and all that it includes, as they were before they were read.
    pub(crate) files: Vec<File>,
    pub(crate) took: Duration,
}

/// The zone is served as its file has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    pub(crate) serial: Serial,
    pub(crate) records: usize,
    /// The serial in the file. The one served is greater where contents changed under this one.
    pub(crate) file_serial: Serial,
    /// Whether it differs from what was served before.
    pub(crate) changed: bool,
}

/// The file cannot be served.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) errors: usize,
    /// All errors and warnings, each with its line.
    pub(crate) report: String,
    /// The same for the terminal that logs go to.
    pub(crate) colored: Option<String>,
}

impl Refused {
    /// The report for logs.
    pub(crate) fn for_logs(&self) -> &str {
        self.colored.as_deref().unwrap_or(&self.report)
    }
}

impl Loader {
    /// A loader for a store; `color` is for reports.
    pub(crate) fn new(store: Arc<Store>, color: bool) -> Self {
        Self { store, color }
    }

    /// The store it feeds.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Reads zone files, as many at once as there are processors. The results come in any order.
    pub(crate) fn load_all(&self, jobs: &[(Name, PathBuf)]) -> Vec<Load> {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let next = AtomicUsize::new(0);
        let loads = Mutex::new(Vec::with_capacity(jobs.len()));
        let work = || {
            while let Some((zone, path)) = jobs.get(next.fetch_add(1, Relaxed)) {
                let load = self.load(zone, path);
                loads
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(load);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..processors.min(jobs.len()) {
                scope.spawn(work);
            }
            work();
        });
        loads.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, zone: &Name, path: &PathBuf) -> Load {
        let start = Instant::now();
        // Looked at before it is read: what changes meanwhile is read again.
        let before = File::look(path);
        let care = Care::to_serve(Some(clock::now().dns_time()));
        let loaded = zone::file::load_with(path, zone, &care);
        let mut files = vec![before];
        let includes = loaded.files.iter().filter(|include| *include != path);
        files.extend(includes.map(|include| File::look(include)));
        let report = &loaded.report;
        let result = match &loaded.records {
            Some(records) => self.store.replace_static(records).map_err(|error| Refused {
                errors: 1,
                report: format!("error: {error}\n"),
                colored: None,
            }),
            None => {
                let hint = hint(path, zone)
                    .map(|hint| format!("{hint}\n"))
                    .unwrap_or_default();
                Err(Refused {
                    errors: report.errors(),
                    report: format!("{}{hint}", report.render(false)),
                    colored: self.color.then(|| format!("{}{hint}", report.render(true))),
                })
            }
        };
        Load {
            zone: zone.clone(),
            path: path.clone(),
            warnings: report.warnings(),
            first_warning: report.diagnostics().first().map(Diagnostic::to_string),
            files,
            took: start.elapsed(),
            result: result.map(|committed| Served {
                serial: committed.serial,
                records: committed.records,
                file_serial: loaded
                    .records
                    .as_ref()
                    .and_then(file_serial)
                    .unwrap_or(committed.serial),
                changed: committed.changed,
            }),
        }
    }
}

/// The serial of the SOA of a list.
fn file_serial(records: &Records) -> Option<Serial> {
    // RFC 1035 §3.3.13: five numbers of four bytes end the data, the serial first.
    let soa = records.iter().find(|record| record.rtype == Rtype::SOA)?;
    let (numbers, _) = soa.rdata.last_chunk::<20>()?.split_first_chunk::<4>()?;
    Some(Serial(u32::from_be_bytes(*numbers)))
}
