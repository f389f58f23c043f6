//! What is installed: the image and the Debian package, as `.package/build` made them.
//!
//! ```text
//! target/package/zonewright.oci.tar → index → manifest ─→ configuration
//!                                                     └─→ layers → a root, read only → our program, user 65532
//! target/package/zonewright.deb → a throw-away copy of this system → dpkg → the unit's command
//! ```
//!
//! What has not been built is named, and its trials are left out; with `CI=true` that is a failure.

mod archive;
mod package;
mod root;
mod run;
mod unit;

use std::path::PathBuf;

use super::site::{Check, skip};
use crate::fleet::root as repository;

pub(super) const TRIALS: &[Check] = &[
    (
        "the_image_is_one_program_for_a_user_without_rights",
        archive::contents,
    ),
    ("the_image_says_what_it_is_made_of", archive::materials),
    ("the_image_serves_checks_and_takes_commands", run::serves),
    (
        "the_image_takes_the_arguments_of_external_dns",
        run::replaces_external_dns,
    ),
    (
        "the_package_installs_upgrades_and_goes_without_a_trace",
        package::life,
    ),
    (
        "the_unit_is_well_formed_and_lets_the_program_do_little",
        unit::verified,
    ),
    ("the_unit_starts_the_program_and_is_told", unit::started),
];

/// A file that `.package/build` makes; `None`, with a word about it, where it was not made.
fn made(trial: &str, name: &str) -> Result<Option<PathBuf>, String> {
    let path = repository().join("target/package").join(name);
    if path.exists() {
        return Ok(Some(path));
    }
    lacking(
        trial,
        &format!("{} is not built, see .package/build", path.display()),
    )
}

/// Leaves a trial out for this reason, but not in CI.
fn lacking<T>(trial: &str, why: &str) -> Result<Option<T>, String> {
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        return Err(why.to_owned());
    }
    skip(trial, why);
    Ok(None)
}
