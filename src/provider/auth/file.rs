//! What is around the program: variables and files, both as whoever starts it gives them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use plan::{ErrorKind, ProviderError};

use super::fault;
use crate::client::Secret;

/// The variables of the environment.
#[derive(Clone)]
pub struct Environment(Arc<Variable>);

/// What gives a variable.
type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// Variables that a function gives.
    #[must_use]
    pub fn new(variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(variable))
    }

    /// Variables that are known.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let pairs: std::collections::HashMap<_, _> = pairs.into_iter().collect();
        Self::new(move |name| pairs.get(name).cloned())
    }

    /// These variables as they are now, from whoever can read them.
    #[must_use]
    pub fn taken(names: &[&str], variable: impl Fn(&str) -> Option<String>) -> Self {
        let pairs = names
            .iter()
            .map(|name| ((*name).to_owned(), variable(name)));
        Self::of(pairs.filter_map(|(name, value)| Some((name, value?))))
    }

    /// A variable; none if it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// The text of a file.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<Secret, ProviderError> {
    let path = path.as_ref();
    std::fs::read_to_string(path)
        .map(Secret::new)
        .map_err(|source| {
            let mut error = fault(ErrorKind::Config, format!("read \"{}\"", path.display()));
            error.source = Some(Box::new(source));
            error
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        let given = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "B" => Some(String::new()),
            _ => None,
        };
        let environment = Environment::taken(&["A", "B", "C"], given);
        for (name, value) in [("A", Some("1")), ("B", None), ("C", None), ("D", None)] {
            assert_eq!(environment.get(name).as_deref(), value);
        }
        assert_eq!(format!("{environment:?}"), "Environment");
    }
}
