//! The simulated Service Plus KKT: what a person sets of them.

use std::sync::Mutex;

use kkt_sp80x::command::pirit::PrinterFlags;
use kkt_sp80x::data::Kind;
use kkt_sp80x::sim::{ArmState, ExtraField, Misbehaviour, PiritState, PoneState, ShiftKind};
use kkt_sp80x::{ArmFault, Model, PiritFault, PoneFault};
use serde::Deserialize;
use till_port::{Fake, Line};

use super::{Keys, Link, PatchError, code};
use crate::command::demo::locked;
use crate::served::{ServedArm, ServedPirit, ServedPone};

/// What is to change of a KKT that speaks `pone`; `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct PonePatch {
    receipt: Option<Door>,
    shift: Option<Shift>,
    shift_number: Option<u32>,
    model: Option<u32>,
    factory_number: Option<String>,
    initialised: Option<bool>,
    error: Option<Option<u8>>,
    link: Option<Link>,
}

/// What is to change of a KKT that speaks `arm`; `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct ArmPatch {
    shift: Option<Shift>,
    shift_number: Option<u32>,
    last_document: Option<Option<u32>>,
    fn_number: Option<Option<String>>,
    factory_number: Option<Option<String>>,
    fields: Option<Vec<Extra>>,
    error: Option<Option<String>>,
    nul: Option<bool>,
    link: Option<Link>,
}

/// What is to change of a KKT that speaks `pirit`; `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct PiritPatch {
    paper: Option<Paper>,
    cover: Option<Door>,
    drawer: Option<Door>,
    receipt: Option<Door>,
    receipt_sum: Option<String>,
    shift: Option<Shift>,
    shift_number: Option<u32>,
    unsent_documents: Option<u32>,
    error: Option<Option<u8>>,
    link: Option<Link>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Paper {
    Present,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Door {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shift {
    Closed,
    Open,
    Expired,
}

/// A field that nobody has published, for the answers of a simulated KKT.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    /// The command in whose answer it stands.
    command: u32,
    /// The names from the root to it.
    path: Vec<String>,
    /// Its type: 1 text, 2 money, 3 quantity, 4 number, 5 date and time.
    r#type: u8,
    /// Its text.
    text: String,
}

/// What all patches have in common.
macro_rules! applies {
    ($patch:ty, $served:ty) => {
        impl $patch {
            /// Changes the device, and then its line.
            pub(crate) fn apply(&self, kkt: &Mutex<$served>, fake: &Fake) {
                let mut device = locked(kkt);
                self.change(device.state_mut());
                let Some((misbehaviour, line)) = self.link.map(behaviour) else { return };
                device.misbehave(misbehaviour);
                drop(device);
                fake.set_line(line);
            }
        }
    };
}

applies!(PonePatch, ServedPone);
applies!(ArmPatch, ServedArm);
applies!(PiritPatch, ServedPirit);

impl PonePatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            receipt: keys.take("receipt")?,
            shift: keys.take("shift")?,
            shift_number: keys.take("shift_number")?,
            model: keys.take("model")?,
            factory_number: keys.take("factory_number")?,
            initialised: keys.take("initialised")?,
            error: keys.take_as("error", code)?,
            link: keys.take("link")?,
        };
        keys.end("receipt, shift, shift_number, model, factory_number, initialised, error, link")?;
        Ok(patch)
    }

    fn change(&self, state: &mut PoneState) {
        if let Some(receipt) = self.receipt {
            state.document = if receipt == Door::Open { OPEN_SALE } else { 0 };
        }
        state.shift = self.shift.map_or(state.shift, Shift::kind);
        state.shift_number = self.shift_number.unwrap_or(state.shift_number);
        state.model = self.model.map_or(state.model, Model);
        state.initialised = self.initialised.unwrap_or(state.initialised);
        if let Some(number) = &self.factory_number {
            state.factory_number.clone_from(number);
        }
        if let Some(error) = self.error {
            state.error = error.map(PoneFault);
        }
    }
}

impl ArmPatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            shift: keys.take("shift")?,
            shift_number: keys.take("shift_number")?,
            last_document: keys.take_nullable("last_document")?,
            fn_number: keys.take_nullable("fn_number")?,
            factory_number: keys.take_nullable("factory_number")?,
            fields: keys.take("fields")?,
            error: keys.take_nullable("error")?,
            nul: keys.take("nul")?,
            link: keys.take("link")?,
        };
        keys.end(
            "shift, shift_number, last_document, fn_number, factory_number, fields, error, nul, \
             link",
        )?;
        Ok(patch)
    }

    fn change(&self, state: &mut ArmState) {
        state.shift = self.shift.map_or(state.shift, Shift::kind);
        state.shift_number = self.shift_number.unwrap_or(state.shift_number);
        state.last_document = self.last_document.unwrap_or(state.last_document);
        state.nul = self.nul.unwrap_or(state.nul);
        if let Some(number) = &self.fn_number {
            state.fn_number.clone_from(number);
        }
        if let Some(number) = &self.factory_number {
            state.factory_number.clone_from(number);
        }
        if let Some(fields) = &self.fields {
            state.extra = fields.iter().map(Extra::field).collect();
        }
        if let Some(error) = &self.error {
            // What numbers a device gives with an error is published nowhere.
            state.error = error.as_ref().map(|text| ArmFault::new(1, 0, text));
        }
    }
}

