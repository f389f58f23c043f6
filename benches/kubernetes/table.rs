//! Results as text and as Markdown.

use std::time::Duration;

/// One table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// What was measured of one program.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cells: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: String, columns: &[&str]) -> Self {
        Self {
            title,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// For the terminal: columns side by side.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n  {:<28}", self.title, "");
        for column in &self.columns {
            text.push_str(&format!("  {column}"));
        }
        for row in &self.rows {
            text.push_str(&format!("\n  {:<28}", row.name));
            for (cell, column) in row.cells.iter().zip(&self.columns) {
                text.push_str(&format!("  {cell:>width$}", width = column.chars().count()));
            }
        }
        text
    }

    /// For documents.
    pub(crate) fn markdown(&self) -> String {
        let line = |first: &str, cells: &[String]| format!("| {first} | {} |\n", cells.join(" | "));
        let rule = vec!["--:".to_owned(); self.columns.len()];
        let mut text = line(&self.title, &self.columns);
        text.push_str(&line("---", &rule));
        for row in &self.rows {
            text.push_str(&line(&row.name, &row.cells));
        }
        text
    }
}

/// The value below which such a part of all is.
pub(crate) fn quantile(times: &[Duration], part: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list of some hundred"
    )]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{}", (bytes + 500_000) / 1_000_000)
}
