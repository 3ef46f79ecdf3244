//! Shtrih-M POS2, and MERTECH scales that speak it (POS2-M).
//!
//! The host knocks with ENQ. NAK is the good answer: the scale waits for a command. It takes the
//! command with ACK, answers with a frame, and the host acknowledges that. What a count of the weight
//! is depends on the scale, so the first thing on a line is to ask what the device is (FC) and what
//! its counts are (EA, E8); only then the weight (3A).
//!
//! Source: docs/protocols/pos2.md. The document behind it belongs to Shtrih-M and is for hosts that
//! talk to its scales; the simulator of this crate is a test tool.

mod answer;
mod explain;
mod fault;
mod frame;

use std::collections::VecDeque;

pub use answer::{Answer, DeviceType, Factor, State, Variant};
pub(crate) use explain::explain;
pub use fault::ErrorCode;
pub use frame::{ACK, Deframer, ENQ, Format, NAK, STX, Token, encode};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Options, Said};
use crate::weight::{Fault, FaultKind};

/// The protocol's name.
pub const NAME: &str = "pos2";

/// The password that scales leave the factory with: "0030".
pub const PASSWORD: [u8; 4] = *b"0030";

/// The commands that may be sent, and the bytes of the link layer: all they do is read. Source:
/// docs/protocols/pos2.md, column "send": yes and ident.
pub const SAFE: &[&[u8]] =
    &[&[ENQ], &[ACK], &[STATE], &[CHANNEL_PARAMETERS], &[CHANNEL], &[DEVICE_TYPE]];

/// The state of the weighing channel: the weight. Its parameter is the password.
pub const STATE: u8 = 0x3A;
/// The parameters of a channel; the parameter is its number.
pub const CHANNEL_PARAMETERS: u8 = 0xE8;
/// The number of the present channel.
pub const CHANNEL: u8 = 0xEA;
/// What the device is.
pub const DEVICE_TYPE: u8 = 0xFC;

/// A message is sent again so many times in all.
const TRIES: u8 = 3;

/// The dialogue.
#[derive(Clone, Debug)]
pub struct Pos2 {
    password: [u8; 4],
    variant: Variant,
    /// The power of ten of a count in kilograms, once it is known.
    power: Option<i8>,
    /// The device said what it is, or that it does not know the question.
    typed: bool,
    /// Why it is no use to ask again.
    refused: Option<Fault>,
    command: Vec<u8>,
    step: Step,
    tries: u8,
}

/// What is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The answer to ENQ.
    Knocked,
    /// An older answer, which the scale still has.
    Draining,
    /// That the command is taken.
    Sent,
    /// The answer to the command.
    Taken,
    /// Nothing.
    Done,
}

impl Pos2 {
    /// A scale that is not known yet.
    #[must_use]
    pub fn protocol(options: &Options) -> Conversation<Self> {
        let power = options.decimals.and_then(|decimals| i8::try_from(decimals).ok());
        let dialogue = Self {
            password: options.password,
            variant: options.variant,
            power: power.map(|decimals| -decimals),
            typed: false,
            refused: None,
            command: Vec::new(),
            step: Step::Done,
            tries: 0,
        };
        Conversation::new(dialogue, Format)
    }

    /// What has to be known next.
    fn next_command(&mut self, say: &mut VecDeque<Said>) {
        self.command = if !self.typed {
            vec![DEVICE_TYPE]
        } else if self.power.is_none() {
            vec![CHANNEL]
        } else {
            [&[STATE], &self.password[..]].concat()
        };
        self.knock(say);
    }

    fn knock(&mut self, say: &mut VecDeque<Said>) {
        self.step = Step::Knocked;
        self.tries = 0;
        say.push_back(Said::Send(vec![ENQ]));
    }

    /// Sends something again, if it was not sent too often.
    fn again(&mut self, step: Step, bytes: Vec<u8>, say: &mut VecDeque<Said>) {
        self.tries += 1;
        self.step = if self.tries < TRIES { step } else { Step::Done };
        if self.step != Step::Done {
            say.push_back(Said::Send(bytes));
        }
    }

