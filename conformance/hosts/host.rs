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
    /// The registry that both are told to use.
    pub registry: &'static str,
    /// Whether external-dns puts the quotes of ownership records into their data there, which it takes no
    /// notice of when it reads them.
    pub quotes: bool,
    /// Whether external-dns loses all TTLs there: they are compared only in cases that are about them.
    pub loses_ttls: bool,
    /// Calls that write which each process of ours begins with, whatever there is to do.
    pub begins: usize,
    /// How many changes are measured at most: beyond, calls of their own and rates take minutes.
    pub most: usize,
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
    registry: "txt",
    quotes: false,
    loses_ttls: false,
    begins: 0,
    most: usize::MAX,
    answers: &[],
};

/// What is measured of hosts that take each record by itself.
const ONE_BY_ONE: usize = 100;

impl Host {
    /// A text of the table with all that it stands for.
    #[must_use]
    pub fn filled(text: &str, url: &str, folder: &str) -> String {
        let text = text.replace("URL", url).replace("FOLDER", folder);
        let text = text.replace("PEM OF A KEY", &PEM.replace('\n', "\\n"));
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

/// Both services of Azure.
const AZURE: Host = Host {
    at: &["login.microsoftonline.com", "management.azure.com"],
    flags: &["--azure-config-file=FOLDER/azure.json"],
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
    most: ONE_BY_ONE,
    ..NONE
};

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
        quotes: true,
        ..AZURE
    },
    Host {
        name: "azure-private-dns",
        quotes: true,
        ..AZURE
    },
    Host {
        name: "cloudflare",
        at: &["api.cloudflare.com"],
        variables: &[("CF_API_TOKEN", "SECRET")],
        ..NONE
    },
    Host {
        name: "designate",
        version: Some("v0.16.1"),
        variables: &[
            ("OS_AUTH_URL", "URL/identity/v3"),
            ("OS_USERNAME", "somebody"),
            ("OS_PASSWORD", "SECRET"),
            ("OS_PROJECT_NAME", "project"),
            ("OS_USER_DOMAIN_NAME", "Default"),
        ],
        // It takes no `*` but in front.
        flags: &["--txt-wildcard-replacement=any"],
        loses_ttls: true,
        most: ONE_BY_ONE,
        ..NONE
    },
    Host {
        name: "digitalocean",
        version: Some("v0.20.0"),
        at: &["api.digitalocean.com"],
        quotes: true,
        most: ONE_BY_ONE,
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
        name: "infoblox",
        version: Some("v0.14.2"),
        at: &["grid.example"],
        flags: &[
            "--infoblox-grid-host=grid.example",
            "--infoblox-wapi-password=SECRET",
            "--infoblox-view=default",
        ],
        loses_ttls: true,
        most: ONE_BY_ONE,
        ..NONE
    },
    Host {
        name: "oci",
        at: &["dns.eu-frankfurt-1.oci.oraclecloud.com"],
        flags: &["--oci-config-file=FOLDER/oci.yaml"],
        files: &[("oci.yaml", OCI)],
        // Each edit is answered with the whole zone.
        most: 1000,
        ..NONE
    },
    Host {
        name: "ovh",
        flags: &["--ovh-endpoint=URL/1.0"],
        variables: &[
            ("OVH_APPLICATION_KEY", "application-of-the-suite"),
            ("OVH_APPLICATION_SECRET", "SECRET"),
            ("OVH_CONSUMER_KEY", "consumer-of-the-suite"),
        ],
        // A process before may have died with edits that are not published.
        begins: 1,
        most: ONE_BY_ONE,
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
    Host {
        name: "pihole",
        flags: &["--pihole-server=URL", "--pihole-password=SECRET"],
        // It keeps no texts.
        registry: "noop",
        most: ONE_BY_ONE,
        ..NONE
    },
];

/// The user of Oracle's tools that its stand-in knows, by a key of the vectors of signatures.
const OCI: &str = r#"{"auth": {"region": "eu-frankfurt-1", "tenancy": "ocid1.tenancy.oc1..suite",
    "user": "ocid1.user.oc1..suite", "key": "PEM OF A KEY",
    "fingerprint": "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34"}, "compartment": "c-1"}"#;

const PEM: &str = include_str!("../../src/provider/auth/vectors.key.pem");
