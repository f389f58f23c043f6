//! Random small zones and queries over the same few labels: where wildcards, cuts, aliases,
//! redirections and empty names meet in ways that nobody thought of.
//!
//! `mutants` are good packets with a few bytes changed. About those servers differ in many ways, so we
//! must only agree where all others do. `CONFORMANCE_MUTANTS=COUNT` says how many.
//!
//! A seed makes a zone; many zones are served at once. What the servers show is judged as in
//! `compare`, by the same list of splits. `CONFORMANCE_SEEDS=FROM..TO` names the seeds to run.

pub(crate) mod dice;
pub(crate) mod mutants;
pub(crate) mod trials;
pub(crate) mod zone;
