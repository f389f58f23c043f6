//! Which names and which targets a destination takes.

mod domain;
mod target;

pub use domain::{DomainFilter, FilterError};
pub use target::TargetFilter;

#[cfg(test)]
mod tests;
