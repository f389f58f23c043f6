//! Bytes to endpoints.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use wire::{Rtype, Ttl};

use super::{
    ALL_ORIGINS, HAS_LABELS, HAS_PROPERTIES, HAS_SET, HAS_TTL, KEY_RESOURCE, KEY_TEXT, Statics,
    TARGET_TEXT, TARGET_V4, TARGET_V6, UID_BYTES, UID_NONE, UID_TEXT, VALUE_OBJECT, VALUE_TEXT,
};
use crate::{Endpoint, Labels, ObjectRef, Properties};

/// The places and names of a block's endpoints, without reading more than that.
pub(crate) fn names(bytes: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    let mut reader = Reader { bytes, at: 0 };
    let mut well = reader.skip().is_some();
    std::iter::from_fn(move || {
        let place = u32::try_from(reader.at).ok()?;
        well = well && reader.at < bytes.len();
        let endpoint = well.then(|| reader.skip())??;
        let mut endpoint = Reader {
            bytes: endpoint,
            at: 1,
        };
        Some((place, endpoint.text()?))
    })
}

/// Bytes that [`super::pack`] made.
pub(crate) struct Block<'a> {
    origins: Vec<Arc<ObjectRef>>,
    bytes: &'a [u8],
    first: usize,
}

impl<'a> Block<'a> {
    /// The block in these bytes.
    pub(crate) fn new(bytes: &'a [u8], statics: &Statics) -> Self {
        let mut reader = Reader { bytes, at: 0 };
        let part = reader.skip().unwrap_or_default();
        let mut origins = Vec::new();
        let mut part = Reader { bytes: part, at: 0 };
        for _ in 0..part.number().unwrap_or_default() {
            let Some(origin) = part.origin(statics) else {
                break;
            };
            origins.push(Arc::new(origin));
        }
        Self {
            origins,
            bytes,
            first: reader.at,
        }
    }

    /// All endpoints, each with where it stands.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (u32, Endpoint)> {
        let mut reader = Reader {
            bytes: self.bytes,
            at: self.first,
        };
        std::iter::from_fn(move || {
            let place = u32::try_from(reader.at).ok()?;
            let endpoint = self.endpoint(place)?;
            reader.skip()?;
            Some((place, endpoint))
        })
    }

    /// The endpoint that stands there.
    pub(crate) fn endpoint(&self, at: u32) -> Option<Endpoint> {
        let mut reader = Reader {
            bytes: self.bytes,
            at: usize::try_from(at).ok()?,
        };
        let mut part = Reader {
            bytes: reader.skip()?,
            at: 0,
        };
        part.endpoint(&self.origins)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn len(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// What stands behind its length.
    fn skip(&mut self) -> Option<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }

    fn text(&mut self) -> Option<&'a str> {
        let len = self.number()?;
        self.text_of(len)
    }

    fn text_of(&mut self, len: u64) -> Option<&'a str> {
        std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()
    }

    fn origin(&mut self, statics: &Statics) -> Option<ObjectRef> {
        Some(ObjectRef {
            kind: statics.text(self.number()?)?,
            api_version: statics.text(self.number()?)?,
            namespace: self.text()?.into(),
            name: self.text()?.into(),
            uid: match self.number()? {
                UID_NONE => Box::default(),
                UID_BYTES => uuid(u128::from_be_bytes(self.array()?)),
                tag => self.text_of(tag - UID_TEXT)?.into(),
            },
            created: {
                let value = self.number()?;
                (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
            },
        })
    }

    fn endpoint(&mut self, origins: &[Arc<ObjectRef>]) -> Option<Endpoint> {
        let [flags] = self.array()?;
        let name = self.text()?.into();
        let rtype = Rtype(u16::try_from(self.number()?).ok()?);
        let count = self.len()?;
        let mut targets = Vec::with_capacity(count.min(self.bytes.len()));
        for _ in 0..count {
            targets.push(self.target()?);
        }
        let ttl = match flags & HAS_TTL {
            0 => None,
            _ => Some(Ttl::from_secs(u32::try_from(self.number()?).ok()?)),
        };
        let set_identifier = match flags & HAS_SET {
            0 => Box::default(),
            _ => self.text()?.into(),
        };
        // Origins stand behind labels, but labels lean on them only where they are all.
        let labels_at = self.at;
        let first = if flags & ALL_ORIGINS != 0 {
            origins.first().cloned()
        } else {
            None
        };
        let mut labels = Labels::default();
        if flags & HAS_LABELS != 0 {
            labels = self.labels(first.as_deref())?;
        }
        let mut properties = Properties::default();
        if flags & HAS_PROPERTIES != 0 {
            for _ in 0..self.number()? {
                let name = self.text()?;
                properties.push(name, self.text()?);
            }
        }
        let mut own = Vec::new();
        if flags & ALL_ORIGINS != 0 {
            own = origins.to_vec();
        } else {
            for _ in 0..self.number()? {
                own.push(origins.get(self.len()?)?.clone());
            }
            if flags & HAS_LABELS != 0 && !own.is_empty() {
                let mut again = Reader {
                    bytes: self.bytes,
                    at: labels_at,
                };
                labels = again.labels(own.first().map(|origin| &**origin))?;
            }
        }
        Some(Endpoint {
            name,
            rtype,
            targets,
            ttl,
            set_identifier,
            labels,
            properties,
            origins: own,
        })
    }

    fn target(&mut self) -> Option<Box<str>> {
        Some(match self.number()? {
            TARGET_V4 => Ipv4Addr::from(self.array::<4>()?).to_string().into(),
            TARGET_V6 => Ipv6Addr::from(self.array::<16>()?).to_string().into(),
            tag => self.text_of(tag - TARGET_TEXT)?.into(),
        })
    }

    fn labels(&mut self, origin: Option<&ObjectRef>) -> Option<Labels> {
        let mut labels = Labels::default();
        for _ in 0..self.number()? {
            let key = match self.number()? {
                KEY_RESOURCE => Labels::RESOURCE,
                tag => self.text_of(tag - KEY_TEXT)?,
            };
            match self.number()? {
                VALUE_OBJECT => {
                    let head = self.text()?;
                    if let Some(origin) = origin {
                        let mut value = String::with_capacity(
                            head.len() + origin.namespace.len() + origin.name.len() + 2,
                        );
                        for part in [head, "/", &origin.namespace, "/", &origin.name] {
                            value.push_str(part);
                        }
                        labels.set(key, &value);
                    }
                }
                tag => labels.set(key, self.text_of(tag - VALUE_TEXT)?),
            }
        }
        Some(labels)
    }
}

fn uuid(value: u128) -> Box<str> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for at in (0..32_u32).rev() {
        if matches!(at, 23 | 19 | 15 | 11) {
            text.push('-');
        }
        let digit = (value >> (at * 4)) & 0xf;
        let digit = usize::try_from(digit).unwrap_or_default();
        text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
    }
    text.into()
}
