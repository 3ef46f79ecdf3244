//! The seven answers, as pure functions of what is known and the present moment.

use jiff::Timestamp;

use crate::{
    endpoint::Endpoint,
    evidence::Evidence,
    reading::Reading,
    scale::{ScaleOutcome, ScaleWeight},
    settings::{PosSource, Unstable, UserIdKind},
    snapshot::{Snapshot, TillReceipt, UserView, Weighing},
    time::Moment,
    unknown::{Reason, Unknown},
};

/// A value of one of the seven, before it is given its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A point in time.
    Time(Timestamp),
    /// An id, as its source gave it.
    Id(String),
    /// A number of documents.
    Count(u32),
    /// Yes.
    Flag,
    /// A weight.
    Weight {
        /// In milligrams; negative below zero.
        milligrams: i64,
        /// How many decimals of a kilogram the scale has.
        decimals: u8,
    },
}

/// What one of the seven answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: the value is known.
    Known {
        /// The value.
        value: Value,
        /// When it was observed.
        observed: Timestamp,
    },
    /// 204: it is known that there is no such thing: no open receipt, no paper, no link.
    Empty {
        /// When that was observed.
        observed: Timestamp,
    },
    /// 503 or 501: it is not known, and why. Never to be read as "no".
    Unknown(Unknown),
}

/// Answers one of the seven.
///
/// No time of the answer's own (when it was observed, since when it is unknown) lies after `now`, however
/// the till's clock was set.
pub fn answer(endpoint: Endpoint, snapshot: &Snapshot, now: Moment) -> Answer {
    let snapshot = &*snapshot.by_the_clock(now);
    let answered = match endpoint {
        _ if snapshot.settings.pos == PosSource::Seven => Ok(snapshot.seven_answer(endpoint, now)),
        Endpoint::LastReceiptTime => last_receipt_time(snapshot, now),
        Endpoint::Downtime => downtime(snapshot, now),
        Endpoint::UserRoleId => user_role_id(snapshot, now),
        Endpoint::Ofd => ofd(snapshot, now),
        Endpoint::Paper => paper(snapshot, now),
        Endpoint::Vision => vision(snapshot, now),
        Endpoint::Weight => weight(snapshot, now),
    };
    let answered = answered.unwrap_or_else(Answer::Unknown);
    let answered = if snapshot.paused() { paused(answered, snapshot) } else { answered };
    not_ahead(answered, now.wall)
}

/// A clock that was set back by seconds, or a till program's that is ahead by some.
fn not_ahead(answered: Answer, now: Timestamp) -> Answer {
    match answered {
        Answer::Known { value, observed } => known(value, observed.min(now)),
        Answer::Empty { observed } => Answer::Empty { observed: observed.min(now) },
        Answer::Unknown(mut why) => {
            why.since = why.since.map(|since| since.min(now));
            if let Some(last) = &mut why.last_known {
                last.at = last.at.min(now);
            }
            Answer::Unknown(why)
        }
    }
}

/// While paused every answer that could be one is `paused`, however young its value is.
fn paused(answered: Answer, snapshot: &Snapshot) -> Answer {
    let paused = snapshot.paused_unknown();
    Answer::Unknown(match answered {
        Answer::Unknown(why) if why.reason.http_status() == 501 => why,
        Answer::Unknown(why) => {
            Unknown { device: why.device, last_known: why.last_known, ..paused }
        }
        Answer::Known { value, observed } => paused.last_known(Some(value), observed),
        Answer::Empty { .. } => paused,
    })
}

fn known(value: Value, observed: Timestamp) -> Answer {
    Answer::Known { value, observed }
}

fn last_receipt_time(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let receipt = snapshot.till_receipt(now);
    receipt_accepted(snapshot, Endpoint::LastReceiptTime, &receipt)?;
    match receipt {
        TillReceipt::Open { observed, .. } => match snapshot.tracker().last_activity_at() {
            Some(at) => Ok(known(Value::Time(at), observed)),
            None => {
                let detail =
                    "a receipt is open, but nothing has happened in it since we began to watch";
                Err(Unknown::new(Reason::NeverSeen, detail).of(snapshot.receipt_device()))
            }
        },
        TillReceipt::Closed { observed } => Ok(Answer::Empty { observed }),
        TillReceipt::Unknown(why) => Err(with_time(why, snapshot.tracker().last_activity_at())),
    }
}

fn downtime(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let receipt = snapshot.till_receipt(now);
    receipt_accepted(snapshot, Endpoint::Downtime, &receipt)?;
    match receipt {
        TillReceipt::Open { observed, .. } => Ok(Answer::Empty { observed }),
        TillReceipt::Closed { observed } => match snapshot.tracker().last_closed_at() {
            Some(at) => Ok(known(Value::Time(at), observed)),
            None => {
                let detail = "no receipt is open, and none has been closed since we began to watch";
                Err(Unknown::new(Reason::NeverSeen, detail).of(snapshot.receipt_device()))
            }
        },
        TillReceipt::Unknown(why) => Err(with_time(why, snapshot.tracker().last_closed_at())),
    }
}

