//! A simulated KKT that speaks `arm`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ShiftKind;
use super::line::{Line, Misbehaviour, doors};
use crate::command::arm::{
    CLOCK, COUNTERS, DRAWER, INFORMATION, REGISTRATION, SHORT_STATUS, STATUS,
};
use crate::data::{Kind, Node};
use crate::document::Deframer;
use crate::envelope::{DECLARATION, LABEL, Request, VERSION};
use crate::fault::ArmFault;
use crate::value::{CivilDateTime, Kopecks};
use crate::xml::escape;

/// The state of a simulated `arm` device. What is `None` is absent in its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmState {
    /// What the device's clock shows when `now` is zero.
    pub clock: CivilDateTime,
    /// The shift.
    pub shift: ShiftKind,
    /// Its number; while it is closed, the device tells the one before.
    pub shift_number: u32,
    /// The number of the last fiscal document.
    pub last_document: Option<u32>,
    /// The number of the fiscal storage.
    pub fn_number: Option<String>,
    /// The factory number.
    pub factory_number: Option<String>,
    /// The registration number.
    pub registration_number: Option<String>,
    /// The version of the firmware.
    pub firmware: Option<String>,
    /// The user's INN.
    pub inn: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The cash in the drawer.
    pub cash: Option<Kopecks>,
    /// Fields that are not published, added to answers.
    pub extra: Vec<ExtraField>,
    /// Every command fails with this error.
    pub error: Option<ArmFault>,
    /// Label, version and request id stand in each answer; without it only what a client needs.
    pub full_envelope: bool,
    /// A NUL follows each answer.
    pub nul: bool,
}

/// A field that a person adds to the answers of a simulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraField {
    /// The command in whose answer it stands, by the number of the request.
    pub command: u32,
    /// The names from the root to the field; what is missing of them is made.
    pub path: Vec<String>,
    /// The type.
    pub kind: Kind,
    /// The text.
    pub text: String,
}

impl Default for ArmState {
    /// A device in a shift, with the fields that were seen in answers.
    fn default() -> Self {
        let some = |text: &str| Some(text.to_owned());
        Self {
            clock: CivilDateTime::from_unix(1_789_500_603),
            shift: ShiftKind::Open,
            shift_number: 17,
            last_document: Some(4660),
            fn_number: some("9999078900001234"),
            factory_number: some("0802001234"),
            registration_number: some("0001234567001234"),
            firmware: some("1.0.0"),
            inn: some("7701234567"),
            address: some("Москва, ул. Примерная, 1"),
            cash: Some(Kopecks(0)),
            extra: Vec::new(),
            error: None,
            full_envelope: false,
            nul: false,
        }
    }
}

/// The simulated device.
///
/// `now` is the time since any moment that all calls share; the device's clock shows
/// [`ArmState::clock`] when it is zero.
#[derive(Debug)]
pub struct ArmSimulator {
    state: ArmState,
    line: Line,
    deframer: Deframer,
    requests: BTreeMap<String, u64>,
}

doors!(ArmSimulator, ArmState);

impl ArmSimulator {
    /// A device in a state. It is not connected.
    #[must_use]
    pub fn new(state: ArmState) -> Self {
        let (line, requests) = (Line::default(), BTreeMap::new());
        Self { state, line, deframer: Self::deframer(), requests }
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        // In pieces, so that many bytes at once are no overflow.
        for piece in bytes.chunks(4096) {
            self.deframer.push(piece);
            while let Some(result) = self.deframer.next_document() {
                // What a device does with a broken document is not known; this one waits.
                let Ok(Ok(request)) = result.map(Request::parse) else { continue };
                *self.requests.entry(request.command.to_string()).or_default() += 1;
                if self.line.takes_request(now) {
                    let answer = answer(&self.state, &request, self.line.misbehaviour, now);
                    self.line.send(answer.into_bytes(), now);
                }
            }
        }
    }

    fn deframer() -> Deframer {
        Deframer::requests()
    }
}

