//! The rules: what is a problem, and how bad.

mod fiscal_storage;
mod kkt;
mod ofd;
mod scale;
mod till;

use jiff::{Timestamp, tz::TimeZone};

use super::{Language, Overall, Problem, Severity, text};
use crate::{
    answer::{Answer, answer},
    condition::{Condition, DeviceState},
    endpoint::Endpoint,
    snapshot::Snapshot,
    time::Moment,
    unknown::Reason,
};

use Severity::{Critical, Warning};

/// Everything that is wrong at `now`, the worst first. `zone` is that of the till, and of the KKT's clock
/// unless the settings name another.
///
/// A value that is unknown is no problem by itself; a device that does not answer is one after
/// 15 s of asking.
pub fn problems(
    snapshot: &Snapshot,
    now: Moment,
    zone: &TimeZone,
    language: Language,
) -> Vec<Problem> {
    let snapshot = &*snapshot.by_the_clock(now);
    let kkt_zone = snapshot.kkt_zone(zone);
    let mut found = Found { snapshot, now, zone, kkt_zone, language, problems: Vec::new() };
    found.till();
    if snapshot.paused.is_none() {
        found.kkt();
        found.clock();
        found.shift();
        found.paper();
        found.ofd();
        found.fiscal_storage();
        found.scale();
        found.vision();
        found.feed();
        found.receipt();
        found.idle();
    }
    found.problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    found.problems
}

/// The till in one word.
pub(crate) fn overall(snapshot: &Snapshot, now: Moment, problems: &[Problem]) -> Overall {
    match problems.iter().map(|problem| problem.severity).max() {
        Some(Critical) => Overall::Critical,
        Some(Warning) => Overall::Warning,
        None => {
            let unknown = |endpoint: &Endpoint| match answer(*endpoint, snapshot, now) {
                Answer::Unknown(why) => {
                    why.reason.http_status() != 501 && why.reason != Reason::NeverSeen
                }
                _ => false,
            };
            let unknown = Endpoint::ALL.iter().any(unknown) || nothing_of_the_kkt(snapshot, now);
            if unknown { Overall::Unknown } else { Overall::Ok }
        }
    }
}

/// A KKT is asked, and neither its paper nor its OFD queue is known, for whatever reason.
fn nothing_of_the_kkt(snapshot: &Snapshot, now: Moment) -> bool {
    let queue = &snapshot.kkt.unsent_documents;
    snapshot.kkt_is_asked()
        && snapshot.paper_present(now).is_err()
        && snapshot.kkt_value(queue, snapshot.settings.max_age.ofd, now).is_err()
}

struct Found<'a> {
    snapshot: &'a Snapshot,
    now: Moment,
    zone: &'a TimeZone,
    kkt_zone: &'a TimeZone,
    language: Language,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn raise(
        &mut self,
        code: &'static str,
        severity: Severity,
        source: &'static str,
        since: Option<Timestamp>,
        fill: &str,
    ) {
        let text = text::sentence(code, self.language, fill);
        let since = since.map(|since| since.min(self.now.wall));
        self.problems.push(Problem { code, severity, source, since, text });
    }

    /// A device that does not answer well, once that is certain.
    fn device(
        &mut self,
        source: &'static str,
        [not_connected, silent, busy, refused]: [&'static str; 4],
        severity: Severity,
        state: DeviceState,
        condition: &Condition,
    ) {
        let code = match state {
            DeviceState::NotConnected if condition.long() => not_connected,
            DeviceState::Stale => silent,
            DeviceState::Busy if condition.long() => busy,
            DeviceState::Refused if condition.long() => refused,
            _ => return,
        };
        let russian = self.language == Language::Ru;
        let detail = match (condition.trouble(), condition.refusal()) {
            (Some(trouble), _) if russian => text::trouble(trouble).to_owned(),
            (Some(trouble), _) => trouble.text().to_owned(),
            (None, Some(refusal)) => text::refusal(refusal, self.language),
            (None, None) if russian => "о ней давно ничего не слышно".to_owned(),
            (None, None) => "nobody has heard of it for too long".to_owned(),
        };
        self.raise(code, severity, source, condition.since(), &detail);
    }
}
