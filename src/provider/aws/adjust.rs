//! What endpoints ask for, in the form that Route 53 has it.

use plan::{Endpoint, Properties};
use wire::{Rtype, Ttl};

use super::targets;

/// What flags say of all records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// Whether names of load balancers are CNAMEs too, if nothing else is asked for.
    pub(super) prefer_cname: bool,
    /// Whether aliases that do not say look at the health of their target.
    pub(super) health: bool,
}

impl Settings {
    /// What an endpoint is there: an alias of a name is addresses of both families.
    pub(super) fn spread(&self, mut endpoint: Endpoint) -> Vec<Endpoint> {
        let types = self.types(&endpoint);
        tidy(&mut endpoint);
        let Some(types) = types else {
            for name in [ALIAS, HEALTH, TARGET_ZONE] {
                endpoint.properties.remove(name);
            }
            return vec![endpoint];
        };
        self.alias(&mut endpoint);
        let all = types.iter().map(|rtype| Endpoint {
            rtype: *rtype,
            ..endpoint.clone()
        });
        all.collect()
    }

    /// The types that an endpoint is an alias in; none if it is none.
    fn types(&self, endpoint: &Endpoint) -> Option<&'static [Rtype]> {
        let asked = endpoint.properties.value(ALIAS);
        match (endpoint.rtype, asked) {
            (Rtype::A, Some("true" | "A")) => Some(&[Rtype::A]),
            (Rtype::AAAA, Some("true" | "AAAA")) => Some(&[Rtype::AAAA]),
            (Rtype::CNAME, Some("true")) => Some(BOTH),
            (Rtype::CNAME, Some("A")) => Some(&[Rtype::A]),
            (Rtype::CNAME, Some("AAAA")) => Some(&[Rtype::AAAA]),
            (Rtype::CNAME, Some("false")) => None,
            (Rtype::CNAME, _) if !self.prefer_cname => {
                let target = endpoint.targets.first()?;
                targets::zone(target).map(|_| BOTH)
            }
            _ => None,
        }
    }

    fn alias(&self, endpoint: &mut Endpoint) {
        let properties = &mut endpoint.properties;
        properties.set(ALIAS, "true");
        let asked = properties.value(HEALTH).map(|asked| asked == "true");
        let health = if asked.unwrap_or(self.health) {
            "true"
        } else {
            "false"
        };
        properties.set(HEALTH, health);
        // Theirs have none. What is listed says this one, as ownership records do.
        endpoint.ttl = endpoint.ttl.map(|_| Ttl::from_secs(TTL));
        for target in &mut endpoint.targets {
            let name = target.to_ascii_lowercase();
            *target = name.strip_suffix('.').unwrap_or(&name).into();
        }
        let usual = endpoint.targets.first();
        let usual = usual.and_then(|target| targets::zone(target));
        if let Some(zone) = endpoint.properties.value(TARGET_ZONE) {
            let zone = bare(zone).to_owned();
            match zone.as_str() {
                "" | SAME_ZONE => endpoint.properties.remove(TARGET_ZONE),
                zone if Some(zone) == usual => endpoint.properties.remove(TARGET_ZONE),
                zone => endpoint.properties.set(TARGET_ZONE, zone),
            }
        }
    }
}

/// Settles what can be written in several ways, so that it is the same as what is listed.
fn tidy(endpoint: &mut Endpoint) {
    let (name, properties) = (&endpoint.name, &mut endpoint.properties);
    let odd = |what: &str, value: &str| {
        tracing::warn!(
            name = &**name,
            setting = what,
            value,
            "setting is not one, and left out"
        );
    };
    for (what, most) in [(WEIGHT, 255), (BIAS, 99)] {
        let Some(value) = properties.value(what).map(str::to_owned) else {
            continue;
        };
        let least = if what == BIAS { -most } else { 0 };
        let number = value.parse::<i64>().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            odd(what, &value);
        }
        properties.set(what, &number.unwrap_or_default().to_string());
    }
    if properties.value(MULTI_VALUE).is_some() {
        properties.set(MULTI_VALUE, "true");
    }
    if properties.value(CONTINENT).is_some() {
        properties.remove(COUNTRY);
        properties.remove(SUBDIVISION);
    }
    if let Some(point) = properties.value(COORDINATES).map(str::to_owned)
        && !is_point(&point)
    {
        odd(COORDINATES, &point);
        properties.remove(COORDINATES);
    }
    let near = [PROXIMITY, LOCAL_ZONES, COORDINATES];
    let is_near = near.iter().any(|name| properties.value(name).is_some());
    if !endpoint.set_identifier.is_empty() && is_near && properties.value(BIAS).is_none() {
        properties.set(BIAS, "0");
    }
    if let Some(zone) = properties.value(ZONE).map(str::to_owned) {
        properties.set(ZONE, bare(&zone));
    }
    properties.sort();
}

/// Whether a text is a latitude and a longitude.
fn is_point(text: &str) -> bool {
    let within = |text: &str, most: f64| {
        let number = text.parse::<f64>();
        number.is_ok_and(|number| (-most..=most).contains(&number))
    };
    let parts = text.split_once(',');
    parts.is_some_and(|(latitude, longitude)| within(latitude, 90.0) && within(longitude, 180.0))
}

/// Whether an RRset is an alias of a name.
pub(super) fn is_alias(rtype: Rtype, properties: &Properties) -> bool {
    matches!(rtype, Rtype::A | Rtype::AAAA) && properties.value(ALIAS) == Some("true")
}

/// The identifier of a zone without the folder that it is in.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

const BOTH: &[Rtype] = &[Rtype::A, Rtype::AAAA];

/// What external-dns calls the zone of a record itself.
const SAME_ZONE: &str = "same-zone";

/// The TTL of what asks for none.
pub(super) const TTL: u32 = 300;

pub(super) const ALIAS: &str = "alias";
pub(super) const BIAS: &str = "aws/geoproximity-bias";
pub(super) const CONTINENT: &str = "aws/geolocation-continent-code";
pub(super) const COORDINATES: &str = "aws/geoproximity-coordinates";
pub(super) const COUNTRY: &str = "aws/geolocation-country-code";
pub(super) const FAILOVER: &str = "aws/failover";
pub(super) const HEALTH: &str = "aws/evaluate-target-health";
pub(super) const HEALTH_CHECK: &str = "aws/health-check-id";
pub(super) const LOCAL_ZONES: &str = "aws/geoproximity-local-zone-group";
pub(super) const MULTI_VALUE: &str = "aws/multi-value-answer";
pub(super) const PROXIMITY: &str = "aws/geoproximity-region";
pub(super) const REGION: &str = "aws/region";
pub(super) const SUBDIVISION: &str = "aws/geolocation-subdivision-code";
pub(super) const TARGET_ZONE: &str = "aws/target-hosted-zone";
pub(super) const WEIGHT: &str = "aws/weight";
pub(super) const ZONE: &str = "aws/hosted-zone-id";
