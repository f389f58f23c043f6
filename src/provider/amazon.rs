//! What all services of Amazon have in common: credentials by settings, and calls of those that speak
//! JSON.
//!
//! ```text
//! Rpc ─ ask(target, body) → region (settings, variables, profile, machine; once) → POST / , signed → JSON
//! ```

use std::sync::Arc;

use http::HeaderName;
use plan::{ErrorKind, ProviderError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::auth::Environment;
use crate::auth::aws::{Aws, Chain, ChainSettings, Role, VARIABLES, is_stale};
use crate::client::{Answer, Http, Judge, Limit, Refusal, Retry, Web};
use crate::open::{Options, Setup, SetupError};

/// Where credentials are looked for; in a profile, if one is named.
pub(crate) fn chain(
    provider: &'static str,
    setup: &Setup<'_>,
    profile: Option<String>,
    region: Option<String>,
) -> Result<Arc<Chain>, SetupError> {
    let options = setup.options;
    let role = options.text("aws-assume-role").map(|arn| Role {
        arn: arn.to_owned(),
        external_id: options
            .text("aws-assume-role-external-id")
            .map(str::to_owned),
        ..Role::default()
    });
    let settings = ChainSettings {
        profile,
        role,
        region,
    };
    let environment = Environment::taken(&VARIABLES, |name| options.variable(name));
    let around = (environment, setup.clock());
    let chain = Chain::new(provider, settings, around, &setup.client())?;
    Ok(Arc::new(chain))
}

/// How often calls are made, with those that did not get through.
pub(crate) fn retry(options: &dyn Options) -> Retry {
    let attempts = u32::try_from(options.number("aws-api-retries")).unwrap_or_default();
    Retry {
        // None is any number, within the time that there is.
        attempts: if attempts == 0 { 20 } else { attempts },
        ..Retry::USUAL
    }
}

/// What tells services apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// As in addresses and signatures.
    pub(crate) name: &'static str,
    /// What stands before it in addresses.
    pub(crate) before: &'static str,
    /// As in variables.
    pub(crate) variable: &'static str,
    /// What names of operations begin with.
    pub(crate) target: &'static str,
    /// The type of bodies.
    pub(crate) kind: &'static str,
    /// How many calls it takes.
    pub(crate) limit: Limit,
}

/// A service that speaks JSON.
#[derive(Debug)]
pub(crate) struct Rpc {
    service: Service,
    chain: Arc<Chain>,
    http: Http,
    /// An address in place of the usual one.
    base: Option<String>,
    retry: Retry,
    judge: Judge,
    /// The interface, once the region is known.
    web: OnceCell<Web>,
}

impl Rpc {
    /// The service of these settings; nothing is asked yet.
    pub(crate) fn new(
        provider: &'static str,
        setup: &Setup<'_>,
        (service, judge): (Service, Judge),
        region: Option<String>,
    ) -> Result<Self, SetupError> {
        let own = format!("AWS_ENDPOINT_URL_{}", service.variable);
        let places = [own.as_str(), "AWS_ENDPOINT_URL"];
        let base = places
            .into_iter()
            .find_map(|name| setup.options.variable(name));
        Ok(Self {
            service,
            chain: chain(provider, setup, None, region)?,
            http: Http::with(provider, &setup.client())?,
            base,
            retry: retry(setup.options),
            judge,
            web: OnceCell::new(),
        })
    }

    async fn web(&self) -> Result<&Web, ProviderError> {
        let make = || async {
            let region = self.chain.region().await?;
            let suffix = match region.starts_with("cn-") {
                true => "amazonaws.com.cn",
                false => "amazonaws.com",
            };
            let Service { name, before, .. } = self.service;
            let usual = format!("https://{before}{name}.{region}.{suffix}");
            let base = self.base.as_deref().unwrap_or(&usual);
            let sign = Aws::new(Arc::clone(&self.chain), region, self.service.name);
            let web = Web::new(self.http.clone(), base)?
                .sign(sign)
                .limit(self.service.limit)
                .retry(self.retry)
                .judge(self.judge)
                .clock(self.chain.clock().clone());
            Ok(web)
        };
        self.web.get_or_try_init(make).await
    }

    /// Asks for what changes nothing, or the same if it is asked for twice.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        body: &Value,
    ) -> Result<T, ProviderError> {
        self.call(operation, body, true).await
    }

    /// Asks for a change.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        body: &Value,
    ) -> Result<T, ProviderError> {
        self.call(operation, body, false).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        body: &Value,
        idempotent: bool,
    ) -> Result<T, ProviderError> {
        let web = self.web().await?;
        let target = format!("{}.{operation}", self.service.target);
        let name = HeaderName::from_static("x-amz-target");
        let call = web.post(operation, &[""]).header(name, &target);
        let call = call.body(self.service.kind, body.to_string());
        match idempotent {
            true => call.idempotent().read().await,
            false => call.read().await,
        }
    }

    /// An error of this service.
    pub(crate) fn error(
        &self,
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> ProviderError {
        ProviderError {
            kind,
            provider: self.http.provider(),
            operation,
            message: message.into(),
            source: None,
        }
    }
}

/// What went wrong with a call of JSON, in their words; the code is given too.
pub(crate) fn judge(answer: &Answer, hint: &str) -> Option<(Refusal, String)> {
    let mut refusal = Refusal::by_status(answer)?;
    let fault: Fault = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = fault.code.rsplit('#').next().unwrap_or_default().to_owned();
    if !code.is_empty() {
        refusal.kind = kind(&code).unwrap_or(refusal.kind);
        refusal.renew = is_stale(&code);
        let status = answer.status.as_u16();
        refusal.message = format!("HTTP {status}: {code}: {}", fault.message);
    }
    if refusal.kind == ErrorKind::Auth {
        refusal.message.push_str(&format!("; {WHERE}{hint}"));
    }
    Some((refusal, code))
}

/// What kind of fault a code is, if that is the same for all services.
pub(crate) fn kind(code: &str) -> Option<ErrorKind> {
    Some(match code {
        code if is_stale(code) => ErrorKind::Auth,
        code if BUSY.contains(&code) => ErrorKind::RateLimited,
        code if WHO.contains(&code) => ErrorKind::Auth,
        "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => ErrorKind::Unavailable,
        _ => return None,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    #[serde(rename = "__type")]
    code: String,
    #[serde(alias = "Message")]
    message: String,
}

/// Where credentials come from, for messages.
pub(crate) const WHERE: &str = "the credentials are those that AWS's own tools find \
    (AWS_ACCESS_KEY_ID, a role of the service account, --aws-profile), with the role of \
    --aws-assume-role, and need ";

/// Codes of requests that come too often, or while another is under way.
const BUSY: &[&str] = &[
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes of credentials that are wrong, or not enough.
const WHO: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "IncompleteSignature",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorizedException",
    "OptInRequired",
    "SignatureDoesNotMatch",
];
