//! Whether the way to the API server leads by a proxy, as the environment says: as Go has it.
//!
//! In goes an address, and what variables hold; out comes a proxy or none. A kubeconfig that names a
//! proxy itself means it for every address, and is not asked here. The client below takes `HTTPS_PROXY`
//! for the machine itself too, and looks for the proxy's name in `NO_PROXY`, not for the server's.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;
use kube::config::Kubeconfig;

/// The proxy for an address; none if it is asked directly.
pub(super) fn of(address: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<Uri> {
    let names = match address.scheme_str() {
        Some("https") => ["HTTPS_PROXY", "https_proxy"],
        _ => ["HTTP_PROXY", "http_proxy"],
    };
    let set = |names: [&str; 2]| {
        let mut all = names.into_iter().filter_map(&variable);
        all.find(|text| !text.trim().is_empty())
    };
    let proxy = set(names)?;
    let host = address.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let ip: Option<IpAddr> = host.parse().ok();
    let usual = if names[0] == "HTTPS_PROXY" { 443 } else { 80 };
    let port = address.port_u16().unwrap_or(usual);
    let list = set(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    let is_excluded = || {
        list.split(',')
            .any(|item| excludes(item, (&host, ip), port))
    };
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) || is_excluded() {
        return None;
    }
    let proxy = proxy.trim();
    match proxy.contains("://") {
        true => proxy.parse().ok(),
        false => format!("http://{proxy}").parse().ok(),
    }
}

/// Whether a kubeconfig itself names a proxy for the cluster of a context.
pub(super) fn is_named(file: &Kubeconfig, context: Option<&str>) -> bool {
    let context = context.or(file.current_context.as_deref());
    let mut contexts = file.contexts.iter();
    let context = contexts.find(|it| Some(&*it.name) == context);
    let cluster = context.and_then(|it| Some(&it.context.as_ref()?.cluster));
    let mut clusters = file.clusters.iter();
    let cluster = clusters.find(|it| Some(&it.name) == cluster);
    let proxy = cluster.and_then(|it| it.cluster.as_ref()?.proxy_url.as_deref());
    proxy.is_some_and(|proxy| !proxy.is_empty())
}

/// Whether an item of `NO_PROXY` is about a host: a name and all below it, an address, a network, each
/// but the last perhaps with a port.
fn excludes(item: &str, (host, ip): (&str, Option<IpAddr>), port: u16) -> bool {
    let item = item.trim().to_ascii_lowercase();
    if item == "*" {
        return true;
    }
    if item.contains('/') {
        let network: Option<IpNet> = item.parse().ok();
        return network.is_some_and(|network| ip.is_some_and(|ip| network.contains(&ip)));
    }
    let (name, only) = match item.rsplit_once(':') {
        // The colons of an address are no port's, unless it is in brackets.
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            (name, port.parse::<u16>().ok())
        }
        _ => (item.as_str(), None),
    };
    if only.is_some_and(|only| only != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']);
    if let Ok(named) = name.parse::<IpAddr>() {
        return ip == Some(named);
    }
    let below = name.strip_prefix('*').unwrap_or(name);
    match below.strip_prefix('.') {
        _ if below.is_empty() => false,
        Some(_) => host.ends_with(below),
        None => host == below || host.ends_with(&format!(".{below}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_for_what_is_neither_here_nor_excluded() {
        // The server, NO_PROXY, whether the proxy is taken.
        for (server, excluded, taken) in [
            ("https://10.0.0.1:6443", "", true),
            ("https://api.example.org", "", true),
            // Never for the machine itself.
            ("https://127.0.0.1:6443", "", false),
            ("https://127.8.0.1", "", false),
            ("https://[::1]:6443", "", false),
            ("https://LocalHost:6443", "", false),
            ("https://localhost.example:6443", "", true),
            ("https://10.0.0.1:6443", "*", false),
            ("https://10.0.0.1:6443", "10.0.0.1", false),
            ("https://10.0.0.1:6443", "10.0.0.10", true),
            ("https://10.0.0.1:6443", "x, 10.0.0.0/8", false),
            ("https://11.0.0.1:6443", "10.0.0.0/8", true),
            ("https://11.0.0.1:6443", "0.0.0.0/0", false),
            ("https://[2001:db8::1]:6443", "2001:db8::/32", false),
            ("https://[2001:db8::1]:6443", "10.0.0.0/8", true),
            ("https://10.0.0.1:6443", "10.0.0.0/nonsense", true),
            ("https://api.example.org", "example.org", false),
            ("https://api.example.org", ".example.org", false),
            ("https://api.example.org", "*.example.org", false),
            ("https://example.org", ".example.org", true),
            ("https://badexample.org", "example.org", true),
            ("https://api.example.org", "api.example.org:443", false),
            ("https://api.example.org", "api.example.org:80", true),
            // The proxy's own name says nothing of the server.
            ("https://api.example.org", "proxy.example", true),
            // Another variable is for this one.
            ("http://api.example.org", "", false),
        ] {
            let address: Uri = server.parse().unwrap();
            let proxy = of(&address, |name| match name {
                "https_proxy" => Some("proxy.example:3128".to_owned()),
                "HTTPS_PROXY" => Some(String::new()),
                "NO_PROXY" => Some(excluded.to_owned()),
                _ => None,
            });
            let wanted = taken.then(|| "http://proxy.example:3128/".to_owned());
            let told = proxy.map(|proxy| proxy.to_string());
            assert_eq!(told, wanted, "{server} {excluded}");
        }
    }
}
