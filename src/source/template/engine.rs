//! The templates of the flags, and what they give for an object.
//!
//! ```text
//! flag values ─ parse → Engine
//! object ─ typed by its kind ─ execute ─ error? → as JSON ─ execute → text → sorted, unique names
//! ```

use serde_json::Value as Json;

use super::{
    arena::Arena,
    data::Data,
    error::{Failure, Position, SyntaxError, TemplateError},
    exec::{self, Fault, Run},
    functions::Surroundings,
    kinds::{Kind, Shape, types},
    mask::{self, Mask},
    parse::parse,
    tree::Tree,
    value::Value,
    write_out::write_out,
};

/// The values of the flags for templates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Templates<'f> {
    /// `--fqdn-template`
    pub fqdn: &'f [String],
    /// `--target-template`
    pub target: &'f [String],
    /// `--fqdn-target-template`
    pub fqdn_target: &'f [String],
    /// `--combine-fqdn-annotation`
    pub combine: bool,
}

/// Parsed templates, ready for any object.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    fqdn: Option<Program>,
    target: Option<Program>,
    fqdn_target: Option<Program>,
    combine: bool,
}

/// The template of one flag.
#[derive(Clone, Debug)]
struct Program {
    flag: &'static str,
    text: String,
    tree: Tree,
}

/// An object to execute templates on.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'o> {
    /// The object, as its manifest has it.
    pub object: &'o Json,
    /// Its kind.
    pub kind: &'o Kind,
    /// The source that asks, which `isSource` compares with; empty for none.
    pub source: &'o str,
}

impl Engine {
    /// Parses what the flags were given.
    pub fn new(templates: Templates<'_>) -> Result<Self, SyntaxError> {
        Ok(Self {
            fqdn: program("--fqdn-template", templates.fqdn)?,
            target: program("--target-template", templates.target)?,
            fqdn_target: program("--fqdn-target-template", templates.fqdn_target)?,
            combine: templates.combine,
        })
    }

    /// Whether any template is given.
    pub fn is_configured(&self) -> bool {
        self.has_names() || self.target.is_some()
    }

    /// Whether `--fqdn-template` is given.
    pub fn has_fqdn(&self) -> bool {
        self.fqdn.is_some()
    }

    /// Whether a template that makes names is given, of whichever flag.
    pub fn has_names(&self) -> bool {
        self.fqdn.is_some() || self.fqdn_target.is_some()
    }

    /// Whether what templates give is added to what annotations give, rather than taking over where
    /// those give nothing.
    pub fn combines(&self) -> bool {
        self.combine
    }

    /// The names that `--fqdn-template` gives, sorted and unique; none without the flag.
    pub fn fqdns(&self, subject: Subject<'_>) -> Result<Vec<String>, TemplateError> {
        values(self.fqdn.as_ref(), subject)
    }

    /// The targets that `--target-template` gives, sorted and unique.
    pub fn targets(&self, subject: Subject<'_>) -> Result<Vec<String>, TemplateError> {
        values(self.target.as_ref(), subject)
    }

    /// The pairs of name and target that `--fqdn-target-template` gives; what lacks either part,
    /// since a field may not be filled yet, is left out.
    pub fn pairs(&self, subject: Subject<'_>) -> Result<Vec<(String, String)>, TemplateError> {
        let pair = |text: String| {
            let (name, target) = text.split_once(':')?;
            let (name, target) = (name.trim(), target.trim());
            let is_whole = !name.is_empty() && !target.is_empty();
            is_whole.then(|| (name.to_owned(), target.to_owned()))
        };
        Ok(values(self.fqdn_target.as_ref(), subject)?
            .into_iter()
            .filter_map(pair)
            .collect())
    }

