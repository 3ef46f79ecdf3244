//! `[max_age]` and `[thresholds]`: how old a value may be, and from where on it is a problem.

use std::time::Duration;

use status_core::{Hold, MaxAges, Thresholds};
use toml::de::DeValue;

use super::reader::{Read, Reader, Root};
use super::value::{integer, shown, span};
use super::{Config, Kkt};

/// With `hold = "per-poll"` a value is there for three openings by default: one may fall out because a
/// receipt is open, and one because the time was too short for every question.
pub(super) fn max_age<'t>(
    root: &mut Root<'t>,
    reader: &mut Reader<'t>,
    kkt: Option<&Kkt>,
) -> MaxAges {
    let mut ages = MaxAges::default();
    if let Some(every) = kkt.and_then(openings) {
        ages.paper = ages.paper.max(every * 3);
        ages.ofd = ages.ofd.max(every * 3);
    }
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
        ("shift_long", &mut thresholds.shift_long),
        ("receipt_open", &mut thresholds.receipt_open),
        ("till_idle", &mut thresholds.till_idle),
        ("scale_load", &mut thresholds.scale_load),
        ("feed_disagrees", &mut thresholds.feed_disagrees),
    ] {
        let range = Duration::from_secs(1)..=Duration::from_secs(500 * 86_400);
        if let Some(span) = section.take(key, reader, or_off(span(range))) {
            *limit = span;
        }
    }
    section.end(reader);
    thresholds
}

/// How often the port is opened with `hold = "per-poll"`.
fn openings(kkt: &Kkt) -> Option<Duration> {
    matches!(kkt.hold, Hold::PerPoll { .. }).then_some(kkt.open_every)
}

/// A value that is asked for more seldom than its maximum age would be unknown in between.
pub(super) fn asked_in_time(config: &Config) -> Vec<String> {
    let Config { poll, max_age, kkt, scale, vision, .. } = config;
    let kkt = kkt.as_ref().filter(|kkt| kkt.hold != Hold::Never);
    let openings = kkt.and_then(openings);
    let kkt = kkt.is_some() && openings.is_none();
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
    let per_poll = openings.map(|openings| between_openings(config, openings));
    late.map(text).chain(per_poll.unwrap_or_default()).collect()
}

/// An opening that falls out must not make a value unknown.
fn between_openings(config: &Config, openings: Duration) -> Vec<String> {
    let Config { poll, max_age, .. } = config;
    let pairs = [
        (poll.paper, "paper", max_age.paper),
        (poll.ofd, "ofd", max_age.ofd),
        (poll.fiscal_storage, "fiscal_storage", max_age.fiscal_storage),
        (poll.inventory, "inventory", max_age.inventory),
    ];
    let least = |every: Duration| every.max(openings) * 2;
    let late = pairs.into_iter().filter(|(every, _, age)| *age < least(*every));
    let text = |(every, age, limit): (Duration, &str, Duration)| {
        let (limit, least) = (shown(limit), shown(least(every)));
        let (every, openings) = (shown(every), shown(openings));
        format!(
            "[max_age] {age}: got {limit}, expected at least {least}: with hold = \"per-poll\" the KKT is \
             opened every {openings} and asked for this every {every}, and one opening may fall out"
        )
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
