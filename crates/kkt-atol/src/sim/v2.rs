//! The device's side of the link v2: ENQ, ACK, a frame, EOT, and the same back.
//!
//! A command is executed at the host's EOT. The time limits and numbers of repeats are those that
//! the sources give for the host: those of a device are not known.
//!
//! Source: docs/protocols/atol.md section 3.

use std::time::Duration;

use super::WORK;
use super::device::Device;
use super::misbehaviour::{Lost, Misbehaviour};
use crate::fault::Fault;
use crate::v2::frame::{self, Control, DLE, Deframer, ETX, Item, Pending, STX};

/// T1: how long an ENQ waits for its ACK.
const T1: Duration = Duration::from_millis(500);
/// T2: how long an ACK waits for the frame.
const T2: Duration = Duration::from_millis(2000);
/// T3: how long a frame waits for its ACK.
const T3: Duration = Duration::from_millis(500);
/// T4: how long an acknowledged frame waits for the EOT.
const T4: Duration = Duration::from_millis(500);
/// T6: how long a frame waits for its next byte.
const T6: Duration = Duration::from_millis(500);
/// T7: the pause after a NAK to an ENQ.
const T7: Duration = Duration::from_millis(500);
/// T8: the pause after a collision. The host's is T7, so the host comes first. Inferred: no client
/// uses this limit.
const T8: Duration = Duration::from_millis(1000);

/// How often an ENQ is sent.
const CALLS: u8 = 5;
/// How often a frame is sent.
const FRAMES: u8 = 10;

/// Noise before a frame. No STX: it would begin a frame that goes on into the good one.
const NOISE: &[u8] = &[0xFF, 0x00, 0x55];

#[derive(Debug)]
pub(super) struct Side {
    deframer: Deframer,
    step: Step,
    /// When the step is over if nothing comes.
    due: Option<Duration>,
    /// When the frame that has begun is given up.
    cut_off: Option<Duration>,
    /// The data of the last answer.
    last: Vec<u8>,
    /// The misbehaviour that comes once in an exchange has come.
    misbehaved: bool,
}

/// Where the exchange stands.
#[derive(Debug)]
enum Step {
    /// Nothing goes on.
    Idle,
    /// The host's ENQ is acknowledged: a frame should come.
    Invited,
    /// The host's frame is acknowledged: its EOT should come.
    Taken { data: Vec<u8> },
    /// The command is being executed.
    Working { answer: Vec<u8> },
    /// An ENQ was sent for the answer: an ACK should come.
    Calling { answer: Vec<u8>, times: u8 },
    /// The next ENQ is put off.
    Resting { answer: Vec<u8>, times: u8 },
    /// The answer was sent: its ACK should come.
    Sent { answer: Vec<u8>, times: u8 },
}

impl Default for Side {
    fn default() -> Self {
        Self {
            deframer: Deframer::for_commands(),
            step: Step::Idle,
            due: None,
            cut_off: None,
            last: Vec::new(),
            misbehaved: false,
        }
    }
}

/// What came from the host.
enum Heard {
    Control(Control),
    Frame(Vec<u8>),
    /// A frame that is none.
    Broken,
}

impl Side {
    pub(super) fn receive(&mut self, bytes: &[u8], device: &mut Device, now: Duration) {
        self.deframer.push(bytes);
        while let Some(heard) = self.next() {
            self.hear(heard, device, now);
        }
        let begun = self.deframer.pending() != Pending::Nothing;
        self.cut_off = begun.then_some(now + T6);
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.cut_off.into_iter().chain(self.due).min()
    }

    pub(super) fn handle_timeout(&mut self, device: &mut Device, now: Duration) {
        if self.cut_off.take_if(|cut_off| now >= *cut_off).is_some()
            && self.deframer.give_up().is_some()
        {
            self.hear(Heard::Broken, device, now);
        }
        if self.due.take_if(|due| now >= *due).is_some() {
            self.wait_no_longer(device, now);
        }
    }

