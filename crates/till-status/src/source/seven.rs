//! The till program's own seven endpoints, asked in turns.

use std::time::Instant;

use jiff::tz::TimeZone;
use status_core::{Endpoint, Moment, Snapshot, Trouble};

use super::Source;
use crate::config::PosSeven;
use crate::feed::Clock;
use crate::feed::client::Client;
use crate::feed::seven::TURNS;
use crate::notice::Presence;
use crate::shared::Shared;

/// A till program that is asked.
pub(crate) struct SevenSource {
    seven: PosSeven,
    zone: TimeZone,
    client: Client,
    turns: std::iter::Cycle<std::array::IntoIter<Endpoint, 15>>,
    next: Option<Instant>,
    presence: Presence,
}

impl SevenSource {
    pub(crate) fn new(seven: &PosSeven) -> Self {
        Self {
            zone: seven.written.zone.clone().unwrap_or_else(TimeZone::system),
            client: Client::new(seven.address, seven.limit),
            seven: seven.clone(),
            turns: TURNS.into_iter().cycle(),
            next: None,
            presence: Presence::new("pos"),
        }
    }
}

impl Source for SevenSource {
    fn name(&self) -> &'static str {
        "pos"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let began = Instant::now();
        // A ring of the bell is no reason to ask sooner.
        if let Some(next) = self.next.filter(|next| *next > began) {
            return next;
        }
        let next = began + self.seven.every;
        self.next = Some(next);
        if shared.snapshot().paused() {
            self.client.close();
            return next;
        }
        let Some(endpoint) = self.turns.next() else { return next };
        let asked = shared.now();
        let reply = self.client.get(&format!("{}/{}", self.seven.path, endpoint.name()));
        let clock = Clock { now: shared.now().wall, zone: &self.zone };
        let said = reply.and_then(|reply| self.seven.written.said(endpoint, &reply, clock));
        match &said {
            Ok(_) => self.presence.answered(),
            Err(trouble) => self.presence.failed(trouble.text()),
        }
        // It was true at some time since it was asked.
        shared.update(|snapshot, now| {
            let at = if said.is_ok() { asked } else { now };
            snapshot.seven_said(endpoint, said, at);
        });
        next
    }

    fn close(&mut self) {
        self.client.close();
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        for endpoint in Endpoint::ALL {
            snapshot.seven_said(endpoint, Err(trouble.clone()), now);
        }
    }
}
