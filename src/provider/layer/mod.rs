//! What every provider needs around it, each one a provider of its own.
//!
//! ```text
//! Metered → DryRun → Kept (if labels are kept outside the zones) → TimeLimit → the provider
//! ```

mod dry_run;
mod kept;
mod metered;
#[cfg(test)]
mod tests;
mod time_limit;

pub use dry_run::DryRun;
pub use kept::Kept;
pub use metered::{Calls, Meter, Metered};
pub use time_limit::TimeLimit;
