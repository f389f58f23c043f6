//! The keeper on real files, with a clock of our own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::Zones;
use wire::Name;
use zone::Store;

use super::keeper::{Keeper, PATIENCE, Wanted};
use super::{Loader, State, Statuses};
use crate::app::watch::Nudge;

/// A keeper of one folder, and the time it is told.
struct Scene {
    folder: tempfile::TempDir,
    keeper: Keeper,
    store: Arc<Store>,
    statuses: Statuses,
    now: Instant,
}

impl Scene {
    /// A folder with the zone `a.example`, read once.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::new([1, 2]));
        let statuses = Statuses::default();
        let settings = Zones {
            files: Vec::new(),
            dirs: vec![folder.path().to_owned()],
            strict: false,
        };
        let loader = Loader::new(Arc::clone(&store), false);
        let (keeper, _) = Keeper::new(settings, Vec::new(), loader, statuses.clone());
        let now = Instant::now();
        let mut scene = Self {
            folder,
            keeper,
            store,
            statuses,
            now,
        };
        scene.write("a.example.zone", 1, "");
        assert_eq!(scene.keeper.load(), 0);
        scene
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, serial: u32, more: &str) {
        let text =
            format!("$TTL 60\n@ SOA ns host {serial} 1h 5m 1w 60\n@ NS ns\nns A 192.0.2.1\n{more}");
        std::fs::write(self.path(file), text).unwrap();
    }

    /// Looks at the files, so much later; gives the zones that were read.
    fn look(&mut self, later: Duration) -> Vec<String> {
        self.now += later;
        let loads = self.keeper.look(&Wanted::Changed, self.now);
        loads.iter().map(|load| load.zone.to_string()).collect()
    }

    /// State and serial of a zone.
    fn zone(&self, zone: &str) -> Option<(State, u32)> {
        let zone = Name::from_text(zone.as_bytes(), None).unwrap();
        let state = self.statuses.get(&zone)?.state;
        let snapshot = self.store.snapshot();
        Some((
            state,
            snapshot
                .zone(zone.as_ref())
                .map_or(0, |zone| zone.serial().0),
        ))
    }
}

const NOW: Duration = Duration::ZERO;

#[test]
fn only_what_has_changed_is_read() {
    let mut scene = Scene::new();
    assert!(scene.look(NOW).is_empty());
    scene.write("b.example.zone", 1, "");
    assert_eq!(scene.look(NOW), ["b.example."]);
    scene.write("a.example.zone", 2, "www A 192.0.2.2\n");
    assert_eq!(scene.look(NOW), ["a.example."]);
    assert_eq!(scene.zone("a.example."), Some((State::Served, 2)));
}

#[test]
fn a_zone_with_mistakes_is_served_as_before() {
    let mut scene = Scene::new();
    scene.write("a.example.zone", 2, "www A 192.0.2\n");
    scene.look(NOW);
    assert_eq!(scene.zone("a.example."), Some((State::Stale, 1)));
    scene.write("a.example.zone", 3, "www A 192.0.2.2\n");
    scene.look(NOW);
    assert_eq!(scene.zone("a.example."), Some((State::Served, 3)));
}

#[test]
fn a_new_zone_with_mistakes_leaves_the_others_alone() {
    let mut scene = Scene::new();
    scene.write("b.example.zone", 2, "www A 192.0.2\n");
    scene.look(NOW);
    assert_eq!(scene.zone("b.example."), Some((State::Failed, 0)));
    assert_eq!(scene.zone("a.example."), Some((State::Served, 1)));
}

#[test]
fn a_file_that_is_away_for_a_moment_is_not_gone() {
    let mut scene = Scene::new();
    let (path, aside) = (scene.path("a.example.zone"), scene.path("aside"));
    std::fs::rename(&path, &aside).unwrap();
    scene.look(NOW);
    assert_eq!(scene.zone("a.example."), Some((State::Served, 1)));
    std::fs::rename(&aside, &path).unwrap();
    scene.look(Duration::from_millis(100));
    std::fs::rename(&path, &aside).unwrap();
    scene.look(Duration::from_secs(60));
    assert!(
        scene.zone("a.example.").is_some(),
        "away since a moment only"
    );
    scene.look(PATIENCE);
    assert_eq!(scene.zone("a.example."), None);
}

#[test]
fn a_folder_that_cannot_be_listed_is_not_empty() {
    let mut scene = Scene::new();
    let folder = scene.folder.path().to_owned();
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside).unwrap();
    scene.look(NOW);
    scene.look(PATIENCE * 2);
    std::fs::rename(&aside, &folder).unwrap();
    assert_eq!(scene.zone("a.example."), Some((State::Served, 1)));
}

#[test]
fn a_file_is_read_once_nobody_writes_to_it() {
    let mut scene = Scene::new();
    let path = scene.path("a.example.zone");
    scene.write("a.example.zone", 2, "");
    scene
        .keeper
        .take(Nudge::Writing(vec![path.clone()]), scene.now);
    assert!(scene.look(NOW).is_empty());
    scene
        .keeper
        .take(Nudge::Done(vec![path.clone()]), scene.now);
    assert_eq!(scene.look(NOW), ["a.example."]);
    scene.write("a.example.zone", 3, "");
    scene.keeper.take(Nudge::Writing(vec![path]), scene.now);
    assert!(scene.look(NOW).is_empty());
    assert_eq!(
        scene.look(PATIENCE),
        ["a.example."],
        "whoever wrote to it has forgotten it"
    );
}

#[test]
fn a_changed_include_is_a_changed_zone() {
    let mut scene = Scene::new();
    let include = scene.path("more.inc");
    std::fs::write(&include, "www A 192.0.2.2\n").unwrap();
    scene.write(
        "a.example.zone",
        2,
        &format!("$INCLUDE {}\n", include.display()),
    );
    assert_eq!(scene.look(NOW), ["a.example."]);
    std::fs::write(&include, "www A 192.0.2.3\nftp A 192.0.2.3\n").unwrap();
    assert_eq!(scene.look(NOW), ["a.example."]);
    assert_eq!(
        scene.zone("a.example."),
        Some((State::Served, 3)),
        "the serial grows by itself"
    );
}

#[test]
fn zones_that_are_asked_for_are_read_unchanged() {
    let mut scene = Scene::new();
    let name = |zone: &str| Name::from_text(zone.as_bytes(), None).unwrap();
    let outcomes = scene
        .keeper
        .reload(vec![name("A.example."), name("b.example.")]);
    let lines: Vec<String> = outcomes
        .iter()
        .map(|outcome| match &outcome.result {
            Ok(served) => format!("{} {} {}", outcome.zone, served.serial, served.changed),
            Err(error) => format!("{} {error}", outcome.zone),
        })
        .collect();
    assert_eq!(
        lines,
        [
            "a.example. 1 false",
            "b.example. no such zone is served here"
        ]
    );
}
