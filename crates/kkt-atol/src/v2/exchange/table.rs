//! What happens when: every state of an exchange, every event, and what is done then.
//!
//! Limits on repeats stand in [`exchange`](super): the action says what is tried, the exchange
//! gives up when it was tried too often.

/// Where an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No command is under way. Whatever comes is dropped: nobody asked for it.
    Idle,
    /// Nothing was sent: the answer to a command that was given up may still come. It is awaited
    /// before the next command is sent, because an answer does not say which command it answers.
    AwaitingEarlier,
    /// ENQ was sent, its ACK is awaited (T1).
    Asking,
    /// Nothing is sent for a while after a NAK, a collision or noise (T7). What comes is dropped.
    Pausing,
    /// The command was sent, its ACK is awaited (T3).
    Sending,
    /// EOT was sent, the device works: its ENQ is awaited (T5).
    Executing,
    /// ACK or NAK was sent, the answer is awaited (T2).
    AwaitingFrame,
    /// The answer has begun (T6).
    Reading,
    /// The answer is there and was acknowledged, the device's EOT is awaited (T4).
    AwaitingEnd,
    /// The answer is there, and the device wants to send it again (T2).
    AwaitingRepeat,
    /// The repeated answer has begun (T6).
    ReadingRepeat,
    /// ACK was sent, and what comes is no answer to the command: that was not sent yet (T2).
    AwaitingEarlierFrame,
    /// Such an answer has begun (T6).
    ReadingEarlier,
    /// Such an answer was acknowledged, the device's EOT is awaited (T4).
    AwaitingEarlierEnd,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Idle,
        Self::AwaitingEarlier,
        Self::Asking,
        Self::Pausing,
        Self::Sending,
        Self::Executing,
        Self::AwaitingFrame,
        Self::Reading,
        Self::AwaitingEnd,
        Self::AwaitingRepeat,
        Self::ReadingRepeat,
        Self::AwaitingEarlierFrame,
        Self::ReadingEarlier,
        Self::AwaitingEarlierEnd,
    ];

    /// Whether a frame may begin or go on now; otherwise an STX is [`Event::Noise`].
    #[must_use]
    pub fn takes_frames(self) -> bool {
        !matches!(self, Self::Idle | Self::Pausing | Self::Sending | Self::Executing)
    }

    /// Whether a frame has begun.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(self, Self::Reading | Self::ReadingRepeat | Self::ReadingEarlier)
    }

    /// Whether the command went out and its exchange has not ended.
    pub(super) fn is_out(self) -> bool {
        matches!(
            self,
            Self::Sending
                | Self::Executing
                | Self::AwaitingFrame
                | Self::Reading
                | Self::AwaitingEnd
                | Self::AwaitingRepeat
                | Self::ReadingRepeat
        )
    }

    /// The state in which a frame that begins now is read.
    pub(super) fn reading(self) -> Self {
        match self {
            Self::AwaitingFrame | Self::Reading => Self::Reading,
            Self::AwaitingEnd | Self::AwaitingRepeat | Self::ReadingRepeat => Self::ReadingRepeat,
            _ => Self::ReadingEarlier,
        }
    }

    /// The state in which a frame is awaited after ACK or NAK.
    pub(super) fn awaiting(self) -> Self {
        match self {
            Self::Sending | Self::Executing | Self::AwaitingFrame | Self::Reading => {
                Self::AwaitingFrame
            }
            Self::AwaitingEnd | Self::AwaitingRepeat | Self::ReadingRepeat => Self::AwaitingRepeat,
            _ => Self::AwaitingEarlierFrame,
        }
    }

    /// What is waited for, for people.
    pub(super) fn waiting_for(self) -> &'static str {
        match self {
            Self::Idle => "a command",
            Self::AwaitingEarlier
            | Self::AwaitingEarlierFrame
            | Self::ReadingEarlier
            | Self::AwaitingEarlierEnd => "the answer to an earlier command",
            Self::Asking | Self::Pausing => "the device to listen (ACK after ENQ)",
            Self::Sending => "the device to take the command (ACK after the frame)",
            Self::Executing => "the device to carry out the command (ENQ)",
            Self::AwaitingFrame | Self::Reading => "the answer to the command (a frame after ENQ)",
            Self::AwaitingEnd | Self::AwaitingRepeat | Self::ReadingRepeat => {
                "the end of the answer (EOT)"
            }
        }
    }
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// The device wants to send.
    Enq,
    /// The device listens, or has taken the frame.
    Ack,
    /// The device does not listen, or has not taken the frame.
    Nak,
    /// The device has sent all.
    Eot,
    /// Any other byte outside of frames.
    Noise,
    /// A frame has begun.
    Begin,
    /// A sound frame came.
    Frame,
    /// A frame came whole and is wrong.
    Broken,
    /// A frame came in part.
    Incomplete,
    /// The time limit of the state is over.
    Timeout,
    /// The time limit of the whole exchange is over.
    Deadline,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Enq,
        Self::Ack,
        Self::Nak,
        Self::Eot,
        Self::Noise,
        Self::Begin,
        Self::Frame,
        Self::Broken,
        Self::Incomplete,
        Self::Timeout,
        Self::Deadline,
    ];
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing. At most 100 bytes are ignored in an exchange.
    Ignore,
    /// Begin a round of ENQ; while the answer to an earlier command may come: wait for that.
    Ask,
    /// Send ENQ again, at most 5 in a round.
    AskAgain,
    /// Wait for T7, then [`AskAgain`](Self::AskAgain).
    PauseAndAskAgain,
    /// Wait for T7, then [`Ask`](Self::Ask), at most 100 rounds.
    PauseAndAsk,
    /// What was to be done after the pause.
    EndPause,
    /// Both sides sent ENQ: pause and ask; if the device insists, let it send.
    Collide,
    /// Send the command.
    Send,
    /// Send the command again, at most 10 times.
    SendAgain,
    /// ENQ instead of ACK: the answer to a command that was sent twice, otherwise no answer to it.
    AcceptRepeatedly,
    /// Send EOT and let the device work.
    Execute,
    /// Send ACK and take what comes; at most 10 times.
    Accept,
    /// Read on.
    Read,
    /// The line is silent inside a frame: it is [`Event::Broken`] or [`Event::Incomplete`].
    EndFrame,
    /// Send NAK and take the frame again, at most 10 times.
    Refuse,
    /// Send ACK and keep the answer.
    Take,
    /// Send ACK again: it got lost. The answer must be the same.
    TakeRepeat,
    /// Send ACK and drop the answer: it answers an earlier command.
    TakeEarlier,
    /// Send ACK again, whatever it was that came: the answer is there.
    Confirm,
    /// The answer is there and the exchange at its end.
    Finish,
    /// Give up.
    Fail,
}

