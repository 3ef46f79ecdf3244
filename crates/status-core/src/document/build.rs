//! From what is known to the document.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    Document, Door, FiscalStorage, Grams, Kkt, Marking, Ofd, Problem, Receipt, ReceiptState, Scale,
    ShiftSection, ShiftState, Stamp, Till, Unknowns, User, Vision, VisionState, Why,
};
use crate::{
    condition::{Condition, DeviceState},
    event::Paper,
    problem::{Language, overall, problems},
    reading::Reading,
    scale::ScaleOutcome,
    slot::Slot,
    snapshot::{Snapshot, TillReceipt, UnsentTime, UserView, Weighing},
    time::Moment,
    unknown::{Reason, Unknown},
};

/// Everything about one till at `now`. Times are shown in `zone`, which is also that of the KKT's clock
/// unless the settings name another; the texts of problems are in `language`, everything else is in
/// English.
pub fn document(snapshot: &Snapshot, now: Moment, zone: &TimeZone, language: Language) -> Document {
    let snapshot = &*snapshot.by_the_clock(now);
    let kkt_zone = snapshot.kkt_zone(zone);
    let view = View { snapshot, now, zone, kkt_zone };
    let problems = problems(snapshot, now, zone, language);
    let settings = &snapshot.settings;
    Document {
        schema: 1,
        overall: overall(snapshot, now, &problems),
        till: Till {
            name: settings.till.name.clone(),
            kind: settings.till.kind.clone(),
            time: view.stamp(now.wall),
            version: settings.till.version.clone(),
            config: settings.till.config.clone(),
            started_at: view.stamp(snapshot.started.wall),
        },
        receipt: view.receipt(),
        user: view.user(),
        kkt: view.kkt(),
        scale: view.scale(),
        vision: view.vision(),
        problems: problems
            .into_iter()
            .map(|problem| Problem {
                code: problem.code.to_owned(),
                severity: problem.severity,
                source: problem.source.to_owned(),
                since: problem.since.map(|since| view.stamp(since)),
                text: problem.text,
            })
            .collect(),
    }
}

struct View<'a> {
    snapshot: &'a Snapshot,
    now: Moment,
    zone: &'a TimeZone,
    kkt_zone: &'a TimeZone,
}

