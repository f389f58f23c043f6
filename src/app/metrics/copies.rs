//! What is counted of zones that several copies of this program share.

use std::fmt;

use super::Page;
use crate::app::cluster::Figures;

pub(super) fn encode(figures: &Figures, page: &mut Page<'_>) -> fmt::Result {
    page.gauge(
        "zonewright_other_files",
        "Zones whose file here is not that of the leader, or of the last one",
        figures.other_files() as u64,
    )?;
    let bytes = figures.journal_bytes().into_iter();
    page.gauges(
        "zonewright_cluster_journal_bytes",
        "What the journal in the cluster has of a zone; of the leader only, at most 32 MiB",
        bytes.map(|(zone, bytes)| ([("zone", zone.to_string())], bytes)),
    )
}