impl PiritPatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            paper: keys.take("paper")?,
            cover: keys.take("cover")?,
            drawer: keys.take("drawer")?,
            receipt: keys.take("receipt")?,
            receipt_sum: keys.take("receipt_sum")?,
            shift: keys.take("shift")?,
            shift_number: keys.take("shift_number")?,
            unsent_documents: keys.take("unsent_documents")?,
            error: keys.take_as("error", code)?,
            link: keys.take("link")?,
        };
        keys.end(
            "paper, cover, drawer, receipt, receipt_sum, shift, shift_number, unsent_documents, \
             error, link",
        )?;
        Ok(patch)
    }

    fn change(&self, state: &mut PiritState) {
        if let Some(paper) = self.paper {
            state.printer.set(PrinterFlags::NO_PAPER, paper == Paper::Out);
        }
        if let Some(cover) = self.cover {
            state.printer.set(PrinterFlags::COVER_OPEN, cover == Door::Open);
        }
        if let Some(drawer) = self.drawer {
            state.drawer_open = drawer == Door::Open;
        }
        if let Some(receipt) = self.receipt {
            state.document = if receipt == Door::Open { OPEN_SALE } else { 0 };
        }
        if let Some(sum) = &self.receipt_sum {
            state.receipt_sum.clone_from(sum);
        }
        state.shift = self.shift.map_or(state.shift, Shift::kind);
        state.shift_number = self.shift_number.unwrap_or(state.shift_number);
        if let Some(count) = self.unsent_documents {
            state.unsent_documents = count;
            state.first_unsent_number = (state.last_document + 1).saturating_sub(count);
            state.first_unsent_at = state.last_fiscal;
        }
        if let Some(error) = self.error {
            state.error = error.map(PiritFault);
        }
    }
}

impl Shift {
    fn kind(self) -> ShiftKind {
        match self {
            Self::Closed => ShiftKind::Closed,
            Self::Open => ShiftKind::Open,
            Self::Expired => ShiftKind::Expired,
        }
    }
}

impl Extra {
    fn field(&self) -> ExtraField {
        let Self { command, path, r#type, text } = self.clone();
        ExtraField { command, path, kind: Kind(r#type), text }
    }
}

fn behaviour(link: Link) -> (Misbehaviour, Line) {
    match link {
        Link::Ok => (Misbehaviour::None, Line::Up),
        Link::Silent => (Misbehaviour::Silent, Line::Up),
        Link::Garbage => (Misbehaviour::Garbage, Line::Up),
        Link::Unplugged => (Misbehaviour::None, Line::Unplugged),
        Link::Busy => (Misbehaviour::None, Line::Busy),
    }
}

/// Type 2, a sale, in state 1, opened.
const OPEN_SALE: u8 = 0x12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_added_and_values_taken_away() {
        let json = br#"{"last_document":null,"shift":"closed",
            "fields":[{"command":44,"path":["200000","1097"],"type":4,"text":"3"}]}"#;
        let mut state = ArmState::default();
        ArmPatch::parse(json).unwrap().change(&mut state);
        assert_eq!((state.last_document, state.shift), (None, ShiftKind::Closed));
        assert_eq!(state.fn_number, ArmState::default().fn_number, "not named, so it stays");
        assert_eq!(state.extra.len(), 1);
        assert_eq!(state.extra[0].kind, Kind::UNSIGNED);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = ArmPatch::parse(br#"{"paper":"out"}"#).unwrap_err();
        assert!(error.to_string().starts_with("unknown key \"paper\"; known are shift"), "{error}");
        let error = ArmPatch::parse(br#"{"fields":[{"command":44}]}"#).unwrap_err();
        assert!(error.to_string().contains("missing field `path`"), "{error}");
        let error = PonePatch::parse(br#"{"error":"XX"}"#).unwrap_err();
        assert!(error.to_string().contains("two hex digits"), "{error}");
    }

    #[test]
    fn paper_and_queue_of_a_pirit() {
        let mut state = PiritState::default();
        let patch = br#"{"paper":"out","unsent_documents":3,"drawer":"open","receipt":"open"}"#;
        PiritPatch::parse(patch).unwrap().change(&mut state);
        assert_eq!(state.printer, PrinterFlags::NO_PAPER);
        assert_eq!((state.unsent_documents, state.first_unsent_number), (3, 4658));
        assert!(state.drawer_open && state.document == 0x12);
        PiritPatch::parse(br#"{"paper":"present"}"#).unwrap().change(&mut state);
        assert_eq!(state.printer, PrinterFlags::empty());
        let error = PiritPatch::parse(br#"{"paper":"near-end"}"#).unwrap_err();
        assert!(error.to_string().contains("expected `present` or `out`"), "{error}");
    }

    #[test]
    fn an_open_receipt_and_an_error() {
        let mut state = PoneState::default();
        let patch = br#"{"receipt":"open","error":"08","shift":"expired"}"#;
        PonePatch::parse(patch).unwrap().change(&mut state);
        assert_eq!(state.document, 0x12);
        assert_eq!((state.error, state.shift), (Some(PoneFault::PAPER_END), ShiftKind::Expired));
        PonePatch::parse(br#"{"receipt":"closed","error":null}"#).unwrap().change(&mut state);
        assert_eq!((state.document, state.error), (0, None));
    }
}
