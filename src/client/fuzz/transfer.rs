//! Streams of messages as transfers: the first byte says what was asked for, then each message
//! stands behind its length, as by TCP.

#![no_main]

use client::transfer::{Form, Incoming, Reader, Sink, Transfer, Unfit, Wanted};
use libfuzzer_sys::fuzz_target;
use wire::{Name, NameRef, Rtype, Serial};

/// Checks what it is told, and keeps nothing.
struct Witness {
    zone: Name,
    form: Option<Form>,
    soas: usize,
    records: usize,
}

impl Witness {
    fn see(&mut self, record: Incoming<'_>) {
        assert!(self.form.is_some(), "a record before the beginning");
        assert!(record.owner.is_at_or_below(self.zone.as_ref()));
        assert!(!record.rtype.is_meta());
        wire::rdata::check(record.rtype, record.rdata).expect("data that was checked");
        self.records += 1;
        if record.rtype == Rtype::SOA {
            assert!(record.owner == self.zone.as_ref());
            self.soas += 1;
        }
    }
}

impl Sink for Witness {
    fn begin(&mut self, form: Form) {
        assert!(self.form.is_none(), "it begins once");
        self.form = Some(form);
    }

    fn add(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        self.see(record);
        Ok(())
    }

    fn remove(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        assert_eq!(self.form, Some(Form::Steps));
        self.see(record);
        Ok(())
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, mut rest)) = input.split_first() else {
        return;
    };
    let wanted = match choice % 4 {
        0 => Wanted::Whole,
        serial => Wanted::Since(Serial(serial.into())),
    };
    let zone = Name::from_text(b"example.org.", None).expect("a name");
    let zone = if choice >= 128 {
        NameRef::ROOT.to_name()
    } else {
        zone
    };
    let mut reader = Reader::new(zone.as_ref(), 0x1234, wanted);
    let mut witness = Witness {
        zone,
        form: None,
        soas: 0,
        records: 0,
    };
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(tail.len());
        let (message, tail) = tail.split_at(length);
        rest = tail;
        match reader.read(message, &mut witness) {
            Err(_) => return,
            Ok(None) => {}
            Ok(Some(transfer)) => {
                match (transfer, witness.form) {
                    (Transfer::Current(_), None) => assert_ne!(wanted, Wanted::Whole),
                    (Transfer::Whole(_), Some(Form::Whole)) => assert_eq!(witness.soas, 1),
                    (Transfer::Steps(serial), Some(Form::Steps)) => {
                        assert!(witness.soas >= 2 && witness.soas % 2 == 0);
                        assert!(
                            matches!(wanted, Wanted::Since(have) if serial.is_newer_than(have))
                        );
                    }
                    (transfer, form) => panic!("{transfer:?} of {form:?}"),
                }
                assert!(
                    reader.read(message, &mut witness).is_err(),
                    "nothing follows the end"
                );
                return;
            }
        }
    }
});
