//! Semantic checks of a whole zone, each an error or a warning.
