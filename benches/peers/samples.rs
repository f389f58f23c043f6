//! What was measured: samples by what they were taken of, and their medians.

use std::collections::BTreeMap;

use crate::contestant::Contestant;
use crate::plan::Scenario;

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// By zone size, load and contestant.
    pub(crate) answers: BTreeMap<(usize, Scenario, Contestant), Vec<Answered>>,
    /// By the name of what was loaded, with the number of records, and contestant.
    pub(crate) loads: BTreeMap<(usize, String, Contestant), Vec<Loaded>>,
    /// What could not be measured, or was wrong.
    pub(crate) problems: Vec<String>,
}

/// One load of questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// Microseconds of processor time for each answer.
    pub(crate) cpu: f64,
    /// Answers a second.
    pub(crate) rate: f64,
    /// The part of the questions that got no answer.
    pub(crate) lost: f64,
    /// Bytes of an answer.
    pub(crate) bytes: f64,
}

/// One start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// Seconds from the start to the first right answer for each zone.
    pub(crate) seconds: f64,
    /// Resident bytes for each record, beyond those of an almost empty server.
    pub(crate) bytes: f64,
    /// The most that was resident, in megabytes.
    pub(crate) peak: f64,
}

/// The middle of some samples, and how far they are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// The spread of one value of the samples; none without samples.
    pub(crate) fn of<T>(samples: Option<&Vec<T>>, value: impl Fn(&T) -> f64) -> Option<Self> {
        let mut values: Vec<f64> = samples?.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self {
            median: f64::midpoint(low, high),
            least,
            most,
        })
    }

    /// The median, and the least and the most where there are several samples.
    pub(crate) fn show(self, digits: usize) -> String {
        let Self {
            median,
            least,
            most,
        } = self;
        if least == most {
            format!("{median:.digits$}")
        } else {
            format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
        }
    }
}

impl Samples {
    /// The spread of one value of answers.
    pub(crate) fn answer(
        &self,
        (hosts, scenario, contestant): (usize, Scenario, Contestant),
        value: impl Fn(&Answered) -> f64,
    ) -> Option<Spread> {
        Spread::of(self.answers.get(&(hosts, scenario, contestant)), value)
    }

    /// The zone sizes and loads that were measured, in order.
    pub(crate) fn scenarios(&self) -> Vec<(usize, Scenario)> {
        let mut all: Vec<_> = self.answers.keys().map(|key| (key.0, key.1)).collect();
        all.dedup();
        all
    }

    /// What was loaded, in order.
    pub(crate) fn loaded(&self) -> Vec<(usize, String)> {
        let mut all: Vec<_> = self
            .loads
            .keys()
            .map(|key| (key.0, key.1.clone()))
            .collect();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_lies_between_least_and_most() {
        let spread = |values: &[f64]| Spread::of(Some(&values.to_vec()), |value| *value);
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[2.0]).unwrap().show(1), "2.0");
        assert_eq!(spread(&[9.0, 1.0, 2.0]).unwrap().show(0), "2 (1–9)");
        assert_eq!(spread(&[4.0, 1.0, 2.0, 9.0]).unwrap().median, 3.0);
    }
}
