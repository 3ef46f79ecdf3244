//! `[api]`: where the HTTP API listens, whom it serves, and the forms of its bodies.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use status_core::Endpoint;

use super::reader::{Reader, Root, Section};
use super::value::{flag, integer, list, one_of, parsed, some_text, text};

/// `[api]`: the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Where it listens. Default `127.0.0.1:8480`. Port 0: the system chooses.
    pub listen: Vec<SocketAddr>,
    /// Which clients are served. Default: loopback and the private networks.
    pub allow: Vec<IpNet>,
    /// Monitors for which room is kept, however many others come. All of them are in `allow`. Default
    /// none.
    pub monitors: Vec<IpNet>,
    /// The file with the token that every client has to know. Default none: nobody has to.
    pub token_file: Option<PathBuf>,
    /// The form of a body when the client has no wish. Default `text`.
    pub body: BodyForm,
    /// How a time is written. Default `rfc3339`.
    pub time: TimeForm,
    /// What a text body says for "yes". Default `1`.
    pub flag: String,
    /// The unit of the weight. Default `kg`.
    pub weight: WeightUnit,
    /// The code for what this till cannot say. Default 501.
    pub unsupported: Unsupported,
    /// Endpoints that may serve a value whose evidence is `assumed`. Default none.
    pub accept_assumed: BTreeSet<Endpoint>,
    /// Requests a second from one client address. Default 10.
    pub rate: u32,
    /// How many may come at once. Default 20.
    pub burst: u32,
    /// Is loopback limited too? Default no.
    pub limit_loopback: bool,
}

/// The form of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyForm {
    /// The bare value.
    #[default]
    Text,
    /// The value as a JSON scalar.
    Json,
}

/// How a time is written in a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeForm {
    /// `2026-11-24T01:47:39+03:00`, with the till's own offset.
    #[default]
    Rfc3339,
    /// `2026-11-24T01:47:39`, the till's local time.
    Local,
    /// `1763938059`, seconds since 1970 UTC.
    Epoch,
    /// The till's local time by a pattern such as `%d.%m.%Y %H:%M:%S`.
    Pattern(String),
}

/// The unit of the weight in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightUnit {
    /// `1.234`
    #[default]
    Kilograms,
    /// `1234`
    Grams,
}

/// The code for what this till cannot say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsupported {
    /// 501
    #[default]
    NotImplemented,
    /// 404
    NotFound,
}

/// Loopback, and the networks that never come from the internet.
const PRIVATE: [&str; 7] = [
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fe80::/10",
];

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8480))],
            allow: PRIVATE.iter().filter_map(|net| net.parse().ok()).collect(),
            monitors: Vec::new(),
            token_file: None,
            body: BodyForm::Text,
            time: TimeForm::Rfc3339,
            flag: "1".to_owned(),
            weight: WeightUnit::Kilograms,
            unsupported: Unsupported::NotImplemented,
            accept_assumed: BTreeSet::new(),
            rate: 10,
            burst: 20,
            limit_loopback: false,
        }
    }
}

pub(super) fn api<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Api {
    let mut api = Api::default();
    let Some(mut section) = root.section("api", reader) else { return api };
    clients(&mut api, &mut section, reader);
    forms(&mut api, &mut section, reader);
    section.end(reader);
    api
}

fn clients<'t>(api: &mut Api, section: &mut Section<'t>, reader: &mut Reader<'t>) {
    let line = section.line_of("listen");
    let addresses = list(parsed("addresses such as \"127.0.0.1:8480\""));
    if let Some(listen) = section.take("listen", reader, addresses) {
        if listen.is_empty() {
            reader.fault(line, "[api] listen: got [], expected at least one address".to_owned());
        }
        for (one, other) in doubled(&listen) {
            let text = format!("[api] listen: got {one} and {other}, expected one of the two");
            reader.fault(line, format!("{text}: a port can be opened once"));
        }
        api.listen = listen;
    }
    let networks = "networks such as \"192.168.12.0/24\" or \"192.168.12.5/32\"";
    if let Some(allow) = section.take("allow", reader, list(parsed(networks))) {
        api.allow = allow.into_iter().map(canonical).collect();
    }
    let line = section.line_of("monitors");
    if let Some(monitors) = section.take("monitors", reader, list(parsed(networks))) {
        api.monitors = monitors.into_iter().map(canonical).collect();
        let allowed = |monitor: &&IpNet| api.allow.iter().any(|net| net.contains(*monitor));
        for monitor in api.monitors.iter().filter(|monitor| !allowed(monitor)) {
            let text =
                "is in none of the networks of allow, so it would not be served: add it there";
            reader.fault(line, format!("[api] monitors: got {monitor}, which {text}"));
        }
    }
    api.token_file = section.take("token_file", reader, some_text).map(PathBuf::from);
    if let Some(rate) = section.take("rate", reader, integer(1..=10_000)) {
        api.rate = rate;
    }
    if let Some(burst) = section.take("burst", reader, integer(1..=10_000)) {
        api.burst = burst;
    }
    if let Some(limit) = section.take("limit_loopback", reader, flag) {
        api.limit_loopback = limit;
    }
}

