//! `[pos.seven]`: a till program that has the seven endpoints of its own.

use std::net::SocketAddr;
use std::time::Duration;

use status_core::{MaxAges, ScaleSettings, Settings, Unstable, WithoutReceiptState};
use toml::de::DeValue;

use super::reader::{Read, Reader, Section};
use super::value::{list, one_of, some_text, span, zone};
use super::{Config, Layers, WeightUnit};
use crate::feed::{Written, WrittenTime};

/// In so many questions each of the seven has its turn.
const ROUND: u32 = 15;

/// A till program that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosSeven {
    /// Where it listens, on this till.
    pub address: SocketAddr,
    /// What stands before the names of the seven. Default `/api/v1/status`.
    pub path: String,
    /// One question so often. Default 1 s, which is also the least.
    pub every: Duration,
    /// How old an answer may be. Default 45 s.
    pub max_age: Duration,
    /// So long may an answer take. Default 3 s.
    pub limit: Duration,
    /// How it writes its values.
    pub written: Written,
}

/// `[pos.seven]`; `None` when something in it has to be mended first.
pub(super) fn seven<'t>(mut section: Section<'t>, reader: &mut Reader<'t>) -> Option<PosSeven> {
    let why = "say where the till program listens on this till";
    let address = section.require("address", why, reader, address);
    let path = section.take("path", reader, path);
    let seconds = Duration::from_secs;
    let every = section.take("every", reader, span(seconds(1)..=seconds(60)));
    let limit = section.take("limit", reader, span(Duration::from_millis(100)..=seconds(10)));
    let line = section.line_of("max_age");
    let max_age = section.take("max_age", reader, span(seconds(30)..=seconds(3600)));
    let times = section.take("time", reader, list(form));
    let zone = section.take("zone", reader, zone).flatten();
    let units = [("kg", WeightUnit::Kilograms), ("g", WeightUnit::Grams)];
    let weight = section.take("weight", reader, one_of(&units));
    section.end(reader);
    let every = every.unwrap_or(seconds(1));
    let max_age = max_age.unwrap_or(seconds(45).max(every * ROUND * 2));
    if max_age < every * ROUND * 2 {
        let (got, least) = (max_age.as_secs(), (every * ROUND * 2).as_secs());
        let text = format!(
            "[pos.seven] max_age: got {got} s, expected at least {least} s: each of the seven is asked once \
             in {ROUND} questions, and one may fall out"
        );
        reader.fault(line, text);
    }
    Some(PosSeven {
        address: address?,
        path: path.unwrap_or_else(|| "/api/v1/status".to_owned()),
        every,
        max_age,
        limit: limit.unwrap_or(seconds(3)),
        written: Written {
            times: times.unwrap_or_else(|| vec![WrittenTime::Rfc3339, WrittenTime::Epoch]),
            zone,
            weight: weight.unwrap_or(WeightUnit::Kilograms),
        },
    })
}

impl PosSeven {
    /// The rules for a till whose program tells everything, also what elsewhere a device does.
    pub(super) fn settings(&self, settings: Settings) -> Settings {
        let scale = ScaleSettings {
            protocol: "seven".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        };
        let MaxAges { receipt, fiscal_storage, inventory, .. } = settings.max_age;
        let age = self.max_age;
        Settings {
            scale: Some(scale),
            vision: true,
            feed_silence: Some(age),
            max_age: MaxAges {
                weight: age,
                receipt,
                paper: age,
                vision: age,
                ofd: age,
                fiscal_storage,
                inventory,
            },
            ..settings
        }
    }
}

