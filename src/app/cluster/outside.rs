//! Secondaries outside: the leader alone tells them, once the other copies have what is new.
//!
//! They transfer from a Service that goes by the label of the leader, and so a moment late: who is told
//! in that moment asks the leader before, and is content with what that one has. So a new leader tells
//! them again, a few times.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use zone::{News, Zone};

use super::gate::Replicas;
use super::role::Role;
use crate::app::secondaries::Marks;

impl Replicas {
    /// Has outside secondaries told once other copies have a version of ours.
    pub(super) fn tell_after(self: &Arc<Self>, marks: Marks) {
        let _first = self.marks.set(marks.clone()).is_ok();
        let this = Arc::downgrade(self);
        self.store.tell(move |apex, news| {
            let Some(this) = this.upgrade() else { return };
            if news == News::Changed && this.is_led(apex) && marks.concern(apex) {
                let snapshot = this.store.snapshot();
                let serial = snapshot.zone(apex.as_ref()).map(Zone::serial);
                let (marks, apex) = (marks.clone(), apex.clone());
                if let Some(serial) = serial {
                    let then = Box::new({
                        let apex = apex.clone();
                        move || marks.mark(&apex)
                    });
                    this.others.wait(&apex, serial, then);
                }
            }
        });
    }

    fn tell_again(&self) {
        let Some(marks) = self.marks.get() else {
            return;
        };
        for apex in self.store.own_zones() {
            if self.is_led(&apex) && marks.concern(&apex) {
                marks.mark(&apex);
            }
        }
    }
}

/// Tells them again at the beginning of each term of ours, until the stop.
pub(super) async fn run(
    replicas: Arc<Replicas>,
    mut roles: watch::Receiver<Role>,
    stop: CancellationToken,
) {
    loop {
        let leads = roles.borrow_and_update().term().is_some();
        let telling = async {
            for pause in PAUSES.into_iter().filter(|_| leads) {
                sleep(pause).await;
                replicas.tell_again();
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = roles.changed() => if changed.is_err() { return },
            () = telling => {}
        }
    }
}

/// Services go by a label within a second, mostly; one that takes longer has trouble, which may last.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(25),
];