    fn answered(&mut self, body: &[u8], say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        self.step = Step::Done;
        say.push_back(Said::Send(vec![ACK]));
        match Answer::decode(body)? {
            Answer::Error { code, .. } => self.failed(code, say),
            Answer::DeviceType(device) if device.kind == DeviceType::SCALE => {
                self.typed = true;
                self.next_command(say);
            }
            Answer::DeviceType(_) => {
                let en = "the device says that it is no scale";
                let ru = "устройство сообщает, что это не весы";
                let fault = Fault::new(FaultKind::Refused, en, ru);
                self.refused = Some(fault);
                say.push_back(Said::Fault(fault));
            }
            Answer::Channel(channel) => {
                self.command = vec![CHANNEL_PARAMETERS, channel];
                self.knock(say);
            }
            Answer::Factor(factor) => {
                self.power = Some(factor.power);
                self.next_command(say);
            }
            Answer::State(state) => match (state.fault(self.variant), self.power) {
                (Some(fault), _) => say.push_back(Said::Fault(fault)),
                (None, Some(power)) => {
                    say.push_back(Said::Weight(state.weight(self.variant, power)?));
                }
                // It is never asked before its factor is known.
                (None, None) => say.push_back(Said::Other),
            },
            Answer::Other(_) => say.push_back(Said::Other),
        }
        Ok(())
    }

    fn failed(&mut self, code: ErrorCode, say: &mut VecDeque<Said>) {
        match self.command.first() {
            // Not every scale knows the question, and its answer shows that one is there.
            Some(&DEVICE_TYPE) => {
                self.typed = true;
                self.next_command(say);
            }
            Some(&(CHANNEL | CHANNEL_PARAMETERS)) => {
                let en = "the scale does not tell what its counts are: say it with decimals";
                let ru = "весы не сообщают цену единицы веса: укажите decimals";
                let fault = Fault::new(FaultKind::Refused, en, ru);
                say.push_back(Said::Fault(Fault { code: Some(code.0), ..fault }));
            }
            _ if code == ErrorCode::UNKNOWN_COMMAND => say.push_back(Said::Unsupported),
            _ => {
                let fault = code.fault();
                if fault.kind == FaultKind::WrongPassword {
                    self.refused = Some(fault);
                }
                say.push_back(Said::Fault(fault));
            }
        }
    }
}

impl Dialogue for Pos2 {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        match self.refused {
            Some(fault) => say.push_back(Said::Fault(fault)),
            None => self.next_command(say),
        }
    }

    fn hear(&mut self, token: Token, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        let ours = |body: &[u8]| body.first() == self.command.first();
        match (self.step, token) {
            (Step::Knocked, Token::Nak) => {
                self.step = Step::Sent;
                self.tries = 0;
                say.push_back(Said::Send(encode(&self.command)));
            }
            (Step::Knocked, Token::Ack) => self.step = Step::Draining,
            (Step::Draining, Token::Frame(_)) => {
                say.push_back(Said::Send(vec![ACK]));
                self.again(Step::Knocked, vec![ENQ], say);
            }
            (Step::Sent, Token::Ack) => self.step = Step::Taken,
            // A line error, not a bad command.
            (Step::Sent, Token::Nak) => self.again(Step::Sent, encode(&self.command), say),
            (Step::Sent | Step::Taken, Token::Frame(body)) if ours(&body) => {
                return self.answered(&body, say);
            }
            _ => {}
        }
        Ok(())
    }

    fn silence(&mut self, _: bool, say: &mut VecDeque<Said>) {
        // Some may not know the question what they are, nor that they ought to say so.
        if self.step == Step::Taken && self.command.first() == Some(&DEVICE_TYPE) {
            self.typed = true;
            self.next_command(say);
        }
    }
}
