//! Logs: events in, lines on standard error out, for people or as JSON.
//!
//! Text is `TIME LEVEL message key=value …`; the field `report` stands on lines of its own below.
//! JSON has the keys that external-dns uses (`time`, `level`, `msg`) and one for each field. A line
//! is written whole. An error that cannot be written is dropped: there is nowhere left to say it.

use std::fmt;
use std::io::{IsTerminal, Write};

use config::{LogFormat, LogLevel, Quoted};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::clock::{self, Moment};
use super::traces::Traces;

/// How this process talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    format: LogFormat,
    /// Whether escape sequences make sense.
    color: bool,
    /// How the time is written.
    time: Time,
}

/// How the time of a text line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// In full.
    Full,
    /// Not at all: the journal has its own.
    Journal,
    /// Someone looks on, and knows the day.
    OfDay,
}

impl Style {
    /// The style that fits what standard error is.
    pub(crate) fn of_stderr(format: LogFormat, environment: config::Environment<'_>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let unset = |name: &str| environment(name).is_none_or(|value| value.is_empty());
        Self {
            format,
            color: terminal && format == LogFormat::Text && unset("NO_COLOR"),
            time: if terminal {
                Time::OfDay
            } else if !unset("JOURNAL_STREAM") {
                Time::Journal
            } else {
                Time::Full
            },
        }
    }

    /// Whether reports may have colors.
    pub(crate) fn color(self) -> bool {
        self.color
    }

    /// Whether lines for people can be written between the logs.
    pub(crate) fn is_text(self) -> bool {
        self.format == LogFormat::Text
    }

    /// Begins to write what happens from now on, and to send what is traced if anybody asks for it.
    ///
    /// # Errors
    /// What the environment says of traces makes no sense.
    pub(crate) fn install(
        self,
        level: LogLevel,
        environment: config::Environment<'_>,
    ) -> anyhow::Result<Traces> {
        let traces = Traces::start(environment)?;
        let filter = match level {
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Trace => LevelFilter::TRACE,
            LogLevel::Warning => LevelFilter::WARN,
        };
        // What libraries have to say is in the errors they give; their own lines are for debugging.
        let theirs = if filter >= LevelFilter::DEBUG {
            filter
        } else {
            LevelFilter::OFF
        };
        let targets = Targets::new()
            .with_default(theirs)
            .with_target("zonewright", filter);
        let ours = ["plan", "provider", "server", "source", "wire", "zone"];
        let targets = targets.with_targets(ours.map(|target| (target, filter)));
        let subscriber = tracing_subscriber::registry()
            .with(Lines(self).with_filter(targets))
            .with(traces.layer());
        // Only a second call could find one in place, and that one serves as well.
        let _already = tracing::subscriber::set_global_default(subscriber).is_err();
        traces.say();
        Ok(traces)
    }
}

/// Writes text for people to standard error, whole.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell if this does not work.
    let _unheard = std::io::stderr().lock().write_all(text.as_bytes()).is_err();
}

/// Says what is set, and what of it is well enough to go on with.
pub(crate) fn warn_of(config: &config::Config) {
    tracing::info!(settings = config.given, "starts");
    for problem in &config.warnings {
        tracing::warn!("{problem}");
    }
}

/// Writes text to standard output, whole.
///
/// # Errors
/// Nobody takes it.
pub(crate) fn print(bytes: &[u8]) -> std::io::Result<()> {
    match std::io::stdout().lock().write_all(bytes) {
        // Whoever has read enough, as `head` has, may go.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// An error with all its causes on one line: the one place where chains are put together.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error.to_string();
    let mut text = last.clone();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        // Some libraries repeat their source in their own text.
        if !last.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        last = cause;
        next = error.source();
    }
    text
}

/// The layer that writes lines.
struct Lines(Style);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        say(&match self.0.format {
            LogFormat::Json => json(clock::now(), level, &fields),
            LogFormat::Text => text(self.0, clock::now(), level, &fields),
        });
    }
}