/// What is done when something happens.
///
/// Source: docs/protocols/atol.md section 3, "The exchange". Our own where it says nothing: the
/// states about an earlier answer, what is ignored, and noise in [`State::Asking`], after which
/// a round begins with a pause, so that a stray 06 is no ACK. In [`State::Sending`] other bytes are
/// ignored until T3 has passed: a burst of noise would send the command ten times in no time.
#[must_use]
pub fn action(state: State, event: Event) -> Action {
    use Action as A;
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Idle, _) => A::Ignore,

        (S::AwaitingEnd | S::AwaitingRepeat | S::ReadingRepeat, E::Deadline) => A::Finish,
        (_, E::Deadline) => A::Fail,

        (S::Reading | S::ReadingRepeat | S::ReadingEarlier, E::Timeout) => A::EndFrame,
        (S::Reading | S::ReadingRepeat | S::ReadingEarlier, E::Begin) => A::Ignore,

        (S::AwaitingEarlier, E::Enq) => A::Accept,
        (S::AwaitingEarlier, E::Incomplete) => A::Ask,
        (S::AwaitingEarlier, E::Timeout) => A::Ask,

        (S::Asking, E::Ack) => A::Send,
        (S::Asking, E::Nak) => A::PauseAndAskAgain,
        (S::Asking, E::Timeout) => A::AskAgain,
        (S::Asking, E::Enq) => A::Collide,
        // The late end of an earlier answer.
        (S::Asking, E::Eot) => A::Ignore,
        (S::Asking, E::Noise) => A::PauseAndAsk,
        (S::Asking, E::Incomplete) => A::Ask,

        (S::Pausing, E::Timeout) => A::EndPause,
        (S::Pausing, _) => A::Ignore,

        (S::Sending, E::Ack) => A::Execute,
        (S::Sending, E::Enq) => A::AcceptRepeatedly,
        (S::Sending, E::Nak | E::Timeout) => A::SendAgain,
        (S::Sending, _) => A::Ignore,

        (S::Executing, E::Enq) => A::Accept,
        (S::Executing, E::Timeout) => A::Fail,
        (S::Executing, _) => A::Ignore,

        (S::AwaitingFrame, E::Enq) => A::Accept,
        (S::AwaitingFrame, E::Timeout) => A::Fail,
        (S::AwaitingFrame | S::Reading, E::Frame) => A::Take,
        (S::AwaitingFrame | S::Reading, E::Broken | E::Incomplete) => A::Refuse,

        (S::AwaitingEnd | S::AwaitingRepeat, E::Enq) => A::Accept,
        (S::AwaitingEnd | S::AwaitingRepeat, E::Eot | E::Timeout) => A::Finish,
        (S::AwaitingEnd | S::AwaitingRepeat | S::ReadingRepeat, E::Frame) => A::TakeRepeat,
        (S::AwaitingEnd | S::AwaitingRepeat | S::ReadingRepeat, E::Broken | E::Incomplete) => {
            A::Confirm
        }

        (S::AwaitingEarlierFrame, E::Enq) => A::Accept,
        (S::AwaitingEarlierFrame, E::Timeout) => A::Ask,
        (S::AwaitingEarlierEnd, E::Enq) => A::Accept,
        (S::AwaitingEarlierEnd, E::Eot | E::Timeout) => A::Ask,
        (S::AwaitingEarlierFrame | S::ReadingEarlier | S::AwaitingEarlierEnd, E::Incomplete) => {
            A::Ask
        }

        // Before the command was sent, what comes is an earlier answer.
        (_, E::Frame) => A::TakeEarlier,
        (_, E::Broken) => A::Refuse,
        (_, E::Begin) => A::Read,
        (_, E::Enq | E::Ack | E::Nak | E::Eot | E::Noise) => A::Ignore,
    }
}
