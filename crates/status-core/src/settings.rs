//! What the rules need to know about this till.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{endpoint::Endpoint, hours::Hours};

/// The settings of one till.
///
/// The default has no device, no feed, and the default ages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the status document says about the till itself.
    pub till: TillInfo,
    /// The fiscal printer, when there is one.
    pub kkt: Option<KktSettings>,
    /// The scale, when there is one.
    pub scale: Option<ScaleSettings>,
    /// Is the Vision link watched?
    pub vision: bool,
    /// Where the state of the till's receipt comes from.
    pub pos: PosSource,
    /// Where the feed is read, for people: the path of a log, or an address. Empty when it comes by itself.
    pub pos_place: String,
    /// How long the feed may be silent before the receipt and the user are unknown.
    /// Default 5 min; `None` switches the limit off.
    pub feed_silence: Option<Duration>,
    /// What `user_role_id` means on this till. One meaning, never a fallback.
    pub user_role_id: UserIdKind,
    /// Does the status document show the user's id?
    pub publish_user_id: bool,
    /// The maximum age of each value.
    pub max_age: MaxAges,
    /// Endpoints that may serve a value with evidence `assumed`.
    pub accept_assumed: BTreeSet<Endpoint>,
    /// From where on a value is a problem.
    pub thresholds: Thresholds,
    /// The zone of the KKT's clock. Default: the till's.
    pub kkt_zone: Option<TimeZone>,
    /// What the scale carries when nothing is weighed.
    pub standing: StandingWeight,
    /// When the till is meant to sell. Default: nobody said, and no till stands idle for too long.
    pub hours: Option<Hours>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            till: TillInfo::default(),
            kkt: None,
            scale: None,
            vision: false,
            pos: PosSource::None,
            pos_place: String::new(),
            feed_silence: Some(Duration::from_secs(5 * 60)),
            user_role_id: UserIdKind::Role,
            publish_user_id: false,
            max_age: MaxAges::default(),
            accept_assumed: BTreeSet::new(),
            thresholds: Thresholds::default(),
            kkt_zone: None,
            standing: StandingWeight::default(),
            hours: None,
        }
    }
}

/// The till itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TillInfo {
    /// For people: `Store 12 / till 3`.
    pub name: String,
    /// The till's type: `self-checkout`.
    pub kind: String,
    /// The version of the service.
    pub version: String,
    /// A hash of the configuration: `sha256:…`.
    pub config: String,
}

/// The fiscal printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KktSettings {
    /// The driver's name: `atol`.
    pub driver: String,
    /// May we open its port?
    pub hold: Hold,
    /// What the KKT's receipt says about the till's receipt.
    pub receipt: KktReceipt,
    /// The id for each operator number of the KKT, of the kind that `user_role_id` names.
    pub operators: BTreeMap<u8, String>,
}

/// May the service hold the port of the fiscal printer?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Never: only what a feed tells is known.
    #[default]
    Never,
    /// The port is ours.
    Always,
    /// It is opened for a moment to ask, only while the feed says that no receipt is open.
    PerPoll {
        /// Only between the till program's `kkt-released` and `kkt-taken`, too.
        released: bool,
    },
}

/// When the till program sends a receipt to the fiscal printer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KktReceipt {
    /// With its first item: the KKT's receipt is the till's receipt.
    LineByLine,
    /// Only at payment: a closed receipt on the KKT says nothing.
    AtPayment,
    /// Not known, so the same as `AtPayment`.
    #[default]
    Unknown,
}

/// The scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleSettings {
    /// The protocol's name: `massa-k-100`.
    pub protocol: String,
    /// What to do with a weight in motion.
    pub unstable: Unstable,
    /// What to do while the receipt state is unknown.
    pub without_receipt_state: WithoutReceiptState,
}

/// What a scale carries all the time, such as a control scale its bags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingWeight {
    /// In milligrams. Default 0: an empty scale.
    pub milligrams: i64,
    /// So far may the weight be from it, in milligrams. Default 20 g.
    pub tolerance_milligrams: i64,
}

impl Default for StandingWeight {
    fn default() -> Self {
        Self { milligrams: 0, tolerance_milligrams: 20_000 }
    }
}

/// A weight in motion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unstable {
    /// It is served.
    #[default]
    Serve,
    /// It is answered by 503.
    Refuse,
}

