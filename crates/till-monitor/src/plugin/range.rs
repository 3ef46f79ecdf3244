//! A range of the plugin conventions: `[@]start:end`.

use std::str::FromStr;

/// When a value is an alert: outside of `start..=end`, or with `@` inside of it.
///
/// `10` is `0:10`, `10:` has no end, `~:10` has no start, `@10:20` alerts inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    written: String,
    start: f64,
    end: f64,
    inside: bool,
}

impl Range {
    /// Is a value an alert?
    pub fn alerts(&self, value: f64) -> bool {
        let within = self.start <= value && value <= self.end;
        within == self.inside
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (inside, bounds) = match text.strip_prefix('@') {
                Some(bounds) => (true, bounds),
                None => (false, text),
            };
            let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
            let (start, end) = match bounds.split_once(':') {
                None => (0.0, number(bounds)?),
                Some((start, end)) => {
                    let start = if start == "~" { f64::NEG_INFINITY } else { number(start)? };
                    (start, if end.is_empty() { f64::INFINITY } else { number(end)? })
                }
            };
            (start <= end).then(|| Self { written: text.to_owned(), start, end, inside })
        };
        read().ok_or_else(|| {
            format!("got {text:?}, expected a range such as 10, 10:, ~:10, 10:20 or @10:20")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_the_guidelines() {
        for (range, value, alerts) in [
            ("10", -1.0, true),
            ("10", 0.0, false),
            ("10", 10.0, false),
            ("10", 10.5, true),
            ("10:", 9.0, true),
            ("10:", 1e9, false),
            ("~:10", -1e9, false),
            ("~:10", 11.0, true),
            ("10:20", 9.0, true),
            ("10:20", 15.0, false),
            ("@10:20", 15.0, true),
            ("@10:20", 10.0, true),
            ("@10:20", 21.0, false),
            ("0", 1.0, true),
        ] {
            let parsed: Range = range.parse().unwrap();
            assert_eq!(parsed.alerts(value), alerts, "{range} {value}");
        }
        for wrong in ["", "a", "20:10", ":10", "1:2:3", "@", "nan", "inf", "~"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
