//! Benchmarks: one question per file.
