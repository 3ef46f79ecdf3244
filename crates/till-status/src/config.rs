//! The configuration of one till: TOML files in which every key is known and checked.
//!
//! All keys with their defaults stand in `dist/till-status.toml`. A configuration is refused as a whole,
//! with every fault at its file and line, what was got and what is possible; an unknown key is a fault
//! too. Over the file come its drop-ins and some variables of the environment ([`VARIABLES`]).

mod api;
mod device;
mod effective;
mod environment;
mod error;
mod hold;
mod hours;
mod layer;
mod log;
mod name;
mod pos;
mod reader;
mod rules;
mod seven;
mod sp80x;
mod suggest;
pub(crate) mod value;
mod vision;

use std::path::{Path, PathBuf};
use std::time::Duration;

use status_core::{
    Hours, KktSettings, MaxAges, ScaleSettings, Settings, StandingWeight, Thresholds, TillInfo,
};

pub use api::{Api, BodyForm, TimeForm, Unsupported, WeightUnit};
pub use device::{KKT_USB, Kkt, KktLink, Scale};
pub use effective::{Effective, Given};
pub use environment::VARIABLES;
pub use error::{ConfigError, Fault, Origin};
pub use hold::Arbiter;
pub use log::PosLog;
pub use name::{NameFrom, host_name};
pub use pos::{Pos, PosListen};
pub use seven::PosSeven;
pub use sp80x::Sp80x;
pub use vision::Vision;

use layer::Layers;
pub(crate) use layer::read as read_config;
use reader::{Reader, Root};
use value::{absolute_path, one_of, span, text};

/// Everything that is configurable.
///
/// The default has no device and no feed: the seven answer that nothing is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[till]`: what the till is called.
    pub till: Till,
    /// `[api]`: the HTTP API.
    pub api: Api,
    /// `[pos]`: what the till program tells.
    pub pos: Pos,
    /// `[kkt]`: the fiscal printer.
    pub kkt: Option<Kkt>,
    /// `[scale]`: the scale.
    pub scale: Option<Scale>,
    /// `[vision]`: the link to SuperMag Vision.
    pub vision: Option<Vision>,
    /// `[poll]`: how often the devices are asked.
    pub poll: Poll,
    /// `[max_age]`: how old a value may be and still be served.
    pub max_age: MaxAges,
    /// `[thresholds]`: from where on a value is a problem.
    pub thresholds: Thresholds,
    /// `[hours]`: when the till is meant to sell.
    pub hours: Option<Hours>,
    /// `[log]`: what is written to standard error.
    pub log: Log,
    /// `sha256:` and the hash of everything that this was read from; a profile of `[kkt]` comes last, as in
    /// `cat FILE PROFILE | sha256sum`.
    pub hash: String,
}

/// `[till]`: what the till is called in the status document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Till {
    /// For people, such as `Store 12 / till 3`. Empty (the default): the name of the host. With
    /// `name_from` it may hold `{1}`: what the first group found.
    pub name: String,
    /// What the parts of the name are found by in the name of the host. None by default: `name` is taken
    /// as it is.
    pub name_from: Option<NameFrom>,
    /// The till's type, such as `self-checkout`. Empty by default.
    pub kind: String,
    /// The file in which receipt and user survive a restart. None by default: a restart forgets.
    pub state_file: Option<PathBuf>,
    /// The file whose presence pauses the service: every device is let go of. None by default.
    pub pause_file: Option<PathBuf>,
}

impl Till {
    /// What the till is called on this host.
    #[must_use]
    pub fn name_on(&self, host: &str) -> String {
        let named = match &self.name_from {
            Some(from) => from.name(&self.name, host).unwrap_or_default(),
            None => self.name.clone(),
        };
        if named.is_empty() { host.to_owned() } else { named }
    }

    /// Is the pause file there?
    #[must_use]
    pub fn paused(&self) -> bool {
        crate::pause::by_file(self.pause_file.as_deref())
    }
}

/// `[poll]`: how often each kind of value is asked for.
///
/// A device gets at most one status cycle a second, however short these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Receipt and weight. Default 1 s.
    pub fast: Duration,
    /// Paper, cover, drawer. Default 5 s.
    pub paper: Duration,
    /// The OFD queue. Default 60 s.
    pub ofd: Duration,
    /// Fiscal storage and shift. Default 5 min.
    pub fiscal_storage: Duration,
    /// Model, serial number, firmware. Default 1 h.
    pub inventory: Duration,
}

/// `[log]`: the log goes to standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The least level that is written. Default `info`.
    pub level: Level,
    /// The folder in which files turn the traces of devices on. None by default: nothing is kept.
    pub trace: Option<PathBuf>,
}

/// A level of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl Level {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            till: Till::default(),
            api: Api::default(),
            pos: Pos::default(),
            kkt: None,
            scale: None,
            vision: None,
            poll: Poll::default(),
            max_age: MaxAges::default(),
            thresholds: Thresholds::default(),
            hours: None,
            log: Log::default(),
            hash: Layers::of_text("").hash(""),
        }
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self {
            fast: Duration::from_secs(1),
            paper: Duration::from_secs(5),
            ofd: Duration::from_secs(60),
            fiscal_storage: Duration::from_secs(300),
            inventory: Duration::from_secs(3600),
        }
    }
}

