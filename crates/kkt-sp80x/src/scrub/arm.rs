//! `arm`: documents, and which of their elements identify.

use super::mask::Code;
use super::{Content, Dialogue, Place, Replaced, Rule};
use crate::data::Kind;
use crate::envelope::{Request, Response};
use crate::explain::Direction;

/// Documents stand for themselves: nothing has to be remembered.
pub(super) struct Arm;

impl Dialogue for Arm {
    fn code(&self) -> Code {
        Code::Xml
    }

    fn cut(&self, direction: Direction, bytes: &[u8]) -> (Content, usize) {
        let (begin, end): (&[u8], &[u8]) = match direction {
            Direction::Request => (b"<ArmRequest", b"</ArmRequest>"),
            Direction::Answer => (b"<ArmResponse", b"</ArmResponse>"),
        };
        let Some(place) = find(bytes, end) else { return (Content::Unsound, bytes.len()) };
        let nul = bytes.get(place + end.len()) == Some(&0);
        let length = place + end.len() + usize::from(nul);
        let before = bytes.get(..place).unwrap_or_default();
        let Some(root) = rfind(before, begin) else { return (Content::Unsound, length) };
        match beginning(bytes.get(..root).unwrap_or_default()) {
            0 => (Content::Message, length),
            noise => (Content::Unsound, noise),
        }
    }

    fn places(&mut self, direction: Direction, message: &[u8]) -> Vec<Place> {
        let document = message.strip_suffix(&[0]).unwrap_or(message);
        let root = document.get(find(document, b"<Arm").unwrap_or(0)..).unwrap_or_default();
        let sound = match direction {
            Direction::Request => Request::parse(root).is_ok(),
            Direction::Answer => Response::parse(root).is_ok(),
        };
        let mut places = texts(document);
        if !sound {
            // What stands where is not sure then.
            let named = |place: &&mut Place| !matches!(place.rule, Rule::Goes(_));
            places.iter_mut().filter(named).for_each(|place| place.rule = Rule::Unsound);
        }
        places
    }

    /// There is no checksum.
    fn close(&self, _: Direction, _: &mut [u8]) {}
}

/// Where the document begins: with its declaration, or with what is blank.
fn beginning(lead: &[u8]) -> usize {
    let blank = |byte: &u8| [0, b' ', b'\t', b'\r', b'\n'].contains(byte);
    let declared = rfind(lead, b"<?xml ").filter(|at| {
        let declaration = lead.get(*at..).unwrap_or_default();
        let end = declaration.iter().rposition(|byte| *byte == b'>').unwrap_or(0);
        let one = declaration.iter().filter(|byte| **byte == b'<').count() == 1;
        one && declaration.iter().skip(end + 1).all(blank)
    });
    let at = declared.unwrap_or(lead.len());
    if lead.iter().take(at).all(blank) { 0 } else { at }
}

/// What becomes of the text of an element, by its name and type.
///
/// Source: docs/protocols/sp80x.md sections 6.2, 6.5 and 6.6.
fn rule(name: &str, kind: Option<u8>) -> Option<Rule> {
    Some(match name {
        // The answer must repeat it, and it is a random number.
        "RequestId" => return None,
        "1041" => Rule::Goes(Replaced::FiscalStorageNumber),
        "1013" => Rule::Goes(Replaced::SerialNumber),
        "1037" => Rule::Goes(Replaced::RegistrationNumber),
        "1018" | "1203" => Rule::Goes(Replaced::TaxpayerNumbers),
        "1009" | "1021" => Rule::Goes(Replaced::Texts),
        "NetworkInterface" => Rule::Goes(Replaced::NetworkAddresses),
        _ if STAYS.contains(&name) => Rule::Stays,
        _ => match kind.map(Kind) {
            Some(Kind::MONEY | Kind::QUANTITY | Kind::DATE_TIME) => Rule::Stays,
            _ => Rule::Careful,
        },
    })
}

/// Elements that tell of the envelope, the kind and the state of a device only.
#[rustfmt::skip]
const STAYS: &[&str] = &[
    "ProtocolLabel", "ProtocolVersion", "DateTime", "Command", "msgFFDVer", "msgContVer", "Result",
    "ErrorCategory", "ErrorSource", "ErrorCode", "ErrorDescription", "ShiftState", "ShiftOvertime",
    "lastDocNumber", "1038", "CashSumm", "MOIncomeCount", "MOOutcomeCount", "1135", "1136", "1138",
    "1201", "1012", "1097", "1098", "1116", "KKTFWVersion", "ExpirationDate", "PrintWidthChars",
];