fn text(style: Style, now: Moment, level: Level, fields: &Fields) -> String {
    let mut line = match style.time {
        Time::Full => format!("{now} "),
        Time::Journal => String::new(),
        Time::OfDay => format!("{} ", now.time_of_day()),
    };
    let color = match level {
        Level::ERROR => "\x1b[1;31m",
        Level::WARN => "\x1b[1;33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[2m",
    };
    let (on, off) = if style.color {
        (color, "\x1b[0m")
    } else {
        ("", "")
    };
    line.push_str(&format!("{on}{}{off}: {}", name(level), fields.message));
    for (key, value) in &fields.others {
        line.push_str(&match value {
            Value::Text(value) if value.is_empty() || value.contains([' ', '"', '=', '\n']) => {
                format!(" {key}={}", Quoted(value))
            }
            Value::Text(value) => format!(" {key}={value}"),
            Value::Other(value) => format!(" {key}={value}"),
        });
    }
    line.push('\n');
    if let Some(report) = &fields.report {
        line.push_str(report.trim_end_matches('\n'));
        line.push('\n');
    }
    line
}

fn json(now: Moment, level: Level, fields: &Fields) -> String {
    let mut object = serde_json::Map::new();
    object.insert("level".to_owned(), name(level).into());
    object.insert("msg".to_owned(), fields.message.clone().into());
    object.insert("time".to_owned(), now.to_string().into());
    for (key, value) in &fields.others {
        let value = match value {
            Value::Text(text) => text.clone().into(),
            Value::Other(value) => value.clone(),
        };
        object.insert((*key).to_owned(), value);
    }
    if let Some(report) = &fields.report {
        object.insert("report".to_owned(), report.clone().into());
    }
    format!("{}\n", serde_json::Value::Object(object))
}

/// Levels as external-dns calls them.
fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    report: Option<String>,
    others: Vec<(&'static str, Value)>,
}

enum Value {
    Text(String),
    Other(serde_json::Value),
}

impl Fields {
    fn add_text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = text,
            "report" => self.report = Some(text),
            name => self.others.push((name, Value::Text(text))),
        }
    }

    fn add_other(&mut self, field: &Field, value: serde_json::Value) {
        self.others.push((field.name(), Value::Other(value)));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_other(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_other(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_other(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields {
            message: "zone is not served".to_owned(),
            report: Some("a.zone:1:1: no SOA\n".to_owned()),
            others: vec![
                ("zone", Value::Text("example.org.".to_owned())),
                ("file", Value::Text("my zones/a.zone".to_owned())),
                ("errors", Value::Other(2.into())),
            ],
        }
    }

    fn style(time: Time) -> Style {
        Style {
            format: LogFormat::Text,
            color: false,
            time,
        }
    }

    #[test]
    fn text_is_for_people() {
        let line = text(style(Time::Journal), clock::now(), Level::ERROR, &fields());
        insta::assert_snapshot!(line, @r#"
        error: zone is not served zone=example.org. file="my zones/a.zone" errors=2
        a.zone:1:1: no SOA
        "#);
    }

    #[test]
    fn json_has_the_keys_of_external_dns() {
        let line = json(clock::now(), Level::WARN, &fields());
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&line).unwrap();
        assert!(object.remove("time").is_some());
        insta::assert_snapshot!(serde_json::Value::Object(object), @r#"{"errors":2,"file":"my zones/a.zone","level":"warning","msg":"zone is not served","report":"a.zone:1:1: no SOA\n","zone":"example.org."}"#);
    }

    #[test]
    fn chains_name_each_cause_once() {
        let inner = std::io::Error::other("disk is gone");
        let outer = anyhow::Error::new(inner).context("read zone file \"a\"");
        assert_eq!(chain(outer.as_ref()), "read zone file \"a\": disk is gone");
    }
}