impl View<'_> {
    /// A time of what was observed: it is not after now.
    fn stamp(&self, at: Timestamp) -> Stamp {
        Stamp::new(at.min(self.now.wall), self.zone)
    }

    /// A civil time of the KKT's clock.
    fn civil(&self, at: DateTime) -> Option<Stamp> {
        self.kkt_zone.to_timestamp(at).ok().map(|at| Stamp::new(at, self.zone))
    }

    fn receipt(&self) -> Receipt {
        let tracker = self.snapshot.tracker();
        let mut unknown = Unknowns::new();
        let (state, opened) = match self.snapshot.till_receipt(self.now) {
            TillReceipt::Open { opened, .. } => (ReceiptState::Open, opened),
            TillReceipt::Closed { .. } => (ReceiptState::Closed, None),
            TillReceipt::Unknown(why) => {
                explain(&mut unknown, "state", why);
                (ReceiptState::Unknown, None)
            }
        };
        let known = |at: Option<Timestamp>| {
            at.filter(|_| state != ReceiptState::Unknown).map(|at| self.stamp(at))
        };
        Receipt {
            state,
            source: self.snapshot.receipt_source().to_owned(),
            opened_at: known(opened),
            last_activity_at: known(tracker.last_activity_at()),
            last_closed_at: known(tracker.last_closed_at()),
            unknown,
        }
    }

    fn user(&self) -> User {
        let source = self.snapshot.user_source().to_owned();
        match self.snapshot.user(self.now) {
            UserView::SignedIn { user, .. } => {
                let publish = self.snapshot.settings.publish_user_id;
                let user_id = user.user_id.filter(|_| publish);
                User { role_id: user.role_id, user_id, source, unknown: Unknowns::new() }
            }
            UserView::Nobody { .. } => {
                User { role_id: None, user_id: None, source, unknown: Unknowns::new() }
            }
            UserView::Unknown(why) => {
                let mut unknown = Unknowns::new();
                explain(&mut unknown, "role_id", why);
                User { role_id: None, user_id: None, source, unknown }
            }
        }
    }

    fn kkt(&self) -> Kkt {
        let (snapshot, now) = (self.snapshot, self.now);
        let (kkt, ages) = (&snapshot.kkt, &snapshot.settings.max_age);
        let mut unknown = Unknowns::new();
        let value = |slot, max_age| snapshot.kkt_value(slot, max_age, now);
        let paper = keep(&mut unknown, "paper", snapshot.paper_present(now));
        let near_end = kkt.paper_near_end.young(ages.paper, now).is_some_and(|near| near.value);
        let cover = keep(&mut unknown, "cover", value(&kkt.cover_open, ages.paper));
        let drawer = keep(&mut unknown, "drawer", value(&kkt.drawer_open, ages.paper));
        let faults = snapshot.kkt_value(&kkt.printer_faults, ages.paper, now);
        let faults = keep(&mut unknown, "printer_faults", faults);
        let ofd = self.ofd(&mut unknown);
        let shift = self.shift(&mut unknown);
        let number = snapshot.kkt_value(&kkt.fiscal_storage_number, ages.fiscal_storage, now);
        let flags = snapshot.kkt_value(&kkt.fiscal_storage_flags, ages.fiscal_storage, now);
        let until = snapshot.kkt_value(&kkt.fiscal_storage_valid_until, ages.fiscal_storage, now);
        let fiscal_storage = FiscalStorage {
            number: keep(&mut unknown, "fiscal_storage.number", number).cloned(),
            valid_until: keep(&mut unknown, "fiscal_storage.valid_until", until).copied(),
            flags: keep(&mut unknown, "fiscal_storage.flags", flags).cloned(),
        };
        let unsent = snapshot.kkt_value(&kkt.unsent_notifications, ages.ofd, now);
        let unsent = keep(&mut unknown, "marking.unsent_notifications", unsent).copied();
        let time = snapshot.kkt_value(&kkt.device_time, ages.paper, now);
        let time = keep(&mut unknown, "device_time", time).copied();
        let skew = time.and_then(|_| kkt.clock_skew(self.kkt_zone.to_offset(now.wall)));
        let identity = |slot: &Slot<String>, name, unknown: &mut Unknowns| {
            keep(unknown, name, snapshot.kkt_value(slot, ages.inventory, now)).cloned()
        };
        let (observed_at, age_seconds) = self.observed(&kkt.condition);
        let state = snapshot.kkt_state(now);
        Kkt {
            state,
            reason: self.kkt_reason(state),
            driver: snapshot.settings.kkt.as_ref().map(|kkt| kkt.driver.clone()),
            model: identity(&kkt.model, "model", &mut unknown),
            serial_number: identity(&kkt.serial_number, "serial_number", &mut unknown),
            firmware: identity(&kkt.firmware, "firmware", &mut unknown),
            observed_at,
            age_seconds,
            paper: paper.map(|present| match (present, near_end) {
                (false, _) => Paper::Out,
                (true, true) => Paper::NearEnd,
                (true, false) => Paper::Present,
            }),
            cover: cover.map(door),
            drawer: drawer.map(door),
            printer_faults: faults.cloned(),
            ofd,
            shift,
            fiscal_storage,
            marking: Marking { unsent_notifications: unsent },
            device_time: time.and_then(|time| self.civil(time)),
            clock_skew_seconds: skew,
            unknown,
        }
    }

    fn ofd(&self, unknown: &mut Unknowns) -> Ofd {
        let (snapshot, now) = (self.snapshot, self.now);
        let max_age = snapshot.settings.max_age.ofd;
        let (count, evidence) =
            match snapshot.kkt_value(&snapshot.kkt.unsent_documents, max_age, now) {
                Ok(reading) => (Some(reading.value), Some(reading.evidence)),
                Err(why) => {
                    for name in ["unsent_documents", "first_unsent_number", "first_unsent_at"] {
                        explain(unknown, &format!("ofd.{name}"), why.clone());
                    }
                    (None, None)
                }
            };
        let first = snapshot.kkt.first_unsent.young(max_age, now);
        let first = first.filter(|_| count.is_some_and(|count| count > 0)).map(|first| first.value);
        Ofd {
            unsent_documents: count,
            first_unsent_number: first.and_then(|first| first.number),
            first_unsent_at: match first.and_then(|first| first.at) {
                Some(UnsentTime::Device(at)) => self.civil(at),
                Some(UnsentTime::Told(at)) => Some(self.stamp(at)),
                None => None,
            },
            evidence,
        }
    }

    fn shift(&self, unknown: &mut Unknowns) -> ShiftSection {
        let (snapshot, now) = (self.snapshot, self.now);
        let (kkt, max_age) = (&snapshot.kkt, snapshot.settings.max_age.ofd);
        let shift = match snapshot.kkt_value(&kkt.shift, max_age, now) {
            Ok(reading) => Some(reading.value),
            Err(why) => {
                explain(unknown, "shift.state", why.clone());
                explain(unknown, "shift.number", why);
                None
            }
        };
        let expired = kkt.shift_expired.young(max_age, now).is_some_and(|expired| expired.value);
        let opened = shift.filter(|shift| shift.open).and_then(|_| {
            keep(unknown, "shift.opened_at", snapshot.kkt_value(&kkt.shift_opened_at, max_age, now))
        });
        if shift.is_some_and(|shift| shift.number.is_none()) {
            let why = "the KKT tells no number of the shift";
            explain(unknown, "shift.number", Unknown::new(Reason::NotSupported, why));
        }
        ShiftSection {
            state: shift.map(|shift| match (shift.open, expired) {
                (true, true) => ShiftState::Expired,
                (true, false) => ShiftState::Open,
                (false, _) => ShiftState::Closed,
            }),
            number: shift.and_then(|shift| shift.number),
            opened_at: opened.and_then(|at| self.civil(*at)),
        }
    }

    fn kkt_reason(&self, state: DeviceState) -> Option<String> {
        let kept_away = self.snapshot.kkt_kept_away(self.now);
        if let (DeviceState::Busy, Some(barred)) = (state, kept_away) {
            return Some(barred.to_string());
        }
        reason(state, &self.snapshot.kkt.condition)
    }

    fn scale(&self) -> Scale {
        let (snapshot, now) = (self.snapshot, self.now);
        let mut unknown = Unknowns::new();
        let outcome = match snapshot.weighing(now) {
            Weighing::Allowed => snapshot.scale_outcome(now).map(|reading| &reading.value),
            Weighing::ReceiptOpen(_) => {
                let detail = "a receipt is open, so the scale is left alone";
                Err(Unknown::new(Reason::Busy, detail))
            }
            Weighing::Unknown(why) => Err(why),
        };
        let weight = match outcome {
            Ok(ScaleOutcome::Weight(weight)) => Some(*weight),
            Ok(ScaleOutcome::Fault(fault)) => {
                let why = Unknown::new(Reason::DeviceFault, fault.text_en());
                explain_weight(&mut unknown, why);
                None
            }
            Err(why) => {
                explain_weight(&mut unknown, why);
                None
            }
        };
        if let Some(weight) = weight {
            let not_told = |told: bool, name: &str, unknown: &mut Unknowns| {
                if !told {
                    let why = "this scale does not tell it";
                    explain(unknown, name, Unknown::new(Reason::NotSupported, why));
                }
            };
            not_told(weight.tare_milligrams.is_some(), "tare_grams", &mut unknown);
            not_told(weight.stable.is_some(), "stable", &mut unknown);
            not_told(weight.zero.is_some(), "zero", &mut unknown);
            not_told(weight.net.is_some(), "net", &mut unknown);
        }
        let state = snapshot.scale_state(now);
        let (observed_at, age_seconds) = self.observed(&snapshot.scale.condition);
        let tare = weight.and_then(|weight| weight.tare_milligrams);
        Scale {
            state,
            reason: reason(state, &snapshot.scale.condition),
            protocol: snapshot.settings.scale.as_ref().map(|scale| scale.protocol.clone()),
            observed_at,
            age_seconds,
            weight_grams: weight.map(|weight| Grams { milligrams: weight.milligrams }),
            tare_grams: tare.map(|milligrams| Grams { milligrams }),
            stable: weight.and_then(|weight| weight.stable),
            zero: weight.and_then(|weight| weight.zero),
            net: weight.and_then(|weight| weight.net),
            unknown,
        }
    }

    fn vision(&self) -> Vision {
        match self.snapshot.vision_view(self.now) {
            Ok(view) => Vision {
                state: if view.up { VisionState::Up } else { VisionState::Down },
                reason: None,
                observed_at: Some(self.stamp(view.reading.at.wall)),
                age_seconds: Some(self.now.since(view.reading.at).as_secs()),
                evidence: Some(view.evidence.to_owned()),
            },
            Err(why) => {
                let last = self.snapshot.vision.up.reading();
                Vision {
                    state: vision_state(why.reason),
                    reason: Some(why.detail),
                    observed_at: last.map(|last| self.stamp(last.at.wall)),
                    age_seconds: last.map(|last| self.now.since(last.at).as_secs()),
                    evidence: None,
                }
            }
        }
    }

    fn observed(&self, condition: &Condition) -> (Option<Stamp>, Option<u64>) {
        let good = condition.good();
        let at = good.map(|good| self.stamp(good.wall));
        (at, good.map(|good| self.now.since(good).as_secs()))
    }
}