    fn next(&mut self) -> Option<Heard> {
        // Only who was asked may send a frame.
        let frames = !matches!(self.step, Step::Idle | Step::Resting { .. } | Step::Sent { .. });
        loop {
            let item =
                if frames { self.deframer.next_item()? } else { Ok(self.deframer.next_byte()?) };
            return Some(match item {
                Ok(Item::Control(control)) => Heard::Control(control),
                Ok(Item::Frame(data)) => Heard::Frame(data.to_vec()),
                Ok(Item::Noise(_)) => continue,
                Err(_) => Heard::Broken,
            });
        }
    }

    fn hear(&mut self, heard: Heard, device: &mut Device, now: Duration) {
        match heard {
            Heard::Control(Control::ENQ) => self.enq(device, now),
            Heard::Control(Control::ACK) => self.ack(device, now),
            Heard::Control(Control::NAK) => self.nak(device, now),
            Heard::Control(Control::EOT) => self.eot(device, now),
            Heard::Frame(data) => self.frame(data, device, now),
            Heard::Broken if matches!(self.step, Step::Invited | Step::Taken { .. }) => {
                self.say(Control::NAK, device, now);
            }
            Heard::Control(_) | Heard::Broken => {}
        }
    }

    /// The host wants to send. A host that asks while its answer is awaited has given that one up.
    fn enq(&mut self, device: &mut Device, now: Duration) {
        if device.misbehaviour == Misbehaviour::Garbage && device.ignores(now) {
            return;
        }
        if device.state.busy {
            // What a device says that cannot take a command now is not known.
            self.say(Control::NAK, device, now);
            return self.idle();
        }
        if device.misbehaviour == Misbehaviour::Collides && !self.misbehaved {
            self.misbehaved = true;
            self.say(Control::ENQ, device, now);
            return self.rest(self.last.clone(), 1, now + T8);
        }
        if let Step::Calling { answer, times } = &mut self.step {
            let (answer, times) = (std::mem::take(answer), *times);
            return self.rest(answer, times, now + T8);
        }
        let said = self.say_unless(Lost::AckOfEnq, Control::ACK, device, now);
        self.enter(Step::Invited, said + T2);
    }

    fn ack(&mut self, device: &mut Device, now: Duration) {
        match &mut self.step {
            Step::Calling { answer, .. } | Step::Resting { answer, .. } => {
                let answer = std::mem::take(answer);
                self.send(answer, 1, device, now);
            }
            Step::Sent { .. } => {
                self.say_unless(Lost::Eot, Control::EOT, device, now);
                self.idle();
            }
            _ => {}
        }
    }

    fn nak(&mut self, device: &mut Device, now: Duration) {
        match &mut self.step {
            Step::Calling { answer, times } => {
                let (answer, times) = (std::mem::take(answer), *times);
                self.rest(answer, times, now + T7);
            }
            Step::Sent { answer, times } => {
                let (answer, times) = (std::mem::take(answer), *times);
                self.send(answer, times + 1, device, now);
            }
            _ => {}
        }
    }

    fn eot(&mut self, device: &mut Device, now: Duration) {
        match &mut self.step {
            Step::Taken { data } => {
                let data = std::mem::take(data);
                self.execute(&data, device, now);
            }
            Step::Invited | Step::Sent { .. } => self.idle(),
            _ => {}
        }
    }

    fn frame(&mut self, data: Vec<u8>, device: &mut Device, now: Duration) {
        match &self.step {
            Step::Invited if device.misbehaviour == Misbehaviour::Naks => {
                self.say(Control::NAK, device, now);
            }
            Step::Invited => {
                device.count(data.get(2..).unwrap_or_default());
                if device.ignores(now) {
                    return self.idle();
                }
                let said = self.say_unless(Lost::AckOfFrame, Control::ACK, device, now);
                self.enter(Step::Taken { data }, said + T4);
            }
            // The same frame again: its ACK was lost.
            Step::Calling { .. } => {
                let said = self.say(Control::ENQ, device, now);
                self.due = Some(said + T1);
            }
            Step::Taken { .. } | Step::Working { .. } => {
                self.say(Control::ACK, device, now);
            }
            Step::Idle | Step::Resting { .. } | Step::Sent { .. } => {}
        }
    }

