//! "Did you mean": the known word nearest to a mistyped one.

/// The nearest of the `known` words, if it is near enough to be meant.
pub(super) fn suggestion<'a>(got: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + got.chars().count() / 4;
    known
        .map(|word| (distance(got, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, word)| word)
}

/// How many letters to insert, drop, change or swap with the next to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    // The rows of the usual table: the one before last, the last, and the one that is made.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, letter) in from.chars().enumerate() {
        let mut next = vec![row + 1];
        for (column, target) in to.iter().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, column) + usize::from(letter != *target))
                .min(at(&last, column + 1) + 1)
                .min(at(&next, column) + 1);
            let swapped =
                column > 0 && to.get(column - 1) == Some(&letter) && previous == Some(*target);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested() {
        let known = ["listen", "allow", "limit_loopback", "burst", "rate"];
        for (got, near) in [
            ("lissten", Some("listen")),
            ("litsen", Some("listen")),
            ("alow", Some("allow")),
            ("limit-loopback", Some("limit_loopback")),
            ("rte", Some("rate")),
            ("weight", None),
            ("", None),
        ] {
            assert_eq!(suggestion(got, known.into_iter()), near, "{got}");
        }
    }

    #[test]
    fn a_swap_counts_once() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
