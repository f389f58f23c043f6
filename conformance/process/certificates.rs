//! Certificates of two authorities, a server and a client, for trials with TLS.

use std::process::Command;

use peers::Options;

use super::push_place::run;
use super::site::Site;

/// Makes `ca.pem`, whose `server.pem` and `client.pem` are for 127.0.0.1, each with its key, and
/// `other.pem`, which nobody has a certificate of.
pub(super) fn make(site: &Site) -> Result<(), String> {
    site.write("names", "subjectAltName=IP:127.0.0.1\n")?;
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(site.path(""));
        run(&mut command)
    };
    for authority in ["ca", "other"] {
        openssl(&format!(
            "req -x509 {new} -days 30 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
        ))?;
    }
    for who in ["server", "client"] {
        openssl(&format!(
            "req {new} -subj /CN={who} -keyout {who}.key -out {who}.csr"
        ))?;
        openssl(&format!(
            "x509 -req -in {who}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
             -extfile names -out {who}.pem"
        ))?;
    }
    Ok(())
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
