//! The scale: asked only while it is known that no receipt is open, its port closed otherwise.

use std::time::{Duration, Instant};

use scale_proto::protocol::with_options;
use scale_proto::{Client, Error, Fault, FaultKind, Options, Reading, Timeouts};
use status_core::{Moment, Snapshot, Trouble, adapter};

use super::Source;
use super::line::{Line, Wire};
use crate::config::{KKT_USB, Scale};
use crate::notice::Presence;
use crate::shared::Shared;

/// How often it is looked whether the scale may be asked; an event of the till program rings anyway.
const LOOK: Duration = Duration::from_millis(200);
/// After so many calls in a row without a good answer the port is opened anew.
const CALLS: u32 = 3;

/// The scale of a till.
#[derive(Debug)]
pub(crate) struct ScaleSource {
    protocol: String,
    options: Options,
    /// A wrong password: the scale counts the attempts, so none is made again.
    refused: Option<Fault>,
    every: Duration,
    line: Line,
    client: Option<Client<Wire>>,
    next: Option<Instant>,
    failures: u32,
    presence: Presence,
}

impl ScaleSource {
    pub(crate) fn new(scale: &Scale, every: Duration) -> Self {
        let line = Line::refusing(scale.address.clone(), vec![KKT_USB]);
        let presence = Presence::new("scale");
        Self {
            protocol: scale.protocol.clone(),
            options: scale.options,
            refused: None,
            every,
            line,
            client: None,
            next: None,
            failures: 0,
            presence,
        }
    }

    fn open(&mut self) -> Result<(), Trouble> {
        let wire = self.line.open()?;
        let protocol = with_options(&self.protocol, &self.options)
            .ok_or_else(|| Trouble::Failed(format!("no protocol {:?} is known", self.protocol)))?;
        self.client = Some(Client::new(wire, protocol, Timeouts::default()));
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

impl Source for ScaleSource {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let now = Instant::now();
        let allowed = || shared.snapshot().scale_allowed(shared.now());
        if !allowed() {
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
            if let Err(trouble) = self.open() {
                self.failed(trouble, asked, shared);
                return self.line.not_before(now).unwrap_or(now + LOOK);
            }
            // Opening takes its time, in which a receipt may have been opened.
            if !allowed() {
                self.close();
                return now + LOOK;
            }
        }
        let Some(client) = &mut self.client else { return now + LOOK };
        self.next = Some(now + self.every);
        let asked = shared.now();
        match client.weigh() {
            Ok(reading) => {
                self.failures = 0;
                self.line.worked();
                self.presence.answered();
                if let Reading::Fault(fault) = &reading
                    && fault.kind == FaultKind::WrongPassword
                {
                    self.refused = Some(*fault);
                }
                told(&reading, shared);
            }
            Err(error) => {
                let trouble = self.trouble(&error);
                self.failed(trouble, asked, shared);
            }
        }
        self.next(now)
    }

    fn close(&mut self) {
        self.client = None;
        self.line.close();
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        snapshot.scale_failed(trouble, now);
    }
}
