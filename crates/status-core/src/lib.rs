#![doc = include_str!("../README.md")]

pub mod adapter;
mod answer;
mod condition;
pub mod document;
mod endpoint;
mod event;
mod evidence;
mod hours;
mod kkt;
pub mod metrics;
mod pace;
mod problem;
mod reading;
mod receipt;
mod scale;
mod settings;
mod slot;
mod snapshot;
mod time;
mod trouble;
mod unknown;
mod vision;

pub use answer::{Answer, Value, answer};
pub use condition::DeviceState;
pub use document::{Document, Grams, Stamp, document};
pub use endpoint::Endpoint;
pub use event::{
    Event, EventError, EventKind, Hello, HelloUser, KktStatus, MAX_EVENTS, MAX_ID, Paper, User,
    parse_events,
};
pub use evidence::Evidence;
pub use hours::{ClosedDay, Hours, HoursError, Opening};
pub use kkt::{
    FiscalStorageFlag, FiscalStoragePhase, KktReading, KktReceiptState, KktValue, OfdQueue,
    PrinterFault, Readiness, Shift,
};
pub use metrics::metrics;
pub use pace::{Pace, Tier};
pub use problem::{Language, Overall, Problem, Severity, problem_codes, problems};
pub use reading::{Observer, Reading};
pub use scale::{ScaleFault, ScaleOutcome, ScaleReading, ScaleWeight};
pub use settings::{
    Hold, KktReceipt, KktSettings, MaxAges, PosSource, ScaleSettings, Settings, StandingWeight,
    Thresholds, TillInfo, Unstable, UserIdKind, WithoutReceiptState,
};
pub use snapshot::{Applied, Barred, Bookmark, Said, SavedState, Snapshot};
pub use time::Moment;
pub use trouble::{Refusal, Trouble};
pub use unknown::{LastKnown, Reason, Unknown};
pub use vision::{VisionLink, VisionReading};
