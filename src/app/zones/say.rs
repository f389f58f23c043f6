//! What is logged about a zone file that was read.

use super::load::Load;
use super::status::State;

/// Says what came of reading a zone file again, or of a new one.
pub(super) fn say(load: &Load, before: Option<State>, now: State) {
    let (zone, file) = (&load.zone, load.path.display());
    match &load.result {
        Ok(served) if before.is_some() => {
            let (serial, records) = (served.serial.0, served.records);
            let took = format!("{:.1?}", load.took);
            if served.changed && served.file_serial != served.serial {
                let file_serial = served.file_serial.0;
                tracing::info!(%zone, serial, file_serial, records, took,
                    "zone is served as edited, with the next serial since that of the file is no newer");
            } else if served.changed {
                tracing::info!(%zone, serial, records, took, "zone is served as edited");
            } else if before == Some(State::Served) {
                tracing::debug!(%zone, serial, "zone file was read again, nothing has changed");
            } else {
                tracing::info!(%zone, serial, records, "zone file is right again, nothing has changed");
            }
        }
        Ok(served) => {
            let (serial, records) = (served.serial.0, served.records);
            tracing::info!(%zone, %file, serial, records, "zone is new here, and served");
        }
        Err(refused) => {
            let (errors, report) = (refused.errors, refused.for_logs());
            if now == State::Stale {
                tracing::error!(%zone, %file, errors, report, "zone file has errors, the zone is served as before");
            } else {
                tracing::error!(%zone, %file, errors, report, "zone file has errors, the zone is not served");
            }
        }
    }
}

/// Says that there are warnings, and the first of them.
pub(super) fn say_warnings(load: &Load) {
    if let (Ok(_), Some(first)) = (&load.result, &load.first_warning) {
        let (zone, warnings) = (&load.zone, load.warnings);
        tracing::warn!(%zone, warnings, first, "zone file has warnings, 'zonewright check' shows them");
    }
}