/// The pairs of addresses that cannot be listened on together. IPv6 takes no IPv4.
fn doubled(listen: &[SocketAddr]) -> Vec<(SocketAddr, SocketAddr)> {
    let pairs = listen
        .iter()
        .enumerate()
        .flat_map(|(place, one)| listen.iter().skip(place + 1).map(move |other| (*one, *other)));
    let meet = |(one, other): &(SocketAddr, SocketAddr)| {
        let any = one.ip().is_unspecified() || other.ip().is_unspecified();
        let port = one.port() == other.port() && one.port() != 0;
        port && one.is_ipv6() == other.is_ipv6() && (any || one == other)
    };
    pairs.filter(meet).collect()
}

/// A client has its IPv4 address however it came, so a network has to be one of IPv4, too.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    let (address, length) = (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(96));
    let network = address
        .zip(length)
        .and_then(|(address, length)| Some(IpNet::V4(Ipv4Net::new(address, length).ok()?)));
    network.unwrap_or(IpNet::V6(mapped))
}

fn forms<'t>(api: &mut Api, section: &mut Section<'t>, reader: &mut Reader<'t>) {
    let bodies = [("text", BodyForm::Text), ("json", BodyForm::Json)];
    if let Some(body) = section.take("body", reader, one_of(&bodies)) {
        api.body = body;
    }
    if let Some(time) = section.take("time", reader, |value| time_form(value.as_str())) {
        api.time = time;
    }
    let one_line = |value: &_| {
        let expected = || "a text of one line, at most 64 bytes".to_owned();
        let fits = |text: &String| text.len() <= 64 && !text.chars().any(char::is_control);
        text(value).ok().filter(fits).ok_or_else(expected)
    };
    if let Some(flag) = section.take("flag", reader, one_line) {
        api.flag = flag;
    }
    let units = [("kg", WeightUnit::Kilograms), ("g", WeightUnit::Grams)];
    if let Some(weight) = section.take("weight", reader, one_of(&units)) {
        api.weight = weight;
    }
    let unsupported = section.take("unsupported", reader, |value| {
        match value.as_integer().map(toml::de::DeInteger::as_str) {
            Some("501") => Ok(Unsupported::NotImplemented),
            Some("404") => Ok(Unsupported::NotFound),
            _ => Err("501 or 404".to_owned()),
        }
    });
    if let Some(unsupported) = unsupported {
        api.unsupported = unsupported;
    }
    let names = Endpoint::ALL.map(|endpoint| (endpoint.name(), endpoint));
    if let Some(accept) = section.take("accept_assumed", reader, list(one_of(&names))) {
        api.accept_assumed = accept.into_iter().collect();
    }
}

/// A pattern is tried at once, so that it cannot fail when a monitor asks.
fn time_form(text: Option<&str>) -> Result<TimeForm, String> {
    let expected = "\"rfc3339\", \"local\", \"epoch\" or a pattern such as \"%d.%m.%Y %H:%M:%S\"";
    match text {
        Some("rfc3339") => Ok(TimeForm::Rfc3339),
        Some("local") => Ok(TimeForm::Local),
        Some("epoch") => Ok(TimeForm::Epoch),
        Some(pattern) if pattern.contains('%') => {
            let time = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
            match strtime::format(pattern, &time) {
                Ok(text) if text.len() <= 256 && !text.chars().any(char::is_control) => {
                    Ok(TimeForm::Pattern(pattern.to_owned()))
                }
                Ok(_) => Err(format!("{expected} (of one line)")),
                Err(error) => Err(format!("{expected} ({error})")),
            }
        }
        _ => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests;