/// What is longer is no tag: the longest that anybody has seen has 40 bytes.
const LONGEST_TAG: usize = 512;

/// Every text of a document: between tags, whether these are tags or their text.
fn texts(document: &[u8]) -> Vec<Place> {
    let mut places = Vec::new();
    // The elements that are open: name and type.
    let mut open: Vec<(String, Option<u8>)> = Vec::new();
    let (mut at, mut begin) = (0, 0);
    let mut text = |begin: usize, end: usize, open: &[(String, Option<u8>)]| {
        let (name, kind) = open.last().map_or(("", None), |(name, kind)| (name.as_str(), *kind));
        if let Some(rule) = rule(name, kind).filter(|_| begin < end) {
            places.push(Place::new(begin, end, rule));
        }
    };
    while at < document.len() {
        let Some(tag) = Tag::at(document.get(at..).unwrap_or_default()) else {
            at += 1;
            continue;
        };
        text(begin, at, &open);
        // An attribute that nobody has seen yet.
        for (from, to) in &tag.attributes {
            text(at + from, at + to, &[]);
        }
        match tag.what {
            What::Opens => open.push((tag.name, tag.kind)),
            What::Closes => drop(open.pop()),
            What::Other => {}
        }
        at += tag.length;
        begin = at;
    }
    text(begin, document.len(), &open);
    places
}

enum What {
    Opens,
    Closes,
    Other,
}

/// A tag, or another piece of markup; also one whose brackets are written as entities.
struct Tag {
    what: What,
    /// What `n` says; else the name of the element.
    name: String,
    /// What `t` says.
    kind: Option<u8>,
    /// Where the values of other attributes stand.
    attributes: Vec<(usize, usize)>,
    length: usize,
}

impl Tag {
    /// The one with which bytes begin.
    fn at(bytes: &[u8]) -> Option<Self> {
        for cdata in [&b"<![CDATA["[..], b"]]>", b"&lt;![CDATA[", b"]]&gt;"] {
            if bytes.starts_with(cdata) {
                return Some(Self::other(cdata.len()));
            }
        }
        let (open, close, quote): (&[u8], &[u8], &str) = match bytes {
            [b'<', ..] => (b"<", b">", "\""),
            [b'&', b'l', b't', b';', ..] => (b"&lt;", b"&gt;", "&quot;"),
            _ => return None,
        };
        let end = find(bytes.get(..LONGEST_TAG).unwrap_or(bytes), close)?;
        let inside = std::str::from_utf8(bytes.get(open.len()..end)?).ok()?;
        let length = end + close.len();
        if inside.starts_with('?') && inside.ends_with('?') {
            return Some(Self::other(length));
        }
        let (what, inside, skipped) = match inside.strip_prefix('/') {
            Some(inside) => (What::Closes, inside, open.len() + 1),
            None if inside.ends_with('/') => (What::Other, inside, open.len()),
            None => (What::Opens, inside, open.len()),
        };
        let is_name = |char: char| char.is_ascii_alphanumeric() || "_-.:".contains(char);
        let name = inside.split(|char: char| !is_name(char)).next().filter(|it| !it.is_empty())?;
        // Brackets that are only text stand round any word; around elements of the data round pa.
        if open.len() > 1 && name != "pa" {
            return None;
        }
        let mut tag = Self { what, name: name.to_owned(), kind: None, attributes: vec![], length };
        tag.attributes(inside, name.len(), skipped, quote)?;
        Some(tag)
    }

    fn other(length: usize) -> Self {
        let (name, attributes) = (String::new(), Vec::new());
        Self { what: What::Other, name, kind: None, attributes, length }
    }

    /// Reads what stands behind the name; `None`: it is no tag.
    fn attributes(&mut self, inside: &str, from: usize, skipped: usize, quote: &str) -> Option<()> {
        let (mut at, pa) = (from, self.name == "pa");
        loop {
            let rest = inside.get(at..)?;
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            if trimmed.is_empty() || trimmed == "/" {
                return Some(());
            }
            let (key, _) = trimmed.split_once('=')?;
            at += key.len() + 1;
            let quote = if inside.get(at..)?.starts_with('\'') { "'" } else { quote };
            let value = inside.get(at..)?.strip_prefix(quote)?;
            let value = value.get(..value.find(quote)?)?;
            let begin = at + quote.len();
            at = begin + value.len() + quote.len();
            match key.trim_end() {
                "n" if pa => value.clone_into(&mut self.name),
                "t" if pa => self.kind = value.parse().ok(),
                "version" | "encoding" => {}
                _ => self.attributes.push((skipped + begin, skipped + begin + value.len())),
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}
