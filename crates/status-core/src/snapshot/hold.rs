//! May the port of the fiscal printer be open now? The rules that protect the till program's receipts.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;

use super::{Snapshot, TillReceipt};
use crate::{
    settings::{Hold, PosSource},
    time::Moment,
};

/// Why the port of the KKT must not be open now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// There is no KKT, or the settings forbid to open it.
    Settings,
    /// The service is paused.
    Paused,
    /// The till program has taken the port (`kkt-taken`), since then.
    Taken(Timestamp),
    /// It is opened only between `kkt-released` and `kkt-taken`, and `kkt-released` has not come yet.
    NotReleased,
    /// A receipt is open.
    ReceiptOpen,
    /// It is not known whether a receipt is open; the text says why.
    ReceiptUnknown(String),
}

impl Display for Barred {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => {
                out.write_str("the settings forbid us to open the KKT (hold = \"never\")")
            }
            Self::Paused => out.write_str("the service is paused and has let go of every device"),
            Self::Taken(_) => out.write_str("the till program has taken the KKT (kkt-taken)"),
            Self::NotReleased => out.write_str(
                "the till program has not said that the KKT is free (kkt-released), so it is not opened",
            ),
            Self::ReceiptOpen => out.write_str("a receipt is open, so the KKT is left alone"),
            Self::ReceiptUnknown(why) => {
                write!(out, "the KKT is left alone while nobody knows whether a receipt is open: {why}")
            }
        }
    }
}

impl Snapshot {
    /// Why the port of the KKT must not be open now; `None` when it may be.
    ///
    /// With `hold = "per-poll"` only the till program's feed can say that no receipt is open: a KKT that
    /// we do not hold cannot.
    pub fn kkt_barred(&self, now: Moment) -> Option<Barred> {
        let hold = self.settings.kkt.as_ref().map_or(Hold::Never, |kkt| kkt.hold);
        if hold == Hold::Never {
            return Some(Barred::Settings);
        }
        if self.paused.is_some() {
            return Some(Barred::Paused);
        }
        if let Some(taken) = self.kkt.taken {
            return Some(Barred::Taken(taken.wall));
        }
        let Hold::PerPoll { released } = hold else { return None };
        if released && !self.kkt.released {
            return Some(Barred::NotReleased);
        }
        if self.settings.pos == PosSource::None {
            let why = "no feed of the till program is configured ([pos] source)";
            return Some(Barred::ReceiptUnknown(why.to_owned()));
        }
        match self.till_receipt(now) {
            TillReceipt::Closed { .. } if self.only_heard_before() => {
                let why = "the till program has told nothing since this service started";
                Some(Barred::ReceiptUnknown(why.to_owned()))
            }
            TillReceipt::Closed { .. } => None,
            TillReceipt::Open { .. } => Some(Barred::ReceiptOpen),
            TillReceipt::Unknown(why) => Some(Barred::ReceiptUnknown(why.detail)),
        }
    }

    /// May the KKT be asked now? See [`kkt_barred`](Self::kkt_barred).
    pub fn kkt_allowed(&self, now: Moment) -> bool {
        self.kkt_barred(now).is_none()
    }

    /// Is the KKT ever asked?
    pub(crate) fn kkt_is_asked(&self) -> bool {
        self.settings.kkt.as_ref().is_some_and(|kkt| kkt.hold != Hold::Never)
    }

    /// What keeps us from the KKT, once that counts. With `hold = "per-poll"` it is normal to be kept
    /// away from time to time: it counts when nothing of the KKT is young any more.
    pub(crate) fn kkt_kept_away(&self, now: Moment) -> Option<Barred> {
        let barred = self.kkt_barred(now)?;
        let per_poll =
            self.settings.kkt.as_ref().is_some_and(|kkt| matches!(kkt.hold, Hold::PerPoll { .. }));
        let lately = self.kkt.condition.asked() && !self.kkt_unreported(now);
        (!(per_poll && lately)).then_some(barred)
    }
}

#[cfg(test)]
mod tests;
