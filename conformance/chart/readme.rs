//! The table of values in the chart's README, made from `values.yaml`.

use libtest_mimic::{Failed, Trial};

use crate::files::{chart, read, write, writes};

/// The trials.
pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("chart::the_readme_lists_every_value", || {
        the_readme().map_err(Failed::from)
    })]
}

fn the_readme() -> Result<(), String> {
    let values = read(&chart().join("values.yaml"))?;
    let table = table(&rows(&values)?);
    let path = chart().join("README.md");
    let text = read(&path)?;
    let start = text
        .find(MARK)
        .ok_or_else(|| format!("no {MARK:?} in it"))?;
    let end = text.get(start..).and_then(|rest| rest.find('\n'));
    let end = start + end.ok_or("nothing follows the mark")? + 1;
    let (head, old) = text.split_at(end);
    if writes() {
        return write(&path, &format!("{head}\n{table}"));
    }
    let mut pairs = old.trim().lines().zip(table.trim().lines());
    match pairs.find(|(old, new)| old != new) {
        Some((old, new)) => Err(format!(
            "expected\n  {new}\nbut it has\n  {old}\n(CHART_WRITE=1 writes it)"
        )),
        None if old.trim().len() != table.trim().len() => {
            Err("it has too few or too many rows (CHART_WRITE=1 writes it)".to_owned())
        }
        None => Ok(()),
    }
}

/// One value: where it is, what it is at first, what it is for.
#[derive(Debug)]
struct Row {
    path: String,
    default: String,
    about: String,
}

/// The rows of a values file: keys with a comment that begins with `# --`. Every other key must have
/// such keys in it, or be in one.
fn rows(values: &str) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    // Keys around, by indentation, and whether one of them has a comment.
    let mut around: Vec<(usize, String, bool)> = Vec::new();
    let mut about: Option<String> = None;
    for (number, line) in values.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if let Some(comment) = text.strip_prefix("# -- ") {
            about = Some(comment.replace('|', "\\|"));
            continue;
        }
        let Some((key, value)) = text.split_once(':') else {
            continue;
        };
        if text.starts_with('#') || !key.chars().all(char::is_alphanumeric) {
            continue;
        }
        while around.last().is_some_and(|(outer, ..)| *outer >= indent) {
            around.pop();
        }
        let covered = around.last().is_some_and(|(_, _, covered)| *covered);
        around.push((indent, key.to_owned(), covered || about.is_some()));
        let keys: Vec<&str> = around.iter().map(|(_, key, _)| key.as_str()).collect();
        let path = keys.join(".");
        match (about.take(), value.trim()) {
            (Some(about), value) => rows.push(Row {
                path,
                default: shown(value),
                about,
            }),
            (None, value) if !value.is_empty() && !covered => {
                return Err(format!("values.yaml:{}: {path} says nothing", number + 1));
            }
            (None, _) => {}
        }
    }
    Ok(rows)
}

/// A default as the table has it.
fn shown(value: &str) -> String {
    match value {
        "null" => String::new(),
        "" => "see `values.yaml`".to_owned(),
        value => format!("`{value}`"),
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = "| value | default | what it is |\n|---|---|---|\n".to_owned();
    for row in rows {
        let Row {
            path,
            default,
            about,
        } = row;
        text.push_str(&format!("| `{path}` | {default} | {about} |\n"));
    }
    text
}

/// What the line before the table begins with.
const MARK: &str = "<!-- Made from values.yaml";
