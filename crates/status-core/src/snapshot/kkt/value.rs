//! A value of the fiscal printer, or why there is none.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{super::hold::Barred, Snapshot};
use crate::{
    reading::{Observer, Reading},
    slot::Slot,
    time::Moment,
    unknown::{Reason, Unknown},
};

impl Snapshot {
    /// The zone of the KKT's clock, on a till in `zone`.
    pub(crate) fn kkt_zone<'a>(&'a self, zone: &'a TimeZone) -> &'a TimeZone {
        self.settings.kkt_zone.as_ref().unwrap_or(zone)
    }

    /// What the KKT's clock shows now, when it was read within a day: it goes on by itself.
    pub(crate) fn kkt_clock(&self, now: Moment) -> Option<DateTime> {
        let slot = &self.kkt.device_time;
        let read = slot.young(Duration::from_secs(24 * 3600), now)?;
        let age = SignedDuration::try_from(slot.age(now)?).ok()?;
        read.value.checked_add(age).ok()
    }

    /// A value of the KKT that is younger than its maximum age, or why there is none.
    pub(crate) fn kkt_value<'a, T>(
        &self,
        slot: &'a Slot<T>,
        max_age: Duration,
        now: Moment,
    ) -> Result<&'a Reading<T>, Unknown> {
        slot.young(max_age, now).ok_or_else(|| self.kkt_unknown(slot, max_age, now))
    }

    /// Whether there is paper. A KKT that has lost its printer cannot tell.
    pub(crate) fn paper_present(&self, now: Moment) -> Result<&Reading<bool>, Unknown> {
        let max_age = self.settings.max_age.paper;
        let reading = self.kkt_value(&self.kkt.paper_present, max_age, now)?;
        if reading.by == Observer::Kkt && self.kkt.printer_lost(max_age, now) {
            let detail =
                "the KKT has no connection to its printer, so it cannot tell about the paper";
            let since = self.kkt.printer_faults.unchanged_since();
            return Err(Unknown::new(Reason::DeviceFault, detail).of("kkt").since(since));
        }
        Ok(reading)
    }

    fn kkt_unknown<T>(&self, slot: &Slot<T>, max_age: Duration, now: Moment) -> Unknown {
        if self.settings.kkt.is_none() && slot.reading().is_none() {
            return Unknown::new(Reason::NotConfigured, "no KKT is configured on this till")
                .of("kkt");
        }
        if let Some(detail) = slot.unsupported() {
            return Unknown::new(Reason::NotSupported, detail).of("kkt");
        }
        if self.paused.is_some() {
            return self.paused_unknown().of("kkt");
        }
        let old = too_old(slot, max_age, now);
        if self.settings.kkt.is_none() {
            return Unknown::new(Reason::Stale, old).of("kkt").since(wall(slot));
        }
        match self.kkt_barred(now) {
            Some(barred @ Barred::Settings) => {
                let detail =
                    format!("{barred}, so only the till program can tell (kkt-status); {old}");
                return Unknown::new(Reason::Busy, detail).of("kkt").retry_after(60);
            }
            Some(barred) => {
                let since = match barred {
                    Barred::Taken(since) => Some(since),
                    _ => wall(slot),
                };
                return Unknown::new(Reason::Busy, format!("{barred}; {old}"))
                    .of("kkt")
                    .since(since);
            }
            None => {}
        }
        let condition = &self.kkt.condition;
        if let Some(trouble) = condition.trouble() {
            let detail = format!("{}; {old}", trouble.text());
            return Unknown::new(condition.reason(now), detail).of("kkt").since(condition.since());
        }
        if let Some((refusal, since)) = slot.refusal() {
            let reason = if refusal.fault { Reason::DeviceFault } else { Reason::Refused };
            let detail = format!("the KKT answered with {}; {old}", refusal.text());
            return Unknown::new(reason, detail).of("kkt").since(Some(since.wall));
        }
        if let Some(why) = slot.unclear() {
            return Unknown::new(Reason::Stale, format!("{why}; {old}"))
                .of("kkt")
                .since(wall(slot));
        }
        if slot.reading().is_none() && !self.kkt_unreported(now) {
            let detail = "the KKT has not been asked for this yet";
            return Unknown::new(Reason::Starting, detail).of("kkt").since(Some(self.started.wall));
        }
        Unknown::new(Reason::Stale, old).of("kkt").since(wall(slot))
    }

    pub(crate) fn paused_unknown(&self) -> Unknown {
        let detail = "the service is paused and has let go of every device";
        Unknown::new(Reason::Paused, detail).since(self.paused.map(|since| since.wall))
    }
}

fn wall<T>(slot: &Slot<T>) -> Option<Timestamp> {
    slot.reading().map(|reading| reading.at.wall)
}

/// How old the last reading is, for a technician.
pub(crate) fn too_old<T>(slot: &Slot<T>, max_age: Duration, now: Moment) -> String {
    match slot.age(now) {
        Some(age) => format!(
            "the last reading is {} s old, more than {} s is too old",
            age.as_secs(),
            max_age.as_secs()
        ),
        None => "there has been no reading".to_owned(),
    }
}
