//! Data in the parts that many APIs want one by one.

use serde::{Deserialize, Serialize};
use wire::Rtype;

use super::value::words;

/// The data of a record, its numbers told apart. As JSON it is part of a larger object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Parts {
    /// What is left without the others: an address, a target, a text.
    pub(crate) data: String,
    /// Of MX and SRV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u16>,
    /// Of SRV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<u16>,
    /// Of SRV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    /// Of CAA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) flags: Option<u8>,
    /// Of CAA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
}

impl Parts {
    /// The parts of data as a zone file has it. That of other types than MX, SRV and CAA has one
    /// part.
    pub(crate) fn of(rtype: Rtype, data: &str) -> Self {
        let number = |text: &str| text.parse().ok();
        let parts = match (rtype, &*words(data)) {
            (Rtype::MX, [priority, host]) => Self {
                data: (*host).to_owned(),
                priority: number(priority),
                ..Self::default()
            },
            (Rtype::SRV, [priority, weight, port, host]) => Self {
                data: (*host).to_owned(),
                priority: number(priority),
                weight: number(weight),
                port: number(port),
                ..Self::default()
            },
            (Rtype::CAA, [flags, tag, text]) => Self {
                data: (*text).to_owned(),
                flags: flags.parse().ok(),
                tag: Some((*tag).to_owned()),
                ..Self::default()
            },
            _ => Self::default(),
        };
        match parts.data.is_empty() {
            true => Self {
                data: data.to_owned(),
                ..Self::default()
            },
            false => parts,
        }
    }

    /// The data as a zone file has it. Numbers that are missing are 0.
    pub(crate) fn join(&self, rtype: Rtype) -> String {
        let number = |number: Option<u16>| number.unwrap_or_default();
        let (priority, data) = (number(self.priority), &self.data);
        match rtype {
            Rtype::MX => format!("{priority} {data}"),
            Rtype::SRV => {
                let (weight, port) = (number(self.weight), number(self.port));
                format!("{priority} {weight} {port} {data}")
            }
            Rtype::CAA => {
                let (flags, tag) = (self.flags.unwrap_or_default(), self.tag.as_deref());
                format!("{flags} {} \"{data}\"", tag.unwrap_or("issue"))
            }
            _ => data.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_comes_apart_and_together_again() {
        for (rtype, data, rest) in [
            (Rtype::A, "192.0.2.1", "192.0.2.1"),
            (
                Rtype::CAA,
                "128 issue \"ca.example; a=b\"",
                "ca.example; a=b",
            ),
            (Rtype::CAA, "0 issue \";\"", ";"),
            (Rtype::CNAME, "a.example.", "a.example."),
            (Rtype::MX, "10 mail.example.", "mail.example."),
            (Rtype::SRV, "1 2 3 a.example.", "a.example."),
            (Rtype::TXT, "10 mail.example.", "10 mail.example."),
        ] {
            let parts = Parts::of(rtype, data);
            assert_eq!((&*parts.data, &*parts.join(rtype)), (rest, data));
            let json = serde_json::to_string(&parts).unwrap();
            assert_eq!(serde_json::from_str::<Parts>(&json).unwrap(), parts);
        }
        let srv = Parts::of(Rtype::SRV, "1 2 3 a.example.");
        assert_eq!(
            serde_json::to_string(&srv).unwrap(),
            r#"{"data":"a.example.","priority":1,"weight":2,"port":3}"#
        );
    }
}
