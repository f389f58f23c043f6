//! The chart on a real API server: its objects are accepted, and our program, as the account that
//! the chart makes, may do all that it needs and nothing more.

mod asked;
mod cluster;
mod followers;
mod gone;
mod grow;
mod role;
mod several;
mod strict;
mod upgrade;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cluster_peers::Parts;

use crate::Check;
use crate::files::examples;
use crate::helm::Helm;

use cluster::Place;

/// The trials; they share one cluster.
pub(crate) fn checks(ours: &Path) -> Vec<(String, Check)> {
    let place: Arc<OnceLock<Result<Place, String>>> = Arc::default();
    let mut checks: Vec<(String, Check)> = Vec::new();
    let mut add = |name: String, check: Inside| {
        let place = Arc::clone(&place);
        let run = move |helm: &Helm| {
            let place = place.get_or_init(|| Place::start(helm));
            check(helm, place.as_ref().map_err(Clone::clone)?)
        };
        checks.push((name, Box::new(run)));
    };
    for (name, path) in examples().unwrap_or_default() {
        let values = path.clone();
        add(
            format!("schemas_know_every_field::{name}"),
            Box::new(move |helm, place| strict::taken(helm, place, &values)),
        );
        add(
            format!("installs::{name}"),
            Box::new(move |helm, place| place.installs(helm, &name, &path)),
        );
    }
    let program: PathBuf = ours.to_owned();
    add(
        "pods_that_only_follow_need_the_lease_alone".to_owned(),
        Box::new(move |helm, place| followers::follow(helm, place, &program)),
    );
    add(
        "upgrades_leave_nothing_behind_and_say_what_cannot_be".to_owned(),
        Box::new(grow::several),
    );
    add(
        "what_clients_changed_stays_when_a_release_goes".to_owned(),
        Box::new(gone::release),
    );
    add(
        "releases_of_one_name_in_two_namespaces".to_owned(),
        Box::new(|helm, place| place.installs_twice(helm)),
    );
    if let Some(theirs) = Parts::find().external_dns_chart {
        let values = theirs.join("ci/ci-values.yaml");
        add(
            "installs::values_of_external_dns".to_owned(),
            Box::new(move |helm, place| place.installs(helm, "theirs", &values)),
        );
    }
    let program: PathBuf = ours.to_owned();
    add(
        "external_dns_is_upgraded_to_us_and_no_record_changes".to_owned(),
        Box::new(move |helm, place| upgrade::from_external_dns(helm, place, &program)),
    );
    let program: PathBuf = ours.to_owned();
    add(
        "the_role_of_the_cluster_is_what_is_needed_and_no_more".to_owned(),
        Box::new(move |helm, place| role::of_the_cluster(helm, place, &program)),
    );
    let program: PathBuf = ours.to_owned();
    add(
        "the_role_of_several_pods_is_what_is_needed_and_no_more".to_owned(),
        Box::new(move |helm, place| several::lead(helm, place, &program)),
    );
    let program: PathBuf = ours.to_owned();
    add(
        "roles_of_namespaces_are_what_is_needed".to_owned(),
        Box::new(move |helm, place| role::of_namespaces(helm, place, &program)),
    );
    checks
}

type Inside = Box<dyn FnOnce(&Helm, &Place) -> Result<(), String> + Send>;
