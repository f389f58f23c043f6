//! Whether we lead: what all others of the program go by.

use cluster::Term;
use tokio::sync::watch;

/// Whether we lead, and for which term: what destinations go by.
pub(crate) type Leading = watch::Receiver<Option<Term>>;

/// Whether we may write now; the only copy always may.
pub(crate) fn leads(leading: Option<&Leading>) -> bool {
    leading.is_none_or(|leading| leading.borrow().as_ref().is_some_and(Term::may_write))
}

/// The number of our term, if we have one.
pub(crate) fn term(leading: Option<&Leading>) -> Option<u64> {
    leading.and_then(|leading| leading.borrow().as_ref().map(Term::number))
}

/// Waits until we may write.
pub(crate) async fn until_led(leading: &mut Option<Leading>) {
    let Some(leading) = leading else { return };
    let may_write = |term: &Option<Term>| term.as_ref().is_some_and(Term::may_write);
    if leading.wait_for(may_write).await.is_err() {
        // Nobody will ever say so any more.
        std::future::pending::<()>().await;
    }
}

/// Waits until this term of ours is over.
pub(crate) async fn until_lost(leading: &mut Option<Leading>, number: Option<u64>) {
    let Some(leading) = leading else {
        return std::future::pending().await;
    };
    let is_over = |now: &Option<Term>| now.as_ref().map(Term::number) != number;
    let _ended = leading.wait_for(is_over).await.is_err();
}

/// Waits until another copy leads, or we do.
pub(crate) async fn until_role(leading: &mut Option<Leading>) {
    if let Some(leading) = leading
        && leading.changed().await.is_ok()
    {
        return;
    }
    // Nobody will ever say so any more.
    std::future::pending().await
}
