//! RRsets as Route 53 writes them: XML, with octal escapes in names and texts.

use plan::Properties;
use plan::name::normalize;
use serde::{Deserialize, Serialize};
use wire::{Rtype, Ttl};

use super::adjust::{
    ALIAS, BIAS, CONTINENT, COORDINATES, COUNTRY, FAILOVER, HEALTH, HEALTH_CHECK, LOCAL_ZONES,
    MULTI_VALUE, PROXIMITY, REGION, SUBDIVISION, TARGET_ZONE, WEIGHT, is_alias,
};
use super::api::QUIRKS;
use super::targets;
use crate::record::{Found, Key, Rrset};

/// An RRset. The order of the fields is that of the schema, which is heeded there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Set {
    pub(super) name: String,
    #[serde(rename = "Type")]
    pub(super) rtype: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) set_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weight: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) geo_location: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failover: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) multi_value_answer: Option<bool>,
    #[serde(rename = "TTL", skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_records: Option<Records>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alias_target: Option<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) health_check_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) traffic_policy_instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cidr_routing_config: Option<Cidr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) geo_proximity_location: Option<Proximity>,
}

/// Where clients are.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) continent_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subdivision_code: Option<String>,
}

/// The values.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Records {
    #[serde(rename = "ResourceRecord")]
    pub(super) all: Vec<Record>,
}

/// A value.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Record {
    pub(super) value: String,
}

/// The name whose addresses a set has.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Alias {
    pub(super) hosted_zone_id: String,
    #[serde(rename = "DNSName")]
    pub(super) name: String,
    pub(super) evaluate_target_health: bool,
}

/// Networks that clients are in, which no annotation says.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Cidr {
    pub(super) collection_id: String,
    pub(super) location_name: String,
}

/// Where what is answered is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Proximity {
    #[serde(rename = "AWSRegion", skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) local_zone_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) coordinates: Option<Coordinates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bias: Option<i32>,
}

/// A point on the earth, as text.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Coordinates {
    pub(super) latitude: String,
    pub(super) longitude: String,
}

/// One change.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    pub(super) action: String,
    pub(super) resource_record_set: Set,
}

impl Set {
    /// An RRset in the zone of this identifier; `there` is what it takes the place of.
    pub(super) fn of(rrset: &Rrset, zone: &str, there: Option<&Self>) -> Self {
        let key = &rrset.key;
        let of = |name| rrset.properties.value(name);
        let text = |name| of(name).map(str::to_owned);
        let identifier = Some(key.set.to_string()).filter(|set| !set.is_empty());
        let (ttl, records, alias) = if is_alias(key.rtype, &rrset.properties) {
            (None, None, Some(alias(rrset, zone)))
        } else {
            let ttl = rrset.ttl.or_else(|| QUIRKS.unset_ttl());
            let values = rrset.values.iter();
            let data = values.filter_map(|value| QUIRKS.data(key.rtype, value));
            let all = data.map(|data| Record {
                value: octal(&data),
            });
            let all = all.collect();
            (ttl.map(Ttl::as_secs), Some(Records { all }), None)
        };
        let place = Place {
            continent_code: text(CONTINENT),
            country_code: text(COUNTRY),
            subdivision_code: text(SUBDIVISION),
        };
        let coordinates = of(COORDINATES).and_then(|text| text.split_once(','));
        let proximity = Proximity {
            region: text(PROXIMITY),
            local_zone_group: text(LOCAL_ZONES),
            coordinates: coordinates.map(|(latitude, longitude)| Coordinates {
                latitude: latitude.to_owned(),
                longitude: longitude.to_owned(),
            }),
            bias: of(BIAS).and_then(|text| text.parse().ok()),
        };
        let there = there.filter(|there| there.set_identifier == identifier);
        Self {
            name: octal(&format!("{}.", key.name)),
            rtype: key.rtype.to_string(),
            set_identifier: identifier,
            weight: of(WEIGHT).and_then(|text| text.parse().ok()),
            region: text(REGION),
            geo_location: Some(place).filter(|place| *place != Place::default()),
            failover: text(FAILOVER),
            multi_value_answer: of(MULTI_VALUE).map(|_| true),
            ttl,
            resource_records: records,
            alias_target: alias,
            health_check_id: text(HEALTH_CHECK),
            traffic_policy_instance_id: None,
            // No annotation says it, so it is somebody else's to say.
            cidr_routing_config: there.and_then(|there| there.cidr_routing_config.clone()),
            geo_proximity_location: Some(proximity).filter(|it| *it != Proximity::default()),
        }
    }

    /// A set that is there, as exactly as it is there: as it was listed, unless we have changed it
    /// since.
    pub(super) fn there(found: &Found, zone: &str) -> Self {
        let listed = serde_json::from_value::<Self>(found.foreign().clone()).ok();
        if let Some(listed) = &listed
            && listed.rrset(zone).as_ref() == Some(&found.rrset)
        {
            return listed.clone();
        }
        Self::of(&found.rrset, zone, listed.as_ref())
    }

