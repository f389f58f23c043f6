//! Flags about who owns which record.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Registry",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once(
            "registry",
            "txt|aws-sd|crd|dynamodb|noop",
            "txt; none is needed by embedded",
        )
        .words(&["aws-sd", "crd", "dynamodb", "noop", "txt"])
        .says(
            "Where it is kept who owns a record",
            "The zones of this server know it without one.",
        ),
        Flag::once("crd-registry-namespace", "NAME", "our own")
            .says("Namespace of the DNSRecord objects of the registry crd", ""),
        Flag::once("dynamodb-table", "NAME", "external-dns")
            .says("Table of the registry dynamodb", ""),
        Flag::once("dynamodb-region", "NAME", "")
            .says("Its region; without it that of AWS's own settings", ""),
        Flag::once("txt-owner-id", "NAME", "default")
            .says("Who we are: each deployment needs a name of its own", ""),
        Flag::once("txt-prefix", "TEXT", "").says(
            "What names of TXT records begin with",
            "%{record_type} in it stands for the type.",
        ),
        Flag::once("txt-suffix", "TEXT", "").says(
            "What the first label of names of TXT records ends with",
            "%{record_type} in it stands for the type.",
        ),
        Flag::once("txt-wildcard-replacement", "TEXT", "")
            .says("What stands for a leading * in names of TXT records", ""),
        Flag::switch("txt-encrypt-enabled", false).says("Encrypt TXT records", ""),
        Flag::once("txt-encrypt-aes-key", "KEY", "").secret().says(
            "Key of encrypted TXT records: 32 bytes, or those in base64",
            "Without --txt-encrypt-enabled they are read, but not written.",
        ),
        Flag::duration("txt-cache-interval", "0s")
            .says("How long records of the registry are taken as known", ""),
        Flag::once("migrate-from-txt-owner", "NAME", "")
            .says("Take over the records of this owner", ""),
    ],
};
