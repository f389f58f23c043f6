//! Packets to send, from one line of text.
//!
//! `NAME TYPE [CLASS] [+word[=value]]…`, where the words are
//!
//! - `tcp`: send it over TCP
//! - `aa tc rd ra z ad cd qr`: set a header bit; `opcode=N rcode=N id=N`
//! - `edns[=SIZE]` (1232), `do`, `version=N`, `ednsflags=HEX`, `opt=CODE:HEX`, `nsid`, `cookie=HEX`:
//!   an OPT record; `optowner=NAME`, `optlength=N`, `opttwice`, `optanswer`: odd ones
//! - `question=NAME/TYPE/CLASS`: one more question; `noquestion`: none
//! - `qdcount=N ancount=N nscount=N arcount=N`: counts that are not true
//! - `answer=NAME/TYPE/CLASS/TTL/HEX`, `authority=…`, `additional=…`: a record
//! - `pointer`: the first label of the name, and a pointer to itself as the rest; `loop`
//! - `tail=HEX`: bytes behind the message; `cut=N`: only the first bytes of it
//! - `raw=HEX`: just these bytes

use super::{name, rdata, types};

/// How a packet travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

/// A packet to send.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) bytes: Vec<u8>,
    pub(crate) transport: Transport,
    pub(crate) id: u16,
    /// How long an answer over UDP may be (RFC 6891 §6.2.3: less than 512 means 512).
    pub(crate) udp_limit: usize,
}

#[derive(Default)]
struct Parts {
    id: u16,
    bits: u16,
    questions: Vec<Vec<u8>>,
    records: [Vec<Vec<u8>>; 3],
    counts: [Option<u16>; 4],
    edns: Option<Opt>,
    tail: Vec<u8>,
    cut: Option<usize>,
    raw: Option<Vec<u8>>,
    tcp: bool,
    pointer: Option<Vec<u8>>,
    no_question: bool,
}

struct Opt {
    owner: Vec<u8>,
    size: u16,
    version: u8,
    flags: u16,
    options: Vec<u8>,
    length: Option<u16>,
    twice: bool,
    in_answer: bool,
}

impl Query {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// The word that is not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (plain, words): (Vec<&str>, Vec<&str>) = text
            .split_whitespace()
            .partition(|word| !word.starts_with('+'));
        let [qname, qtype, class @ ..] = plain.as_slice() else {
            return Err(format!("{text:?}: expected a name and a type"));
        };
        let bad = |what: &str, word: &str| format!("{text:?}: {word:?} is no {what}");
        let rtype = types::rtype(qtype).ok_or_else(|| bad("type", qtype))?;
        let class = match class {
            [] => 1,
            [class] => types::class(class).ok_or_else(|| bad("class", class))?,
            [_, other, ..] => return Err(bad("word of a query", other)),
        };
        let mut parts = Parts {
            id: id_of(text),
            ..Parts::default()
        };
        for word in words {
            let word = word.trim_start_matches('+');
            let (word, value) = word.split_once('=').unwrap_or((word, ""));
            parts
                .set(word, value)
                .ok_or_else(|| bad("option of a query", word))?;
        }
        if !parts.no_question {
            let name = parts
                .pointer
                .clone()
                .unwrap_or_else(|| name::to_wire(qname));
            parts.questions.insert(
                0,
                [&name[..], &rtype.to_be_bytes(), &class.to_be_bytes()].concat(),
            );
        }
        let udp_limit = parts
            .edns
            .as_ref()
            .map_or(512, |opt| opt.size.max(512))
            .into();
        // What a packet made by hand says of itself cannot be told from here.
        let raw = parts.raw.as_ref().and_then(|raw| raw.first_chunk());
        let (id, udp_limit) = match raw {
            Some(id) => (u16::from_be_bytes(*id), usize::from(u16::MAX)),
            None => (parts.id, udp_limit),
        };
        Ok(Self {
            transport: if parts.tcp {
                Transport::Tcp
            } else {
                Transport::Udp
            },
            id,
            bytes: parts.bytes(),
            udp_limit,
        })
    }
}

