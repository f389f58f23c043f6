//! Which Services an event touches, and what has to be watched for them.

use crate::kind::Touched;
use crate::object::{EndpointSlice, Key, Kind, Pod, Service};
use crate::{Changed, Index, Link, Rules};

/// What has to be watched for the Services that are there.
pub(in crate::kind) fn also(index: &Index, _rules: &Rules) -> Vec<Kind> {
    let wanted = [Kind::EndpointSlice, Kind::Node, Kind::Pod].into_iter();
    wanted
        .filter(|kind| index.any(Kind::Service, Link::Wants(*kind)))
        .collect()
}

/// A slice touches its Service; a pod those that select it, before or after; a node those that
/// publish addresses of nodes.
pub(in crate::kind) fn touched(
    index: &Index,
    _rules: &Rules,
    changed: &Changed,
    touched: &mut Touched,
) {
    match changed.kind {
        Kind::EndpointSlice => {
            for slice in changed.states::<EndpointSlice>(index) {
                let service = slice.service().filter(|key| {
                    let service = index.get::<Service>(key);
                    service.is_some_and(Service::is_headless)
                });
                if let Some(service) = service {
                    touched.add(&service);
                }
            }
        }
        Kind::Pod => {
            let namespace = Key::first_of(changed.key.namespace());
            for service in index.linking::<Service>(Link::Wants(Kind::Pod), &namespace) {
                let selected = |pod: &Pod| service.selector().select(&pod.meta.labels);
                if changed.states::<Pod>(index).any(selected) {
                    touched.add(&service.meta.key);
                }
            }
        }
        Kind::Node => {
            let anywhere = Key::first_of("");
            for (kind, key) in index.linked(Link::Wants(Kind::Node), &anywhere) {
                if kind == Kind::Service {
                    touched.add(key);
                }
            }
        }
        _ => {}
    }
}
