//! What endpoints ask for, in the form that records have it.

use plan::{Endpoint, Properties};
use wire::Rtype;

/// What flags say of all records.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Whether records are proxied that do not say.
    pub(super) proxied: bool,
    /// The comment of records that have none of their own.
    pub(super) comment: String,
    /// Whether names have regions.
    pub(super) regional: bool,
    /// The region of names that do not say.
    pub(super) region: String,
    /// Whether records have custom hostnames.
    pub(super) hostnames: bool,
    /// The least TLS version of these.
    pub(super) least_tls: String,
    /// Who certifies these; "none" is nobody in particular.
    pub(super) authority: String,
}

impl Settings {
    /// Settles what an endpoint asks for. `paid` says whether its zone takes long comments.
    pub(super) fn adjust(&self, endpoint: &mut Endpoint, paid: bool) {
        let given = std::mem::take(&mut endpoint.properties);
        let value = |name: &str| {
            let mut pairs = given.iter();
            pairs
                .find(|(key, _)| key.rsplit('/').next() == Some(name))
                .map(|(_, value)| value)
        };
        let rtype = endpoint.rtype;
        let mut own = Properties::default();
        if is_proxiable(rtype) {
            let asked = value(PROXIED).and_then(truth);
            let proxied = asked.unwrap_or(self.proxied);
            if proxied {
                // The TTL of what is proxied is not ours to say.
                endpoint.ttl = None;
            }
            own.set(PROXIED, if proxied { "true" } else { "false" });
        }
        if self.hostnames && has_hostnames(rtype) {
            set_list(&mut own, HOSTNAMES, value(HOSTNAMES).unwrap_or_default());
        }
        if self.regional && is_proxiable(rtype) {
            own.set(REGION, value(REGION).unwrap_or(&self.region));
        }
        let comment = value(COMMENT).unwrap_or(&self.comment);
        let most = if paid { PAID_COMMENT } else { FREE_COMMENT };
        let end = comment.char_indices().nth(most).map(|(at, _)| at);
        let comment = end.and_then(|end| comment.get(..end)).unwrap_or(comment);
        if !comment.is_empty() {
            own.set(COMMENT, comment);
        }
        set_list(&mut own, TAGS, value(TAGS).unwrap_or_default());
        endpoint.properties = own;
    }
}

/// Sets a list of words, in order, if there are any.
pub(super) fn set_list(properties: &mut Properties, name: &str, text: &str) {
    let words = list(text).join(",");
    if !words.is_empty() {
        properties.set(name, &words);
    }
}

/// The words of a list, sorted.
pub(super) fn list(text: &str) -> Vec<&str> {
    let words = text.split(',').map(str::trim);
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Whether the proxy can be before records of a type; names of these may have regions too.
pub(super) fn is_proxiable(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::A | Rtype::AAAA | Rtype::CNAME)
}

/// Whether custom hostnames go with records of a type.
pub(super) fn has_hostnames(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::A | Rtype::CNAME)
}

/// As Go reads it.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

pub(super) const PROXIED: &str = "cloudflare-proxied";
pub(super) const HOSTNAMES: &str = "cloudflare-custom-hostname";
pub(super) const REGION: &str = "cloudflare-region-key";
pub(super) const COMMENT: &str = "cloudflare-record-comment";
pub(super) const TAGS: &str = "cloudflare-tags";

/// Characters of a comment in a zone that is not paid for.
const FREE_COMMENT: usize = 100;

/// Characters of a comment in a zone that is.
const PAID_COMMENT: usize = 500;
