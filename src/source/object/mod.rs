//! Kubernetes objects, trimmed to what the kinds of sources read.
//!
//! ```text
//! JSON bytes or a value → raw (borrowed) → Trim (which annotations, labels) → Object
//! ```
//!
//! One table, in `table`, names every kind. A new kind is a file with its struct and a row there.
//! Whatever an object holds, decoding returns it or an error: it never panics, and never keeps
//! more than is read.

mod dns_endpoint;
mod endpoint_slice;
mod gateway;
mod ingress;
mod key;
mod listener;
mod listener_set;
mod meta;
mod namespace;
mod node;
mod pairs;
mod pod;
mod raw;
mod route;
mod service;
mod table;
mod time;
mod trim;
mod unstructured;

pub use dns_endpoint::{Declared, DnsEndpoint, RawDnsEndpoint};
pub use endpoint_slice::{Backend, EndpointSlice, RawSlice};
pub use gateway::{Gateway, RawGateway};
pub use ingress::{Ingress, RawIngress};
pub use key::Key;
pub(crate) use listener::GROUP as GATEWAY_GROUP;
pub use listener::{From, Listener, Protocol};
pub use listener_set::{ListenerSet, RawListenerSet};
pub use meta::{Meta, Uid};
pub use namespace::{Namespace, RawNamespace};
pub(crate) use node::ROLE;
pub use node::{Node, NodeAddress, RawNode};
pub use pairs::Pairs;
pub use pod::{Pod, PodState, RawPod};
pub use raw::{DecodeError, RawMeta, RawPairs, Text, nullable};
pub use route::{Grpc, GrpcRoute, Http, HttpRoute, Parent, ParentKind, RawRoute, Route, RouteKind};
pub use route::{Tcp, TcpRoute, Tls, TlsRoute, Udp, UdpRoute};
pub(crate) use service::HEADLESS;
pub use service::{
    Entry, RawEntry, RawLoadBalancer, RawService, Service, ServiceMore, ServiceType,
};
pub use table::{Kind, Object, Stored, Stores, Trimmed};
pub use time::seconds;
pub(crate) use trim::{INGRESS_CLASS, KOPS_EXTERNAL, KOPS_INTERNAL, MATE, MOLECULE};
pub use trim::{Keep, Trim};
pub use unstructured::{Dynamic, DynamicError, RawUnstructured, Unstructured};
