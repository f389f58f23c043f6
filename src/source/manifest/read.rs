//! Files in, objects out.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::batch::{Batch, Found, Wanted};
use super::compose::compose;
use super::fault::Fault;
use super::files;
use super::json::Json;
use super::node::{Node, Span};
use super::report::{Mark, Problem, Report, Severity};
use super::say;
use super::text::{self, Document};
use crate::object::{Dynamic, Key, Kind, Object, Trim};

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects, in the order of the files; each one once.
    pub objects: Vec<Object>,
    /// What is wrong with the files.
    pub report: Report,
    /// How many objects of kinds that are not wanted were left out, by version and kind.
    pub skipped: BTreeMap<String, usize>,
    /// How many files were read.
    pub files: usize,
}

impl Loaded {
    /// Whether all that the files hold was read. If not, what is missing may still be meant: then
    /// objects may be applied, but none deleted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.report.errors() == 0
    }
}

/// Reads files and folders, in this order.
#[must_use]
pub fn read(paths: &[PathBuf], kinds: &[Kind], trim: &Trim) -> Loaded {
    let dynamics: Vec<Dynamic> = trim
        .dynamics()
        .filter_map(|text| text.parse().ok())
        .collect();
    let mut reading = Reading {
        wanted: Wanted {
            kinds,
            dynamics: &dynamics,
            trim,
        },
        loaded: Loaded::default(),
        seen: HashMap::new(),
        json: Json::default(),
    };
    for path in paths {
        for found in files::files(path) {
            match found {
                Ok(file) => reading.file(&file),
                Err((path, message)) => reading.unreadable(&path, &message),
            }
        }
    }
    reading.loaded
}

struct Reading<'a> {
    wanted: Wanted<'a>,
    loaded: Loaded,
    /// Where each object stands among those loaded, and in which file it was.
    seen: HashMap<(Kind, Key), (usize, usize)>,
    /// Room to work in.
    json: Json,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path) {
        match files::read(path) {
            Ok(text) => {
                self.loaded.files += 1;
                self.text(&path.display().to_string(), &text);
            }
            Err(message) => self.unreadable(path, &message),
        }
    }

    pub(super) fn text(&mut self, path: &str, text: &str) {
        if text.trim_start().starts_with(['{', '[']) && self.json(path, text) {
            return;
        }
        for document in text::documents(text) {
            match compose(document.text) {
                Ok(root) => self.document(path, document, root, true),
                Err((fault, span)) => self.fault(path, document, &fault, span),
            }
        }
    }

    /// Reads JSON; says whether it was. Its reader is several times as fast as that of YAML, but
    /// tells no places.
    fn json(&mut self, path: &str, text: &str) -> bool {
        let mut roots = serde_json::Deserializer::from_str(text).into_iter::<Node>();
        let mut start = 0;
        let mut documents = Vec::new();
        while let Some(root) = roots.next() {
            let Ok(root) = root else { return false };
            let end = roots.byte_offset();
            documents.push((start, end, root));
            start = end;
        }
        let (mut at, mut lines_before) = (0, 0);
        for (start, end, root) in documents {
            lines_before += text
                .get(at..start)
                .unwrap_or_default()
                .matches('\n')
                .count();
            at = start;
            let text = text.get(start..end).unwrap_or_default();
            self.document(path, Document { text, lines_before }, root, false);
        }
        true
    }

    /// Takes in a document. `placed` says whether its values know where they stand.
    fn document(&mut self, path: &str, document: Document<'_>, mut root: Node, placed: bool) {
        let batch = Batch::of(&mut root, self.wanted, &mut self.json);
        if !placed && (!batch.found.is_empty() || self.repeats(&batch)) {
            // Something is to be said: only now the places are worth their price.
            if let Ok(root) = compose(document.text) {
                return self.document(path, document, root, true);
            }
        }
        for found in batch.found {
            self.say(path, document, found);
        }
        for (name, count) in batch.skipped {
            *self.loaded.skipped.entry(name).or_default() += count;
        }
        for (object, span) in batch.objects {
            self.keep(path, document, object, span);
        }
    }

    fn repeats(&self, batch: &Batch) -> bool {
        let mut own = std::collections::HashSet::new();
        batch.objects.iter().any(|(object, _)| {
            let id = id(object);
            self.seen.contains_key(&id) || !own.insert(id)
        })
    }

    fn keep(&mut self, path: &str, document: Document<'_>, object: Object, span: Span) {
        let file = self.loaded.files;
        let id = id(&object);
        let Some((at, other)) = self.seen.get_mut(&id) else {
            self.seen.insert(id, (self.loaded.objects.len(), file));
            self.loaded.objects.push(object);
            return;
        };
        let place = if *other == file {
            "earlier in this file"
        } else {
            "in a file before this one"
        };
        let message = format!(
            "{} {} was given {place}; this one counts",
            id.0.name(),
            id.1
        );
        *other = file;
        if let Some(kept) = self.loaded.objects.get_mut(*at) {
            *kept = object;
        }
        self.say(
            path,
            document,
            Found {
                severity: Severity::Warning,
                message,
                hint: Some("give each object once".to_owned()),
                span,
            },
        );
    }

    fn fault(&mut self, path: &str, document: Document<'_>, fault: &Fault, span: Span) {
        let mark = Mark::new(path, document, span);
        let (message, hint) = say::explain(fault, mark.text());
        self.loaded.report.add(Problem {
            severity: Severity::Error,
            message,
            hint,
            mark,
        });
    }

    fn say(&mut self, path: &str, document: Document<'_>, found: Found) {
        self.loaded.report.add(Problem {
            severity: found.severity,
            message: found.message,
            hint: found.hint,
            mark: Mark::new(path, document, found.span),
        });
    }

    fn unreadable(&mut self, path: &Path, message: &str) {
        let path = path.display().to_string();
        self.loaded.report.add(Problem {
            severity: Severity::Error,
            message: format!("read manifests: {message}"),
            hint: None,
            mark: Mark::file(&path),
        });
    }
}

fn id(object: &Object) -> (Kind, Key) {
    (object.kind(), object.meta().key.clone())
}
