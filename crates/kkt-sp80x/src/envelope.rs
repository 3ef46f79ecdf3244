//! What stands round the data of an `arm` document.
//!
//! Source: docs/protocols/sp80x.md section 6.2; three independent programs.

use std::fmt;

use crate::data::Data;
use crate::error::DecodeError;
use crate::fault::{ArmFault, Fault};
use crate::value::CivilDateTime;
use crate::xml::{self, Element};

/// The label in every document.
pub const LABEL: &str = "OFDFNARMUKM";
/// The version that we name: the one of the two newer programs.
pub const VERSION: &str = "13.0";

/// The id of a request: a UUID. Shown as it is sent, in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl RequestId {
    /// The id of the next request.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let part = |range| hex.get(range).unwrap_or_default();
        let (a, b, c) = (part(0..8), part(8..12), part(12..16));
        write!(f, "{{{a}-{b}-{c}-{}-{}}}", part(16..20), part(20..32))
    }
}

/// How a request is written. Both forms work in the field, with two different programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Lines and indentation, an empty CDATA, nothing behind the document.
    #[default]
    Indented,
    /// One line, the empty CDATA escaped as text, one NUL behind the document.
    OneLine,
}

/// What a request says beside its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Its id, which the answer repeats.
    pub request_id: RequestId,
    /// The till's time.
    pub date_time: CivilDateTime,
    /// The fiscal document format: 1 is FFD 1.0, 2 is FFD 1.05; 4 is sent by two programs.
    pub ffd_version: u8,
    /// How it is written.
    pub form: Form,
}

impl Envelope {
    /// Writes the request for a command that carries no data.
    pub(crate) fn write(&self, command: Number, out: &mut Vec<u8>) {
        let Self { request_id, date_time, ffd_version, form } = self;
        let time = date_time.to_arm();
        let fields = [
            ("ProtocolLabel", LABEL.to_owned()),
            ("ProtocolVersion", VERSION.to_owned()),
            ("RequestId", request_id.to_string()),
            ("DateTime", time),
            ("Command", command.0.to_string()),
            ("msgFFDVer", ffd_version.to_string()),
            ("msgContVer", "1".to_owned()),
        ];
        let indented = *form == Form::Indented;
        let (line, indent) = if indented { ("\n ", "\n  ") } else { ("", "") };
        let mut text = format!("{DECLARATION}\n<ArmRequest>{line}<RequestBody>");
        for (name, value) in fields {
            text.push_str(&format!("{indent}<{name}>{value}</{name}>"));
        }
        text.push_str(&format!("{line}</RequestBody>{line}<RequestData>"));
        text.push_str(if indented { "<![CDATA[]]>" } else { "&lt;![CDATA[]]&gt;" });
        text.push_str("</RequestData>");
        text.push_str(if indented { "\n</ArmRequest>" } else { "</ArmRequest>\0" });
        out.extend_from_slice(text.as_bytes());
    }
}

/// The number of an `arm` command, for showing what was read. No function takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Number(pub(crate) u32);

impl Number {
    /// The number that the answer carries: one more.
    pub(crate) fn answer(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A request, as a decoder or a simulated device reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The version, if it is told.
    pub version: Option<String>,
    /// The id, if it is told.
    pub request_id: Option<String>,
    /// The till's time, as it came.
    pub date_time: Option<String>,
    /// The command.
    pub command: Number,
    /// The fiscal document format.
    pub ffd_version: Option<u32>,
    /// The version of the container.
    pub container_version: Option<u32>,
    /// The data; empty in every request that we send.
    pub data: Data,
}

/// An answer whose document is sound. Of the envelope only command and result are always there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The version, if it is told.
    pub version: Option<String>,
    /// The request's id, if it is told.
    pub request_id: Option<String>,
    /// The request's command and one more.
    pub command: Number,
    /// Result and error, of a success too.
    pub outcome: ArmFault,
    /// The fiscal document format.
    pub ffd_version: Option<u32>,
    /// The version of the container.
    pub container_version: Option<u32>,
    /// The data.
    pub data: Data,
}

impl Request {
    /// Reads a document, from its root's tag to its closing one.
    ///
    /// # Errors
    /// [`DecodeError`]
    pub fn parse(document: &[u8]) -> Result<Self, DecodeError> {
        let parts = Parts::parse(document, &REQUEST)?;
        Ok(Self {
            version: parts.text("ProtocolVersion")?,
            request_id: parts.text("RequestId")?,
            date_time: parts.text("DateTime")?,
            command: parts.command()?,
            ffd_version: parts.number("msgFFDVer")?,
            container_version: parts.number("msgContVer")?,
            data: parts.data()?,
        })
    }
}

