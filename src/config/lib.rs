//! Everything a user can set: flags, environment, settings file. Leaf crate: no async, no HTTP.
