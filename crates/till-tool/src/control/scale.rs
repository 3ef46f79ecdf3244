//! `PATCH /demo/scale`: the simulated scale.

use std::sync::Mutex;

use scale_proto::protocol::massa_k_100::ErrorCode;
use scale_proto::sim::Misbehaviour;
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
    overload: Option<bool>,
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
            overload: keys.take("overload")?,
            fault: keys.take_as("fault", code)?,
            link: keys.take("link")?,
        };
        keys.end("weight_grams, tare_grams, stable, overload, fault, link")?;
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
        state.overload = self.overload.unwrap_or(state.overload);
        if let Some(fault) = self.fault {
            state.fault = fault.map(ErrorCode);
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
        "overload": state.overload,
        "fault": state.fault.map(|code| format!("{:02X}", code.0)),
    })
}
