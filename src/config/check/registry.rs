//! Who owns which record.

use std::time::Duration;

use super::hosted;
use super::provider::Kind as Provider;
use super::reader::Reader;
use crate::problem::Origin;
use crate::settings::{Encryption, Registry, Txt};
use crate::value::{self, Wrong};

/// The registry; `None` if it is not one of this build.
pub(super) fn registry(reader: &mut Reader, provider: Provider) -> Option<Registry> {
    let embedded = provider == Provider::Embedded;
    // Wrong settings of a registry are told even if it is another one.
    let txt = txt(reader);
    if provider == Provider::Hosted("aws-sd") {
        return cloud_map(reader, txt);
    }
    let kind = match reader.typed("registry") {
        None if embedded => Kind::Layers,
        None => Kind::Txt,
        Some(_) => reader.once("registry", kind)?,
    };
    Some(match kind {
        Kind::AwsSd => {
            let origin = reader.origin_of("registry");
            let wrong =
                Wrong::new("only services of Cloud Map have descriptions to keep owners in");
            let hint = "there are txt, crd, dynamodb and noop; aws-sd goes with --provider=aws-sd";
            reader.problem_at("registry", &origin, wrong.hint(hint));
            return None;
        }
        Kind::Crd => return crd(reader, embedded, txt),
        Kind::DynamoDb => return dynamo_db(reader, embedded, txt),
        Kind::Layers => Registry::Layers { owner: txt.owner },
        Kind::Noop => Registry::Noop,
        Kind::Txt => Registry::Txt(txt),
    })
}

/// The registry of Cloud Map, which has no place for any other: as in external-dns, another one that is
/// asked for stands for this one.
fn cloud_map(reader: &mut Reader, txt: Txt) -> Option<Registry> {
    let kind = match reader.typed("registry") {
        None => Kind::AwsSd,
        Some(_) => reader.once("registry", kind)?,
    };
    match kind {
        Kind::Noop => return Some(Registry::Noop),
        Kind::AwsSd => {}
        _ => {
            let origin = reader.origin_of("registry");
            let wrong = Wrong::new("Cloud Map keeps owners in the descriptions of its services");
            let hint = "it is taken for aws-sd, as external-dns does; there is noop too";
            reader.warning_at("registry", &origin, wrong.hint(hint));
        }
    }
    Some(Registry::AwsSd { owner: txt.owner })
}

/// The registry in objects of the cluster.
fn crd(reader: &mut Reader, embedded: bool, txt: Txt) -> Option<Registry> {
    let origin = reader.origin_of("registry");
    if embedded {
        let wrong = Wrong::new("zones of this server know who wrote what without objects");
        reader.problem_at("registry", &origin, wrong.hint("leave --registry away"));
        return None;
    }
    if reader.typed("manifests").is_some() {
        let wrong = Wrong::new("objects from manifests leave no cluster to keep ownership in");
        reader.problem_at(
            "registry",
            &origin,
            wrong.hint("there are txt, dynamodb and noop"),
        );
        return None;
    }
    if !is_label(&txt.owner) {
        let wrong = Wrong::expected(
            &txt.owner,
            "an owner for the registry crd; expected up to 63 letters, digits, - _ and .",
        );
        let origin = reader.origin_of("txt-owner-id");
        reader.problem_at("txt-owner-id", &origin, wrong);
        return None;
    }
    Some(Registry::Crd {
        txt,
        namespace: reader.optional("crd-registry-namespace"),
    })
}

/// The registry in a table.
fn dynamo_db(reader: &mut Reader, embedded: bool, txt: Txt) -> Option<Registry> {
    if embedded {
        let origin = reader.origin_of("registry");
        let wrong = Wrong::new("zones of this server know who wrote what without a table");
        reader.problem_at("registry", &origin, wrong.hint("leave --registry away"));
        return None;
    }
    let table = hosted::prefixed(reader, "dynamodb", &["aws-", "dynamodb-"]);
    Some(Registry::DynamoDb { txt, table })
}

/// Whether the API server takes a text as the value of a label.
fn is_label(text: &str) -> bool {
    let (bytes, outer) = (text.as_bytes(), |byte: Option<&u8>| {
        byte.is_some_and(u8::is_ascii_alphanumeric)
    });
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    bytes.len() <= 63 && bytes.iter().all(inner) && outer(bytes.first()) && outer(bytes.last())
}

#[derive(Clone, Copy)]
enum Kind {
    AwsSd,
    Crd,
    DynamoDb,
    Layers,
    Noop,
    Txt,
}

fn kind(text: &str) -> Result<Kind, Wrong> {
    match text {
        "aws-sd" => Ok(Kind::AwsSd),
        "crd" => Ok(Kind::Crd),
        "dynamodb" => Ok(Kind::DynamoDb),
        "noop" => Ok(Kind::Noop),
        "txt" => Ok(Kind::Txt),
        _ => Err(Wrong::expected(
            text,
            "a registry; expected txt, aws-sd, crd, dynamodb or noop",
        )),
    }
}

fn txt(reader: &mut Reader) -> Txt {
    let (prefix, suffix) = (reader.text("txt-prefix"), reader.text("txt-suffix"));
    if !prefix.is_empty() && !suffix.is_empty() {
        let origin = reader.origin_of("txt-suffix");
        let wrong = Wrong::new("there is a --txt-prefix already; only one of them can be");
        reader.problem_at("txt-suffix", &origin, wrong);
    }
    Txt {
        owner: reader
            .once("txt-owner-id", |text| match text {
                "" => Err(Wrong::new("the owner is empty; expected a name")),
                // Nothing is escaped in ownership TXT, so it would be read as another one.
                text if text.contains([',', '"']) => Err(Wrong::expected(
                    text,
                    "an owner; expected a name without commas and quotes",
                )),
                text => Ok(text.to_owned()),
            })
            .unwrap_or_else(|| "default".to_owned()),
        prefix,
        suffix,
        wildcard_replacement: reader.text("txt-wildcard-replacement"),
        encryption: encryption(reader),
        cache_interval: reader.go_duration("txt-cache-interval", Duration::ZERO),
        migrate_from: reader.optional("migrate-from-txt-owner"),
    }
}

fn encryption(reader: &mut Reader) -> Option<Encryption> {
    let write = reader.switch("txt-encrypt-enabled");
    let given = reader.typed("txt-encrypt-aes-key").is_some();
    let key = reader.filled("txt-encrypt-aes-key", value::aes_key);
    if write && !given {
        let origin: Origin = reader.origin_of("txt-encrypt-enabled");
        let wrong = Wrong::new("there is no key to encrypt with");
        let wrong = wrong
            .hint("set EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY; make one with: openssl rand -base64 32");
        reader.problem_at("txt-encrypt-enabled", &origin, wrong);
    }
    Some(Encryption { key: key?, write })
}
