//! What is wrong with a till at this moment.

use std::time::Duration;

use jiff::Timestamp;
use status_core::{Endpoint, Moment, Severity, Value};

use super::text::{self, Texts};
use super::{Context, Finding, Watch};
use crate::answer::Said;

/// So far may the till's clock be from the monitor's.
const CLOCK: Duration = Duration::from_secs(300);

/// Everything that is wrong, and that is said of this till now.
pub(super) fn findings(watch: &Watch, context: &Context<'_>, now: Moment) -> Vec<Finding> {
    if context.off {
        return Vec::new();
    }
    let mut found = Vec::new();
    match silent(watch, context, now) {
        // What it said before is too old to be told.
        Some(silent) => found.extend(silent),
        None => {
            found.extend(told(watch));
            found.extend(by_value(watch, context, now));
            found.extend(unknown(watch, context, now));
            found.extend(clock(watch));
        }
    }
    let kind = context.kind;
    let closed = context.open_since.is_none();
    found.retain(|finding| {
        !kind.ignore.contains(&finding.code)
            && (!closed || kind.outside_hours.contains(&finding.code))
    });
    for finding in &mut found {
        if kind.critical.contains(&finding.code) {
            finding.severity = Severity::Critical;
        } else if kind.warning.contains(&finding.code) {
            finding.severity = Severity::Warning;
        }
    }
    found
}

/// `Some` when it has not answered for too long; then with a finding, unless that is held back.
fn silent(watch: &Watch, context: &Context<'_>, now: Moment) -> Option<Option<Finding>> {
    let (_, failure) = watch.failing.as_ref()?;
    let silence = watch.silent_for(now)?;
    if silence < context.kind.no_answer.0 {
        return None;
    }
    // A till that was off over night may take its time in the morning.
    let opened = context.open_since.map(|since| now.since(since));
    let since_begun = now.since(watch.begun);
    let booting = opened.is_some_and(|opened| opened < context.kind.boot_grace.0)
        && opened.is_some_and(|opened| opened < since_begun);
    if booting || context.with_store {
        return Some(None);
    }
    let (code, text) = text::no_answer(failure);
    let mut finding = Finding::ours(code, Severity::Critical, "link", text);
    finding.since = watch.heard.map(|heard| heard.wall);
    Some(Some(finding))
}

/// What the till itself names.
fn told(watch: &Watch) -> impl Iterator<Item = Finding> + '_ {
    watch.observation.problems.iter().map(|named| Finding {
        code: named.code.clone(),
        severity: named.severity,
        source: named.source.clone(),
        since: named.since,
        text: Texts::told(&named.text),
    })
}

/// What the values of a till say that names no problems itself; and what no till says of itself.
fn by_value(watch: &Watch, context: &Context<'_>, now: Moment) -> Vec<Finding> {
    let mut found = Vec::new();
    let seen = &watch.observation;
    if seen.details.is_none() {
        if seen.value(Endpoint::Paper) == Some(&Said::None) {
            found.push(Finding::ours("paper-out", Severity::Critical, "kkt", text::paper_out()));
        }
        if seen.value(Endpoint::Vision) == Some(&Said::None) {
            found.push(Finding::ours("vision-down", Severity::Warning, "vision", text::vision()));
        }
        if let Some(Said::Value(Value::Count(count))) = seen.value(Endpoint::Ofd)
            && *count >= context.kind.ofd_queue
        {
            found.push(Finding::ours("ofd-queue", Severity::Warning, "kkt", text::ofd(*count)));
        }
    }
    let clock = its_clock(watch, now);
    let old = |endpoint, limit: Duration| match seen.value(endpoint) {
        Some(Said::Value(Value::Time(at))) => {
            let age = age(*at, clock);
            // A till is idle since its store has opened, at the most.
            let opened = context.open_since.filter(|_| endpoint == Endpoint::Downtime);
            let counts = opened.map_or(age, |opened| age.min(self::age(opened.wall, now.wall)));
            (counts >= limit).then_some((*at, age))
        }
        _ => None,
    };
    if let Some((at, age)) = old(Endpoint::LastReceiptTime, context.kind.receipt_open.0) {
        let mut finding =
            Finding::ours("receipt-open-long", Severity::Warning, "pos", text::receipt_open(age));
        finding.since = Some(at);
        found.push(finding);
    }
    if let Some(limit) = context.kind.till_idle
        && let Some((at, age)) = old(Endpoint::Downtime, limit.0)
    {
        let mut finding =
            Finding::ours("till-idle", Severity::Warning, "pos", text::till_idle(age));
        finding.since = Some(at);
        found.push(finding);
    }
    // The till tells these two itself when it is configured to: once is enough.
    let named = |code: &str| watch.observation.problems.iter().any(|named| named.code == code);
    found.retain(|finding| !named(&finding.code));
    found
}

/// The till's own clock at `now`, where it tells it: its times are by that clock.
fn its_clock(watch: &Watch, now: Moment) -> Timestamp {
    let told = watch.observation.details.as_ref().and_then(|details| details.time);
    let now_there =
        told.zip(watch.heard).and_then(|(time, heard)| time.checked_add(now.since(heard)).ok());
    now_there.unwrap_or(now.wall)
}

/// Values that it answers without telling them.
fn unknown(watch: &Watch, context: &Context<'_>, now: Moment) -> Option<Finding> {
    // A till that names its problems has said why already, if it is one.
    let explained = |endpoint: Endpoint| {
        let source = match endpoint {
            Endpoint::Ofd | Endpoint::Paper => "kkt",
            Endpoint::Weight => "scale",
            Endpoint::Vision => "vision",
            _ => "pos",
        };
        watch.observation.problems.iter().any(|problem| problem.source == source)
    };
    let mut values = Vec::new();
    for (endpoint, since) in Endpoint::ALL.into_iter().zip(&watch.unknown) {
        let needed = context.kind.needs.contains(&endpoint);
        let why = match watch.observation.value(endpoint) {
            Some(Said::Unknown(why)) => why.detail.as_str(),
            Some(Said::Nonsense(got)) => got.as_str(),
            Some(Said::Lacking(why)) if needed => {
                values.push((endpoint, why.detail.as_str()));
                continue;
            }
            _ => continue,
        };
        let lasts = since.is_some_and(|since| now.since(since) >= context.kind.cannot_tell.0);
        if lasts && !explained(endpoint) {
            values.push((endpoint, why));
        }
    }
    if values.is_empty() {
        return None;
    }
    let text = text::cannot_tell(&values);
    Some(Finding::ours("cannot-tell", Severity::Warning, "till", text))
}

fn clock(watch: &Watch) -> Option<Finding> {
    let time = watch.observation.details.as_ref()?.time?;
    let heard = watch.heard?;
    let apart = time.as_second() - heard.wall.as_second();
    let limit = i64::try_from(CLOCK.as_secs()).unwrap_or(i64::MAX);
    let text = || text::till_clock(apart);
    (apart.abs() > limit).then(|| Finding::ours("till-clock", Severity::Warning, "till", text()))
}

/// How old a time is; one in the future is new.
fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}
