//! Catalogs of zones: their names, and the groups of their members.

use wire::Name;

use super::{Wrong, zone_name};

/// The name of a catalog: what stands below it needs room.
pub(crate) fn catalog_name(text: &str) -> Result<Name, Wrong> {
    let name = zone_name(text)?.as_ref().to_lowercase();
    if name.as_bytes().len() > LONGEST_CATALOG {
        return Err(Wrong::expected(text, "a name of 200 bytes at most"));
    }
    if name.as_ref().is_root() {
        return Err(Wrong::expected(
            text,
            "a name below the root, such as catalog.example.org",
        ));
    }
    Ok(name)
}

/// `GROUP=ZONE[,ZONE...]`.
pub(crate) fn catalog_group(text: &str) -> Result<(String, Vec<Name>), Wrong> {
    let example = "such as --catalog-group signed=example.org,example.net";
    let (group, zones) = text
        .split_once('=')
        .filter(|(group, _)| !group.trim().is_empty())
        .ok_or_else(|| Wrong::expected(text, "GROUP=ZONE").hint(example))?;
    let group = group.trim();
    if group.len() > 255 {
        return Err(Wrong::expected(group, "a group of 255 bytes at most"));
    }
    let zone = |zone: &str| zone_name(zone.trim()).map(|zone| zone.as_ref().to_lowercase());
    let zones: Result<Vec<Name>, Wrong> = zones.split(',').map(zone).collect();
    Ok((group.to_owned(), zones?))
}

/// The label of a member and two words stand in front of it.
const LONGEST_CATALOG: usize = 200;

#[cfg(test)]
mod tests {
    use super::super::sample::{name, said};
    use super::*;

    #[test]
    fn a_catalog_has_a_name_and_groups_of_zones() {
        assert_eq!(catalog_name("Cat.example").ok(), Some(name("cat.example.")));
        assert!(said(catalog_name(".")).contains("below the root"));
        let long = [
            "x".repeat(60),
            "x".repeat(60),
            "x".repeat(60),
            "x".repeat(60),
        ]
        .join(".");
        assert!(said(catalog_name(&long)).contains("200 bytes"));
        let (group, zones) = catalog_group("web=A.example, b.example").ok().unwrap();
        assert_eq!(
            (&*group, zones),
            ("web", vec![name("a.example."), name("b.example.")])
        );
        for text in ["web", "=a.example", "web=a..b"] {
            assert!(catalog_group(text).is_err(), "{text}");
        }
    }
}
