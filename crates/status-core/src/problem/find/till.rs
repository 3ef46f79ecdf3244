//! The till itself: the service, its feed, its receipt.

use super::{Found, Warning};
use crate::{problem::text, snapshot::TillReceipt};

impl Found<'_> {
    pub(super) fn till(&mut self) {
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

    pub(super) fn feed(&mut self) {
        if let Some(since) = self.snapshot.feed_silent_since(self.now) {
            let place = match self.snapshot.settings.pos_place.as_str() {
                "" => String::new(),
                place => format!(" ({place})"),
            };
            self.raise("feed-silent", Warning, "pos", Some(since), &place);
        }
        let disagreements = self.snapshot.disagreements(self.now);
        if let Some(since) = disagreements.iter().map(|(_, since)| since.wall).min() {
            let about = disagreements.iter().map(|(about, _)| text::about(*about, self.language));
            let about = about.collect::<Vec<_>>().join("; ");
            self.raise("feed-disagrees", Warning, "pos", Some(since), &about);
        }
    }

    /// A receipt that somebody left open.
    pub(super) fn receipt(&mut self) {
        let (snapshot, now) = (self.snapshot, self.now);
        let Some(limit) = snapshot.settings.thresholds.receipt_open else { return };
        let open = matches!(snapshot.till_receipt(now), TillReceipt::Open { .. });
        let quiet = snapshot.quiet.lasts(now);
        if open && quiet >= limit {
            let learned = snapshot.quiet.since().wall;
            let since = snapshot.tracker().last_activity_at().unwrap_or(learned);
            let minutes = (quiet.as_secs() / 60).to_string();
            self.raise(
                "receipt-open-long",
                Warning,
                snapshot.receipt_device(),
                Some(since),
                &minutes,
            );
        }
    }

    /// A till that sells nothing while its shop is open.
    pub(super) fn idle(&mut self) {
        let (snapshot, now) = (self.snapshot, self.now);
        let limits = (snapshot.settings.thresholds.till_idle, &snapshot.settings.hours);
        let (Some(limit), Some(hours)) = limits else { return };
        let closed = matches!(snapshot.till_receipt(now), TillReceipt::Closed { .. });
        let clock = self.zone.to_datetime(now.wall);
        let Some(opened) = hours.open_since(clock).filter(|_| closed) else { return };
        let open_for = std::time::Duration::try_from(clock.duration_since(opened));
        let idle = snapshot.quiet.lasts(now).min(open_for.unwrap_or_default());
        if idle >= limit {
            let minutes = (idle.as_secs() / 60).to_string();
            let since = Some(now.before(idle).wall);
            self.raise("till-idle", Warning, snapshot.receipt_device(), since, &minutes);
        }
    }
}
