//! Where the services of a region are.

/// The address of a service in a region; regions have short names too. `realm` is the domain of a region
/// that is too new to be known here.
#[must_use]
pub fn endpoint(service: &str, region: &str, realm: Option<&str>) -> String {
    let short = SHORT.iter().find(|(short, _)| *short == region);
    let region = short.map_or(region, |(_, region)| *region);
    let of_realm = |(_, regions): &&(&str, &[&str])| regions.contains(&region);
    let known = REALMS.iter().find(of_realm).map(|(domain, _)| *domain);
    let domain = known.or(realm).unwrap_or("oraclecloud.com");
    format!("https://{service}.{region}.oci.{domain}")
}

/// Regions that are not those of everybody, by their domain.
const REALMS: &[(&str, &[&str])] = &[
    (
        "oraclegovcloud.com",
        &[
            "us-langley-1",
            "us-luke-1",
            "us-gov-ashburn-1",
            "us-gov-chicago-1",
            "us-gov-phoenix-1",
        ],
    ),
    (
        "oraclegovcloud.uk",
        &["uk-gov-london-1", "uk-gov-cardiff-1"],
    ),
    ("oraclecloud.eu", &["eu-madrid-2", "eu-frankfurt-2"]),
    ("oraclecloud8.com", &["ap-chiyoda-1", "ap-ibaraki-1"]),
    ("oraclecloud9.com", &["me-dcc-muscat-1"]),
    ("oraclecloud10.com", &["ap-dcc-canberra-1"]),
    (
        "oraclecloud14.com",
        &[
            "eu-dcc-milan-1",
            "eu-dcc-milan-2",
            "eu-dcc-dublin-1",
            "eu-dcc-dublin-2",
            "eu-dcc-rating-1",
            "eu-dcc-rating-2",
        ],
    ),
    ("oraclecloud15.com", &["ap-dcc-gazipur-1"]),
    ("oraclecloud20.com", &["eu-jovanovac-1"]),
    ("oraclecloud21.com", &["me-dcc-doha-1"]),
    ("oraclecloud23.com", &["us-somerset-1", "us-thames-1"]),
    ("oraclecloud24.com", &["eu-dcc-zurich-1", "eu-crissier-1"]),
    ("oraclecloud26.com", &["me-abudhabi-3"]),
    ("oraclecloud29.com", &["me-abudhabi-2", "me-abudhabi-4"]),
    (
        "oraclecloud35.com",
        &["ap-seoul-2", "ap-suwon-1", "ap-chuncheon-2"],
    ),
];

/// Short names that are in use for regions.
const SHORT: &[(&str, &str)] = &[
    ("fra", "eu-frankfurt-1"),
    ("iad", "us-ashburn-1"),
    ("lhr", "uk-london-1"),
    ("phx", "us-phoenix-1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_in_the_domain_of_their_realm() {
        for (region, realm, address) in [
            (
                "us-phoenix-1",
                None,
                "https://dns.us-phoenix-1.oci.oraclecloud.com",
            ),
            (
                "fra",
                None,
                "https://dns.eu-frankfurt-1.oci.oraclecloud.com",
            ),
            (
                "us-luke-1",
                None,
                "https://dns.us-luke-1.oci.oraclegovcloud.com",
            ),
            (
                "eu-madrid-2",
                Some("new.example"),
                "https://dns.eu-madrid-2.oci.oraclecloud.eu",
            ),
            (
                "xx-new-1",
                Some("new.example"),
                "https://dns.xx-new-1.oci.new.example",
            ),
        ] {
            assert_eq!(endpoint("dns", region, realm), address);
        }
    }
}
