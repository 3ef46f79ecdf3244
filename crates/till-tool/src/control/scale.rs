//! `PATCH /demo/scale`: the simulated scale.

use std::sync::Mutex;

use scale_proto::sim::{Misbehaviour, Motion};
use serde_json::{Value, json};
use till_port::{Fake, Line};

use super::{Keys, Link, PatchError, code};
use crate::command::demo::locked;
use crate::served::ServedScale;

/// What is to change; `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct ScalePatch {
    weight_grams: Option<i32>,
    tare_grams: Option<i32>,
    stable: Option<bool>,
    motion: Option<Motion>,
    overload: Option<bool>,
    underload: Option<bool>,
    fault: Option<Option<u8>>,
    link: Option<Link>,
}

impl ScalePatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            weight_grams: keys.take("weight_grams")?,
            tare_grams: keys.take_as("tare_grams", |value| match value.as_i64() {
                Some(grams @ 0..=1_000_000) => Ok(i32::try_from(grams).unwrap_or(0)),
                _ => Err("grams from 0 to 1000000".to_owned()),
            })?,
            stable: keys.take("stable")?,
            motion: keys.take_as("motion", motion)?,
            overload: keys.take("overload")?,
            underload: keys.take("underload")?,
            fault: keys.take_as("fault", code)?,
            link: keys.take("link")?,
        };
        keys.end("weight_grams, tare_grams, stable, motion, overload, underload, fault, link")?;
        Ok(patch)
    }
}

impl ScalePatch {
    /// Changes the scale, and then its line.
    pub(crate) fn apply(&self, scale: &Mutex<ServedScale>, fake: &Fake) {
        let mut device = locked(scale);
        let state = device.state_mut();
        state.weight_grams = self.weight_grams.unwrap_or(state.weight_grams);
        state.tare_grams = self.tare_grams.unwrap_or(state.tare_grams);
        state.stable = self.stable.unwrap_or(state.stable);
        state.motion = self.motion.unwrap_or(state.motion);
        state.overload = self.overload.unwrap_or(state.overload);
        state.underload = self.underload.unwrap_or(state.underload);
        if let Some(fault) = self.fault {
            state.fault = fault;
        }
        let Some(link) = self.link else { return };
        let (misbehaviour, line) = match link {
            Link::Ok => (Misbehaviour::None, Line::Up),
            Link::Silent => (Misbehaviour::Silent, Line::Up),
            Link::Garbage => (Misbehaviour::Garbage, Line::Up),
            Link::Unplugged => (Misbehaviour::None, Line::Unplugged),
            Link::Busy => (Misbehaviour::None, Line::Busy),
        };
        device.misbehave(misbehaviour);
        drop(device);
        fake.set_line(line);
    }
}

/// The state by the names of the patch, for `GET /demo`.
pub(crate) fn shown(scale: &ServedScale) -> Value {
    let state = scale.state();
    json!({
        "weight_grams": state.weight_grams,
        "tare_grams": state.tare_grams,
        "stable": state.stable,
        "motion": MOTIONS.iter().find(|(_, motion)| *motion == state.motion).map(|(name, _)| name),
        "overload": state.overload,
        "underload": state.underload,
        "fault": state.fault.map(|code| format!("{code:02X}")),
    })
}

/// How the weight changes by itself.
const MOTIONS: [(&str, Motion); 4] = [
    ("still", Motion::Still),
    ("settling", Motion::Settling),
    ("drifting", Motion::Drifting(60)),
    ("item-left", Motion::ItemLeft(150)),
];

fn motion(value: &Value) -> Result<Motion, String> {
    let found = MOTIONS.iter().find(|(name, _)| value.as_str() == Some(name));
    let names = || MOTIONS.map(|(name, _)| format!("\"{name}\"")).join(", ");
    found.map(|(_, motion)| *motion).ok_or_else(names)
}
