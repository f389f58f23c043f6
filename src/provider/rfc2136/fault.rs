//! What went wrong, in words that say what to look at.

use client::{Fault, TransferFault};
use plan::{ErrorKind, ProviderError};
use tsig::{AnswerFault, TsigError};
use wire::{Name, Rcode};

use super::contents::plain;
use super::pool::{Reason, Refusal};

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Find,
    List,
    Look,
    Update,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Find => "find the zone",
            Self::List => "list records",
            Self::Look => "look up records",
            Self::Update => "apply changes",
        }
    }
}

/// The error of a refusal that is about a zone.
pub(super) fn refused(operation: Operation, zone: &Name, refusal: Refusal) -> ProviderError {
    let Refusal { server, reason } = refusal;
    match reason {
        Reason::Away => {
            let message = format!(
                "{}: no connection to {server}, as a moment ago",
                place(zone)
            );
            error(operation, ErrorKind::Unavailable, message)
        }
        Reason::Rcode(rcode) => refused_by(operation, zone, &server, rcode),
        Reason::Fault(fault) => of_fault(operation, &place(zone), fault),
    }
}

/// The error of a response code that is about a zone.
pub(super) fn refused_by(
    operation: Operation,
    zone: &Name,
    server: &str,
    rcode: Rcode,
) -> ProviderError {
    let (kind, hint) = said(operation, rcode);
    let place = place(zone);
    error(
        operation,
        kind,
        format!("{place}: {server} says {rcode}; {hint}"),
    )
}

fn place(zone: &Name) -> String {
    format!("zone \"{}\"", plain(zone.as_ref()))
}

/// An error of this provider.
pub(super) fn error(operation: Operation, kind: ErrorKind, message: String) -> ProviderError {
    ProviderError {
        kind,
        provider: NAME,
        operation: operation.as_str(),
        message,
        source: None,
    }
}

fn of_fault(operation: Operation, place: &str, fault: Fault) -> ProviderError {
    let (kind, hint) = match &fault {
        Fault::Signature {
            source,
            now,
            server,
        } => {
            tell_clocks(server, *source, *now);
            let (kind, hint) = signature(*source, *now);
            (kind, Some(hint))
        }
        Fault::Session { source, .. } => {
            let kind = match source.is_refusal {
                true => ErrorKind::Auth,
                false => ErrorKind::Unavailable,
            };
            (kind, source.hint.as_deref().map(str::to_owned))
        }
        Fault::Transfer {
            source: TransferFault::Rcode(rcode),
            ..
        } => {
            let (kind, hint) = said(operation, *rcode);
            (kind, Some(hint.to_owned()))
        }
        Fault::Transfer { .. } | Fault::Mismatch { .. } | Fault::Wire { .. } => {
            (ErrorKind::Protocol, None)
        }
        Fault::Tls { .. } => (
            ErrorKind::Unavailable,
            Some("is TLS spoken on that port, and is its certificate trusted (--tls-ca)?".into()),
        ),
        _ => (ErrorKind::Unavailable, None),
    };
    let message = match hint {
        Some(hint) => format!("{place}; {hint}"),
        None => place.to_owned(),
    };
    let mut error = error(operation, kind, message);
    error.source = Some(Box::new(fault));
    error
}

/// What a response code means for what was tried, and what to look at.
fn said(operation: Operation, rcode: Rcode) -> (ErrorKind, &'static str) {
    let update = operation == Operation::Update;
    match rcode {
        Rcode::NXRRSET | Rcode::YXRRSET | Rcode::YXDOMAIN | Rcode::NXDOMAIN if update => (
            ErrorKind::Conflict,
            "records are not as they were read, as somebody else changes them too; they are read again",
        ),
        Rcode::REFUSED if update => (
            ErrorKind::Rejected,
            "may this key, or this address, make the change there? (BIND: update-policy or allow-update)",
        ),
        Rcode::REFUSED if operation == Operation::List => (
            ErrorKind::Auth,
            "may this key, or this address, transfer the zone? (BIND: allow-transfer)",
        ),
        Rcode::REFUSED => (ErrorKind::Auth, "may this address ask there?"),
        Rcode::NOTAUTH => (
            ErrorKind::Auth,
            "is the zone served there, is the server its primary, and is the key one for it?",
        ),
        Rcode::NOTZONE => (ErrorKind::Rejected, "a name is not in the zone"),
        Rcode::NOTIMP => (ErrorKind::Config, "the server does not do that at all"),
        Rcode::FORMERR if update => (
            ErrorKind::Rejected,
            "the server does not understand a change; is its type known there?",
        ),
        Rcode::FORMERR => (
            ErrorKind::Protocol,
            "the server does not understand the request",
        ),
        Rcode::SERVFAIL => (
            ErrorKind::Unavailable,
            "the server cannot do it now; its log says why (can it write the zone's folder?)",
        ),
        _ => (ErrorKind::Protocol, "that was not expected"),
    }
}

