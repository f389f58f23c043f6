//! Cases as they are written: see `conformance/externaldns/README.md` for the format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::object::Object;
use crate::recorder::Endpoint;

/// A file of cases that share flags and objects.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    flags: Vec<String>,
    with: Vec<String>,
    objects: Vec<Value>,
    records: Vec<Endpoint>,
    cases: Vec<Written>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    name: String,
    flags: Vec<String>,
    objects: Vec<Value>,
    records: Vec<Endpoint>,
    filter: Option<Value>,
    mask_txt: bool,
    either: bool,
    env: BTreeMap<String, String>,
    steps: Vec<WrittenStep>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenStep {
    flags: Option<Vec<String>>,
    create: Vec<Value>,
    patch: Vec<Value>,
    delete: Vec<Value>,
}

/// A case, ready to be played.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `GROUP/FILE/NAME`.
    pub(crate) name: String,
    /// Its key in the file of expected outcomes.
    pub(crate) key: String,
    /// The file of expected outcomes.
    pub(crate) expected: PathBuf,
    pub(crate) objects: Vec<Object>,
    pub(crate) records: Vec<Endpoint>,
    pub(crate) filter: Option<Value>,
    /// Encrypted text is another one in each run and says nothing.
    pub(crate) mask_txt: bool,
    /// What external-dns does depends on chance.
    pub(crate) either: bool,
    /// Variables of the environment of each run.
    pub(crate) env: Vec<(String, String)>,
    /// One run each; the first one changes nothing beforehand.
    pub(crate) steps: Vec<Step>,
}

/// What happens before a run, and the flags of the run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) flags: Vec<String>,
    pub(crate) create: Vec<Object>,
    pub(crate) patch: Vec<Object>,
    pub(crate) delete: Vec<Object>,
}

/// Reads all cases below `sources/` of a folder.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Case>, String> {
    let sources = folder.join("sources");
    let mut files = Vec::new();
    let groups = list(&sources)?;
    for group in groups.iter().filter(|path| path.is_dir()) {
        let inside = list(group)?;
        files.extend(
            inside
                .into_iter()
                .filter(|path| path.extension().is_some_and(|e| e == "yaml")),
        );
    }
    let read = |path: &PathBuf| {
        read_file(folder, path).map_err(|why| format!("{}: {why}", path.display()))
    };
    let cases: Result<Vec<Vec<Case>>, String> = files.iter().map(read).collect();
    Ok(cases?.into_iter().flatten().collect())
}

fn read_file(folder: &Path, path: &Path) -> Result<Vec<Case>, String> {
    let file: File = parse(path)?;
    let shared = file.with.iter().map(|name| {
        let path = folder.join("shared").join(format!("{name}.yaml"));
        parse::<Vec<Value>>(&path).map_err(|why| format!("{}: {why}", path.display()))
    });
    let mut shared: Vec<Value> = shared.collect::<Result<Vec<_>, _>>()?.concat();
    shared.extend(file.objects);
    let stem = |path: Option<&Path>| path?.file_stem().map(|s| s.to_string_lossy().into_owned());
    let group = stem(path.parent()).unwrap_or_default();
    let title = stem(Some(path)).unwrap_or_default();
    let mut cases: Vec<Case> = Vec::new();
    for written in file.cases {
        if written.name.is_empty() || cases.iter().any(|case| case.key == written.name) {
            return Err(format!(
                "case {:?}: its name is missing or taken",
                written.name
            ));
        }
        let flags = [file.flags.clone(), written.flags].concat();
        let first = Step {
            flags: flags.clone(),
            ..Step::default()
        };
        let mut steps = vec![first];
        for step in written.steps {
            let own = step.flags.map(|own| [file.flags.clone(), own].concat());
            steps.push(Step {
                flags: own.unwrap_or_else(|| flags.clone()),
                create: objects(step.create)?,
                patch: objects(step.patch)?,
                delete: objects(step.delete)?,
            });
        }
        cases.push(Case {
            name: format!("{group}/{title}/{}", written.name),
            key: written.name,
            expected: path.with_extension("expected.json"),
            objects: objects([shared.clone(), written.objects].concat())?,
            records: [file.records.clone(), written.records].concat(),
            filter: written.filter,
            mask_txt: written.mask_txt,
            either: written.either,
            env: written.env.into_iter().collect(),
            steps,
        });
    }
    Ok(cases)
}

fn objects(values: Vec<Value>) -> Result<Vec<Object>, String> {
    let each = |value| Object::new(value).map_err(|error| error.to_string());
    values.into_iter().map(each).collect()
}

/// Reads a YAML file.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_saphyr::from_str(&text).map_err(|error| error.to_string())
}

/// What is in a folder, in order.
fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
