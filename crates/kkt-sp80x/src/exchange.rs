//! Requests and answers of one connection: numbering requests, and finding answers in what arrives.
//! No port and no clock; the [`client`](crate::client) adds both, and so can a program with a loop of
//! its own.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::dialect::{Arm, Dialect, Stx};
use crate::document;
use crate::envelope::{Envelope, Form, RequestId, Response};
use crate::error::BadMessage;
use crate::frame::{self, Answer, ENQ, NoData, PacketId, Piece};
use crate::value::CivilDateTime;

/// The requests and answers of one connection.
pub trait Exchange<D: Dialect> {
    /// What it begins with.
    type Settings;

    /// A connection that was just opened.
    fn new(settings: Self::Settings) -> Self;

    /// How long to wait.
    fn timeouts(&self) -> Timeouts;

    /// What tells the next request from all others; a new one for each, also when it is repeated.
    fn next_envelope(&mut self) -> D::Envelope;

    /// Adds bytes from the device, in pieces of any size.
    fn receive(&mut self, bytes: &[u8]);

    /// The next answer, to whatever request; `None`: more bytes are needed; `Err`: something was
    /// dropped, call again.
    fn next_answer(&mut self) -> Option<Result<D::Answer<'_>, BadMessage>>;

    /// The byte that asks a silent device whether it is there, if the dialect has one.
    fn probe(&self) -> Option<u8>;
}

/// How long a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the line to take a request. Defaults to 1 s.
    pub write: Duration,
    /// For any byte. In the STX dialects a silent device is then asked by ENQ whether it is there,
    /// and has the same time again. Defaults to 1 s in the STX dialects; `arm` has no such question,
    /// there it defaults to the limit of the answer.
    pub silence: Duration,
    /// For the whole answer. Defaults to 5 s in the STX dialects and 8 s in `arm`.
    pub answer: Duration,
}

/// What was noticed on a connection and set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Answers to something else: late ones, or another program's.
    pub late: u64,
    /// Noise, and messages that were broken.
    pub broken: u64,
    /// Requests that were asked again.
    pub repeats: u64,
}

/// What a client of an STX dialect begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StxSettings {
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The id of the first packet. Defaults to 20.
    pub first_packet_id: PacketId,
    /// How requests without fields are written; `None` is the dialect's own way.
    pub no_data: Option<NoData>,
}

impl Default for StxSettings {
    fn default() -> Self {
        let (second, answer) = (Duration::from_secs(1), Duration::from_secs(5));
        let timeouts = Timeouts { write: second, silence: second, answer };
        Self { timeouts, first_packet_id: PacketId::FIRST, no_data: None }
    }
}

/// Frames of a dialect with STX.
#[derive(Debug)]
pub struct StxExchange<D> {
    settings: StxSettings,
    next: PacketId,
    deframer: frame::Deframer,
    dialect: PhantomData<D>,
}

impl<D> Exchange<D> for StxExchange<D>
where
    D: Stx + Dialect<Envelope = frame::Envelope> + for<'a> Dialect<Answer<'a> = Answer<'a>>,
{
    type Settings = StxSettings;

    fn new(settings: StxSettings) -> Self {
        let (next, deframer) = (settings.first_packet_id, frame::Deframer::answers());
        Self { settings, next, deframer, dialect: PhantomData }
    }

    fn timeouts(&self) -> Timeouts {
        self.settings.timeouts
    }

    fn next_envelope(&mut self) -> frame::Envelope {
        let packet_id = self.next;
        self.next = packet_id.next();
        frame::Envelope { packet_id, no_data: self.settings.no_data.unwrap_or(D::NO_DATA) }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
    }

    fn next_answer(&mut self) -> Option<Result<Answer<'_>, BadMessage>> {
        // An ACK says that the device is there, which any byte does.
        match self.deframer.next_beyond_controls()? {
            Ok(Piece::Frame(frame)) => Some(frame.answer().map_err(BadMessage::from)),
            Ok(Piece::Control(_)) => None,
            Err(error) => Some(Err(error.into())),
        }
    }

    fn probe(&self) -> Option<u8> {
        Some(ENQ)
    }
}

/// What a client of `arm` begins with.
pub struct ArmSettings {
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The id of the first request.
    pub first_request_id: RequestId,
    /// What the till's clock shows; asked for each request, which carries it.
    pub clock: Box<dyn Fn() -> CivilDateTime + Send>,
    /// The fiscal document format that requests name. Defaults to 4, as two programs send.
    pub ffd_version: u8,
    /// How requests are written.
    pub form: Form,
}

impl ArmSettings {
    /// The defaults, with a clock.
    #[must_use]
    pub fn new(clock: impl Fn() -> CivilDateTime + Send + 'static) -> Self {
        let answer = Duration::from_secs(8);
        Self {
            timeouts: Timeouts { write: Duration::from_secs(1), silence: answer, answer },
            first_request_id: RequestId(1),
            clock: Box::new(clock),
            ffd_version: 4,
            form: Form::default(),
        }
    }
}

impl fmt::Debug for ArmSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmSettings")
            .field("timeouts", &self.timeouts)
            .field("first_request_id", &self.first_request_id)
            .field("ffd_version", &self.ffd_version)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// Documents of `arm`.
#[derive(Debug)]
pub struct ArmExchange {
    settings: ArmSettings,
    next: RequestId,
    deframer: document::Deframer,
}

impl Exchange<Arm> for ArmExchange {
    type Settings = ArmSettings;

    fn new(settings: ArmSettings) -> Self {
        let (next, deframer) = (settings.first_request_id, document::Deframer::answers());
        Self { settings, next, deframer }
    }

    fn timeouts(&self) -> Timeouts {
        self.settings.timeouts
    }

    fn next_envelope(&mut self) -> Envelope {
        let request_id = self.next;
        self.next = request_id.next();
        let ArmSettings { ffd_version, form, .. } = self.settings;
        Envelope { request_id, date_time: (self.settings.clock)(), ffd_version, form }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
    }

    fn next_answer(&mut self) -> Option<Result<Response, BadMessage>> {
        match self.deframer.next_document()? {
            Ok(document) => Some(Response::parse(document).map_err(BadMessage::from)),
            Err(error) => Some(Err(error.into())),
        }
    }

    fn probe(&self) -> Option<u8> {
        None
    }
}