fn signature(fault: AnswerFault, now: u64) -> (ErrorKind, String) {
    let key = "are name, algorithm and secret of the key the same on both sides?";
    match fault {
        AnswerFault::Refused {
            error: TsigError::BADKEY,
            ..
        } => (
            ErrorKind::Auth,
            "the server knows no such key; are its name and algorithm the same on both sides?"
                .into(),
        ),
        AnswerFault::Refused {
            error: TsigError::BADSIG,
            ..
        }
        | AnswerFault::BadSignature => (
            ErrorKind::Auth,
            "is the secret of the key the same on both sides?".into(),
        ),
        AnswerFault::BadTime { .. } | AnswerFault::Stale { .. } => (
            ErrorKind::Auth,
            match their_clock(fault) {
                Some(theirs) => format!("set the clocks: {}", client::skew(theirs, now)),
                None => "set the clocks: its and ours are too far apart".into(),
            },
        ),
        AnswerFault::Echoed { .. } => (
            ErrorKind::Auth,
            "let the zone take secure updates only: Windows does not check signatures else, nor does it sign".into(),
        ),
        AnswerFault::Unsigned { rcode } => {
            let (kind, _) = said(Operation::Find, rcode);
            (kind, key.into())
        }
        _ => (ErrorKind::Auth, key.into()),
    }
}

/// The server's clock, if that is what is wrong.
fn their_clock(fault: AnswerFault) -> Option<u64> {
    match fault {
        AnswerFault::BadTime { server_time, .. } => server_time,
        AnswerFault::Stale { time_signed } => Some(time_signed),
        _ => None,
    }
}

/// Says what clocks show. In the error it would be another text each time, and said anew.
fn tell_clocks(server: &str, fault: AnswerFault, ours: u64) {
    if let Some(theirs) = their_clock(fault) {
        tracing::debug!(server, theirs, ours, "clocks, in seconds since 1970");
    }
}

pub(super) const NAME: &str = "rfc2136";

#[cfg(test)]
mod tests {
    use super::*;

    fn text(operation: Operation, reason: Reason) -> String {
        let zone = Name::from_text(b"example.org.", None).unwrap();
        let server = "192.0.2.53:53".into();
        let error = refused(operation, &zone, Refusal { server, reason });
        let mut text = format!("{:?}: {error}", error.kind);
        let mut source = std::error::Error::source(&error);
        while let Some(reason) = source {
            text = format!("{text}: {reason}");
            source = reason.source();
        }
        text
    }

    fn signature(source: AnswerFault) -> Reason {
        let server = "192.0.2.53:53".into();
        let now = 1_800_000_000;
        Reason::Fault(Fault::Signature {
            server,
            source,
            now,
        })
    }

    #[test]
    fn what_a_server_says_comes_with_what_to_check() {
        let list = |rcode| text(Operation::List, Reason::Rcode(rcode));
        let update = |rcode| text(Operation::Update, Reason::Rcode(rcode));
        let head = "provider \"rfc2136\": apply changes: zone \"example.org\": 192.0.2.53:53 says";
        let cases = [
            (
                update(Rcode::REFUSED),
                format!(
                    "Rejected: {head} REFUSED; may this key, or this address, make the change there? \
                     (BIND: update-policy or allow-update)"
                ),
            ),
            (
                update(Rcode::YXRRSET),
                format!(
                    "Conflict: {head} YXRRSET; records are not as they were read, as somebody else \
                     changes them too; they are read again"
                ),
            ),
            (
                update(Rcode::NOTAUTH),
                format!(
                    "Auth: {head} NOTAUTH; is the zone served there, is the server its primary, and is \
                     the key one for it?"
                ),
            ),
            (
                list(Rcode::REFUSED),
                "Auth: provider \"rfc2136\": list records: zone \"example.org\": 192.0.2.53:53 says \
                 REFUSED; may this key, or this address, transfer the zone? (BIND: allow-transfer)"
                    .to_owned(),
            ),
        ];
        for (said, expected) in cases {
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn sessions_that_are_not_made_say_whether_somebody_refused_them() {
        let session = |is_refusal, hint: Option<&str>| {
            let source = client::SessionFault {
                hint: hint.map(Into::into),
                is_refusal,
                source: "the user is unknown".into(),
            };
            let server = "ns1.example.org:53".into();
            text(
                Operation::Update,
                Reason::Fault(Fault::Session { server, source }),
            )
        };
        let head = "provider \"rfc2136\": apply changes: zone \"example.org\"";
        let tail = "no session with ns1.example.org:53: the user is unknown";
        assert_eq!(
            session(true, Some("is its name right?")),
            format!("Auth: {head}; is its name right?: {tail}")
        );
        assert_eq!(session(false, None), format!("Unavailable: {head}: {tail}"));
    }

    #[test]
    fn signatures_that_are_refused_say_which_part_to_check() {
        let refused = |error| AnswerFault::Refused {
            error,
            rcode: Rcode::NOTAUTH,
            signed: false,
        };
        let cases = [
            (refused(TsigError::BADKEY), "the server knows no such key"),
            (
                refused(TsigError::BADSIG),
                "is the secret of the key the same on both sides?",
            ),
            (
                AnswerFault::BadTime {
                    server_time: Some(1_800_001_000),
                    signed: true,
                },
                "set the clocks: its is more than 16 minutes ahead of ours",
            ),
            (
                AnswerFault::Echoed {
                    rcode: Rcode::NOERROR,
                },
                "let the zone take secure updates only",
            ),
            (
                AnswerFault::WrongAlgorithm,
                "are name, algorithm and secret of the key the same on both sides?",
            ),
        ];
        for (fault, expected) in cases {
            let said = text(Operation::Find, signature(fault));
            assert!(
                said.starts_with("Auth: ") && said.contains(expected),
                "{said}"
            );
        }
    }
}
