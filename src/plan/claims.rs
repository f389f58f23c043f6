//! Which namespaces may ask for which names at a destination.
//!
//! Without claims every namespace may ask for every name. With claims, one of them has to cover the
//! namespace, the name and the type. On a destination that is *guarded* (the server of this house),
//! three things need a claim that says them outright, whether there are other claims or not: the
//! apex of a zone, the type NS, and names that begin with `_acme-challenge`, since whoever has one of
//! them has the zone, or a certificate for it.
//!
//! Claims are checked on what single objects ask for, before it is merged: a namespace cannot spoil
//! or share a name by asking for it too.

use std::fmt;

use wire::Rtype;

use crate::Endpoint;
use crate::name::normalize;

const CHALLENGE: &str = "_acme-challenge";

/// What some namespaces may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The namespaces; `*` is all of them, and those of objects that have none.
    pub namespaces: Vec<Box<str>>,
    /// The names.
    pub names: Vec<NamePattern>,
    /// The types; all but NS if there are none.
    pub types: Vec<Rtype>,
}

/// All claims of a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Who may ask for what.
    pub list: Vec<Claim>,
    /// Whether apex, NS and `_acme-challenge` need a claim that says so.
    pub guarded: bool,
}

/// A name, or names by a star: `example.org` is that name alone, `*.example.org` all names below it,
/// `_acme-challenge.*.example.org` those with this first label. A star stands for one label or more;
/// `*` alone for all names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    head: Box<str>,
    tail: Option<Box<str>>,
}

/// Why an endpoint is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No claim covers it.
    #[error("no claim lets {0} have this name and type")]
    Unclaimed(Claimant),
    /// It is at the apex of a zone.
    #[error("the apex of a zone needs a claim that names it, and {0} has none")]
    Apex(Claimant),
    /// It is a delegation.
    #[error("NS needs a claim that lists the type, and {0} has none")]
    Ns(Claimant),
    /// It proves the control of a name to a certificate authority.
    #[error("_acme-challenge needs a claim that names it, and {0} has none")]
    Challenge(Claimant),
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant(Option<Box<str>>);

impl fmt::Display for Claimant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(namespace) => write!(f, "namespace \"{namespace}\""),
            None => f.write_str("an object without a namespace"),
        }
    }
}

impl Claims {
    /// Whether an endpoint may take part; `apex` says whether its name is the apex of a zone.
    ///
    /// # Errors
    ///
    /// If one of the objects it comes from may not ask for it.
    pub fn admit(&self, endpoint: &Endpoint, apex: bool) -> Result<(), Denied> {
        if self.list.is_empty() && !self.guarded {
            return Ok(());
        }
        let name = normalize(&endpoint.name);
        if endpoint.origins.is_empty() {
            return self.admit_one("", &name, endpoint.rtype, apex);
        }
        let mut origins = endpoint.origins.iter();
        origins
            .try_for_each(|origin| self.admit_one(&origin.namespace, &name, endpoint.rtype, apex))
    }

    fn admit_one(
        &self,
        namespace: &str,
        name: &str,
        rtype: Rtype,
        apex: bool,
    ) -> Result<(), Denied> {
        let claimant = || Claimant((!namespace.is_empty()).then(|| namespace.into()));
        let own = self.list.iter().filter(|claim| claim.is_for(namespace));
        let covering: Vec<&Claim> = own.filter(|claim| claim.covers(name, rtype)).collect();
        if covering.is_empty() && !self.list.is_empty() {
            return Err(Denied::Unclaimed(claimant()));
        }
        if !self.guarded {
            return Ok(());
        }
        let any = |test: &dyn Fn(&NamePattern) -> bool| {
            let mut names = covering.iter().flat_map(|claim| &claim.names);
            names.any(|pattern| pattern.matches(name) && test(pattern))
        };
        if rtype == Rtype::NS
            && !covering
                .iter()
                .any(|claim| claim.types.contains(&Rtype::NS))
        {
            return Err(Denied::Ns(claimant()));
        }
        if apex && !any(&|pattern| pattern.tail.is_none()) {
            return Err(Denied::Apex(claimant()));
        }
        if is_challenge(name) && !any(&|pattern| is_challenge(&pattern.head)) {
            return Err(Denied::Challenge(claimant()));
        }
        Ok(())
    }
}

impl Claim {
    fn is_for(&self, namespace: &str) -> bool {
        let mut namespaces = self.namespaces.iter();
        namespaces.any(|other| **other == *"*" || **other == *namespace)
    }

    fn covers(&self, name: &str, rtype: Rtype) -> bool {
        let type_covered = if self.types.is_empty() {
            rtype != Rtype::NS
        } else {
            self.types.contains(&rtype)
        };
        type_covered && self.names.iter().any(|pattern| pattern.matches(name))
    }
}

