//! What the providers of this build take, as a table for people: made from their peculiarities.

use std::fmt::Write as _;

use crate::record::quirks::Quirks;

/// What users want to know of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name that users type.
    pub name: &'static str,
    /// Whose it is.
    pub title: &'static str,
    /// How changes are made there.
    pub edits: &'static str,
    /// Where credentials come from.
    pub credentials: &'static str,
    /// What is peculiar to it.
    pub quirks: &'static Quirks,
}

/// The providers of this build that keep records behind an API, by name.
#[must_use]
pub fn rows() -> Vec<Row> {
    vec![
        #[cfg(feature = "aws")]
        Row {
            name: "aws",
            title: "Amazon Route 53",
            edits: "batches, each whole or not at all",
            credentials: "those that AWS's own tools find (variables, IRSA, pod identity, profiles, SSO, the machine), `--aws-profile`, `--aws-assume-role`",
            quirks: &crate::aws::api::QUIRKS,
        },
        #[cfg(feature = "aws-sd")]
        Row {
            name: "aws-sd",
            title: "Amazon Cloud Map",
            edits: "a call for each service and each value",
            credentials: "those that AWS's own tools find, `--aws-assume-role`",
            quirks: &crate::awssd::quirks::QUIRKS,
        },
        #[cfg(feature = "azure")]
        Row {
            name: "azure",
            title: "Azure DNS",
            edits: "a call for each RRset, on what was read",
            credentials: AZURE,
            quirks: &crate::azure::api::PUBLIC,
        },
        #[cfg(feature = "azure")]
        Row {
            name: "azure-private-dns",
            title: "Azure private DNS",
            edits: "a call for each RRset, on what was read",
            credentials: AZURE,
            quirks: &crate::azure::api::PRIVATE,
        },
        #[cfg(feature = "cloudflare")]
        Row {
            name: "cloudflare",
            title: "Cloudflare",
            edits: "batches, each whole or not at all",
            credentials: "`CF_API_TOKEN` (also `file:PATH`), or `CF_API_KEY` with `CF_API_EMAIL`",
            quirks: &crate::cloudflare::api::QUIRKS,
        },
        #[cfg(feature = "coredns")]
        Row {
            name: "coredns",
            title: "CoreDNS and SkyDNS, by etcd",
            edits: "transactions on what was read",
            credentials: "`ETCD_URLS`, `ETCD_USERNAME`, `ETCD_PASSWORD`, `ETCD_CA_FILE`, `ETCD_CERT_FILE`, `ETCD_KEY_FILE`",
            quirks: &crate::coredns::QUIRKS,
        },
        #[cfg(feature = "designate")]
        Row {
            name: "designate",
            title: "OpenStack Designate",
            edits: "a call for each RRset",
            credentials: "`OS_AUTH_URL` and the other `OS_…` variables of OpenStack's tools",
            quirks: &crate::designate::api::QUIRKS,
        },
        #[cfg(feature = "digitalocean")]
        Row {
            name: "digitalocean",
            title: "DigitalOcean",
            edits: "a call for each record",
            credentials: "`DO_TOKEN`",
            quirks: &crate::digitalocean::api::QUIRKS,
        },
        #[cfg(feature = "google")]
        Row {
            name: "google",
            title: "Google Cloud DNS",
            edits: "batches, each whole or not at all",
            credentials: "`GOOGLE_APPLICATION_CREDENTIALS`, else the file of `gcloud`, else the machine (GKE Workload Identity too)",
            quirks: &crate::google::api::QUIRKS,
        },
        #[cfg(feature = "infoblox")]
        Row {
            name: "infoblox",
            title: "Infoblox, by WAPI",
            edits: "a call for each record",
            credentials: "`--infoblox-wapi-username`, `EXTERNAL_DNS_INFOBLOX_WAPI_PASSWORD`",
            quirks: &crate::infoblox::api::QUIRKS,
        },
        #[cfg(feature = "oci")]
        Row {
            name: "oci",
            title: "Oracle Cloud Infrastructure",
            edits: "batches, each whole or not at all",
            credentials: "the key of a user in `--oci-config-file`, else in the file of Oracle's tools (`~/.oci/config`)",
            quirks: &crate::oci::api::QUIRKS,
        },
        #[cfg(feature = "ovh")]
        Row {
            name: "ovh",
            title: "OVHcloud",
            edits: "a call for each record, then a refresh of the zone",
            credentials: "`OVH_APPLICATION_KEY`, `OVH_APPLICATION_SECRET`, `OVH_CONSUMER_KEY`, or `OVH_CLIENT_ID`, `OVH_CLIENT_SECRET`, or `~/.ovh.conf`",
            quirks: &crate::ovh::api::QUIRKS,
        },
        #[cfg(feature = "pdns")]
        Row {
            name: "pdns",
            title: "PowerDNS",
            edits: "batches, each whole or not at all",
            credentials: "`EXTERNAL_DNS_PDNS_API_KEY`",
            quirks: &crate::pdns::api::QUIRKS,
        },
        #[cfg(feature = "pihole")]
        Row {
            name: "pihole",
            title: "Pi-hole, from version 6",
            edits: "a call for each line",
            credentials: "`EXTERNAL_DNS_PIHOLE_PASSWORD`",
            quirks: &crate::pihole::api::QUIRKS,
        },
        #[cfg(feature = "rdns")]
        Row {
            name: "rdns",
            title: "RancherDNS, by etcd",
            edits: "transactions on what was read",
            credentials: "`RDNS_ROOT_DOMAIN`, and `ETCD_…` as coredns",
            quirks: &crate::rdns::QUIRKS,
        },
    ]
}

