//! How far two clocks are apart, in words that stay the same while they are: what is said once of a
//! fault must not be another text each time.

/// Their clock as seen from ours; both in seconds since 1970.
#[must_use]
pub fn skew(theirs: u64, ours: u64) -> String {
    let place = if theirs < ours { "behind" } else { "ahead of" };
    let minutes = theirs.abs_diff(ours) / 60;
    let (count, unit) = match minutes {
        0..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    match count {
        0 => format!("its is less than a minute {place} ours"),
        1 => format!("its is more than one {unit} {place} ours"),
        // Powers of two, so that a second more or less hardly ever makes another text.
        count => format!(
            "its is more than {} {unit}s {place} ours",
            1_u64 << count.ilog2()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_about_so_much() {
        let ours = 1_800_000_000;
        for (apart, expected) in [
            (0, "its is less than a minute ahead of ours"),
            (-59, "its is less than a minute behind ours"),
            (301, "its is more than 4 minutes ahead of ours"),
            (-900, "its is more than 8 minutes behind ours"),
            (-901, "its is more than 8 minutes behind ours"),
            (3_700, "its is more than one hour ahead of ours"),
            (86_399, "its is more than 16 hours ahead of ours"),
            (-400 * 86_400, "its is more than 256 days behind ours"),
        ] {
            let theirs = ours + apart;
            let text = skew(theirs.try_into().unwrap(), ours.try_into().unwrap());
            assert_eq!(text, expected);
        }
    }
}