    /// The same in our form; none of a type that only Route 53 knows.
    pub(super) fn rrset(&self, zone: &str) -> Option<Rrset> {
        let rtype = Rtype::from_text(self.rtype.as_bytes())?;
        let mut key = Key::new(&normalize(&name(&self.name)), rtype);
        key.set = self.set_identifier.as_deref().unwrap_or_default().into();
        let mut rrset = match &self.alias_target {
            Some(alias) => {
                let target = name(&alias.name).to_ascii_lowercase();
                let target = target.strip_suffix('.').unwrap_or(&target);
                // They have none; this one is what ownership records beside them get.
                Rrset::new(key, QUIRKS.unset_ttl(), [target])
            }
            None => {
                let records = self
                    .resource_records
                    .iter()
                    .flat_map(|records| &records.all);
                let values = records.map(|record| QUIRKS.value(rtype, &decimal(&record.value)));
                Rrset::new(key, self.ttl.map(Ttl::from_secs), values)
            }
        };
        rrset.properties = self.properties(zone);
        Some(rrset)
    }

    /// What it says beside its values, as endpoints say it.
    fn properties(&self, zone: &str) -> Properties {
        let mut all = Properties::default();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                all.set(name, value);
            }
        };
        if let Some(alias) = &self.alias_target {
            let health = if alias.evaluate_target_health {
                "true"
            } else {
                "false"
            };
            set(ALIAS, Some("true"));
            set(HEALTH, Some(health));
            let usual = targets::zone(&name(&alias.name)).unwrap_or(zone);
            let other = (alias.hosted_zone_id != usual).then_some(&*alias.hosted_zone_id);
            set(TARGET_ZONE, other);
        }
        set(WEIGHT, self.weight.map(|it| it.to_string()).as_deref());
        set(REGION, self.region.as_deref());
        set(FAILOVER, self.failover.as_deref());
        set(
            MULTI_VALUE,
            self.multi_value_answer.filter(|is| *is).map(|_| "true"),
        );
        if let Some(place) = &self.geo_location {
            set(CONTINENT, place.continent_code.as_deref());
            set(COUNTRY, place.country_code.as_deref());
            set(SUBDIVISION, place.subdivision_code.as_deref());
        }
        if let Some(near) = &self.geo_proximity_location {
            set(PROXIMITY, near.region.as_deref());
            set(LOCAL_ZONES, near.local_zone_group.as_deref());
            let point = near.coordinates.as_ref();
            let point = point.map(|it| format!("{},{}", it.latitude, it.longitude));
            set(COORDINATES, point.as_deref());
            set(BIAS, near.bias.map(|it| it.to_string()).as_deref());
        }
        set(HEALTH_CHECK, self.health_check_id.as_deref());
        all.sort();
        all
    }

    /// Values, and bytes of them, as limits count them.
    pub(super) fn size(&self) -> (usize, usize) {
        let records = self
            .resource_records
            .iter()
            .flat_map(|records| &records.all);
        let alias = self.alias_target.iter().map(|alias| alias.name.len());
        let sizes = records.map(|record| record.value.len()).chain(alias);
        sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
    }
}

fn alias(rrset: &Rrset, zone: &str) -> Alias {
    let target = rrset.values.first().map_or("", |target| target);
    let asked = rrset.properties.value(TARGET_ZONE);
    // What is none of Amazon's own is in the same zone.
    let place = asked.or_else(|| targets::zone(target)).unwrap_or(zone);
    Alias {
        hosted_zone_id: place.to_owned(),
        name: octal(&format!("{target}.")),
        evaluate_target_health: rrset.properties.value(HEALTH) == Some("true"),
    }
}

/// A name that may have octal escapes, with those of zone files.
pub(super) fn name(text: &str) -> String {
    decimal(text)
}

/// Octal escapes as those of zone files, which are decimal (RFC 1035 §5.1); what needs none has none.
fn decimal(text: &str) -> String {
    escapes(text, 8, |byte| match byte {
        b'!' | b'#'..=b'-' | b'/'..=b'[' | b']'..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03}"),
    })
}

/// How many letters a text has as it is written: each counts, be it a quote or a part of an escape.
pub(super) fn written(value: &str) -> usize {
    let data = QUIRKS.data(Rtype::TXT, value).unwrap_or_default();
    octal(&data).len()
}

/// Escapes of zone files as octal ones.
fn octal(text: &str) -> String {
    escapes(text, 10, |byte| format!("\\{byte:03o}"))
}

/// A text with other escapes of bytes by number.
fn escapes(text: &str, base: u32, other: impl Fn(u8) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = after
            .get(..3)
            .filter(|it| it.bytes().all(|c| c.is_ascii_digit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, base).ok());
        let taken = match byte {
            Some(byte) => {
                out.push_str(&other(byte));
                3
            }
            None => {
                out.push('\\');
                let next = after.chars().next();
                out.extend(next);
                next.map_or(0, char::len_utf8)
            }
        };
        rest = after.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_octal_there_and_decimal_here() {
        for (theirs, ours) in [
            ("\\052.a.example.", "*.a.example."),
            ("a\\040b.example.", "a\\032b.example."),
            (
                "\"say \\\"hi\\\" \\\\ \\303\\274\"",
                "\"say \\\"hi\\\" \\\\ \\195\\188\"",
            ),
            ("\"plain\"", "\"plain\""),
            ("\"\\134\"", "\"\\092\""),
        ] {
            assert_eq!(decimal(theirs), ours);
            assert_eq!(decimal(&octal(ours)), ours);
        }
        assert_eq!(octal("\"\\195\\188 \\\\195\""), "\"\\303\\274 \\\\195\"");
    }
}