/// What cannot stand beside a till program that tells everything.
pub(super) fn beside(config: &Config, layers: &Layers) -> Vec<(usize, String)> {
    let Some(seven) = &config.pos.seven else { return Vec::new() };
    let line = |section: &str| layers.find(&[section]).unwrap_or(1);
    let devices = [
        ("[kkt]", config.kkt.is_some()),
        ("[scale]", config.scale.is_some()),
        ("[vision]", config.vision.is_some()),
    ];
    let devices = devices.into_iter().filter(|(_, there)| *there).map(|(section, _)| {
        let fault = format!(
            "{section} cannot stand beside [pos] source = \"seven\": the till program tells everything, and no \
             device is touched"
        );
        (line(section), fault)
    });
    let own = config.api.listen.iter().any(|listen| {
        listen.port() == seven.address.port()
            && (listen.ip() == seven.address.ip() || listen.ip().is_unspecified())
    });
    let own = own.then(|| {
        let address = seven.address;
        let fault = format!(
            "[pos.seven] address: got {address}, where [api] listen has this service itself: name the port of \
             the till program, and another one for [api] listen"
        );
        (line("[pos.seven]"), fault)
    });
    devices.chain(own).collect()
}

fn address(value: &DeValue<'_>) -> Read<SocketAddr> {
    let address = value.as_str().and_then(|text| text.parse::<SocketAddr>().ok());
    let address = address.filter(|address| address.ip().is_loopback() && address.port() != 0);
    address.ok_or_else(|| "a loopback address and its port, such as \"127.0.0.1:8080\"".to_owned())
}

fn path(value: &DeValue<'_>) -> Read<String> {
    let path = some_text(value).ok().filter(|path| {
        path.starts_with('/')
            && path.len() <= 200
            && path.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let path = path.map(|path| path.trim_end_matches('/').to_owned());
    path.ok_or_else(|| "a path such as \"/api/v1/status\"".to_owned())
}

fn form(value: &DeValue<'_>) -> Read<WrittenTime> {
    WrittenTime::named(&some_text(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "[pos]\nsource = \"seven\"\n[pos.seven]\naddress = \"127.0.0.1:8080\"\n";

    #[test]
    fn a_till_program_with_the_seven() {
        let config = Config::parse(START).unwrap();
        let settings = config.settings();
        assert_eq!(settings.pos_place, "http://127.0.0.1:8080/api/v1/status");
        assert_eq!(settings.max_age.weight, Duration::from_secs(45));
        let more = "path = \"/till/\"\nevery = 2\nlimit = \"500ms\"\nmax_age = \"2min\"\n\
                    time = [\"epoch-ms\"]\nzone = \"+03:00\"\nweight = \"g\"\n";
        let seven = Config::parse(&format!("{START}{more}")).unwrap().pos.seven.unwrap();
        assert_eq!((seven.path.as_str(), seven.max_age.as_secs()), ("/till", 120));
        assert_eq!(seven.written.weight, WeightUnit::Grams);
    }

    #[test]
    fn what_cannot_be_is_said_at_its_line() {
        for (text, line, wanted) in [
            ("[pos]\nsource = \"seven\"\n", 2, "without a section [pos.seven]"),
            ("[pos.seven]\naddress = \"127.0.0.1:1\"\n", 1, "only for [pos] source = \"seven\""),
            ("[pos]\nsource = \"seven\"\n[pos.seven]\n", 3, "address is missing"),
            (&START.replace("127.0.0.1", "10.0.0.1"), 4, "expected a loopback address"),
            (&START.replace("8080", "8480"), 3, "where [api] listen has this service itself"),
            (&format!("{START}path = \"x\"\n"), 5, "expected a path"),
            (&format!("{START}every = \"500ms\"\n"), 5, "expected a time from 1s"),
            (&format!("{START}every = 3\nmax_age = 60\n"), 6, "expected at least 90 s"),
            (&format!("{START}time = \"noon\"\n"), 5, "a pattern with a time of the day"),
            (
                &format!("{START}[vision]\ntarget = \"tcp://v:1\"\n"),
                5,
                "[vision] cannot stand beside",
            ),
        ] {
            let error = Config::parse(text).unwrap_err();
            let fault = error.faults().iter().find(|fault| fault.text.contains(wanted));
            let fault = fault.unwrap_or_else(|| panic!("{text}\n{error}"));
            assert_eq!(fault.line, line, "{text}\n{error}");
        }
    }
}
