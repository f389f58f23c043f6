//! Requests by HTTP, counted as dashboards for external-dns read them.
//!
//! The API server and providers are asked from crates that know nothing of each other; what they
//! count is shown together. Labels have few values: `path` is what is asked for, never a name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What was asked of whom, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpCall {
    /// `http` or `https`.
    pub scheme: Box<str>,
    /// The host, with its port if it is not the usual one.
    pub host: Box<str>,
    /// The last part of the path, the resource that it names an object of, or what is done there.
    pub path: Box<str>,
    /// The method, as `GET`.
    pub method: Box<str>,
    /// The status of the answer; none if there was no answer.
    pub status: Option<u16>,
}

/// Requests so far.
#[derive(Debug, Default)]
pub struct HttpCalls(Mutex<BTreeMap<HttpCall, HttpTimes>>);

/// How long answers took to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpTimes {
    /// Requests whose answer took longer than the bound before, and up to this one; the last one
    /// has no bound.
    pub buckets: [u64; Self::BOUNDS.len() + 1],
    /// The time of all of them.
    pub sum: Duration,
}

impl HttpTimes {
    /// The bounds of the buckets.
    pub const BOUNDS: [Duration; 8] = [
        Duration::from_millis(5),
        Duration::from_millis(20),
        Duration::from_millis(100),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(5),
        Duration::from_secs(10),
    ];

    /// How many requests there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl HttpCalls {
    /// Counts a request.
    pub fn count(&self, call: HttpCall, took: Duration) {
        let mut calls = self.lock();
        let times = calls.entry(call).or_default();
        let at = HttpTimes::BOUNDS.partition_point(|bound| *bound < took);
        if let Some(bucket) = times.buckets.get_mut(at) {
            *bucket += 1;
        }
        times.sum += took;
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Vec<(HttpCall, HttpTimes)> {
        let calls = self.lock();
        calls
            .iter()
            .map(|(call, times)| (call.clone(), *times))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<HttpCall, HttpTimes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_whom_they_went_to() {
        let call = |status| HttpCall {
            scheme: "https".into(),
            host: "api.example.org".into(),
            path: "records".into(),
            method: "GET".into(),
            status,
        };
        let calls = HttpCalls::default();
        for (status, millis) in [(Some(200), 5), (Some(200), 6), (None, 90_000)] {
            calls.count(call(status), Duration::from_millis(millis));
        }
        let read = calls.read();
        let counts: Vec<_> = read
            .iter()
            .map(|(call, times)| (call.status, times.count(), times.sum.as_millis()))
            .collect();
        assert_eq!(counts, [(None, 1, 90_000), (Some(200), 2, 11)]);
        assert_eq!(read[1].1.buckets[..3], [1, 1, 0]);
        assert_eq!(read[0].1.buckets.last(), Some(&1));
    }
}