fn user_role_id(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let (user, observed) = match snapshot.user(now) {
        UserView::SignedIn { user, observed } => (user, observed),
        UserView::Nobody { observed } => return Ok(Answer::Empty { observed }),
        UserView::Unknown(why) => return Err(why),
    };
    let id = match snapshot.settings.user_role_id {
        UserIdKind::Role => user.role_id,
        UserIdKind::User => user.user_id,
    };
    match id {
        Some(id) => Ok(known(Value::Id(id), observed)),
        None => {
            let name = snapshot.user_id_name();
            let detail =
                format!("somebody is signed in, but the till program did not tell the {name}");
            Err(Unknown::new(Reason::NeverSeen, detail).of("pos").since(Some(observed)))
        }
    }
}

fn ofd(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let slot = &snapshot.kkt.unsent_documents;
    let reading = snapshot
        .kkt_value(slot, snapshot.settings.max_age.ofd, now)
        .map_err(|why| with_last(why, slot.reading(), |count| Some(Value::Count(*count))))?;
    accepted(snapshot, Endpoint::Ofd, reading.evidence)?;
    Ok(known(Value::Count(reading.value), reading.at.wall))
}

fn paper(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let slot = &snapshot.kkt.paper_present;
    let present = |present: &bool| present.then_some(Value::Flag);
    let reading =
        snapshot.paper_present(now).map_err(|why| with_last(why, slot.reading(), present))?;
    accepted(snapshot, Endpoint::Paper, reading.evidence)?;
    let observed = reading.at.wall;
    Ok(if reading.value { known(Value::Flag, observed) } else { Answer::Empty { observed } })
}

fn vision(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let up = |up: &bool| up.then_some(Value::Flag);
    let view = snapshot
        .vision_view(now)
        .map_err(|why| with_last(why, snapshot.vision.up.reading(), up))?;
    accepted(snapshot, Endpoint::Vision, view.reading.evidence)?;
    let observed = view.reading.at.wall;
    Ok(if view.up { known(Value::Flag, observed) } else { Answer::Empty { observed } })
}

fn weight(snapshot: &Snapshot, now: Moment) -> Result<Answer, Unknown> {
    let weighing = snapshot.weighing(now);
    if matches!(weighing, Weighing::Allowed | Weighing::ReceiptOpen(_)) {
        receipt_accepted(snapshot, Endpoint::Weight, &snapshot.till_receipt(now))?;
    }
    match weighing {
        Weighing::Allowed => {}
        Weighing::ReceiptOpen(observed) => return Ok(Answer::Empty { observed }),
        Weighing::Unknown(why) => return Err(why),
    }
    let reading = snapshot
        .scale_outcome(now)
        .map_err(|why| with_last(why, snapshot.scale.outcome.reading(), last_weight))?;
    accepted(snapshot, Endpoint::Weight, reading.evidence)?;
    let refuse =
        snapshot.settings.scale.as_ref().map(|scale| scale.unstable) == Some(Unstable::Refuse);
    match &reading.value {
        ScaleOutcome::Weight(weight) if weight.stable == Some(false) && refuse => {
            let detail =
                "the weight is in motion, and the settings refuse it (unstable = \"refuse\")";
            Err(Unknown::new(Reason::Busy, detail).of("scale").retry_after(1))
        }
        ScaleOutcome::Weight(weight) => Ok(known(value(weight), reading.at.wall)),
        ScaleOutcome::Fault(fault) => {
            let since = snapshot.scale.fault_since.map(|since| since.wall);
            Err(Unknown::new(Reason::DeviceFault, fault.text_en()).of("scale").since(since))
        }
    }
}

fn value(weight: &ScaleWeight) -> Value {
    Value::Weight { milligrams: weight.milligrams, decimals: weight.decimals }
}

fn last_weight(outcome: &ScaleOutcome) -> Option<Value> {
    match outcome {
        ScaleOutcome::Weight(weight) => Some(value(weight)),
        ScaleOutcome::Fault(_) => None,
    }
}

/// A value that is only assumed is not served, unless the settings accept it by name.
fn accepted(snapshot: &Snapshot, endpoint: Endpoint, evidence: Evidence) -> Result<(), Unknown> {
    if evidence != Evidence::Assumed || snapshot.settings.accept_assumed.contains(&endpoint) {
        return Ok(());
    }
    let name = endpoint.name();
    let detail = format!(
        "what this device says is only assumed to mean this; to serve it all the same add \"{name}\" to \
         accept_assumed in [api] of the settings"
    );
    Err(Unknown::new(Reason::NotSupported, detail))
}

/// The same for the receipt on the KKT, where that is the till's.
fn receipt_accepted(
    snapshot: &Snapshot,
    endpoint: Endpoint,
    receipt: &TillReceipt,
) -> Result<(), Unknown> {
    match snapshot.kkt.receipt.reading() {
        Some(reading)
            if snapshot.receipt_source() == "kkt"
                && !matches!(receipt, TillReceipt::Unknown(_)) =>
        {
            accepted(snapshot, endpoint, reading.evidence).map_err(|why| why.of("kkt"))
        }
        _ => Ok(()),
    }
}

/// Adds the last time that was known, where another answer may still come.
fn with_time(why: Unknown, last: Option<Timestamp>) -> Unknown {
    match last {
        Some(at) if why.reason.http_status() != 501 => why.last_known(Some(Value::Time(at)), at),
        _ => why,
    }
}

/// Adds the last value, where it has one that can be shown.
fn with_last<T>(
    why: Unknown,
    last: Option<&Reading<T>>,
    show: impl Fn(&T) -> Option<Value>,
) -> Unknown {
    match last {
        Some(last) => {
            let shown = show(&last.value);
            why.last_known(shown, last.at.wall)
        }
        None => why,
    }
}

#[cfg(test)]
mod tests;
