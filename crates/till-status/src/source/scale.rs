//! The scale: asked only while it is known that no receipt is open, its port closed otherwise.

use std::path::Path;
use std::time::{Duration, Instant};

use scale_proto::protocol::with_options;
use scale_proto::{Client, Error, Fault, FaultKind, Options, Reading, Timeouts};
use status_core::{Moment, Snapshot, Trouble, adapter};
use till_port::{Address, OpenOptions};

use super::Source;
use super::line::{Line, Wire};
use crate::config::{KKT_USB, Scale};
use crate::gate::Leash;
use crate::notice::Presence;
use crate::shared::Shared;
use crate::trace::{Scrub, Trace};

/// How often it is looked whether the scale may be asked; an event of the till program rings anyway.
const LOOK: Duration = Duration::from_millis(200);
/// After so many calls in a row without a good answer the port is opened anew.
const CALLS: u32 = 3;

/// The scale of a till.
#[derive(Debug)]
pub(crate) struct ScaleSource {
    protocol: String,
    options: Options,
    timeouts: Timeouts,
    /// A wrong password: the scale counts the attempts, so none is made again.
    refused: Option<Fault>,
    every: Duration,
    line: Line,
    client: Option<Client<Wire>>,
    leash: Option<Leash>,
    next: Option<Instant>,
    failures: u32,
    presence: Presence,
}

impl ScaleSource {
    /// The scale's port is none of the KKT's, by whatever name the configuration calls both.
    pub(crate) fn new(scale: &Scale, kkt: Option<&Address>, every: Duration) -> Self {
        let options = OpenOptions {
            refuse: vec![KKT_USB],
            refuse_ports: match kkt {
                Some(Address::Serial(kkt)) => vec![kkt.place.clone()],
                _ => Vec::new(),
            },
            ..OpenOptions::default()
        };
        Self {
            protocol: scale.protocol.clone(),
            options: scale.options,
            timeouts: Timeouts::default(),
            refused: None,
            every,
            line: Line::new(scale.address.clone(), options),
            client: None,
            leash: None,
            next: None,
            failures: 0,
            presence: Presence::new("scale"),
        }
    }

    /// The same with other limits of the driver.
    #[cfg(test)]
    pub(super) fn waiting(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    fn open(&mut self, shared: &Shared) -> Result<(), Trouble> {
        let leash = Leash::of_the_scale(shared.watch().clone());
        let wire = self.line.open(leash.clone(), &shared.impacts().scale)?;
        let protocol = with_options(&self.protocol, &self.options)
            .ok_or_else(|| Trouble::Failed(format!("no protocol {:?} is known", self.protocol)))?;
        self.client = Some(Client::new(wire, protocol, self.timeouts));
        self.leash = Some(leash);
        Ok(())
    }

    /// When to come again: while the port is open it is looked often whether it may still be.
    fn next(&self, now: Instant) -> Instant {
        let due = self.next.into_iter().chain(self.line.not_before(now)).max();
        let due = due.unwrap_or(now + LOOK);
        if self.client.is_some() { due.min(now + LOOK) } else { due }
    }

    /// A failed call counts from when it began: that is since when there has been no answer.
    fn failed(&mut self, trouble: Trouble, asked: Moment, shared: &Shared) {
        self.failures += 1;
        let lost = !matches!(trouble, Trouble::Silent(_) | Trouble::Garbage(_));
        if lost || self.failures >= CALLS {
            self.failures = 0;
            self.client = None;
            self.line.failed();
        }
        shared.impacts().scale.failed(&trouble);
        if matches!(trouble, Trouble::Busy(_)) {
            shared.impacts().scale.conflict();
        }
        self.presence.failed(trouble.text());
        shared.update(|snapshot, _| snapshot.scale_failed(trouble, asked));
    }

    fn trouble(&self, error: &Error) -> Trouble {
        let text = error.to_string();
        match error {
            Error::Io(_) => Trouble::CannotOpen(text),
            Error::Closed => self.line.closed(),
            Error::Timeout { .. } => Trouble::Silent(text),
            Error::Garbage { .. } | Error::Decode(_) => Trouble::Garbage(text),
            _ => Trouble::Failed(text),
        }
    }
}

/// A weight, a fault in place of one, or a refusal.
fn told(reading: &Reading, shared: &Shared) {
    let refusal = adapter::scale::refusal(reading);
    let reading = adapter::scale::reading(reading);
    shared.update(|snapshot, now| match refusal {
        Some(refusal) => snapshot.scale_refused(refusal, now),
        None => snapshot.scale_answered(reading, now),
    });
}

impl ScaleSource {
    /// The service asks for weights, and nothing in the answers tells whose they are.
    fn scrub(&self) -> Scrub {
        if self.options.password == Options::default().password {
            return Scrub::Nothing;
        }
        Scrub::Unknown("the requests hold the password of this scale")
    }
}

impl Source for ScaleSource {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let now = Instant::now();
        if !shared.snapshot().scale_allowed(shared.now()) {
            self.close();
            return now + LOOK;
        }
        // A ring of the bell is no reason to ask sooner.
        let due = self.next.into_iter().chain(self.line.not_before(now)).max();
        if due.is_some_and(|due| due > now) {
            return self.next(now);
        }
        if let Some(fault) = self.refused {
            self.next = Some(now + self.every);
            told(&Reading::Fault(fault), shared);
            self.close();
            return self.next(now);
        }
        if self.client.is_none() {
            let asked = shared.now();
            if let Err(trouble) = self.open(shared) {
                self.failed(trouble, asked, shared);
                return self.line.not_before(now).unwrap_or(now + LOOK);
            }
        }
        let Some(client) = &mut self.client else { return now + LOOK };
        self.next = Some(now + self.every);
        let impact = &shared.impacts().scale;
        impact.cycle();
        impact.request();
        let asked = shared.now();
        match client.weigh() {
            Ok(reading) => {
                self.failures = 0;
                self.line.worked();
                self.line.between();
                self.presence.answered();
                if let Reading::Fault(fault) = &reading
                    && fault.kind == FaultKind::WrongPassword
                {
                    self.refused = Some(*fault);
                }
                if adapter::scale::refusal(&reading).is_some() {
                    impact.refused();
                }
                told(&reading, shared);
            }
            // It was let go of in the middle: that is no trouble of the scale.
            Err(_) if self.leash.as_ref().is_some_and(|leash| leash.revoked().is_some()) => {
                impact.cut_short();
                self.close();
            }
            Err(error) => {
                let trouble = self.trouble(&error);
                self.failed(trouble, asked, shared);
            }
        }
        self.next(now)
    }

    fn trace(&mut self, folder: &Path) {
        self.line.trace(Trace::of("scale", &self.protocol, self.scrub(), folder));
    }

    fn close(&mut self) {
        self.client = None;
        self.line.close();
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        snapshot.scale_failed(trouble, now);
    }
}

#[cfg(test)]
mod tests;
