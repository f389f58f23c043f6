//! What an answer says: fine, or what went wrong, told without what is secret.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use plan::ErrorKind;

use super::secret::scrub;

/// An answer, read to its end.
#[derive(Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The text of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Answer {
    /// Whether it is a page for people, as of something on the way that knows nothing of the API; such
    /// come with success at times.
    pub(super) fn is_page(&self) -> bool {
        let begin = self.body.trim_ascii_start();
        PAGES.iter().any(|page| {
            let begin = begin.get(..page.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(page))
        })
    }
}

/// How pages for people begin.
const PAGES: [&[u8]; 2] = [b"<!doctype html", b"<html"];

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers and body may hold tokens.
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Why a request was not done, as its answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of fault it is; decides about another try.
    pub kind: ErrorKind,
    /// What the answer says, in words for users.
    pub message: String,
    /// When to come again, if the body says so; headers are read anyway.
    pub after: Option<Duration>,
    /// Whether other credentials may help: they are renewed once, and the request is made again.
    pub renew: bool,
}

impl Refusal {
    /// A refusal of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            after: None,
            renew: false,
        }
    }

    /// What the status says on its own; none if it is fine.
    #[must_use]
    pub fn by_status(answer: &Answer) -> Option<Self> {
        (!answer.status.is_success()).then(|| Self::of(answer))
    }

    /// As [`Refusal::by_status`]; where it is about who we are, with what to look at.
    #[must_use]
    pub fn with_hint(answer: &Answer, hint: &str) -> Option<Self> {
        let mut refusal = Self::by_status(answer)?;
        if refusal.kind == ErrorKind::Auth {
            refusal.message = format!("{}; {hint}", refusal.message);
        }
        Some(refusal)
    }

    /// What a status says that is not the one that is expected.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let code = answer.status.as_u16();
        let kind = match code {
            401 | 403 => ErrorKind::Auth,
            404 => ErrorKind::NotFound,
            408 | 500..=599 => ErrorKind::Unavailable,
            409 | 412 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited,
            400..=499 => ErrorKind::Rejected,
            _ => ErrorKind::Protocol,
        };
        let said = excerpt(&answer.body);
        let said = match code {
            300..=399 => "it points to another place, which is not followed",
            _ => &said,
        };
        let colon = if said.is_empty() { "" } else { ": " };
        let mut refusal = Self::new(kind, format!("HTTP {code}{colon}{said}"));
        refusal.renew = code == 401;
        refusal
    }
}

/// Looks at an answer, whatever its status, and says what went wrong; none if it is fine. Most begin
/// with [`Refusal::by_status`] and look into the body for more.
pub type Judge = fn(&Answer) -> Option<Refusal>;

/// The secrets of a request, for what is said about its answer.
pub(super) fn secrets_of(request: &reqwest::Request) -> Vec<HeaderValue> {
    let headers = request.headers().values();
    headers
        .filter(|value| value.is_sensitive())
        .cloned()
        .collect()
}

/// A message without them: a server may repeat what it was sent.
pub(super) fn without(message: &str, secrets: &[HeaderValue]) -> String {
    let texts = secrets.iter().filter_map(|value| value.to_str().ok());
    // The last word is the secret; the ones before say what it is, as `Bearer`.
    scrub(
        message,
        texts.flat_map(|text| [text, text.rsplit(' ').next().unwrap_or(text)]),
    )
}

/// The beginning of a body, for messages: its first line, or more if it is JSON over several.
pub(super) fn excerpt(body: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(body.get(..LONGEST).unwrap_or(body));
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        let words: Vec<&str> = text.split_whitespace().collect();
        return words.join(" ");
    }
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn a_status_says_what_went_wrong() {
        for (status, body, kind, message) in [
            (
                302,
                "<a>",
                ErrorKind::Protocol,
                "HTTP 302: it points to another place, which is not followed",
            ),
            (401, "", ErrorKind::Auth, "HTTP 401"),
            (404, "no\nsuch", ErrorKind::NotFound, "HTTP 404: no"),
            (412, "", ErrorKind::Conflict, "HTTP 412"),
            (
                422,
                "{\n  \"error\": 1\n}",
                ErrorKind::Rejected,
                "HTTP 422: { \"error\": 1 }",
            ),
            (429, "", ErrorKind::RateLimited, "HTTP 429"),
            (503, "", ErrorKind::Unavailable, "HTTP 503"),
        ] {
            let refusal = Refusal::by_status(&answer(status, body)).unwrap();
            assert_eq!((refusal.kind, &*refusal.message), (kind, message));
        }
        assert_eq!(Refusal::by_status(&answer(204, "")), None);
    }

    #[test]
    fn a_page_for_people_is_told_from_an_answer() {
        for (body, is) in [
            ("<html><h1>Maintenance", true),
            (" \n<!DOCTYPE HTML>", true),
            ("<ListHostedZonesResponse>", false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(answer(200, body).is_page(), is, "{body}");
        }
    }

    #[test]
    fn what_a_server_repeats_is_not_told() {
        let mut value = HeaderValue::from_static("Bearer t0ken-t0ken");
        value.set_sensitive(true);
        assert_eq!(
            without("token t0ken-t0ken is wrong", &[value]),
            "token *** is wrong"
        );
        assert_eq!(
            format!("{:?}", answer(200, "secret")),
            "Answer { status: 200, .. }"
        );
    }
}
