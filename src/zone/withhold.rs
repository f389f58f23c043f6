//! Zones that should be here and cannot be shown yet: they are known, so that nobody else answers for
//! their names, and nothing is answered of them.

use wire::{Name, Rtype, Ttl};

use crate::assemble::assemble;
use crate::depths::Depths;
use crate::hash::HashKeys;
use crate::news::News;
use crate::propose::StoreError;
use crate::records::{Place, Records};
use crate::snapshot::{Withheld, Zone};
use crate::store::{Store, free_place};
use crate::writer::ZoneWriter;

/// A zone without contents, of which nothing is answered.
pub(crate) fn placeholder(apex: &Name, keys: HashKeys) -> Result<(Zone, Depths), StoreError> {
    let mut records = Records::new(apex.clone());
    // It is never shown: two root names, then five numbers.
    let (soa, place) = ([0; 22], Place::default());
    records.push(apex.as_ref(), Rtype::SOA, Ttl::from_secs(0), &soa, place);
    let (mut zone, depths) = assemble(&records, keys)?;
    zone.withheld = Some(Withheld::Absent);
    Ok((zone, depths))
}

impl Store {
    /// A zone should be here, but its contents could not be read: until they can, its names are
    /// answered with a failure, and not by the zone above. If it is here already it stays as it is.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn withhold(&self, apex: &Name) -> Result<(), StoreError> {
        let apex = apex.as_ref().to_lowercase();
        let (zone, depths) = placeholder(&apex, self.keys())?;
        let mut writers = self.lock();
        if writers.zones.contains_key(&apex) {
            return Ok(());
        }
        let place = free_place(&writers);
        let writer = ZoneWriter::new(zone.clone(), depths);
        writers.zones.insert(apex.clone(), (place, writer));
        writers.withheld.insert(apex.clone());
        let zone = self.shown_first(&mut writers, zone)?;
        self.publish_apexes(place, &apex, Some(zone), &writers, News::Came);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::LookupName;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    fn records(apex: &str, serial: u32) -> Records {
        let mut records = Records::new(name(apex));
        let mut soa = vec![0, 0];
        for number in [serial, 1, 1, 1, 1] {
            soa.extend_from_slice(&u32::to_be_bytes(number));
        }
        let ttl = Ttl::from_secs(1);
        records.push(name(apex).as_ref(), Rtype::SOA, ttl, &soa, Place::default());
        records
    }

    #[test]
    fn the_place_of_a_zone_is_kept_until_it_comes() {
        let store = Store::new([1, 2]);
        store.replace_static(&records("example.", 7)).unwrap();
        store.withhold(&name("Sub.example.")).unwrap();
        let withheld = |owner: &str| {
            let lookup = LookupName::new(name(owner).as_ref(), store.keys());
            let snapshot = store.snapshot();
            let zone = snapshot.zone_for(&lookup, lookup.labels()).unwrap();
            zone.withheld()
        };
        assert_eq!(withheld("a.sub.example."), Some(Withheld::Absent));
        assert_eq!(withheld("a.example."), None);
        assert_eq!(store.snapshot().zones().count(), 1);
        assert!(store.commit(&name("sub.example."), Vec::new()).is_err());
        assert!(
            store
                .since(&name("sub.example."), wire::Serial(0))
                .is_none()
        );
        // Any serial will do: there was none before.
        let come = store
            .replace_static(&records("sub.example.", 3_000_000_000))
            .unwrap();
        assert_eq!(come.serial.0, 3_000_000_000);
        assert_eq!(withheld("a.sub.example."), None);
        // What is here stays.
        store.withhold(&name("sub.example.")).unwrap();
        assert_eq!(withheld("a.sub.example."), None);
        assert!(store.remove(&name("sub.example.")));
        store.withhold(&name("sub.example.")).unwrap();
        assert!(store.remove(&name("sub.example.")));
        assert_eq!(withheld("a.sub.example."), None);
    }

    #[test]
    fn a_zone_takes_the_place_that_was_kept_for_it() {
        let store = Store::new([1, 2]);
        store.replace_static(&records("a.", 1)).unwrap();
        store.withhold(&name("b.")).unwrap();
        // A place before it is free now.
        assert!(store.remove(&name("a.")));
        store.replace_static(&records("b.", 1)).unwrap();
        let snapshot = store.snapshot();
        let b = LookupName::new(name("x.b.").as_ref(), store.keys());
        let zone = snapshot.zone_for(&b, b.labels()).unwrap();
        assert_eq!(zone.withheld(), None);
        let places = snapshot.zones.iter().filter(|zone| zone.is_some());
        assert_eq!(places.count(), 1);
    }
}
