//! What the chart renders from its examples, beside what is on record.

use std::path::Path;

use crate::Check;
use crate::files::{chart, documents, examples, own, read, write, writes};
use crate::helm::Helm;

/// The trials.
pub(crate) fn checks() -> Vec<(String, Check)> {
    let mut checks: Vec<(String, Check)> = vec![(
        "the_dashboard_is_rendered_as_it_is".to_owned(),
        Box::new(dashboard),
    )];
    for (name, path) in examples().unwrap_or_default() {
        let lint = path.clone();
        checks.push((
            format!("lint::{name}"),
            Box::new(move |helm| linted(helm, &lint)),
        ));
        checks.push((
            format!("renders::{name}"),
            Box::new(move |helm| golden(helm, &name, &path)),
        ));
    }
    checks
}

/// The linter has nothing to say but that there is no icon.
fn linted(helm: &Helm, values: &Path) -> Result<(), String> {
    let (chart, values) = (chart().display().to_string(), values.display().to_string());
    let run = helm.run(&["lint", &chart, "--strict", "--values", &values])?;
    let quiet = !run.out.contains("[WARNING]") && !run.out.contains("[ERROR]");
    match run.good && quiet {
        true => Ok(()),
        false => Err(format!("{}{}", run.out, run.err)),
    }
}

/// The objects of an example are those on record.
fn golden(helm: &Helm, name: &str, values: &Path) -> Result<(), String> {
    let rendered = lines(&helm.template(values, &[])?);
    let path = own(&format!("expected/{name}.yaml"));
    if writes() {
        return write(&path, &(rendered.join("\n") + "\n"));
    }
    let expected = lines(&read(&path)?);
    let differs = |(a, b): &(&String, &String)| a != b;
    let same = rendered.iter().zip(&expected);
    match same.enumerate().find(|(_, pair)| differs(pair)) {
        Some((number, (now, before))) => Err(format!(
            "{}:{}: expected\n  {before}\nbut it is\n  {now}\n(CHART_WRITE=1 writes it)",
            path.display(),
            number + 1
        )),
        None if rendered.len() != expected.len() => Err(format!(
            "{}: {} lines, but now there are {} (CHART_WRITE=1 writes them)",
            path.display(),
            expected.len(),
            rendered.len()
        )),
        None => Ok(()),
    }
}

/// The lines that say something: versions of Helm differ in empty ones, and name the files in
/// comments.
fn lines(text: &str) -> Vec<String> {
    let full = text.lines().map(str::trim_end);
    let told = full.filter(|line| !line.is_empty() && !line.starts_with("# Source: "));
    told.map(str::to_owned).collect()
}

fn dashboard(helm: &Helm) -> Result<(), String> {
    let values = chart().join("ci/embedded-values.yaml");
    let text = helm.template(&values, &["--set", "grafanaDashboard.enabled=true"])?;
    let wanted = read(&chart().join("files/dashboard.json"))?;
    let maps = documents(&text)?;
    let found = maps
        .iter()
        .find_map(|map| map.pointer("/data/zonewright.json"))
        .and_then(|text| text.as_str())
        .ok_or("no ConfigMap with zonewright.json")?;
    match found.trim_end() == wanted.trim_end() {
        true => Ok(()),
        false => Err("the dashboard is not the one of files/".to_owned()),
    }
}
