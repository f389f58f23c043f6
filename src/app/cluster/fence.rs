//! A destination that is written to by the leader only: each request begins in our term and ends with it.

use std::future::{Future, poll_fn};
use std::task::Poll;

use cluster::Term;
use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, ErrorKind, Expected, Provider,
    ProviderError,
};

use super::Leading;

/// A provider whose calls are made in a term of ours.
pub(crate) struct Fenced {
    inner: Box<dyn DynProvider>,
    leading: Leading,
}

impl Fenced {
    pub(crate) fn new(inner: Box<dyn DynProvider>, leading: Leading) -> Self {
        Self { inner, leading }
    }

    async fn in_term<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let over = |message: &str| ProviderError {
            kind: ErrorKind::Unavailable,
            provider: self.inner.name(),
            operation,
            message: message.to_owned(),
            source: None,
        };
        let term = self.leading.borrow().clone();
        let Some(term) = term.filter(Term::may_write) else {
            return Err(over("this copy does not lead"));
        };
        let mut call = std::pin::pin!(call);
        // A term that is renewed meanwhile goes on; one that ends takes the request with it. It is looked at
        // before each step: a process that stood still must not send what is left of a request.
        loop {
            let step = poll_fn(|context| match term.may_write() {
                true => call.as_mut().poll(context).map(Some),
                false => Poll::Ready(None),
            });
            match tokio::time::timeout(term.left(), step).await {
                Ok(Some(result)) => return result,
                Err(_) if term.may_write() => {}
                Ok(None) | Err(_) => {
                    return Err(over("given up: another copy may lead from now on"));
                }
            }
        }
    }
}

impl Provider for Fenced {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        self.inner.filter().await
    }

    fn forget(&self) {
        self.inner.forget();
    }

    fn expect(&self, expected: Vec<Expected>) {
        self.inner.expect(expected);
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.inner.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.inner.adjust(desired).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        self.in_term("apply changes", self.inner.apply(changes))
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;

    /// Takes its time.
    struct Slow(Duration);

    impl Provider for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
            Ok(Vec::new())
        }

        async fn apply(&self, _: &ChangeSet) -> Result<Applied, ProviderError> {
            tokio::time::sleep(self.0).await;
            Ok(Applied::default())
        }
    }

    #[tokio::test]
    async fn nothing_is_written_but_in_a_term_and_no_request_outlasts_it() {
        let short = Duration::from_millis(60);
        for (takes, term, wanted) in [
            (0, None, Some("this copy does not lead")),
            (
                0,
                Some(Term::begin(1, Duration::ZERO)),
                Some("this copy does not lead"),
            ),
            (0, Some(Term::begin(2, short)), None),
            (
                5_000,
                Some(Term::begin(3, short)),
                Some("given up: another copy may lead from now on"),
            ),
        ] {
            let (_sender, leading) = watch::channel(term);
            let slow = Box::new(Slow(Duration::from_millis(takes)));
            let fenced = Fenced::new(slow, leading);
            let done = Provider::apply(&fenced, &ChangeSet::default()).await;
            assert_eq!(done.err().map(|error| error.message).as_deref(), wanted);
        }
    }
}
