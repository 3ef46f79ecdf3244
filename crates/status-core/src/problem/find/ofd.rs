//! The documents that wait for the OFD.

use std::time::Duration;

use jiff::Timestamp;

use super::{Critical, Found, Warning};
use crate::{problem::text, snapshot::UnsentTime};

impl Found<'_> {
    pub(super) fn ofd(&mut self) {
        let (kkt, now) = (&self.snapshot.kkt, self.now);
        let limits = &self.snapshot.settings.thresholds;
        if let Some(since) = limits.ofd_held.and_then(|limit| kkt.held_since(limit)) {
            self.raise("ofd-held-by-us", Critical, "kkt", Some(since), "");
        }
        let max_age = self.snapshot.settings.max_age.ofd;
        let Some(count) = kkt.unsent_documents.young(max_age, now).map(|count| count.value) else {
            return;
        };
        if let Some(since) = kkt.queue_long_since {
            self.raise("ofd-queue", Warning, "kkt", Some(since), &count.to_string());
        }
        let Some((age, made)) = self.first_unsent().filter(|_| count > 0) else { return };
        let reached = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        let severity = match (reached(limits.ofd_queue_critical), reached(limits.ofd_queue_old)) {
            (true, _) => Critical,
            (false, true) => Warning,
            (false, false) => return,
        };
        let waits = text::ofd_queue_old(age, self.language);
        self.raise("ofd-queue-old", severity, "kkt", Some(made), &waits);
    }

    /// How old the first unsent document is, and when it was made. The KKT's own clock made the
    /// document's time, so it counts where it is known: ours may have jumped.
    fn first_unsent(&self) -> Option<(Duration, Timestamp)> {
        let (slot, now) = (&self.snapshot.kkt.first_unsent, self.now);
        let first = slot.young(self.snapshot.settings.max_age.ofd, now)?;
        let (made, by_kkt) = match first.value.at? {
            UnsentTime::Device(at) => {
                let by_kkt = self.snapshot.kkt_clock(now).map(|clock| clock.duration_since(at));
                (self.kkt_zone.to_timestamp(at).ok()?, by_kkt)
            }
            UnsentTime::Told(at) => (at, None),
        };
        let positive = |age| Duration::try_from(age).unwrap_or_default();
        let age = by_kkt.map(positive).unwrap_or_else(|| {
            let then = positive(first.at.wall.duration_since(made));
            then.saturating_add(slot.age(now).unwrap_or_default())
        });
        Some((age, made))
    }
}