/// A whole document, in the form that an independent program's tests use.
fn answer(
    state: &ArmState,
    request: &Request,
    misbehaviour: Misbehaviour,
    now: Duration,
) -> String {
    let outcome = match &state.error {
        Some(fault) => Err(fault.clone()),
        None => nodes(state, request, now)
            .ok_or_else(|| ArmFault::new(1, 0, "Команда не поддерживается")),
    };
    let ok = ArmFault { code: Some(0), ..ArmFault::default() };
    let (fault, nodes) = match outcome {
        Ok(nodes) => (ok, nodes),
        Err(fault) => (fault, Vec::new()),
    };
    let other = u32::from(misbehaviour == Misbehaviour::OtherId) * 2;
    let command = request.command.answer().0 + other;
    let mut text = format!("{DECLARATION}\n<ArmResponse><ResponseBody>");
    if state.full_envelope {
        let id = request.request_id.clone().unwrap_or_default();
        element("ProtocolLabel", LABEL, &mut text);
        element("ProtocolVersion", VERSION, &mut text);
        element("RequestId", &id, &mut text);
    }
    element("Result", &fault.result.to_string(), &mut text);
    for (name, number) in [("ErrorCategory", fault.category), ("ErrorSource", fault.source)] {
        if let Some(number) = number {
            element(name, &number.to_string(), &mut text);
        }
    }
    if let Some(code) = fault.code {
        element("ErrorCode", &code.to_string(), &mut text);
    }
    text.push('\n');
    element("ErrorDescription", fault.description.as_deref().unwrap_or_default(), &mut text);
    element("Command", &command.to_string(), &mut text);
    text.push_str("</ResponseBody>\n<ResponseData><![CDATA[");
    nodes.iter().for_each(|node| print(node, &mut text));
    text.push_str("]]></ResponseData></ArmResponse>");
    if misbehaviour == Misbehaviour::Broken {
        text = text.replace("</Result>", "</Resul>");
    }
    if state.nul {
        text.push('\0');
    }
    text
}

/// What an answer holds; `None`: the command is not one of ours.
fn nodes(state: &ArmState, request: &Request, now: Duration) -> Option<Vec<Node>> {
    let open = state.shift != ShiftKind::Closed;
    let shift = leaf("ShiftState", Kind::UNSIGNED, u8::from(open).to_string());
    let string = |name: &str, value: &Option<String>| {
        value.clone().map(|value| leaf(name, Kind::TEXT, value))
    };
    let children: Vec<Option<Node>> = match request.command {
        STATUS => vec![
            Some(shift),
            state
                .last_document
                .map(|number| leaf("lastDocNumber", Kind::UNSIGNED, number.to_string())),
            string("1041", &state.fn_number),
        ],
        SHORT_STATUS => {
            let expired = u8::from(state.shift == ShiftKind::Expired).to_string();
            let number = state.shift_number.saturating_sub(u32::from(!open)).to_string();
            vec![
                Some(shift),
                Some(leaf("ShiftOvertime", Kind::UNSIGNED, expired)),
                Some(leaf("1038", Kind::UNSIGNED, number)),
            ]
        }
        COUNTERS => vec![state.cash.map(|cash| leaf("CashSumm", Kind::MONEY, cash.to_string()))],
        CLOCK => {
            let time = state.clock.plus_seconds(now.as_secs()).to_arm();
            vec![Some(leaf("DateTime", Kind::DATE_TIME, time))]
        }
        REGISTRATION => vec![string("1018", &state.inn), string("1009", &state.address)],
        DRAWER => vec![],
        INFORMATION => vec![
            string("1037", &state.registration_number),
            string("1013", &state.factory_number),
            string("KKTFWVersion", &state.firmware),
        ],
        _ => return None,
    };
    // The names of the other answers' roots are not known; any structure will do.
    let root = if request.command == CLOCK { "200001" } else { "200000" };
    let children = children.into_iter().flatten().collect();
    let mut roots = vec![structure(root, children)];
    for extra in state.extra.iter().filter(|extra| extra.command == request.command.0) {
        let path: Vec<_> = extra.path.iter().map(String::as_str).collect();
        add(&mut roots, &path, extra);
    }
    Some(roots)
}

/// Puts a field at its path; what is missing of the structures above it is made.
fn add(nodes: &mut Vec<Node>, path: &[&str], extra: &ExtraField) {
    match path {
        [] => {}
        [name] => {
            nodes.retain(|node| node.name != *name);
            nodes.push(leaf(name, extra.kind, extra.text.clone()));
        }
        [name, rest @ ..] => {
            if !nodes.iter().any(|node| node.name == *name) {
                nodes.push(structure(name, Vec::new()));
            }
            if let Some(node) = nodes.iter_mut().find(|node| node.name == *name) {
                add(&mut node.children, rest, extra);
            }
        }
    }
}

fn leaf(name: &str, kind: Kind, text: String) -> Node {
    Node { name: name.to_owned(), kind: Some(kind), text, children: Vec::new() }
}

fn structure(name: &str, children: Vec<Node>) -> Node {
    let kind = Some(Kind::STRUCTURE);
    Node { name: name.to_owned(), kind, text: String::new(), children }
}

fn print(node: &Node, out: &mut String) {
    out.push_str("<pa n=\"");
    escape(&node.name, out);
    let kind = node.kind.unwrap_or(Kind::TEXT).0;
    out.push_str(&format!("\" t=\"{kind}\">"));
    escape(&node.text, out);
    node.children.iter().for_each(|child| print(child, out));
    out.push_str("</pa>");
}

fn element(name: &str, text: &str, out: &mut String) {
    out.push_str(&format!("<{name}>"));
    escape(text, out);
    out.push_str(&format!("</{name}>"));
}
