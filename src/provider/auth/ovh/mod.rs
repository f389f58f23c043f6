//! OVHcloud: a signature of the application's and the consumer's keys, by the server's clock.

use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use tokio::time::Instant;

use crate::auth::hash::sha1_hex;
use crate::auth::text::body;
use crate::auth::token::Kept;
use crate::auth::{Clock, Sign, fault, set_plain, set_secret};
use crate::client::{Secret, Web};

#[cfg(any(test, feature = "ovh"))]
mod find;

#[cfg(any(test, feature = "ovh"))]
pub use find::{OvhAccess, OvhWho, VARIABLES};

/// Signs requests to OVHcloud.
#[derive(Debug)]
pub struct Ovh {
    keys: OvhKeys,
    clock: Clock,
    /// Where the time is asked for; none if ours will do.
    web: Option<Web>,
    /// How far the server's clock is ahead of ours, in seconds.
    ahead: Kept<i64>,
}

/// What OVHcloud gives an application.
#[derive(Clone, Debug)]
pub struct OvhKeys {
    /// The application.
    pub application: String,
    /// Its secret.
    pub secret: Secret,
    /// Who let it in.
    pub consumer: Secret,
}

impl Ovh {
    /// Signs by the clock of the server at this address, whose requests are not signed.
    #[must_use]
    pub fn new(keys: OvhKeys, clock: Clock, web: Option<Web>) -> Self {
        Self {
            keys,
            ahead: Kept::new(clock.clone()),
            clock,
            web,
        }
    }

    /// The server's time: signatures of another are refused, and clocks of small machines are off.
    async fn now(&self) -> Result<Timestamp, ProviderError> {
        let ours = self.clock.now();
        let Some(web) = &self.web else {
            return Ok(ours);
        };
        let wrong = || {
            let message = "the time of the server is no time".to_owned();
            fault(ErrorKind::Protocol, message)
        };
        let ask = async {
            let theirs: i64 = web.get_json("ask for the time", &["auth", "time"]).await?;
            // Half an answer is a number, too.
            if theirs < LONG_AGO {
                return Err(wrong());
            }
            Ok((theirs.saturating_sub(self.clock.now().as_second()), None))
        };
        let ahead = self.ahead.get(ask).await?;
        let seconds = ours.as_second().saturating_add(ahead);
        Timestamp::from_second(seconds).map_err(|_| wrong())
    }
}

impl Sign for Ovh {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let time = self.now().await?.as_second().to_string();
        let body = String::from_utf8_lossy(body(request)?);
        let text = Secret::new(format!(
            "{}+{}+{}+{}+{body}+{time}",
            self.keys.secret.expose(),
            self.keys.consumer.expose(),
            request.method(),
            request.url(),
        ));
        let signature = format!("$1${}", sha1_hex(text.expose().as_bytes()));
        set_plain(request, "x-ovh-application", &self.keys.application)?;
        set_plain(request, "x-ovh-timestamp", &time)?;
        set_secret(
            request,
            http::HeaderName::from_static("x-ovh-consumer"),
            self.keys.consumer.expose(),
        )?;
        set_secret(
            request,
            http::HeaderName::from_static("x-ovh-signature"),
            &signature,
        )
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        // Our clock was set, or stood for a while.
        Ok(self.web.is_some() && self.ahead.refuse(since).await)
    }
}

/// The first of January 2020: no server's clock is before that.
const LONG_AGO: i64 = 1_577_836_800;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::stub::{Stub, reply};
    use crate::client::{Http, Setup};

    #[tokio::test]
    async fn the_clock_of_the_server_counts() {
        let stub = Stub::start(|_| reply(200, "1787392800")).await;
        let http = Http::with("ovh", &Setup::default()).unwrap();
        let web = Web::new(http, &format!("{}/1.0", stub.url)).unwrap();
        let keys = OvhKeys {
            application: "app".to_owned(),
            secret: "s3cret".into(),
            consumer: "c0nsumer".into(),
        };
        let ovh = Ovh::new(keys, Clock::fixed(7), Some(web));
        for _ in 0..2 {
            let url = reqwest::Url::parse("https://eu.api.ovh.com/1.0/me").unwrap();
            let mut request = Request::new(http::Method::GET, url);
            Sign::sign(&ovh, &mut request).await.unwrap();
            assert_eq!(request.headers()["x-ovh-timestamp"], "1787392800");
        }
        assert_eq!(stub.lines(), ["GET /1.0/auth/time"]);
        let shown = format!("{ovh:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("c0nsumer"),
            "{shown}"
        );
    }
}