impl Response {
    /// Reads a document, from its root's tag to its closing one.
    ///
    /// # Errors
    /// [`DecodeError`]; a device's error is no failure here.
    pub fn parse(document: &[u8]) -> Result<Self, DecodeError> {
        let parts = Parts::parse(document, &ANSWER)?;
        let result = parts.number("Result")?.ok_or(DecodeError::Missing("Result"))?;
        let outcome = ArmFault {
            result,
            category: parts.number("ErrorCategory")?,
            source: parts.number("ErrorSource")?,
            code: parts.number("ErrorCode")?,
            description: parts.text("ErrorDescription")?.filter(|text| !text.is_empty()),
        };
        Ok(Self {
            version: parts.text("ProtocolVersion")?,
            request_id: parts.text("RequestId")?,
            command: parts.command()?,
            outcome,
            ffd_version: parts.number("msgFFDVer")?,
            container_version: parts.number("msgContVer")?,
            data: parts.data()?,
        })
    }

    /// Whether this answers that request.
    pub(crate) fn answers(&self, command: Number, request_id: RequestId) -> bool {
        let id = request_id.to_string();
        let same = self.request_id.as_ref().is_none_or(|got| got.trim().eq_ignore_ascii_case(&id));
        self.command == command.answer() && same
    }

    /// The error, if it is one. The result alone decides: an error may have the code 0.
    #[must_use]
    pub fn fault(&self) -> Option<&ArmFault> {
        Some(&self.outcome).filter(|outcome| outcome.result != 0)
    }

    /// The data of an answer that is no error.
    pub(crate) fn data(&self) -> Result<&Data, DecodeError> {
        match self.fault() {
            None => Ok(&self.data),
            Some(fault) => Err(DecodeError::Refused(Fault::Arm(fault.clone()))),
        }
    }
}

/// The names of the elements of one direction.
struct Names {
    root: &'static str,
    body: &'static str,
    data: &'static str,
}

const REQUEST: Names = Names { root: "ArmRequest", body: "RequestBody", data: "RequestData" };
const ANSWER: Names = Names { root: "ArmResponse", body: "ResponseBody", data: "ResponseData" };
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// A document taken apart.
struct Parts {
    body: Element,
    data: Option<Element>,
}

impl Parts {
    fn parse(document: &[u8], names: &Names) -> Result<Self, DecodeError> {
        let roots = xml::parse(document)?;
        let mut root = only(roots, names.root)?.ok_or(DecodeError::Missing(names.root))?;
        let (bodies, rest): (Vec<_>, Vec<_>) =
            root.children.drain(..).partition(|element| element.name == names.body);
        let body = only(bodies, names.body)?.ok_or(DecodeError::Missing(names.body))?;
        let data = rest.into_iter().filter(|element| element.name == names.data).collect();
        let parts = Self { body, data: only(data, names.data)? };
        match parts.text("ProtocolLabel")? {
            Some(got) if got != LABEL => {
                Err(DecodeError::Value { field: "ProtocolLabel", got, expected: LABEL })
            }
            _ => Ok(parts),
        }
    }

    /// The text of an element of the body, if it is there.
    fn text(&self, name: &'static str) -> Result<Option<String>, DecodeError> {
        let mut found = self.body.children.iter().filter(|element| element.name == name);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(element), None) => Ok(Some(element.text.trim().to_owned())),
            (Some(_), Some(_)) => Err(DecodeError::Ambiguous { path: name.to_owned() }),
        }
    }

    /// The number in an element of the body, if one is there.
    fn number<T: std::str::FromStr>(&self, field: &'static str) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.text(field)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let expected = "a whole number";
        text.parse().map(Some).map_err(|_| DecodeError::Value { field, got: text, expected })
    }

    fn command(&self) -> Result<Number, DecodeError> {
        self.number("Command")?.map(Number).ok_or(DecodeError::Missing("Command"))
    }

    fn data(&self) -> Result<Data, DecodeError> {
        let Some(element) = &self.data else { return Ok(Data::default()) };
        if let Some(child) = element.children.first() {
            let (got, expected) = (child.name.clone(), "the data as text");
            return Err(DecodeError::Value { field: "ResponseData", got, expected });
        }
        Data::parse(&element.text)
    }
}

/// The one element of a name, if it is there.
fn only(elements: Vec<Element>, name: &str) -> Result<Option<Element>, DecodeError> {
    let mut elements = elements.into_iter().filter(|element| element.name == name);
    match (elements.next(), elements.next()) {
        (one, None) => Ok(one),
        _ => Err(DecodeError::Ambiguous { path: name.to_owned() }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
