//! The table of kinds, and what follows from it: the enum, the objects, their stores.

use serde::Deserialize;
use serde_json::Value;

use super::{
    DecodeError, DnsEndpoint, EndpointSlice, Gateway, GrpcRoute, HttpRoute, Ingress, Key,
    ListenerSet, Meta, Namespace, Node, Pod, Service, TcpRoute, TlsRoute, Trim, UdpRoute,
    Unstructured,
};
use crate::index::{Link, Store};

/// What a kind's struct says of itself; its row in the table says the rest. It keeps its metadata in
/// a field `meta`.
pub trait Trimmed: Sized {
    /// What serde reads of it. Unknown fields are skipped.
    type Raw<'de>: Deserialize<'de>;

    /// Keeps what is read.
    fn trim(raw: &Self::Raw<'_>, trim: &Trim) -> Self;

    /// Tells which other objects it points at, so that a change of those finds it.
    fn links(&self, _link: &mut dyn FnMut(Link, Key)) {}
}

/// A kind with a store.
pub trait Stored: Trimmed + Clone + PartialEq + 'static {
    /// Its kind.
    const KIND: Kind;

    /// Its metadata.
    fn meta(&self) -> &Meta;

    /// Its metadata, to be changed while it is made.
    fn meta_mut(&mut self) -> &mut Meta;

    /// Its store.
    fn store(stores: &Stores) -> &Store<Self>;

    /// Its store, to be changed.
    fn store_mut(stores: &mut Stores) -> &mut Store<Self>;

    /// The object, if it is of this kind.
    fn of(object: &Object) -> Option<&Self>;

    /// As an object of any kind.
    fn into_object(self: Box<Self>) -> Object;
}

macro_rules! kinds {
    ($($variant:ident, $store:ident, $type:ty, $name:literal, [$($version:literal),+],
        $plural:literal, $namespaced:literal;)+) => {
        /// A kind of object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = $name] $variant),+
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, as `Service`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The versions it is read in, as `networking.k8s.io/v1`; the first one is watched.
            #[must_use]
            pub fn versions(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($version),+]),+ }
            }

            /// The name in addresses of the API, as `services`.
            #[must_use]
            pub fn plural(self) -> &'static str {
                match self { $(Self::$variant => $plural),+ }
            }

            /// Whether its objects are in namespaces.
            #[must_use]
            pub fn namespaced(self) -> bool {
                match self { $(Self::$variant => $namespaced),+ }
            }

            /// Reads an object from JSON.
            ///
            /// # Errors
            ///
            /// If it is not such an object, or has no name.
            pub fn decode(self, json: &[u8], trim: &Trim) -> Result<Object, DecodeError> {
                match self { $(Self::$variant => from_json::<$type>(json, trim)),+ }
            }

            /// Reads an object from a value.
            ///
            /// # Errors
            ///
            /// If it is not such an object, or has no name.
            pub fn decode_value(self, value: &Value, trim: &Trim) -> Result<Object, DecodeError> {
                match self { $(Self::$variant => from_value::<$type>(value, trim)),+ }
            }
        }

        /// An object of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(#[doc = $name] $variant(Box<$type>)),+
        }

        impl Object {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant),+ }
            }

            /// Its metadata.
            #[must_use]
            pub fn meta(&self) -> &Meta {
                match self { $(Self::$variant(object) => object.meta()),+ }
            }

            /// Tells which other objects it points at.
            pub(crate) fn links(&self, link: &mut dyn FnMut(Link, Key)) {
                match self { $(Self::$variant(object) => object.links(link)),+ }
            }
        }

        $(
            impl Stored for $type {
                const KIND: Kind = Kind::$variant;

                fn meta(&self) -> &Meta {
                    &self.meta
                }

                fn meta_mut(&mut self) -> &mut Meta {
                    &mut self.meta
                }

                fn store(stores: &Stores) -> &Store<Self> {
                    &stores.$store
                }

                fn store_mut(stores: &mut Stores) -> &mut Store<Self> {
                    &mut stores.$store
                }

                #[allow(irrefutable_let_patterns, reason = "the table may have one row")]
                fn of(object: &Object) -> Option<&Self> {
                    if let Object::$variant(object) = object { Some(object) } else { None }
                }

                fn into_object(self: Box<Self>) -> Object {
                    Object::$variant(self)
                }
            }
        )+

        /// One store for each kind.
        #[derive(Debug, Default)]
        pub struct Stores {
            $($store: Store<$type>),+
        }

        impl Stores {
            /// Puts an object in; says what was there and where it stands.
            pub(crate) fn put(&mut self, object: Object) -> crate::index::Put {
                match object {
                    $(Object::$variant(object) => self.$store.put(object)),+
                }
            }

            /// Takes an object out, with the place it had.
            pub(crate) fn take(&mut self, kind: Kind, key: &Key) -> Option<(u32, Object)> {
                match kind { $(Kind::$variant => self.$store.take(key)),+ }
            }

            /// Starts to mark what is listed.
            pub(crate) fn begin(&mut self, kind: Kind) {
                match kind { $(Kind::$variant => self.$store.begin()),+ }
            }

            /// Marks an object as listed; false if it is not there.
            pub(crate) fn seen(&mut self, kind: Kind, key: &Key) -> bool {
                match kind { $(Kind::$variant => self.$store.seen(key)),+ }
            }

            /// The keys of what was not listed since.
            pub(crate) fn stale(&self, kind: Kind) -> Vec<Key> {
                match kind { $(Kind::$variant => self.$store.stale()),+ }
            }

            /// All keys of a kind, sorted, with their places.
            pub(crate) fn keys(&self, kind: Kind) -> Vec<(Key, u32)> {
                match kind { $(Kind::$variant => self.$store.keys()),+ }
            }

            /// The place of an object.
            pub(crate) fn slot(&self, kind: Kind, key: &Key) -> Option<u32> {
                match kind { $(Kind::$variant => self.$store.slot(key)),+ }
            }

            /// The metadata of an object.
            pub(crate) fn meta(&self, kind: Kind, key: &Key) -> Option<&Meta> {
                match kind { $(Kind::$variant => self.$store.get(key).map(Stored::meta)),+ }
            }

            /// How many objects of a kind there are.
            pub(crate) fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$variant => self.$store.len()),+ }
            }
        }
    };
}