    /// Nothing came within the limit of the step.
    fn wait_no_longer(&mut self, device: &mut Device, now: Duration) {
        match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Idle | Step::Invited => self.idle(),
            // Silence is as good as an EOT, as it is for the host. Inferred.
            Step::Taken { data } => self.execute(&data, device, now),
            Step::Working { answer } => self.call(answer, 1, device, now),
            Step::Calling { answer, times } | Step::Resting { answer, times } => {
                self.call(answer, times + 1, device, now);
            }
            Step::Sent { answer, times } => self.send(answer, times + 1, device, now),
        }
    }

    fn execute(&mut self, data: &[u8], device: &mut Device, now: Duration) {
        let result = match data {
            [high, low, command @ ..] if !command.is_empty() => {
                device.execute([*high, *low], command, now)
            }
            // Which code a device uses is not known; this is the one that its table has for it.
            _ => Err(Fault::new(0x14)),
        };
        let answer = result.unwrap_or_else(|fault| vec![0x55, fault.code, fault.extended]);
        self.last.clone_from(&answer);
        self.enter(Step::Working { answer }, now + WORK);
    }

    /// Asks the host to take the answer.
    fn call(&mut self, answer: Vec<u8>, times: u8, device: &mut Device, now: Duration) {
        if times > CALLS {
            return self.give_up(device, now);
        }
        let said = self.say_unless(Lost::Enq, Control::ENQ, device, now);
        self.enter(Step::Calling { answer, times }, said + T1);
    }

    fn rest(&mut self, answer: Vec<u8>, times: u8, until: Duration) {
        if answer.is_empty() {
            self.step = Step::Idle;
            self.due = None;
        } else {
            self.enter(Step::Resting { answer, times }, until);
        }
    }

    fn send(&mut self, answer: Vec<u8>, times: u8, device: &mut Device, now: Duration) {
        if times > FRAMES {
            return self.give_up(device, now);
        }
        let mut bytes = Vec::new();
        if device.misbehaviour == Misbehaviour::UnmaskedEtx {
            unmasked(&answer, &mut bytes);
        } else if frame::encode(&answer, &mut bytes).is_err() {
            return self.give_up(device, now);
        }
        if let Some(check) = bytes.last_mut() {
            *check = device.misbehaviour.checksum(*check);
        }
        let sent = device.send(bytes, NOISE, now);
        self.enter(Step::Sent { answer, times }, sent + T3);
    }

    fn give_up(&mut self, device: &mut Device, now: Duration) {
        self.say(Control::EOT, device, now);
        self.idle();
    }

    fn enter(&mut self, step: Step, until: Duration) {
        self.step = step;
        self.due = Some(until);
    }

    fn idle(&mut self) {
        self.step = Step::Idle;
        self.due = None;
        self.misbehaved = false;
    }

    /// Says a byte, unless it gets lost this time.
    fn say_unless(
        &mut self,
        lost: Lost,
        control: Control,
        device: &mut Device,
        now: Duration,
    ) -> Duration {
        if device.misbehaviour == Misbehaviour::Loses(lost) && !self.misbehaved {
            self.misbehaved = true;
            return now;
        }
        self.say(control, device, now)
    }

    fn say(&self, control: Control, device: &mut Device, now: Duration) -> Duration {
        device.send(vec![control.0], &[], now)
    }
}

/// A frame of a firmware that does not mask an ETX. One source: c-tool.
fn unmasked(data: &[u8], out: &mut Vec<u8>) {
    let masked = data.iter().flat_map(|byte| {
        let mask = (*byte == DLE).then_some(DLE);
        mask.into_iter().chain([*byte])
    });
    let sent: Vec<_> = masked.chain([ETX]).collect();
    out.push(STX);
    out.extend(&sent);
    out.push(sent.iter().fold(0, |check, byte| check ^ byte));
}

#[cfg(test)]
mod tests;