    /// All that `--fqdn-template` gives, before it is split.
    #[cfg(test)]
    pub(super) fn text(&self, subject: Subject<'_>) -> Result<String, TemplateError> {
        let program = self.fqdn.as_ref();
        let output = program.map_or(Ok(Vec::new()), |program| program.execute(subject))?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// The parts of an object of a kind that the templates read.
    pub fn fields(&self, kind: &Kind) -> Mask {
        let programs = [&self.fqdn, &self.target, &self.fqdn_target];
        mask::of(
            programs.into_iter().flatten().map(|program| &program.tree),
            kind,
        )
    }
}

/// Parses the values of a flag, joined by commas; none if they are blank.
fn program(flag: &'static str, values: &[String]) -> Result<Option<Program>, SyntaxError> {
    let mut text = String::new();
    let mut tree = None;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let start = text.len();
        text.push_str(value);
        // One after the other, so that the value at fault can be named.
        let parsed = parse(&text).map_err(|error| SyntaxError {
            flag,
            template: value.clone(),
            position: Position::of(value, error.at.saturating_sub(start)),
            message: error.message,
        })?;
        tree = Some(parsed);
    }
    if text.trim().is_empty() {
        return Ok(None);
    }
    Ok(tree.map(|tree| Program { flag, text, tree }))
}

fn values(program: Option<&Program>, subject: Subject<'_>) -> Result<Vec<String>, TemplateError> {
    let Some(program) = program else {
        return Ok(Vec::new());
    };
    let output = program.execute(subject)?;
    let text = String::from_utf8_lossy(&output);
    let mut values: Vec<String> = text
        .split(',')
        .map(str::trim)
        .map(|value| value.strip_suffix('.').unwrap_or(value))
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect();
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

impl Program {
    fn execute(&self, subject: Subject<'_>) -> Result<Vec<u8>, TemplateError> {
        let first = match self.run(subject, false) {
            Ok(output) => return Ok(output),
            Err(fault) => fault,
        };
        let again = if first.is_final {
            None
        } else {
            Some(self.run(subject, true))
        };
        let (first, again) = match again {
            Some(Ok(output)) => return Ok(output),
            Some(Err(again)) => (first, Some(again.message)),
            None => (first, None),
        };
        let metadata = |name: &str| {
            let value = subject
                .object
                .get("metadata")
                .and_then(|metadata| metadata.get(name));
            value.and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        Err(Failure {
            flag: self.flag,
            kind: kind_of(subject).0.to_owned(),
            namespace: metadata("namespace"),
            name: metadata("name"),
            position: Position::of(&self.text, first.at),
            message: first.message,
            again,
        }
        .into())
    }

    /// One try: by Go's names and types, or by JSON's.
    fn run(&self, subject: Subject<'_>, by_json: bool) -> Result<Vec<u8>, Fault> {
        let arena = Arena::default();
        let (kind, api_version) = kind_of(subject);
        let surroundings = Surroundings {
            arena: &arena,
            source: subject.source,
            limit: MAX_OUTPUT,
        };
        let run = Run {
            surroundings,
            kind,
            api_version,
            strict: by_json,
        };
        let written;
        let data;
        let value = match (subject.kind.shape, by_json) {
            (Some(shape), false) => Value::of(shape, Some(subject.object), false),
            (Some(shape), true) => {
                let object = match types().get(shape).shape {
                    Shape::Pointer(object) => object,
                    _ => shape,
                };
                let mut json = write_out(object, Some(subject.object));
                for (name, value) in [("kind", kind), ("apiVersion", api_version)] {
                    if let Some(map) = json.as_object_mut().filter(|_| !value.is_empty()) {
                        map.insert(name.to_owned(), Json::from(value));
                    }
                }
                written = json;
                let metadata = subject.object.get("metadata");
                let part = |name: &str| metadata.and_then(|metadata| metadata.get(name));
                let (labels, annotations) = (part("labels"), part("annotations"));
                data = Data::of_typed(&written, labels, annotations, (kind, api_version));
                Value::Data(&data)
            }
            (None, by_json) => {
                data = Data::of_untyped(subject.object, !by_json);
                Value::Data(&data)
            }
        };
        exec::execute(&self.tree, value, run)
    }
}

/// The kind and version of an object: its own, or those of its kind.
fn kind_of(subject: Subject<'_>) -> (&str, &str) {
    let own = |name: &str| subject.object.get(name).and_then(Json::as_str);
    match own("kind").filter(|kind| !kind.is_empty()) {
        Some(kind) => (kind, own("apiVersion").unwrap_or_default()),
        None => (&subject.kind.name, &subject.kind.api_version),
    }
}

/// Bytes a template may give: far more than any object has names.
const MAX_OUTPUT: usize = 64 * 1024;