impl NamePattern {
    /// The pattern in a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = normalize(text).into_owned();
        let Some((head, tail)) = text.split_once('*') else {
            return Self {
                head: text.into(),
                tail: None,
            };
        };
        Self {
            head: head.into(),
            tail: Some(tail.into()),
        }
    }

    /// Whether a name, normalized, is one of these.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let Some(tail) = &self.tail else {
            return *name == *self.head;
        };
        let middle = name
            .strip_prefix(&*self.head)
            .and_then(|rest| rest.strip_suffix(&**tail));
        middle.is_some_and(|middle| !middle.is_empty())
    }
}

fn is_challenge(name: &str) -> bool {
    let label = name.split('.').next().unwrap_or_default();
    label == CHALLENGE
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ObjectRef;

    fn endpoint(namespace: &str, name: &str, rtype: Rtype) -> Endpoint {
        let mut endpoint = Endpoint::new(name, rtype, ["192.0.2.1"]);
        endpoint.origins = vec![Arc::new(ObjectRef {
            kind: "Service",
            api_version: "v1",
            namespace: namespace.into(),
            name: "web".into(),
            uid: "".into(),
            created: 0,
        })];
        endpoint
    }

    fn claim(namespaces: &[&str], names: &[&str], types: &[Rtype]) -> Claim {
        Claim {
            namespaces: namespaces.iter().map(|text| Box::from(*text)).collect(),
            names: names.iter().map(|text| NamePattern::new(text)).collect(),
            types: types.to_vec(),
        }
    }

    #[test]
    fn patterns_cover_names() {
        let cases = [
            ("example.org", "example.org", true),
            ("Example.org.", "example.org", true),
            ("example.org", "a.example.org", false),
            ("*.example.org", "a.b.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "anexample.org", false),
            ("*.example.org", "*.example.org", true),
            ("*", "anything.at.all", true),
            (
                "_acme-challenge.*.example.org",
                "_acme-challenge.a.example.org",
                true,
            ),
            (
                "_acme-challenge.*.example.org",
                "_acme-challenge.example.org",
                false,
            ),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                NamePattern::new(pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn namespaces_have_what_they_claim() {
        let claims = Claims {
            list: vec![
                claim(&["web", "shop"], &["*.example.org"], &[]),
                claim(&["*"], &["*.dev.example.org"], &[Rtype::A]),
                claim(
                    &["infra"],
                    &["example.org", "*.example.org"],
                    &[Rtype::A, Rtype::NS],
                ),
                claim(
                    &["infra"],
                    &["_acme-challenge.*.example.org"],
                    &[Rtype::TXT],
                ),
            ],
            guarded: true,
        };
        let cases = [
            ("web", "a.example.org", Rtype::A, Ok(())),
            ("web", "a.example.org", Rtype::CNAME, Ok(())),
            (
                "evil",
                "a.example.org",
                Rtype::A,
                Err("no claim lets namespace \"evil\""),
            ),
            ("evil", "a.dev.example.org", Rtype::A, Ok(())),
            ("evil", "a.dev.example.org", Rtype::CNAME, Err("no claim")),
            (
                "",
                "a.example.org",
                Rtype::A,
                Err("no claim lets an object without"),
            ),
            ("web", "a.example.org", Rtype::NS, Err("no claim")),
            ("infra", "a.example.org", Rtype::NS, Ok(())),
            ("web", "example.org", Rtype::A, Err("no claim")),
            ("infra", "example.org", Rtype::A, Ok(())),
            (
                "web",
                "_acme-challenge.a.example.org",
                Rtype::TXT,
                Err("_acme-challenge needs"),
            ),
            ("infra", "_acme-challenge.a.example.org", Rtype::TXT, Ok(())),
        ];
        for (namespace, name, rtype, expected) in cases {
            let got = claims.admit(&endpoint(namespace, name, rtype), name == "example.org");
            match expected {
                Ok(()) => assert_eq!(got, Ok(()), "{namespace} {name} {rtype}"),
                Err(start) => {
                    let text = got.unwrap_err().to_string();
                    assert!(text.starts_with(start), "{text}");
                }
            }
        }
    }

    #[test]
    fn guards_stand_without_claims() {
        let guarded = Claims {
            list: Vec::new(),
            guarded: true,
        };
        let admit = |name, rtype, apex| guarded.admit(&endpoint("web", name, rtype), apex);
        assert!(admit("a.example.org", Rtype::A, false).is_ok());
        assert!(matches!(
            admit("example.org", Rtype::A, true),
            Err(Denied::Apex(_))
        ));
        assert!(matches!(
            admit("a.example.org", Rtype::NS, false),
            Err(Denied::Ns(_))
        ));
        let challenge = admit("_acme-challenge.example.org", Rtype::TXT, false);
        assert!(matches!(challenge, Err(Denied::Challenge(_))));
        assert!(
            Claims::default()
                .admit(&endpoint("web", "example.org", Rtype::NS), true)
                .is_ok()
        );
    }
}
