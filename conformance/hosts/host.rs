//! Each host: how external-dns and we are told where it is and who we are.

use std::path::PathBuf;

use cluster_peers::Parts;
use provider::sim::SECRET;

/// A host that both programs know.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The name that users type for its provider, and the name of its stand-in.
    pub name: &'static str,
    /// The last version of external-dns that has it, if it is not the one that is compared otherwise.
    pub version: Option<&'static str>,
    /// Its address, where that cannot be set: it is got at by a proxy.
    pub at: &'static [&'static str],
    /// Flags; `URL` is where the stand-in is.
    pub flags: &'static [&'static str],
    /// Variables; `SECRET` and `URL` stand for what they say, `FOLDER` for a folder of one's own.
    pub variables: &'static [(&'static str, &'static str)],
    /// Files of that folder.
    pub files: &'static [(&'static str, &'static str)],
    /// Whether external-dns puts the quotes of ownership records into their data there, which it takes no
    /// notice of when it reads them.
    pub quotes: bool,
    /// What is answered beside what the stand-in knows: a path, and the answer.
    pub answers: &'static [(&'static str, &'static str)],
}

const NONE: Host = Host {
    name: "",
    version: None,
    at: &[],
    flags: &[],
    variables: &[],
    files: &[],
    quotes: false,
    answers: &[],
};

impl Host {
    /// A text of the table with all that it stands for.
    #[must_use]
    pub fn filled(text: &str, url: &str, folder: &str) -> String {
        let text = text.replace("URL", url).replace("FOLDER", folder);
        text.replace("SECRET", SECRET)
    }
}

/// external-dns of the last version that knows a host, if it was built.
#[must_use]
pub fn external_dns(host: &Host) -> Option<PathBuf> {
    let usual = Parts::find().external_dns?;
    let Some(version) = host.version else {
        return Some(usual);
    };
    let folder = usual.parent()?.join(format!("external-dns-{version}"));
    Some(folder.join("external-dns")).filter(|path| path.is_file())
}

/// All of them.
pub const HOSTS: &[Host] = &[
    Host {
        name: "aws",
        at: &["route53.amazonaws.com"],
        variables: &[
            ("AWS_ACCESS_KEY_ID", "AKIDSUITE"),
            ("AWS_SECRET_ACCESS_KEY", "SECRET"),
            ("AWS_REGION", "us-east-1"),
        ],
        ..NONE
    },
    Host {
        name: "azure",
        at: &["login.microsoftonline.com", "management.azure.com"],
        flags: &["--azure-config-file=FOLDER/azure.json"],
        quotes: true,
        files: &[(
            "azure.json",
            r#"{"tenantId": "tenant", "subscriptionId": "sub", "resourceGroup": "z-example.org",
                "aadClientId": "client", "aadClientSecret": "SECRET"}"#,
        )],
        answers: &[
            (
                "/common/discovery/instance",
                r#"{"tenant_discovery_endpoint":
                    "https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration",
                    "api-version": "1.1", "metadata": []}"#,
            ),
            (
                "/tenant/v2.0/.well-known/openid-configuration",
                r#"{"issuer": "https://login.microsoftonline.com/tenant/v2.0",
                    "authorization_endpoint": "https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize",
                    "token_endpoint": "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"}"#,
            ),
        ],
        ..NONE
    },
    Host {
        name: "cloudflare",
        at: &["api.cloudflare.com"],
        variables: &[("CF_API_TOKEN", "SECRET")],
        ..NONE
    },
    Host {
        name: "digitalocean",
        version: Some("v0.20.0"),
        at: &["api.digitalocean.com"],
        quotes: true,
        variables: &[("DO_TOKEN", "SECRET")],
        ..NONE
    },
    Host {
        name: "google",
        at: &["dns.googleapis.com", "oauth2.googleapis.com"],
        flags: &["--google-project=p-1"],
        variables: &[("GOOGLE_APPLICATION_CREDENTIALS", "FOLDER/google.json")],
        files: &[(
            "google.json",
            include_str!("../../src/provider/google/sim.json"),
        )],
        ..NONE
    },
    Host {
        name: "pdns",
        flags: &[
            "--pdns-server=URL",
            "--pdns-api-key=SECRET",
            // Its API takes no `*` but in front.
            "--txt-wildcard-replacement=any",
        ],
        ..NONE
    },
];