fn door(open: &bool) -> Door {
    if *open { Door::Open } else { Door::Closed }
}

fn reason(state: DeviceState, condition: &Condition) -> Option<String> {
    match state {
        DeviceState::Online | DeviceState::NotConfigured => None,
        DeviceState::Starting => Some("it has not been asked yet".to_owned()),
        DeviceState::Paused => Some("the service is paused".to_owned()),
        _ => match (condition.trouble(), condition.refusal()) {
            (Some(trouble), _) => Some(trouble.text().to_owned()),
            (None, Some(refusal)) => Some(refusal.text()),
            (None, None) if condition.unread().is_some() => condition.unread().map(str::to_owned),
            (None, None) if condition.good().is_none() => {
                Some("it has not answered yet".to_owned())
            }
            (None, None) => Some("nobody has heard of it for too long".to_owned()),
        },
    }
}

fn vision_state(reason: Reason) -> VisionState {
    match reason {
        Reason::NotConfigured | Reason::NotSupported => VisionState::NotConfigured,
        Reason::Paused => VisionState::Paused,
        Reason::Starting => VisionState::Starting,
        Reason::Stale => VisionState::Stale,
        Reason::Busy => VisionState::Busy,
        Reason::Refused => VisionState::Refused,
        _ => VisionState::NotConnected,
    }
}

/// The value of a reading; what is unknown is noted under `name`.
fn keep<'a, T>(
    unknown: &mut Unknowns,
    name: &str,
    value: Result<&'a Reading<T>, Unknown>,
) -> Option<&'a T> {
    match value {
        Ok(reading) => Some(&reading.value),
        Err(why) => {
            explain(unknown, name, why);
            None
        }
    }
}

fn explain(unknown: &mut Unknowns, name: &str, why: Unknown) {
    unknown.insert(name.to_owned(), Why { reason: why.reason, detail: why.detail });
}

fn explain_weight(unknown: &mut Unknowns, why: Unknown) {
    for name in ["weight_grams", "tare_grams", "stable", "zero", "net"] {
        explain(unknown, name, why.clone());
    }
}
