//! The fiscal printer itself: does it answer, its clock, its shift, its printer.

use jiff::Timestamp;

use super::{Critical, Found, Warning};
use crate::{
    condition::DeviceState,
    evidence::Evidence,
    kkt::Readiness,
    problem::{Language, text},
};

impl Found<'_> {
    pub(super) fn kkt(&mut self) {
        let snapshot = self.snapshot;
        let kkt = &snapshot.kkt;
        if snapshot.kkt_is_asked() && snapshot.kkt_kept_away(self.now).is_none() {
            let state = snapshot.kkt_state(self.now);
            let unreadable = kkt.condition.unreadable_since();
            match unreadable.filter(|_| state != DeviceState::Refused) {
                Some(since) => {
                    let why = kkt.condition.unread().unwrap_or_default().to_owned();
                    self.raise("kkt-unreadable", Critical, "kkt", Some(since), &why);
                }
                None => {
                    let codes = ["kkt-not-connected", "kkt-silent", "kkt-busy", "kkt-refused"];
                    self.device("kkt", codes, Critical, state, &kkt.condition);
                }
            }
        }
        let max_age = snapshot.settings.max_age.paper;
        if let Some(readiness) = kkt.readiness.young(max_age, self.now) {
            if let Readiness::Blocked { name_en, name_ru } = &readiness.value {
                let name = if self.language == Language::Ru { name_ru } else { name_en };
                self.raise("kkt-blocked", Critical, "kkt", kkt.readiness.unchanged_since(), name);
            }
        }
    }

    pub(super) fn clock(&mut self) {
        let (snapshot, now) = (self.snapshot, self.now);
        let young = snapshot.kkt.device_time.young(snapshot.settings.max_age.paper, now);
        let Some(limit) = young.and(snapshot.settings.thresholds.clock_skew) else { return };
        let offset = self.kkt_zone.to_offset(now.wall);
        if let Some((seconds, since)) = snapshot.kkt.clock_off(offset, limit) {
            let skew = text::clock_skew(seconds, self.language);
            self.raise("clock-skew", Warning, "kkt", Some(since), &skew);
        }
    }

    pub(super) fn shift(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let max_age = self.snapshot.settings.max_age.ofd;
        if kkt.shift_expired.young(max_age, now).is_some_and(|expired| expired.value) {
            let since = kkt.shift_expired.unchanged_since();
            self.raise("shift-expired", Critical, "kkt", since, "");
            return;
        }
        let open = kkt.shift.young(max_age, now).is_some_and(|shift| shift.value.open);
        let limit = self.snapshot.settings.thresholds.shift_long;
        let (true, Some(limit), Some((_, seen))) = (open, limit, kkt.shift_seen) else { return };
        // Without the KKT's own word it is open for at least as long as we have seen it.
        let seen = (now.since(seen).as_secs(), seen.wall);
        let (seconds, since) = self.shift_opened().filter(|told| told.0 > seen.0).unwrap_or(seen);
        if seconds < limit.as_secs() {
            return;
        }
        let severity = if seconds >= 24 * 3600 { Critical } else { Warning };
        let hours = (seconds / 3600).to_string();
        self.raise("shift-long", severity, "kkt", Some(since), &hours);
    }

    /// For how many seconds the shift is open and since when, by the KKT's own clock.
    fn shift_opened(&self) -> Option<(u64, Timestamp)> {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let opened = kkt.shift_opened_at.young(self.snapshot.settings.max_age.ofd, now)?;
        if opened.evidence == Evidence::Assumed {
            return None;
        }
        let seconds = self.snapshot.kkt_clock(now)?.duration_since(opened.value).as_secs();
        let since = self.kkt_zone.to_timestamp(opened.value).ok()?;
        Some((u64::try_from(seconds).ok()?, since))
    }

    pub(super) fn paper(&mut self) {
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
}