kinds! {
    // variant, store, struct, name, versions (the first one is watched), plural, whether namespaced
    DnsEndpoint, dns_endpoints, DnsEndpoint, "DNSEndpoint", ["externaldns.k8s.io/v1alpha1"], "dnsendpoints", true;
    EndpointSlice, slices, EndpointSlice, "EndpointSlice", ["discovery.k8s.io/v1"], "endpointslices", true;
    Gateway, gateways, Gateway, "Gateway",
        ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"], "gateways", true;
    GrpcRoute, grpc_routes, GrpcRoute, "GRPCRoute",
        ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1alpha2"], "grpcroutes", true;
    HttpRoute, http_routes, HttpRoute, "HTTPRoute",
        ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"], "httproutes", true;
    ListenerSet, listener_sets, ListenerSet, "ListenerSet",
        ["gateway.networking.k8s.io/v1"], "listenersets", true;
    Ingress, ingresses, Ingress, "Ingress", ["networking.k8s.io/v1"], "ingresses", true;
    Namespace, namespaces, Namespace, "Namespace", ["v1"], "namespaces", false;
    Node, nodes, Node, "Node", ["v1"], "nodes", false;
    Pod, pods, Pod, "Pod", ["v1"], "pods", true;
    Service, services, Service, "Service", ["v1"], "services", true;
    TcpRoute, tcp_routes, TcpRoute, "TCPRoute",
        ["gateway.networking.k8s.io/v1alpha2", "gateway.networking.k8s.io/v1"], "tcproutes", true;
    TlsRoute, tls_routes, TlsRoute, "TLSRoute",
        ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1alpha3",
        "gateway.networking.k8s.io/v1alpha2"], "tlsroutes", true;
    UdpRoute, udp_routes, UdpRoute, "UDPRoute",
        ["gateway.networking.k8s.io/v1alpha2", "gateway.networking.k8s.io/v1"], "udproutes", true;
    // Of whatever kind; its objects say which.
    Unstructured, unstructured, Unstructured, "Unstructured", [""], "", true;
}

impl Kind {
    /// The version that is watched.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        self.versions().first().copied().unwrap_or_default()
    }

    /// The kind as templates see it, if they do.
    #[must_use]
    pub fn shape(self) -> Option<&'static crate::template::Kind> {
        match self {
            Self::Unstructured => Some(crate::template::Kind::untyped()),
            _ => crate::template::Kind::typed(self.api_version(), self.name()),
        }
    }

    /// The kind that a manifest names.
    #[must_use]
    pub fn named(api_version: &str, name: &str) -> Option<Self> {
        let mut kinds = Self::ALL.iter().copied();
        kinds.find(|kind| kind.name() == name && kind.versions().contains(&api_version))
    }
}

fn from_json<T: Stored>(json: &[u8], trim: &Trim) -> Result<Object, DecodeError> {
    let broken = |source| DecodeError::Json {
        kind: T::KIND,
        source,
    };
    if trim.keeps_value(T::KIND) {
        let value: Value = serde_json::from_slice(json).map_err(broken)?;
        return from_value::<T>(&value, trim);
    }
    let raw: T::Raw<'_> = serde_json::from_slice(json).map_err(broken)?;
    named(T::trim(&raw, trim))
}

fn from_value<T: Stored>(value: &Value, trim: &Trim) -> Result<Object, DecodeError> {
    let raw = T::Raw::deserialize(value).map_err(|source| DecodeError::Json {
        kind: T::KIND,
        source,
    })?;
    let mut object = T::trim(&raw, trim);
    object.meta_mut().whole = trim.masked(T::KIND, value);
    named(object)
}

fn named<T: Stored>(mut object: T) -> Result<Object, DecodeError> {
    let key = &object.meta().key;
    if key.name().is_empty() {
        return Err(DecodeError::Unnamed { kind: T::KIND });
    }
    // A manifest may say one all the same; nobody who looks for the object would.
    if !T::KIND.namespaced() && !key.namespace().is_empty() {
        object.meta_mut().key = Key::new("", key.name());
    }
    Ok(Box::new(object).into_object())
}
