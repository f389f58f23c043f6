//! A stand-in for Amazon that others have made, for what is tried against it: moto, in a process of its
//! own.
//!
//! `.ci/peers` installs it; `ZONEWRIGHT_MOTO` names another one. Where it is missing a trial is left
//! out, but not in CI.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::auth::aws::{Aws, Chain, ChainSettings, VARIABLES};
use crate::auth::{Clock, Environment};
use crate::client::{Http, Setup, Web};

/// A server; killed when this is dropped.
pub(crate) struct Moto {
    child: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Moto {
    /// Starts one; nothing if it is not installed.
    ///
    /// # Panics
    /// It does not start, or is missing in CI.
    pub(crate) async fn start() -> Option<Self> {
        let Some(program) = program() else {
            let is_needed = env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!is_needed, "moto is not installed: run .ci/peers");
            return None;
        };
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let moto = Self {
            child: child.unwrap(),
            url: format!("http://127.0.0.1:{port}"),
        };
        for _ in 0..600 {
            let place = (Ipv4Addr::LOCALHOST, port);
            if tokio::net::TcpStream::connect(place).await.is_ok() {
                return Some(moto);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("moto does not answer");
    }

    /// What settings say to get there.
    pub(crate) fn settings(&self) -> [(&str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_ACCESS_KEY_ID", "AKIDTRIAL"),
            ("AWS_SECRET_ACCESS_KEY", "s3cret"),
            ("AWS_REGION", REGION),
        ]
    }

    /// One of its services, signed for.
    pub(crate) fn service(&self, name: &'static str) -> Web {
        let given = self.settings();
        let value = |name: &str| given.iter().find(|(other, _)| *other == name);
        let environment = Environment::taken(&VARIABLES, |name| {
            value(name).map(|(_, value)| (*value).to_owned())
        });
        let around = (environment, Clock::system());
        let setup = Setup::default();
        let chain = Chain::new("aws", ChainSettings::default(), around, &setup).unwrap();
        let http = Http::with("aws", &setup).unwrap();
        let web = Web::new(http, &self.url).unwrap();
        web.sign(Aws::new(chain.into(), REGION, name))
    }

    /// Asks a service that speaks JSON; `target` is what is asked for, as `DynamoDB_20120810.Scan`.
    pub(crate) async fn ask(&self, service: &'static str, target: &str, body: &Value) -> Value {
        let web = self.service(service);
        let name = http::HeaderName::from_static("x-amz-target");
        let call = web.post("ask", &[""]).header(name, target);
        let body = body.to_string();
        let call = call.body("application/x-amz-json-1.1", body);
        let text = call.text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = (self.child.kill(), self.child.wait());
    }
}

fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os("ZONEWRIGHT_MOTO") {
        return Some(program.into());
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    let program = cache.join("zonewright/moto/bin/moto_server");
    program.exists().then_some(program)
}

const REGION: &str = "eu-central-1";
