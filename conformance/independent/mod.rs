//! DNS libraries of others as clients: dnspython and hickory-client.
//!
//! dnspython reads our zone files by itself and asks for every RRset in them, so its parser and its
//! decoder judge ours.

mod hickory;
pub(crate) mod python;

use libtest_mimic::Trial;

use crate::fleet::Cast;

/// All trials, and what could not be had for some of them.
pub(crate) fn trials(cast: &Cast) -> (Vec<Trial>, Option<String>) {
    let (python, missing) = python::trial(cast);
    let hickory = cast.own_trial("independent::hickory_client", hickory::check);
    (vec![hickory, python], missing)
}
