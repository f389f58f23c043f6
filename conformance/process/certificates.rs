//! Certificates of two authorities, a server and a client, for trials with TLS.

use std::process::Command;

use peers::Options;

use super::site::Site;
use super::tool::succeed;

/// Makes `ca.pem`, whose `server.pem` and `client.pem` are for 127.0.0.1 and a name each, with their
/// keys, and `other.pem`, whose `later.pem` is as the first one.
pub(super) fn make(site: &Site) -> Result<(), String> {
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(site.path(""));
        succeed(&mut command)
    };
    for authority in ["ca", "other"] {
        openssl(&format!(
            "req -x509 {new} -days 30 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
        ))?;
    }
    for (who, name, authority) in [
        ("server", PRIMARY, "ca"),
        ("client", SECONDARY, "ca"),
        ("later", PRIMARY, "other"),
    ] {
        site.write(
            "names",
            &format!("subjectAltName=IP:127.0.0.1,DNS:{name}\n"),
        )?;
        openssl(&format!(
            "req {new} -subj /CN={who} -keyout {who}.key -out {who}.csr"
        ))?;
        openssl(&format!(
            "x509 -req -in {who}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 30 \
             -extfile names -out {who}.pem"
        ))?;
    }
    Ok(())
}

/// The name of `server.pem`.
pub(super) const PRIMARY: &str = "primary.test";

/// The name of `client.pem`.
pub(super) const SECONDARY: &str = "secondary.test";

/// Lets BIND ask by TLS, as a client that has a certificate of `ca.pem` and wants one.
pub(super) fn bind_asks(site: &Site, options: Options) -> Options {
    let file = |name: &str| site.path(name).display().to_string();
    let (ca, certificate, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    options.global(&format!(
        "tls ours {{ ca-file \"{ca}\"; cert-file \"{certificate}\"; key-file \"{key}\"; \
         remote-hostname \"{PRIMARY}\"; }};"
    ))
}

/// The same for NSD.
pub(super) fn nsd_asks(site: &Site, options: Options) -> Options {
    let file = |name: &str| site.path(name).display().to_string();
    let (ca, certificate, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    options
        .config(&format!("tls-cert-bundle: \"{ca}\""))
        .global(&format!(
            "tls-auth:\n    name: ours\n    auth-domain-name: \"{PRIMARY}\"\n    \
             client-cert: \"{certificate}\"\n    client-key: \"{key}\""
        ))
}

/// Lets BIND speak TLS on a port too, with clients that have a certificate of `ca.pem`.
pub(super) fn bind(site: &Site, port: u16, options: Options) -> Options {
    let file = |name: &str| site.path(name).display().to_string();
    let (ca, certificate, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    options
        .global(&format!(
            "tls ours {{ ca-file \"{ca}\"; cert-file \"{certificate}\"; key-file \"{key}\"; }};"
        ))
        .config(&format!("listen-on port {port} tls ours {{ 127.0.0.1; }};"))
}

/// Lets NSD speak TLS on a port too.
pub(super) fn nsd_answers(site: &Site, port: u16, options: Options) -> Options {
    let file = |name: &str| site.path(name).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    options.config(&format!(
        "ip-address: 127.0.0.1@{port}\ntls-port: {port}\ntls-service-key: \"{key}\"\n\
         tls-service-pem: \"{certificate}\""
    ))
}
