//! Rules about who may change what by updates, as BIND writes them.

use ipnet::IpNet;
use wire::Rtype;

use super::grant::{key_name, network};
use super::{Wrong, zone_name};
use crate::problem::Quoted;
use crate::settings::{UpdateNames, UpdateRule, UpdateTypes, Who};

/// `grant|deny KEY KIND [NAME] [TYPE...] [takeover]`.
pub(crate) fn update_rule(text: &str) -> Result<UpdateRule, Wrong> {
    let mut words = text.trim_end_matches(';').split_whitespace().peekable();
    let grant = match words.next() {
        Some("grant") => true,
        Some("deny") => false,
        _ => {
            return Err(
                Wrong::expected(text, "a rule; expected grant or deny first").hint(EXAMPLE),
            );
        }
    };
    let missing = |what: &str| Wrong::new(format!("{} lacks {what}", Quoted(text))).hint(EXAMPLE);
    let identity = words.next().ok_or_else(|| missing("the name of a key"))?;
    let kind = words.next().ok_or_else(|| missing("a kind of rule"))?;
    let who = identity_of(identity, kind)?;
    let takes_name = matches!(kind, "name" | "subdomain" | "wildcard");
    let names = if takes_name {
        let name = words.next().ok_or_else(|| missing("a name"))?;
        let name = zone_name(name)?.as_ref().to_lowercase();
        match kind {
            "name" => UpdateNames::Name(name),
            "subdomain" => UpdateNames::Subdomain(name),
            _ if name.as_ref().is_wildcard() => UpdateNames::Wildcard(name),
            _ => {
                let wrong = Wrong::expected(&name.to_string(), "a wildcard, such as *.example.org");
                return Err(wrong);
            }
        }
    } else {
        // BIND wants a name here, which says nothing. No type of records has these letters.
        words.next_if(|word| word.contains(['.', '*']) || word.eq_ignore_ascii_case(identity));
        match kind {
            "self" => UpdateNames::SelfName,
            "selfsub" => UpdateNames::SelfSub,
            "selfwild" => UpdateNames::SelfWild,
            "tcp-self" => UpdateNames::TcpSelf,
            "zonesub" => UpdateNames::Zonesub,
            _ => {
                let what = "a kind of rule; expected name, subdomain, wildcard, zonesub, self, selfsub, \
                            selfwild or tcp-self";
                return Err(Wrong::expected(kind, what));
            }
        }
    };
    let mut words: Vec<&str> = words.collect();
    let takeover = words.last() == Some(&"takeover");
    if takeover {
        words.pop();
    }
    Ok(UpdateRule {
        grant,
        who,
        names,
        types: types(&words)?,
        takeover,
    })
}

fn identity_of(identity: &str, kind: &str) -> Result<Who, Wrong> {
    if identity == "*" {
        // Over TCP an address is proof enough.
        let everybody = ["0.0.0.0/0", "::/0"].map(|net| net.parse::<IpNet>().ok());
        return Ok(match everybody {
            [Some(_), Some(everybody)] if kind == "tcp-self" => Who::Network(everybody),
            _ => Who::AnyKey,
        });
    }
    match network(identity) {
        Some(net) => Ok(Who::Network(net)),
        None => key_name(identity.strip_prefix("key:").unwrap_or(identity)).map(Who::Key),
    }
}

fn types(words: &[&str]) -> Result<UpdateTypes, Wrong> {
    let mut types = Vec::new();
    for word in words {
        if word.eq_ignore_ascii_case("ANY") {
            return Ok(UpdateTypes::Any);
        }
        let rtype = Rtype::from_text(word.as_bytes()).filter(|rtype| !rtype.is_meta());
        types.push(rtype.ok_or_else(|| Wrong::expected(word, "a record type"))?);
    }
    Ok(if types.is_empty() {
        UpdateTypes::Ordinary
    } else {
        UpdateTypes::These(types)
    })
}

const EXAMPLE: &str = "such as: grant dhcp subdomain dyn.example.org A AAAA";

#[cfg(test)]
mod tests {
    use super::super::sample::{name, said};
    use super::*;

    #[test]
    fn rules_are_read_as_bind_writes_them() {
        let rule = |text: &str| update_rule(text).ok().unwrap();
        let dhcp = rule("grant DHCP subdomain dyn.example.org A AAAA;");
        assert!(dhcp.grant && !dhcp.takeover);
        assert_eq!(dhcp.who, Who::Key(name("dhcp.")));
        assert_eq!(dhcp.names, UpdateNames::Subdomain(name("dyn.example.org.")));
        assert_eq!(dhcp.types, UpdateTypes::These(vec![Rtype::A, Rtype::AAAA]));
        let own = rule("grant * self . ANY");
        assert_eq!((own.who, own.names), (Who::AnyKey, UpdateNames::SelfName));
        assert_eq!(own.types, UpdateTypes::Any);
        for nothing in ["", "*", ".", "k", "host.example.org"] {
            let own = rule(&format!("grant k selfsub {nothing} AAAA"));
            assert_eq!(
                own.types,
                UpdateTypes::These(vec![Rtype::AAAA]),
                "{nothing}"
            );
        }
        let all = rule("deny 10.0.0.0/8 zonesub");
        assert_eq!((all.grant, all.names), (false, UpdateNames::Zonesub));
        assert_eq!(all.types, UpdateTypes::Ordinary);
        let over = rule("grant key:ops zonesub ANY takeover");
        assert!(over.takeover);
        let reverse = rule("grant * tcp-self PTR");
        assert!(matches!(reverse.who, Who::Network(_)));
        let wild = rule("grant k wildcard *.example.org TXT");
        assert_eq!(wild.names, UpdateNames::Wildcard(name("*.example.org.")));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        let cases = [
            ("allow k zonesub", "expected grant or deny first"),
            ("grant", "lacks the name of a key"),
            ("grant k", "lacks a kind of rule"),
            ("grant k name", "lacks a name"),
            ("grant k anything", "is not a kind of rule"),
            ("grant k wildcard example.org", "is not a wildcard"),
            ("grant k zonesub SOMETHING", "is not a record type"),
            ("grant k zonesub AXFR", "is not a record type"),
        ];
        for (text, expected) in cases {
            let said = said(update_rule(text));
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
