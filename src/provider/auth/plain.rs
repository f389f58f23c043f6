//! A secret that goes along as it is: a token, a key in a header, a user with a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;
use plan::ProviderError;
use tokio::time::Instant;

use super::{Sign, Value, set_secret};
use crate::client::Secret;

/// Adds headers that hold secrets.
#[derive(Clone, Debug)]
pub struct Plain(Vec<Header>);

#[derive(Clone, Debug)]
struct Header {
    name: HeaderName,
    form: Form,
    value: Value,
}

#[derive(Clone, Debug)]
enum Form {
    /// A user; the value is the password (RFC 7617).
    Basic(Box<str>),
    /// What stands before the value.
    Prefix(&'static str),
}

impl Plain {
    /// `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(token: impl Into<Value>) -> Self {
        Self::header(AUTHORIZATION, "Bearer ", token)
    }

    /// `Authorization: Basic …`.
    #[must_use]
    pub fn basic(user: &str, password: impl Into<Value>) -> Self {
        Self(vec![Header {
            name: AUTHORIZATION,
            form: Form::Basic(user.into()),
            value: password.into(),
        }])
    }

    /// A header of any name, with what stands before the secret in it.
    #[must_use]
    pub fn header(name: HeaderName, prefix: &'static str, value: impl Into<Value>) -> Self {
        Self(vec![Header {
            name,
            form: Form::Prefix(prefix),
            value: value.into(),
        }])
    }

    /// These headers, and those of another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Sign for Plain {
    async fn sign(&self, request: &mut reqwest::Request) -> Result<(), ProviderError> {
        for header in &self.0 {
            let value = header.value.read()?;
            let text = match &header.form {
                Form::Basic(user) => {
                    let pair = Secret::new(format!("{user}:{}", value.expose()));
                    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
                }
                Form::Prefix(prefix) => Secret::new(format!("{prefix}{}", value.expose())),
            };
            set_secret(request, header.name.clone(), text.expose())?;
        }
        Ok(())
    }

    async fn refresh(&self, _since: Instant) -> Result<bool, ProviderError> {
        // A file may have changed since; what is given stays.
        Ok(self
            .0
            .iter()
            .any(|header| matches!(header.value, Value::File(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn secrets_go_into_headers_and_do_not_show() {
        let email = HeaderName::from_static("x-auth-email");
        let key = HeaderName::from_static("x-auth-key");
        for (plain, wanted) in [
            (
                Plain::bearer("t0ken"),
                &[("authorization", "Bearer t0ken")][..],
            ),
            // RFC 7617 §2.
            (
                Plain::basic("Aladdin", "open sesame"),
                &[("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")],
            ),
            (
                Plain::header(email, "", "a@example.org").and(Plain::header(key, "", "k3y")),
                &[("x-auth-email", "a@example.org"), ("x-auth-key", "k3y")],
            ),
        ] {
            let url = reqwest::Url::parse("http://a.example").unwrap();
            let mut request = reqwest::Request::new(http::Method::GET, url);
            Sign::sign(&plain, &mut request).await.unwrap();
            for (name, value) in wanted {
                let found = &request.headers()[*name];
                assert_eq!(found, value);
                assert!(found.is_sensitive());
            }
            let shown = format!("{plain:?}{request:?}");
            assert!(
                !shown.contains("t0ken") && !shown.contains("sesame") && !shown.contains("k3y"),
                "{shown}"
            );
        }
    }

    #[tokio::test]
    async fn a_secret_that_no_header_may_have_is_not_told() {
        let url = reqwest::Url::parse("http://a.example").unwrap();
        let mut request = reqwest::Request::new(http::Method::GET, url);
        let plain = Plain::bearer("t0\nken");
        let error = Sign::sign(&plain, &mut request).await.unwrap_err();
        assert_eq!(
            error.message,
            "what goes into header \"authorization\" has characters that none may have"
        );
    }
}