impl Parts {
    fn set(&mut self, word: &str, value: &str) -> Option<()> {
        let bit = match word {
            "qr" => 0x8000,
            "aa" => 0x400,
            "tc" => 0x200,
            "rd" => 0x100,
            "ra" => 0x80,
            "z" => 0x40,
            "ad" => 0x20,
            "cd" => 0x10,
            _ => 0,
        };
        self.bits |= bit;
        match word {
            _ if bit != 0 => {}
            "tcp" => self.tcp = true,
            "opcode" => self.bits |= value.parse::<u16>().ok()? << 11,
            "rcode" => self.bits |= value.parse::<u16>().ok()?,
            "id" => self.id = value.parse().ok()?,
            "edns" if value.is_empty() => {
                self.opt();
            }
            "edns" => self.opt().size = value.parse().ok()?,
            "do" => self.opt().flags |= 0x8000,
            "version" => self.opt().version = value.parse().ok()?,
            "ednsflags" => self.opt().flags |= u16::from_str_radix(value, 16).ok()?,
            "opt" => {
                let (code, content) = value.split_once(':')?;
                self.option(code.parse().ok()?, &rdata::unhex(content)?)?;
            }
            "nsid" => self.option(3, &[])?,
            "cookie" => self.option(10, &rdata::unhex(value)?)?,
            "optowner" => self.opt().owner = name::to_wire(value),
            "optlength" => self.opt().length = Some(value.parse().ok()?),
            "opttwice" => self.opt().twice = true,
            "optanswer" => self.opt().in_answer = true,
            "question" => {
                let words: Vec<&str> = value.split('/').collect();
                let [name, rtype, class] = words.as_slice() else {
                    return None;
                };
                let rtype = types::rtype(rtype)?.to_be_bytes();
                let class = types::class(class)?.to_be_bytes();
                self.questions
                    .push([&name::to_wire(name)[..], &rtype, &class].concat());
            }
            "noquestion" => self.no_question = true,
            "qdcount" => self.counts[0] = Some(value.parse().ok()?),
            "ancount" => self.counts[1] = Some(value.parse().ok()?),
            "nscount" => self.counts[2] = Some(value.parse().ok()?),
            "arcount" => self.counts[3] = Some(value.parse().ok()?),
            "answer" => self.records[0].push(record(value)?),
            "authority" => self.records[1].push(record(value)?),
            "additional" => self.records[2].push(record(value)?),
            // The question stands at 12; its name is `a` and a pointer to the root behind the counts.
            "pointer" => self.pointer = Some(vec![1, b'a', 0xc0, 4]),
            "loop" => self.pointer = Some(vec![1, b'a', 0xc0, 12]),
            "tail" => self.tail = rdata::unhex(value)?,
            "cut" => self.cut = Some(value.parse().ok()?),
            "raw" => self.raw = Some(rdata::unhex(value)?),
            _ => return None,
        }
        Some(())
    }

    fn opt(&mut self) -> &mut Opt {
        self.edns.get_or_insert_with(|| Opt {
            owner: vec![0],
            size: 1232,
            version: 0,
            flags: 0,
            options: Vec::new(),
            length: None,
            twice: false,
            in_answer: false,
        })
    }

    fn option(&mut self, code: u16, content: &[u8]) -> Option<()> {
        let length = u16::try_from(content.len()).ok()?;
        let options = &mut self.opt().options;
        options.extend(code.to_be_bytes());
        options.extend(length.to_be_bytes());
        options.extend(content);
        Some(())
    }

    fn bytes(mut self) -> Vec<u8> {
        if let Some(raw) = self.raw {
            return raw;
        }
        if let Some(opt) = self.edns.take() {
            let length = u16::try_from(opt.options.len()).unwrap_or(u16::MAX);
            let mut record = opt.owner;
            record.extend([0, 41]);
            record.extend(opt.size.to_be_bytes());
            record.extend([0, opt.version]);
            record.extend(opt.flags.to_be_bytes());
            record.extend(opt.length.unwrap_or(length).to_be_bytes());
            record.extend(opt.options);
            let section = if opt.in_answer { 0 } else { 2 };
            if opt.twice {
                self.records[section].push(record.clone());
            }
            self.records[section].push(record);
        }
        let [answer, authority, additional] = &self.records;
        let real = [
            self.questions.len(),
            answer.len(),
            authority.len(),
            additional.len(),
        ];
        let mut bytes = Vec::new();
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.bits.to_be_bytes());
        for (given, real) in self.counts.iter().zip(real) {
            let count = given.unwrap_or_else(|| u16::try_from(real).unwrap_or(u16::MAX));
            bytes.extend(count.to_be_bytes());
        }
        let sections = [&self.questions, answer, authority, additional];
        bytes.extend(sections.into_iter().flatten().flatten());
        bytes.extend(self.tail);
        bytes.truncate(self.cut.unwrap_or(usize::MAX));
        bytes
    }
}

/// `NAME/TYPE/CLASS/TTL/HEX`
fn record(value: &str) -> Option<Vec<u8>> {
    let words: Vec<&str> = value.split('/').collect();
    let [name, rtype, class, ttl, data] = words.as_slice() else {
        return None;
    };
    let data = rdata::unhex(data)?;
    let mut bytes = name::to_wire(name);
    bytes.extend(types::rtype(rtype)?.to_be_bytes());
    bytes.extend(types::class(class)?.to_be_bytes());
    bytes.extend(ttl.parse::<u32>().ok()?.to_be_bytes());
    bytes.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
    bytes.extend(data);
    Some(bytes)
}

/// The same line has the same ID in each run (FNV-1a), so that a failure can be sent again.
fn id_of(text: &str) -> u16 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let [a, b, c, d] = hash.to_be_bytes();
    u16::from_be_bytes([a ^ c, b ^ d])
}
