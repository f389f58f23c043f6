//! Records in memory, for trials and for comparisons: zones by name, strict about what it is told.

mod provider;
#[cfg(test)]
mod tests;

pub use provider::InMemory;
