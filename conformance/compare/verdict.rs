//! Judges one query: what each server showed, what the list of splits says, where we stand.

use peers::Kind;

use super::aspect;
use super::pattern::fits;
use super::split::{Decision, Shown, Split};

/// What is wrong, for the report.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) what: String,
    /// Whether the others agree among themselves.
    pub(crate) agreed: bool,
    pub(crate) aspect: &'static str,
    pub(crate) values: Vec<(Kind, String)>,
}

/// The outcome for one query.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) findings: Vec<Finding>,
    /// The names of the splits that occurred.
    pub(crate) splits: Vec<String>,
}

/// Judges what servers showed for one query. Ours may be missing: then only the list is judged.
pub(crate) fn judge(
    group: &str,
    query: &str,
    shown: &[(Kind, Shown)],
    splits: &[Split],
) -> Verdict {
    let mut verdict = Verdict::default();
    for aspect in aspect::NAMES {
        let values: Vec<(Kind, &str)> = shown
            .iter()
            .filter_map(|(kind, shown)| Some((*kind, shown.get(aspect)?.as_str())))
            .collect();
        let (ours, others): (Vec<_>, Vec<_>) = values
            .iter()
            .copied()
            .partition(|(kind, _)| *kind == Kind::Zonewright);
        let ours = ours.first().map(|(_, value)| *value);
        let [(_, first), rest @ ..] = others.as_slice() else {
            continue;
        };
        let agreed = rest.iter().all(|(_, value)| value == first);
        let split = splits
            .iter()
            .find(|split| split.explains(group, query, aspect, &others, shown));
        let what = match split {
            Some(split) => {
                verdict.splits.push(split.name.clone());
                against(split, ours, &others)
            }
            None if !agreed => Some("the others differ, and no split is listed".to_owned()),
            None => ours
                .filter(|ours| ours != first)
                .map(|_| "we differ from all others".to_owned()),
        };
        if let Some(what) = what {
            verdict.findings.push(Finding {
                what,
                agreed,
                aspect,
                values: values
                    .iter()
                    .map(|(kind, value)| (*kind, (*value).to_owned()))
                    .collect(),
            });
        }
    }
    verdict
}

/// What is wrong with our value under a listed split.
fn against(split: &Split, ours: Option<&str>, others: &[(Kind, &str)]) -> Option<String> {
    let ours = ours?;
    let name = &split.name;
    match &split.decision {
        Decision::Nothing => None,
        Decision::Any => {
            let one = others.iter().any(|(_, value)| *value == ours);
            (!one).then(|| format!("split {name}: we are like none of the others"))
        }
        Decision::Follow(kinds) => {
            let mut followed = others.iter().filter(|(kind, _)| kinds.contains(kind));
            let one = followed.any(|(_, value)| *value == ours);
            (!one).then(|| format!("split {name}: we do not follow {kinds:?}"))
        }
        Decision::Ours(patterns) => {
            let one = patterns.iter().any(|pattern| fits(pattern, ours));
            (!one).then(|| format!("split {name}: ours is not {patterns:?}"))
        }
    }
}
