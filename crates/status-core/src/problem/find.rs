//! The rules: what is a problem, and how bad.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::{Language, Overall, Problem, Severity, text};
use crate::{
    answer::{Answer, answer},
    condition::{Condition, DeviceState},
    endpoint::Endpoint,
    kkt::{FiscalStorageFlag, FiscalStoragePhase, Readiness},
    scale::ScaleOutcome,
    snapshot::{Snapshot, UnsentTime, Weighing},
    time::Moment,
    unknown::Reason,
};

use Severity::{Critical, Warning};

/// Everything that is wrong at `now`, the worst first. `zone` is also that of the KKT's clock.
///
/// A value that is unknown is no problem by itself; a device that does not answer is one after
/// 15 s of asking.
pub fn problems(
    snapshot: &Snapshot,
    now: Moment,
    zone: &TimeZone,
    language: Language,
) -> Vec<Problem> {
    let mut found = Found { snapshot, now, zone, language, problems: Vec::new() };
    found.till();
    if snapshot.paused.is_none() {
        found.kkt();
        found.paper();
        found.ofd();
        found.fiscal_storage();
        found.scale();
        found.vision();
        found.feed();
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
        self.problems.push(Problem { code, severity, source, since, text });
    }

    fn till(&mut self) {
        if let Some(since) = self.snapshot.paused {
            self.raise("paused", Warning, "till", Some(since.wall), "");
        }
        if let Some((why, since)) = &self.snapshot.unsaved {
            self.raise("state-not-saved", Warning, "till", Some(*since), why);
        }
        if let Some((why, since)) = &self.snapshot.not_applied {
            self.raise("config-not-applied", Warning, "till", Some(*since), why);
        }
    }

    fn kkt(&mut self) {
        let snapshot = self.snapshot;
        let kkt = &snapshot.kkt;
        if snapshot.kkt_is_asked() && snapshot.kkt_kept_away(self.now).is_none() {
            let codes = ["kkt-not-connected", "kkt-silent", "kkt-busy", "kkt-refused"];
            self.device("kkt", codes, Critical, snapshot.kkt_state(self.now), &kkt.condition);
        }
        let max_age = snapshot.settings.max_age.paper;
        if let Some(readiness) = kkt.readiness.young(max_age, self.now) {
            if let Readiness::Blocked { name_en, name_ru } = &readiness.value {
                let name = if self.language == Language::Ru { name_ru } else { name_en };
                self.raise("kkt-blocked", Critical, "kkt", kkt.readiness.unchanged_since(), name);
            }
        }
        let expired = kkt.shift_expired.young(snapshot.settings.max_age.ofd, self.now);
        if expired.is_some_and(|expired| expired.value) {
            self.raise("shift-expired", Critical, "kkt", kkt.shift_expired.unchanged_since(), "");
        }
        if kkt.device_time.young(max_age, self.now).is_none() {
            return;
        }
        let skew = kkt.clock_skew(self.zone.to_offset(self.now.wall));
        if let (Some((seconds, since)), Some(limit)) =
            (skew, snapshot.settings.thresholds.clock_skew)
        {
            if seconds.unsigned_abs() >= limit.as_secs() {
                let skew = text::clock_skew(seconds, self.language);
                self.raise("clock-skew", Warning, "kkt", Some(since), &skew);
            }
        }
    }

    fn paper(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let max_age = self.snapshot.settings.max_age.paper;
        if let Ok(reading) = self.snapshot.paper_present(now) {
            let near_end = kkt.paper_near_end.young(max_age, now).is_some_and(|near| near.value);
            if !reading.value {
                self.raise("paper-out", Critical, "kkt", kkt.paper_present.unchanged_since(), "");
            } else if near_end {
                let since = kkt.paper_near_end.unchanged_since();
                self.raise("paper-near-end", Warning, "kkt", since, "");
            }
        }
        if kkt.cover_open.young(max_age, now).is_some_and(|open| open.value) {
            self.raise("cover-open", Warning, "kkt", kkt.cover_open.unchanged_since(), "");
        }
        if let Some(faults) = kkt.printer_faults.young(max_age, now) {
            if !faults.value.is_empty() {
                let names: Vec<_> =
                    faults.value.iter().map(|f| text::printer_fault(*f, self.language)).collect();
                let since = kkt.printer_faults.unchanged_since();
                self.raise("printer-fault", Critical, "kkt", since, &names.join(", "));
            }
        }
    }

    fn ofd(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let limits = &self.snapshot.settings.thresholds;
        if let Some(since) = limits.ofd_held.and_then(|limit| kkt.held_since(limit)) {
            self.raise("ofd-held-by-us", Critical, "kkt", Some(since), "");
        }
        let max_age = self.snapshot.settings.max_age.ofd;
        let Some(count) = kkt.unsent_documents.young(max_age, now).map(|count| count.value) else {
            return;
        };
        if limits.ofd_queue.is_some_and(|limit| count >= limit) {
            self.raise("ofd-queue", Warning, "kkt", kkt.queue_long_since, &count.to_string());
        }
        let first = kkt.first_unsent.young(max_age, now).and_then(|first| first.value.at);
        let made = match first.filter(|_| count > 0) {
            Some(UnsentTime::Device(at)) => self.zone.to_timestamp(at).ok(),
            Some(UnsentTime::Told(at)) => Some(at),
            None => None,
        };
        let Some(made) = made else { return };
        let age = Duration::try_from(now.wall.duration_since(made)).unwrap_or_default();
        let reached = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        let severity = match (reached(limits.ofd_queue_critical), reached(limits.ofd_queue_old)) {
            (true, _) => Critical,
            (false, true) => Warning,
            (false, false) => return,
        };
        let hours = (age.as_secs() / 3600).to_string();
        self.raise("ofd-queue-old", severity, "kkt", Some(made), &hours);
    }

    fn fiscal_storage(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let max_age = self.snapshot.settings.max_age.fiscal_storage;
        if let Some(flags) = kkt.fiscal_storage_flags.young(max_age, now) {
            let worst = |flag: &FiscalStorageFlag| {
                matches!(
                    flag,
                    FiscalStorageFlag::NeedReplacement | FiscalStorageFlag::CriticalError
                )
            };
            if !flags.value.is_empty() {
                let severity = if flags.value.iter().any(worst) { Critical } else { Warning };
                let names: Vec<_> = flags
                    .value
                    .iter()
                    .map(|flag| text::fiscal_storage_flag(*flag, self.language))
                    .collect();
                let since = kkt.fiscal_storage_flags.unchanged_since();
                self.raise("fiscal-storage-warning", severity, "kkt", since, &names.join(", "));
            }
        }
        if let Some(phase) = kkt.fiscal_storage_phase.young(max_age, now) {
            let severity = match phase.value {
                FiscalStoragePhase::Fiscal => None,
                // A till that is being set up, or one for training.
                FiscalStoragePhase::Setup | FiscalStoragePhase::Ready => Some(Warning),
                FiscalStoragePhase::PostFiscal | FiscalStoragePhase::Archive => Some(Critical),
            };
            if let Some(severity) = severity {
                let name = text::fiscal_storage_phase(phase.value, self.language);
                let since = kkt.fiscal_storage_phase.unchanged_since();
                self.raise("fiscal-storage-phase", severity, "kkt", since, name);
            }
        }
        let until = kkt.fiscal_storage_valid_until.young(max_age, now).map(|until| until.value);
        let limit = self.snapshot.settings.thresholds.fiscal_storage_expiring;
        let (Some(until), Some(limit)) = (until, limit) else { return };
        let Ok(end) = self.zone.to_timestamp(until.at(23, 59, 59, 0)) else { return };
        let left = Duration::try_from(end.duration_since(now.wall)).unwrap_or_default();
        if left < limit {
            let days = (left.as_secs() / 86_400).to_string();
            self.raise("fiscal-storage-expiring", Warning, "kkt", None, &days);
        }
    }

    fn scale(&mut self) {
        let (snapshot, scale) = (self.snapshot, &self.snapshot.scale);
        let allowed = matches!(snapshot.weighing(self.now), Weighing::Allowed);
        if snapshot.settings.scale.is_none() || !allowed {
            return;
        }
        let codes = ["scale-not-connected", "scale-silent", "scale-busy", "scale-refused"];
        self.device("scale", codes, Warning, snapshot.scale_state(self.now), &scale.condition);
        let outcome = scale.outcome.young(snapshot.settings.max_age.weight, self.now);
        if let Some(ScaleOutcome::Fault(fault)) = outcome.map(|reading| &reading.value) {
            let name =
                if self.language == Language::Ru { fault.text_ru() } else { fault.text_en() };
            let since = scale.fault_since.map(|since| since.wall);
            self.raise("scale-fault", Warning, "scale", since, &name);
        }
    }

    fn vision(&mut self) {
        let vision = &self.snapshot.vision;
        match self.snapshot.vision_view(self.now) {
            Ok(view) if !view.up => {
                let (since, evidence) = (view.since, view.evidence.to_owned());
                self.raise("vision-down", Warning, "vision", since, &evidence);
            }
            Err(why) if vision.condition.long() && why.reason == Reason::NotConnected => {
                let since = vision.condition.since();
                self.raise("vision-unknown", Warning, "vision", since, &why.detail);
            }
            _ => {}
        }
    }

    fn feed(&mut self) {
        if let Some(since) = self.snapshot.feed_silent_since(self.now) {
            self.raise("feed-silent", Warning, "pos", Some(since), "");
        }
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