impl Config {
    /// Reads a configuration file with its drop-ins, and what the environment of this process says.
    ///
    /// # Errors
    /// [`ConfigError::File`] when a file cannot be read, [`ConfigError::Faults`] with every fault.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let layers = Layers::load(path, environment::of_this_process())?;
        Self::read(&layers).map_err(ConfigError::Faults)
    }

    /// Reads the text of a configuration. The environment has no say in it.
    ///
    /// # Errors
    /// [`ConfigError::Faults`] with every fault in it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(&Layers::of_text(text)).map_err(ConfigError::Faults)
    }

    /// The folder of the drop-ins of a configuration file: `FILE.d`.
    #[must_use]
    pub fn drop_ins(path: &Path) -> PathBuf {
        layer::folder(path)
    }

    /// What the rules need to know of this.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let settings = self.settings_of_devices();
        match &self.pos.seven {
            None => settings,
            Some(seven) => seven.settings(settings),
        }
    }

    fn settings_of_devices(&self) -> Settings {
        Settings {
            till: TillInfo {
                name: self.till.name_on(&host_name()),
                kind: self.till.kind.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                config: self.hash.clone(),
            },
            kkt: self.kkt.as_ref().map(|kkt| KktSettings {
                driver: kkt.driver().to_owned(),
                hold: kkt.hold,
                receipt: kkt.receipt,
                operators: kkt.operators.clone(),
            }),
            scale: self.scale.as_ref().map(|scale| ScaleSettings {
                protocol: scale.protocol.clone(),
                unstable: scale.unstable,
                without_receipt_state: scale.without_receipt_state,
            }),
            vision: self.vision.is_some(),
            pos: self.pos.source,
            pos_place: self.pos.place(),
            feed_silence: self.pos.silence,
            user_role_id: self.pos.user_role_id,
            publish_user_id: self.pos.publish_user_id,
            max_age: self.max_age.clone(),
            accept_assumed: self.api.accept_assumed.clone(),
            thresholds: self.thresholds.clone(),
            kkt_zone: self.kkt.as_ref().and_then(|kkt| kkt.device_zone.clone()),
            standing: self.scale.as_ref().map_or_else(StandingWeight::default, |it| it.standing),
            hours: self.hours.clone(),
        }
    }

    fn read(layers: &Layers) -> Result<Self, Vec<Fault>> {
        let (mut reader, mut root) = Reader::new(layers);
        let pos = pos::pos(&mut root, &mut reader);
        let kkt = device::kkt(&mut root, &mut reader, &pos);
        let profile = kkt.as_ref().and_then(|kkt| kkt.sp80x.as_ref());
        let hash = layers.hash(profile.map_or("", |sp80x| sp80x.profile_text.as_str()));
        let config = Self {
            till: till(&mut root, &mut reader),
            api: api::api(&mut root, &mut reader),
            pos,
            scale: device::scale(&mut root, &mut reader, kkt.as_ref()),
            vision: vision::vision(&mut root, &mut reader),
            poll: poll(&mut root, &mut reader),
            max_age: rules::max_age(&mut root, &mut reader, kkt.as_ref()),
            thresholds: rules::thresholds(&mut root, &mut reader),
            hours: hours::hours(&mut root, &mut reader),
            log: log(&mut root, &mut reader),
            kkt,
            hash,
        };
        for (line, fault) in seven::beside(&config, layers) {
            reader.fault(line, fault);
        }
        root.end(&mut reader);
        for fault in rules::asked_in_time(&config) {
            // What is in a file is at fault, not a default: so a section is there.
            let line = layers.find(&["[poll]", "[max_age]", "[vision]"]);
            reader.fault(line.unwrap_or(1), fault);
        }
        let faults = reader.faults();
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }
}

fn till<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Till {
    let mut till = Till::default();
    let Some(mut section) = root.section("till", reader) else { return till };
    name::name(&mut till, &mut section, reader);
    if let Some(kind) = section.take("type", reader, text) {
        till.kind = kind;
    }
    till.state_file = section.take("state_file", reader, absolute_path);
    till.pause_file = section.take("pause_file", reader, absolute_path);
    section.end(reader);
    till
}

fn poll<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Poll {
    let mut poll = Poll::default();
    let Some(mut section) = root.section("poll", reader) else { return poll };
    for (key, tier) in [
        ("fast", &mut poll.fast),
        ("paper", &mut poll.paper),
        ("ofd", &mut poll.ofd),
        ("fiscal_storage", &mut poll.fiscal_storage),
        ("inventory", &mut poll.inventory),
    ] {
        let range = Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);
        if let Some(every) = section.take(key, reader, span(range)) {
            *tier = every;
        }
    }
    section.end(reader);
    poll
}

fn log<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Log {
    let mut log = Log::default();
    let Some(mut section) = root.section("log", reader) else { return log };
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
    let levels = levels.map(|level| (level.name(), level));
    if let Some(level) = section.take("level", reader, one_of(&levels)) {
        log.level = level;
    }
    log.trace = section.take("trace", reader, absolute_path);
    section.end(reader);
    log
}

#[cfg(test)]
mod tests;
