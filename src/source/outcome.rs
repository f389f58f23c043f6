//! What a kind of source says of one object.

use plan::Endpoint;

/// Collects what one object asks for, and what stood in its way.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it asks for.
    pub endpoints: Vec<Endpoint>,
    /// What is wrong with it. The rest of it counts all the same.
    pub problems: Vec<Problem>,
    /// Which rules gave or skipped what. Only while someone asks.
    notes: Option<Vec<Note>>,
}

/// Something wrong with an object, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One word, as Kubernetes Events have it.
    pub reason: Reason,
    /// What it is and what was expected.
    pub message: String,
}

/// What sort of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The value of an annotation makes no sense.
    AnnotationRejected,
    /// A name cannot be one.
    NameRejected,
    /// A target cannot be one for its type.
    TargetRejected,
    /// There is nothing to point at.
    TargetMissing,
    /// A TTL cannot be one.
    TtlRejected,
    /// A template said no.
    TemplateFailed,
    /// The object cannot be read; it counts as it was before.
    Unreadable,
}

impl Reason {
    /// The reason as Events and metrics have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::AnnotationRejected => "AnnotationRejected",
            Self::NameRejected => "NameRejected",
            Self::TargetMissing => "TargetMissing",
            Self::TargetRejected => "TargetRejected",
            Self::TtlRejected => "TtlRejected",
            Self::TemplateFailed => "TemplateFailed",
            Self::Unreadable => "Unreadable",
        }
    }
}

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(pub String);

impl Outcome {
    /// An outcome that keeps notes.
    #[must_use]
    pub fn explained() -> Self {
        Self {
            notes: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// Notes a step, if someone asks.
    pub fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(notes) = &mut self.notes {
            notes.push(Note(text()));
        }
    }

    /// Reports a problem.
    pub fn problem(&mut self, reason: Reason, message: String) {
        self.problems.push(Problem { reason, message });
    }

    /// The steps so far.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        self.notes.as_deref().unwrap_or_default()
    }
}
