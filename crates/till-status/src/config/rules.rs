//! `[max_age]` and `[thresholds]`: how old a value may be, and from where on it is a problem.

use std::time::Duration;

use status_core::{Hold, MaxAges, Thresholds};
use toml::de::DeValue;

use super::Config;
use super::reader::{Read, Reader, Root};
use super::value::{integer, span};

pub(super) fn max_age<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> MaxAges {
    let mut ages = MaxAges::default();
    let Some(mut section) = root.section("max_age", reader) else { return ages };
    for (key, age) in [
        ("weight", &mut ages.weight),
        ("receipt", &mut ages.receipt),
        ("paper", &mut ages.paper),
        ("vision", &mut ages.vision),
        ("ofd", &mut ages.ofd),
        ("fiscal_storage", &mut ages.fiscal_storage),
        ("inventory", &mut ages.inventory),
    ] {
        let range = Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);
        if let Some(span) = section.take(key, reader, span(range)) {
            *age = span;
        }
    }
    section.end(reader);
    ages
}

pub(super) fn thresholds<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    let Some(mut section) = root.section("thresholds", reader) else { return thresholds };
    if let Some(queue) = section.take("ofd_queue", reader, or_off(integer(1..=u32::MAX))) {
        thresholds.ofd_queue = queue;
    }
    for (key, limit) in [
        ("ofd_queue_old", &mut thresholds.ofd_queue_old),
        ("ofd_queue_critical", &mut thresholds.ofd_queue_critical),
        ("ofd_held", &mut thresholds.ofd_held),
        ("clock_skew", &mut thresholds.clock_skew),
        ("fiscal_storage_expiring", &mut thresholds.fiscal_storage_expiring),
    ] {
        let range = Duration::from_secs(1)..=Duration::from_secs(500 * 86_400);
        if let Some(span) = section.take(key, reader, or_off(span(range))) {
            *limit = span;
        }
    }
    section.end(reader);
    thresholds
}

/// A value that is asked for more seldom than its maximum age would be unknown in between.
pub(super) fn asked_in_time(config: &Config) -> Vec<String> {
    let Config { poll, max_age, kkt, scale, vision, .. } = config;
    let kkt = kkt.as_ref().is_some_and(|kkt| kkt.hold != Hold::Never);
    let vision = vision.as_ref().map(|vision| vision.every);
    let pairs = [
        (kkt, "[poll] fast", poll.fast, "receipt", max_age.receipt),
        (scale.is_some(), "[poll] fast", poll.fast, "weight", max_age.weight),
        (kkt, "[poll] paper", poll.paper, "paper", max_age.paper),
        (kkt, "[poll] ofd", poll.ofd, "ofd", max_age.ofd),
        (
            kkt,
            "[poll] fiscal_storage",
            poll.fiscal_storage,
            "fiscal_storage",
            max_age.fiscal_storage,
        ),
        (kkt, "[poll] inventory", poll.inventory, "inventory", max_age.inventory),
        (vision.is_some(), "[vision] every", vision.unwrap_or_default(), "vision", max_age.vision),
    ];
    let late = pairs.into_iter().filter(|(used, _, every, _, age)| *used && every >= age);
    let text = |(_, key, every, age, limit): (bool, &str, Duration, &str, Duration)| {
        let (every, limit) = (every.as_secs_f64(), limit.as_secs_f64());
        format!("{key}: got {every} s, expected less than the {limit} s of [max_age] {age}")
    };
    late.map(text).collect()
}

fn or_off<'t, T>(
    read: impl Fn(&DeValue<'t>) -> Read<T>,
) -> impl Fn(&DeValue<'t>) -> Read<Option<T>> {
    move |value| match value.as_str() {
        Some("off") => Ok(None),
        _ => read(value).map(Some).map_err(|expected| format!("\"off\", or {expected}")),
    }
}