#[cfg(feature = "azure")]
const AZURE: &str = "`--azure-config-file`, or `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` with `AZURE_CLIENT_SECRET` or `AZURE_FEDERATED_TOKEN_FILE`, or a managed identity";

impl Row {
    /// The row as a line of a table in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let types: Vec<String> = self.quirks.types.iter().map(ToString::to_string).collect();
        let (name, title, types) = (self.name, self.title, types.join(" "));
        let (edits, credentials) = (self.edits, self.credentials);
        let (ttl, but) = (self.ttl(), self.but());
        format!("| `{name}` | {title} | {edits} | {types} | {ttl} | {but} | {credentials} |")
    }

    fn ttl(&self) -> String {
        let rule = &self.quirks.ttl;
        // Less than the least stands for none.
        let unset = rule.unset.filter(|ttl| *ttl >= rule.least && *ttl > 0);
        let unset = unset.map_or_else(|| "its own".to_owned(), |ttl| ttl.to_string());
        let mut text = format!("{unset} if none is asked for");
        if rule.least > 0 {
            // Writing into a String does not fail.
            let _whole = write!(text, ", at least {}", rule.least).is_ok();
        }
        if !rule.allowed.is_empty() {
            text.push_str(", rounded up to one that it has");
        }
        text
    }

    /// What it does not take.
    fn but(&self) -> String {
        let quirks = self.quirks;
        let mut all: Vec<String> = Vec::new();
        if !quirks.apex_cname {
            all.push("a CNAME at the zone's own name".to_owned());
        }
        if !quirks.wildcard {
            all.push("wildcards".to_owned());
        } else if !quirks.inner_wildcard {
            all.push("`*` but in front (`--txt-wildcard-replacement`)".to_owned());
        }
        if quirks.values < usize::MAX {
            all.push(format!("more than {} values", quirks.values));
        }
        if quirks.texts == 1 {
            all.push("more than one TXT".to_owned());
        }
        if quirks.text < usize::MAX {
            all.push(format!("texts above {} bytes", quirks.text));
        }
        all.extend(quirks.refuses.iter().map(|it| it.what.to_owned()));
        all.extend(quirks.names_refused.iter().map(|it| it.what.to_owned()));
        if quirks.one_type {
            all.push("two types at one name".to_owned());
        }
        all.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_each_row() {
        let readme = include_str!("../../README.md");
        let rows = rows();
        assert!(rows.is_sorted_by_key(|row| row.name));
        let lines: Vec<String> = rows.iter().map(Row::markdown).collect();
        let missing: Vec<&String> = lines
            .iter()
            .filter(|line| !readme.contains(*line))
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
