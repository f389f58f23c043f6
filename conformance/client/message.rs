//! What came back, decoded strictly: any sloppiness of a server is an error here.

use super::name;
use super::rdata;
use super::types;

/// A record; owner as sent, data as text in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) ttl: u32,
    pub(crate) class: u16,
    pub(crate) rtype: u16,
    pub(crate) data: String,
}

impl Record {
    /// The form in which records are compared: `owner ttl CLASS TYPE data`, owner in lower case.
    pub(crate) fn line(&self) -> String {
        let owner = self.owner.to_ascii_lowercase();
        let class = match self.class {
            1 => String::new(),
            other => format!("{} ", types::class_name(other)),
        };
        let rtype = types::rtype_name(self.rtype);
        format!("{owner} {} {class}{rtype} {}", self.ttl, self.data)
    }
}

/// The OPT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edns {
    pub(crate) size: u16,
    pub(crate) version: u8,
    pub(crate) flags: u16,
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) length: usize,
    pub(crate) id: u16,
    /// The second word of the header.
    pub(crate) bits: u16,
    /// With the upper bits from OPT.
    pub(crate) rcode: u16,
    pub(crate) questions: Vec<(String, u16, u16)>,
    pub(crate) answer: Vec<Record>,
    pub(crate) authority: Vec<Record>,
    /// Without OPT.
    pub(crate) additional: Vec<Record>,
    pub(crate) edns: Option<Edns>,
}

impl Message {
    /// The header bits that are set, in their order: `qr aa tc rd ra z ad cd`.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        const NAMES: [&str; 8] = ["qr", "aa", "tc", "rd", "ra", "z", "ad", "cd"];
        const BITS: [u16; 8] = [0x8000, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10];
        let set = BITS.iter().zip(NAMES);
        set.filter(|(bit, _)| self.bits & **bit != 0)
            .map(|(_, name)| name)
            .collect()
    }

    /// The operation.
    pub(crate) fn opcode(&self) -> u16 {
        self.bits >> 11 & 15
    }

    /// Decodes a message.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { bytes, at: 0 };
        let id = reader.number16()?;
        let bits = reader.number16()?;
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = reader.number16()?;
        }
        let [qdcount, ancount, nscount, arcount] = counts;
        let mut questions = Vec::new();
        for _ in 0..qdcount {
            questions.push((reader.name()?, reader.number16()?, reader.number16()?));
        }
        let answer = reader.records(ancount, None)?;
        let authority = reader.records(nscount, None)?;
        let mut edns = Vec::new();
        let additional = reader.records(arcount, Some(&mut edns))?;
        if reader.at != bytes.len() {
            return Err(format!(
                "{} bytes behind the message",
                bytes.len() - reader.at
            ));
        }
        if edns.len() > 1 {
            return Err(format!("{} OPT records", edns.len()));
        }
        let edns = edns.pop();
        let upper = edns.as_ref().map_or(0, |(upper, _)| u16::from(*upper));
        Ok(Self {
            length: bytes.len(),
            id,
            bits,
            rcode: upper << 4 | bits & 15,
            questions,
            answer,
            authority,
            additional,
            edns: edns.map(|(_, edns)| edns),
        })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn number16(&mut self) -> Result<u16, String> {
        let bytes = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.first_chunk());
        let bytes = bytes.ok_or_else(|| format!("cut at {}", self.at))?;
        self.at += 2;
        Ok(u16::from_be_bytes(*bytes))
    }

    fn number32(&mut self) -> Result<u32, String> {
        Ok(u32::from(self.number16()?) << 16 | u32::from(self.number16()?))
    }

    fn name(&mut self) -> Result<String, String> {
        let (text, behind) = name::read(self.bytes, self.at)?;
        self.at = behind;
        Ok(text)
    }

    /// Reads so many records; OPT records go to `edns`, and are an error where that is absent.
    fn records(
        &mut self,
        count: u16,
        mut edns: Option<&mut Vec<(u8, Edns)>>,
    ) -> Result<Vec<Record>, String> {
        let mut records = Vec::new();
        for _ in 0..count {
            let owner = self.name()?;
            let rtype = self.number16()?;
            let class = self.number16()?;
            let ttl = self.number32()?;
            let length = usize::from(self.number16()?);
            let end = self.at + length;
            if rtype == OPT {
                let found = edns.as_mut().ok_or("OPT outside the additional section")?;
                if owner != "." {
                    return Err(format!("OPT at {owner}"));
                }
                let [upper, version, high, low] = ttl.to_be_bytes();
                let options = options(self.bytes.get(self.at..end).ok_or("OPT is cut")?)?;
                found.push((
                    upper,
                    Edns {
                        size: class,
                        version,
                        flags: u16::from_be_bytes([high, low]),
                        options,
                    },
                ));
            } else {
                let data = rdata::read(rtype, self.bytes, self.at, end)
                    .map_err(|error| format!("{owner} at {}: {error}", self.at))?;
                records.push(Record {
                    owner,
                    ttl,
                    class,
                    rtype,
                    data,
                });
            }
            self.at = end;
        }
        Ok(records)
    }
}

fn options(mut rest: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, String> {
    let mut options = Vec::new();
    while let Some(([a, b, c, d], content)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let (content, more) = content
            .split_at_checked(length)
            .ok_or("EDNS option runs over the end")?;
        options.push((u16::from_be_bytes([*a, *b]), content.to_vec()));
        rest = more;
    }
    if rest.is_empty() {
        Ok(options)
    } else {
        Err("EDNS option is cut".into())
    }
}

const OPT: u16 = 41;
