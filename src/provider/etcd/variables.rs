//! The variables that external-dns and `etcdctl`'s users know.

use std::net::{SocketAddr, ToSocketAddrs};

use super::Settings;

/// What is set for etcd cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("{variable}: read \"{path}\"")]
    File {
        /// The variable that names it.
        variable: &'static str,
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// One of two is missing.
    #[error("{0}")]
    Pair(&'static str),
    /// No address of a server.
    #[error("\"{0}\" is no server; expected one as http://localhost:2379")]
    Server(String),
    /// An address that cannot be found.
    #[error("look up \"{place}\"")]
    Unknown {
        /// The host and the port.
        place: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl Settings {
    /// What the variables say; `servers` that are named otherwise come in the place of theirs.
    ///
    /// # Errors
    /// They contradict each other, or name what is not there.
    pub fn from_variables(
        mut servers: Vec<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let file = |name: &'static str| match variable(name) {
            None => Ok(None),
            Some(path) => match std::fs::read(&path) {
                Ok(text) => Ok(Some(text)),
                Err(source) => Err(SettingsError::File {
                    variable: name,
                    path,
                    source,
                }),
            },
        };
        if servers.is_empty() {
            let urls = variable("ETCD_URLS");
            let urls = urls.as_deref().unwrap_or("http://localhost:2379");
            servers = urls.split(',').map(|url| url.trim().to_owned()).collect();
        }
        let is_server = |text: &&String| {
            let lower = text.to_ascii_lowercase();
            lower.starts_with("http://") || lower.starts_with("https://")
        };
        if let Some(other) = servers.iter().find(|server| !is_server(server)) {
            return Err(SettingsError::Server(other.clone()));
        }
        let user = match (variable("ETCD_USERNAME"), variable("ETCD_PASSWORD")) {
            (Some(name), password) => Some((name, password.unwrap_or_default())),
            (None, Some(_)) => {
                let text = "ETCD_PASSWORD is set and ETCD_USERNAME is not";
                return Err(SettingsError::Pair(text));
            }
            (None, None) => None,
        };
        let identity = match (file("ETCD_CERT_FILE")?, file("ETCD_KEY_FILE")?) {
            (Some(certificate), Some(key)) => Some([certificate, key].join(&b'\n')),
            (None, None) => None,
            _ => {
                let text = "ETCD_CERT_FILE and ETCD_KEY_FILE are set together, or neither";
                return Err(SettingsError::Pair(text));
            }
        };
        let server_name = match variable("ETCD_TLS_SERVER_NAME") {
            Some(name) => Some((name, addresses(&servers)?)),
            None => None,
        };
        let insecure = variable("ETCD_TLS_INSECURE").is_some_and(|value| is_true(&value));
        Ok(Self {
            trusted: file("ETCD_CA_FILE")?,
            servers,
            user,
            identity,
            server_name,
            insecure,
        })
    }
}

/// Where the servers are, for a name that is not theirs.
fn addresses(servers: &[String]) -> Result<Vec<SocketAddr>, SettingsError> {
    let mut all = Vec::new();
    for server in servers {
        let place = server
            .split_once("://")
            .map_or(&**server, |(_, place)| place);
        let place = place.trim_end_matches('/');
        let found = place
            .to_socket_addrs()
            .map_err(|source| SettingsError::Unknown {
                place: place.to_owned(),
                source,
            })?;
        all.extend(found);
    }
    Ok(all)
}

/// The words of external-dns, and those that its provider for RancherDNS took beside them.
fn is_true(text: &str) -> bool {
    ["1", "t", "true", "yes"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::from_variables(Vec::new(), variable).map_err(|error| error.to_string())
    }

    #[test]
    fn variables_say_where_servers_are_and_who_we_are() {
        let one = read(&[]).unwrap();
        assert_eq!(one.servers, ["http://localhost:2379"]);
        assert!(one.user.is_none() && !one.insecure);
        let all = read(&[
            ("ETCD_URLS", "https://a:1, HTTPS://b:2"),
            ("ETCD_USERNAME", "u"),
            ("ETCD_TLS_INSECURE", "True"),
        ])
        .unwrap();
        assert_eq!(all.servers, ["https://a:1", "HTTPS://b:2"]);
        assert_eq!(all.user, Some(("u".to_owned(), String::new())));
        assert!(all.insecure);
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        for (variables, said) in [
            (
                &[("ETCD_URLS", "a:2379")][..],
                "\"a:2379\" is no server; expected one as http://localhost:2379",
            ),
            (
                &[("ETCD_PASSWORD", "p")],
                "ETCD_PASSWORD is set and ETCD_USERNAME is not",
            ),
            (
                &[("ETCD_CA_FILE", "/nonexistent/ca")],
                "ETCD_CA_FILE: read \"/nonexistent/ca\"",
            ),
        ] {
            assert_eq!(read(variables).unwrap_err(), said);
        }
    }
}
