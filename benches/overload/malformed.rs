//! Packets that no resolver sends: cut short, lying about their counts, pointing at themselves.

use benches::{Mix, Random, question};

/// Makes packets, one after the other, of all kinds.
pub(crate) struct Packets {
    random: Random,
    number: usize,
}

impl Packets {
    pub(crate) fn new() -> Self {
        Self {
            random: Random::new(7),
            number: 0,
        }
    }

    /// Writes the next packet.
    pub(crate) fn next(&mut self, packet: &mut Vec<u8>) {
        let name = Mix::Positive.name_to_ask(&mut self.random, crate::good::HOSTS);
        packet.clear();
        packet.extend_from_slice(&question(name.as_ref(), true));
        let whole = packet.len();
        self.number += 1;
        match self.number % KINDS {
            // Noise.
            0 => {
                let length = self.random.below(600);
                packet.clear();
                packet.extend((0..length).map(|_| self.random.bits().to_le_bytes()[3]));
            }
            // Cut anywhere.
            1 => packet.truncate(self.random.below(whole)),
            // One byte is another.
            2 => {
                let at = self.random.below(whole);
                packet[at] = self.random.bits().to_le_bytes()[3];
            }
            // Sections of 65,535 records each.
            3 => packet[4..12].fill(0xFF),
            // A name that points at itself.
            4 => packet[12..14].copy_from_slice(&[0xC0, 12]),
            // A label longer than labels are.
            5 => packet[12] = 0x7F,
            // A name without end.
            6 => {
                packet.truncate(12);
                packet.resize(1200, 1);
            }
            // An answer instead of a question.
            7 => packet[2] |= 0x80,
            // Another opcode.
            8 => packet[2] |= 0x78,
            // An EDNS option longer than the packet.
            9 => {
                packet.truncate(whole - 2);
                packet.extend_from_slice(&[0, 6, 0, 10, 0xFF, 0xFF, 1, 2]);
            }
            // Two OPT records.
            10 => {
                packet[11] = 2;
                packet.extend_from_within(whole - 11..);
            }
            // Nothing but a header.
            _ => packet.truncate(12),
        }
    }
}

const KINDS: usize = 12;
