//! Which Services an event touches, what has to be watched for them, and what they hang on.

use crate::kind::Touched;
use crate::object::{EndpointSlice, Key, Kind, Pod, Service, ServiceType};
use crate::unknown::{Unknown, UnknownObject};
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

/// A Service hangs on what its addresses are taken from. Whose slice it is that cannot be read, or
/// which pods a label is on, is not known either: then it is each Service of the namespace.
pub(in crate::kind) fn doubt<'a>(
    index: &Index,
    key: &Key,
    unknown: &'a Unknown,
) -> Option<UnknownObject<'a>> {
    let service = index.get::<Service>(key)?;
    let namespace = key.namespace();
    if service.is_headless() {
        let slice = unknown.within(Kind::EndpointSlice, namespace);
        return slice.or_else(|| behind(index, service, unknown));
    }
    if service.kind != ServiceType::NodePort || !service.asks {
        return None;
    }
    let node = unknown.any(Kind::Node);
    let local = service.more.as_ref().is_some_and(|more| more.local);
    let pod = || unknown.within(Kind::Pod, namespace).filter(|_| local);
    node.or_else(pod)
}

/// A pod in a slice of a headless Service, or its node where that is asked for.
fn behind<'a>(index: &Index, service: &Service, unknown: &'a Unknown) -> Option<UnknownObject<'a>> {
    let key = &service.meta.key;
    unknown
        .within(Kind::Pod, key.namespace())
        .or_else(|| unknown.any(Kind::Node))?;
    let slices = index.linking::<EndpointSlice>(Link::Of(Kind::Service), key);
    let mut backends = slices.flat_map(|slice| &slice.backends);
    backends.find_map(|backend| {
        let pod = Key::new(key.namespace(), &backend.pod);
        unknown.object(Kind::Pod, &pod).or_else(|| {
            let pod = index.get::<Pod>(&pod).filter(|_| service.by_node)?;
            unknown.object(Kind::Node, &Key::new("", &pod.node))
        })
    })
}
