//! Results as text and as Markdown.

use std::time::Duration;

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// What was measured of one program.
#[derive(Clone, Debug)]
pub struct Row {
    /// The program.
    pub name: String,
    /// A value for each column.
    pub cells: Vec<String>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: String, columns: &[&str]) -> Self {
        Self {
            title,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// For the terminal: columns side by side.
    #[must_use]
    pub fn text(&self) -> String {
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
    #[must_use]
    pub fn markdown(&self) -> String {
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
#[must_use]
pub fn quantile(times: &[Duration], part: f64) -> Duration {
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

/// With one digit behind the point.
#[must_use]
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

/// Whole megabytes.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{}", (bytes + 500_000) / 1_000_000)
}
