//! Messages: header, question, records.
