//! Numbers of things, as sentences for people say them.

/// What was found in all.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Totals {
    /// `1 error, 2 warnings`.
    pub(super) fn findings(&self) -> String {
        match (self.errors, self.warnings) {
            (0, 0) => "no errors".to_owned(),
            (0, warnings) => counted(warnings, "warning"),
            (errors, 0) => counted(errors, "error"),
            (errors, warnings) => {
                format!(
                    "{}, {}",
                    counted(errors, "error"),
                    counted(warnings, "warning")
                )
            }
        }
    }

    /// `checked 2 zones: 1 error`.
    pub(super) fn sentence(&self, zones: usize) -> String {
        format!("checked {}: {}", counted(zones, "zone"), self.findings())
    }
}

/// `1 zone`, `2 zones`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        assert_eq!(
            Totals {
                errors: 0,
                warnings: 0
            }
            .sentence(2),
            "checked 2 zones: no errors"
        );
        let totals = Totals {
            errors: 1,
            warnings: 2,
        };
        assert_eq!(totals.sentence(1), "checked 1 zone: 1 error, 2 warnings");
    }
}
