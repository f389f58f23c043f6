//! Labels of records as objects of the cluster: the registry `crd`, as external-dns 0.22 keeps it.
//!
//! A DNSRecord is what one record is to be, with its labels, and whether it was made. It is written
//! before its destination is, and goes after it. The label `externaldns.k8s.io/owner` says whose it
//! is: one of another owner is never written, taken away or believed.

mod object;
mod store;
#[cfg(test)]
mod tests;

pub use store::RecordObjects;
