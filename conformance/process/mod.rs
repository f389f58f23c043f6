//! The program as a process: signals, files that change or are wrong, ports, system calls, load.
//!
//! Each trial starts our binary for itself in a temporary folder and stops it.

mod acme;
mod audit;
mod catalog;
mod catalog_followed;
mod certificates;
mod clock;
mod cluster;
mod cluster_namespaced;
pub(crate) mod cluster_objects;
mod disk;
mod explain;
mod external_dns;
mod files;
mod follow;
mod follow_hostile;
mod follow_tls;
mod image;
mod import;
mod import_etcd;
mod kea;
mod killed;
mod large;
mod listen;
mod load;
mod manifests;
mod manifests_config;
mod metrics_bounds;
mod namespace;
mod offer;
mod power;
mod primary;
mod privileges;
mod proxy;
mod push;
mod push_api;
mod push_designate;
mod push_etcd;
mod push_kerberos;
mod push_life;
mod push_place;
mod readme;
mod realm;
mod recipes;
mod registry_crd;
mod serve_tls;
mod signed;
pub(crate) mod site;
mod stand_in;
mod start;
mod sync;
mod sync_told;
mod sync_webhook;
mod tcp;
pub(crate) mod telemetry;
pub(crate) mod tool;
mod traces;
mod transfer;
mod update;
mod zone_orders;

use libtest_mimic::Trial;

use crate::fleet::Cast;

/// All trials.
pub(crate) fn trials(cast: &Cast) -> Vec<Trial> {
    let tables = [
        acme::TRIALS,
        audit::TRIALS,
        catalog::TRIALS,
        catalog_followed::TRIALS,
        clock::TRIALS,
        cluster::TRIALS,
        cluster_namespaced::TRIALS,
        disk::TRIALS,
        explain::TRIALS,
        external_dns::TRIALS,
        files::TRIALS,
        follow::TRIALS,
        follow_hostile::TRIALS,
        follow_tls::TRIALS,
        image::TRIALS,
        import::TRIALS,
        import_etcd::TRIALS,
        kea::TRIALS,
        killed::TRIALS,
        large::TRIALS,
        listen::TRIALS,
        load::TRIALS,
        manifests::TRIALS,
        manifests_config::TRIALS,
        metrics_bounds::TRIALS,
        privileges::TRIALS,
        proxy::TRIALS,
        offer::TRIALS,
        push::TRIALS,
        push_api::TRIALS,
        push_designate::TRIALS,
        push_etcd::TRIALS,
        push_kerberos::TRIALS,
        readme::TRIALS,
        recipes::TRIALS,
        registry_crd::TRIALS,
        serve_tls::TRIALS,
        signed::TRIALS,
        start::TRIALS,
        sync::TRIALS,
        sync_told::TRIALS,
        sync_webhook::TRIALS,
        tcp::TRIALS,
        telemetry::TRIALS,
        traces::TRIALS,
        transfer::TRIALS,
        update::TRIALS,
        zone_orders::TRIALS,
    ];
    tables
        .into_iter()
        .flatten()
        .map(|(name, check)| cast.own_trial(&format!("process::{name}"), *check))
        .collect()
}
