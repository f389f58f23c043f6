//! Master files: text → records, with every mistake of a file in one report.
