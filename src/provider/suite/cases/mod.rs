//! All cases, a file for each few groups.

mod faults;
mod hosts;
mod lists;
mod owners;
mod patience;
mod plain;
mod random;
mod shapes;
mod text;

use super::case::Case;

/// All cases, in order of their groups, and so many random ones.
#[must_use]
pub fn cases(seeds: u64) -> Vec<Case> {
    let mut all = plain::cases();
    all.extend(shapes::cases());
    all.extend(text::cases());
    all.extend(hosts::cases());
    all.extend(lists::cases(seeds));
    all.extend(owners::cases());
    all.extend(faults::cases());
    all.extend(patience::cases());
    all.extend(random::cases(seeds));
    all.sort_by_key(|case| case.group);
    all
}
