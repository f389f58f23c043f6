//! Record data of every type: one table row a type says how it is read, checked, written, printed.