/// The scale while the receipt state is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutReceiptState {
    /// It is left alone.
    #[default]
    Refuse,
    /// It is read.
    Read,
}

/// Where the state of the till's receipt comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PosSource {
    /// From no feed.
    #[default]
    None,
    /// From the till program's events.
    Events,
    /// From the till program's log, by rules.
    Log,
    /// From the seven endpoints of the till program's own; everything else comes from there, too.
    Seven,
}

impl PosSource {
    /// Does the till program tell, in one way or another?
    pub(crate) fn is_feed(self) -> bool {
        self != Self::None
    }

    /// Its name: `none`, `events`, `log`, `seven`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Events => "events",
            Self::Log => "log",
            Self::Seven => "seven",
        }
    }
}

/// What `user_role_id` means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserIdKind {
    /// The id of the user's role.
    #[default]
    Role,
    /// The id of the user.
    User,
}

/// The maximum age of each value: younger is served, older is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxAges {
    /// The weight. Default 3 s.
    pub weight: Duration,
    /// Receipt and operator of the KKT. Default 10 s.
    pub receipt: Duration,
    /// Paper, cover, drawer, printer faults, blocking, the KKT's clock. Default 30 s.
    pub paper: Duration,
    /// The Vision link. Default 60 s.
    pub vision: Duration,
    /// The OFD queue and the shift. Default 15 min.
    pub ofd: Duration,
    /// Number, term and flags of the fiscal storage. Default 24 h.
    pub fiscal_storage: Duration,
    /// Model, serial number, firmware. Default 24 h.
    pub inventory: Duration,
}

impl Default for MaxAges {
    fn default() -> Self {
        Self {
            weight: Duration::from_secs(3),
            receipt: Duration::from_secs(10),
            paper: Duration::from_secs(30),
            vision: Duration::from_secs(60),
            ofd: Duration::from_secs(15 * 60),
            fiscal_storage: Duration::from_secs(24 * 3600),
            inventory: Duration::from_secs(24 * 3600),
        }
    }
}

/// From where on a value is a problem. `None` switches the problem off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// So many unsent documents are a warning. Default 100.
    pub ofd_queue: Option<u32>,
    /// So old a first unsent document is a warning. Default 4 h.
    pub ofd_queue_old: Option<Duration>,
    /// So old a first unsent document is critical. Default 3 days; the fiscal storage blocks itself after 30.
    pub ofd_queue_critical: Option<Duration>,
    /// The queue grew and its first document did not leave for so long while we held the port:
    /// we may be what keeps it from being sent. Default 15 min.
    pub ofd_held: Option<Duration>,
    /// So far may the KKT's clock be from the till's. Default 5 min.
    pub clock_skew: Option<Duration>,
    /// So long before its term the fiscal storage is a warning. Default 30 days.
    pub fiscal_storage_expiring: Option<Duration>,
    /// A shift that is open for so long is a warning, before it is over 24 h. Default 23 h.
    pub shift_long: Option<Duration>,
    /// So long may nothing happen in an open receipt. Default 30 min.
    pub receipt_open: Option<Duration>,
    /// So long may no receipt be opened within the opening hours; without these it is no problem.
    /// Default 2 h.
    pub till_idle: Option<Duration>,
    /// So long may something lie on the scale while no receipt is open, or its standing weight be
    /// gone. Default 5 min.
    pub scale_load: Option<Duration>,
    /// So long may the till program and the KKT contradict each other. Default 1 min.
    pub feed_disagrees: Option<Duration>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            ofd_queue: Some(100),
            ofd_queue_old: Some(Duration::from_secs(4 * 3600)),
            ofd_queue_critical: Some(Duration::from_secs(3 * 24 * 3600)),
            ofd_held: Some(Duration::from_secs(15 * 60)),
            clock_skew: Some(Duration::from_secs(5 * 60)),
            fiscal_storage_expiring: Some(Duration::from_secs(30 * 24 * 3600)),
            shift_long: Some(Duration::from_secs(23 * 3600)),
            receipt_open: Some(Duration::from_secs(30 * 60)),
            till_idle: Some(Duration::from_secs(2 * 3600)),
            scale_load: Some(Duration::from_secs(5 * 60)),
            feed_disagrees: Some(Duration::from_secs(60)),
        }
    }
}
