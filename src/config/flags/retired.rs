//! Flags that external-dns had once: taken with or without a value, and answered with a warning.

/// A flag that does nothing any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retired {
    /// Its name, without dashes.
    pub(crate) name: &'static str,
    /// Whether it never had a value.
    pub(crate) switch: bool,
    /// What to do instead.
    pub(crate) instead: &'static str,
}

/// All of them, by name.
pub(crate) const RETIRED: &[Retired] = &[
    value("akamai-access-token", PROVIDER),
    value("akamai-client-secret", PROVIDER),
    value("akamai-client-token", PROVIDER),
    value("akamai-edgerc-path", PROVIDER),
    value("akamai-edgerc-section", PROVIDER),
    value("akamai-serviceconsumerdomain", PROVIDER),
    value("bluecat-config-file", PROVIDER),
    value("bluecat-dns-configuration", PROVIDER),
    value("bluecat-dns-deploy-type", PROVIDER),
    value("bluecat-dns-server-name", PROVIDER),
    value("bluecat-dns-view", PROVIDER),
    value("bluecat-gateway-host", PROVIDER),
    value("bluecat-root-zone", PROVIDER),
    switch("bluecat-skip-tls-verify", PROVIDER),
    value("cf-api-endpoint", SOURCE),
    value("cf-password", SOURCE),
    value("cf-username", SOURCE),
    value("dyn-customer-name", PROVIDER),
    value("dyn-min-ttl", PROVIDER),
    value("dyn-password", PROVIDER),
    value("dyn-username", PROVIDER),
    value("ibmcloud-config-file", PROVIDER),
    switch("ibmcloud-proxied", PROVIDER),
    value("pihole-api-version", PIHOLE),
    value("plural-cluster", PROVIDER),
    value("plural-provider", PROVIDER),
    switch("rcodezero-txt-encrypt", ENCRYPT),
    switch("rfc2136-create-ptr", CREATE_PTR),
    value("tencent-cloud-config-file", PROVIDER),
    value("tencent-cloud-zone-type", PROVIDER),
    switch("traefik-disable-legacy", TRAEFIK),
    value("transip-account", PROVIDER),
    value("transip-keyfile", PROVIDER),
    switch("txt-new-format-only", FORMAT),
];

const PROVIDER: &str = "its provider was taken out of external-dns; a webhook provider can do its work, with --provider=webhook";
const SOURCE: &str = "its source was taken away; leave it out";
const CREATE_PTR: &str = "use --create-ptr";
const ENCRYPT: &str = "use --txt-encrypt-enabled";
const FORMAT: &str = "that format is the only one written; leave it out";
const PIHOLE: &str = "version 6 is the only one; leave it out";
const TRAEFIK: &str =
    "the older group is off unless --traefik-enable-legacy is given; leave it out";

const fn value(name: &'static str, instead: &'static str) -> Retired {
    Retired {
        name,
        switch: false,
        instead,
    }
}

const fn switch(name: &'static str, instead: &'static str) -> Retired {
    Retired {
        name,
        switch: true,
        instead,
    }
}
