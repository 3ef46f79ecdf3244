//! XML with limits: a pull parser that builds a small tree, and refuses what no answer needs.
//!
//! Document types, entities of one's own and processing instructions are refused, so nothing can
//! expand; depth, number of elements and attributes are bounded, so a hostile document costs no more
//! than its length.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// The longest document that is read.
///
/// Source: docs/protocols/sp80x.md section 6.1; one program uses this limit.
pub const MAX_DOCUMENT: usize = 1024 * 1024;
/// How deep elements may lie in each other. Our own limit: the deepest known answer has five levels.
pub const MAX_DEPTH: usize = 32;
/// How many elements a document may have. Our own limit.
pub const MAX_ELEMENTS: usize = 4096;
/// How many attributes an element may have. Our own limit: `pa` has two.
pub const MAX_ATTRIBUTES: usize = 8;

/// Why text is no document that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum XmlError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("XML too long: got {got} bytes, expected at most {most}")]
    TooLong {
        /// Its length.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// The bytes are no UTF-8.
    #[error("XML: byte {at} is no UTF-8, expected UTF-8 throughout")]
    Utf8 {
        /// Where, from 0.
        at: usize,
    },
    /// A control byte that XML forbids.
    #[error("XML: got byte {got:02X} at {at}, expected text")]
    Character {
        /// Where, from 0.
        at: usize,
        /// The byte.
        got: u8,
    },
    /// Elements lie deeper than [`MAX_DEPTH`].
    #[error("XML: elements lie more than {most} deep, expected fewer levels")]
    Depth {
        /// The limit.
        most: usize,
    },
    /// More than [`MAX_ELEMENTS`].
    #[error("XML: more than {most} elements, expected fewer")]
    Elements {
        /// The limit.
        most: usize,
    },
    /// More than [`MAX_ATTRIBUTES`] in one element, or one of them twice.
    #[error("XML: more than {most} attributes or one of them twice, expected a name and a type")]
    Attributes {
        /// The limit.
        most: usize,
    },
    /// A document type or a processing instruction.
    #[error("XML: got {got} at {at}, expected elements and text only")]
    Refused {
        /// What it is.
        got: &'static str,
        /// Where, from 0.
        at: usize,
    },
    /// An entity other than the five of XML, or a number that is no character.
    #[error("XML: got an entity at {at} that is not known, expected &lt; &gt; &amp; &quot; &apos;")]
    Entity {
        /// Where, from 0.
        at: usize,
    },
    /// A tag or a closing tag is broken or missing.
    #[error("XML is broken at byte {at}, expected tags that close each other")]
    Malformed {
        /// Where, from 0.
        at: usize,
    },
}

/// An element with what lies in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// Its text and CDATA, joined.
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the elements of a document, or of a piece of one: whatever number of roots.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Element>, XmlError> {
    let text = checked(bytes)?;
    let mut reader = Reader::from_str(text);
    // The outermost one is no element: its children are the roots.
    let mut open = vec![Element::default()];
    let mut count = 0;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let malformed = XmlError::Malformed { at };
        match reader.read_event().map_err(|_| malformed)? {
            Event::Start(start) => {
                count_up(&mut count)?;
                if open.len() > MAX_DEPTH {
                    return Err(XmlError::Depth { most: MAX_DEPTH });
                }
                open.push(element(&start, at)?);
            }
            Event::Empty(start) => {
                count_up(&mut count)?;
                let element = element(&start, at)?;
                top(&mut open, malformed)?.children.push(element);
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(malformed)?;
                top(&mut open, malformed)?.children.push(closed);
            }
            Event::Text(text) => top(&mut open, malformed)?.text.push_str(&text.into_inner()),
            Event::CData(text) => top(&mut open, malformed)?.text.push_str(&text.into_inner()),
            Event::GeneralRef(entity) => {
                let character = character(&entity.into_inner()).ok_or(XmlError::Entity { at })?;
                top(&mut open, malformed)?.text.push(character);
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) => return Err(XmlError::Refused { got: "a document type", at }),
            Event::PI(_) => return Err(XmlError::Refused { got: "an instruction", at }),
            Event::Eof => break,
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(outside), true) if outside.text.trim().is_empty() => Ok(outside.children),
        _ => Err(XmlError::Malformed { at: text.len() }),
    }
}

/// Text as it may stand in an element.
#[cfg(any(feature = "sim", test))]
pub(crate) fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
}

fn checked(bytes: &[u8]) -> Result<&str, XmlError> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(XmlError::TooLong { got: bytes.len(), most: MAX_DOCUMENT });
    }
    let forbidden = |byte: &u8| *byte < 0x20 && ![b'\t', b'\n', b'\r'].contains(byte);
    if let Some(at) = bytes.iter().position(forbidden) {
        return Err(XmlError::Character { at, got: bytes.get(at).copied().unwrap_or_default() });
    }
    std::str::from_utf8(bytes).map_err(|error| XmlError::Utf8 { at: error.valid_up_to() })
}

fn count_up(count: &mut usize) -> Result<(), XmlError> {
    *count += 1;
    if *count > MAX_ELEMENTS { Err(XmlError::Elements { most: MAX_ELEMENTS }) } else { Ok(()) }
}

fn top(open: &mut [Element], malformed: XmlError) -> Result<&mut Element, XmlError> {
    open.last_mut().ok_or(malformed)
}

fn element(start: &BytesStart<'_>, at: usize) -> Result<Element, XmlError> {
    let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
    let mut found = start.attributes();
    // The parser's own check for doubles compares each with each, which a hostile tag makes slow.
    for attribute in found.with_checks(false) {
        let attribute = attribute.map_err(|_| XmlError::Malformed { at })?;
        let key = attribute.key.as_ref().to_owned();
        let full = element.attributes.len() == MAX_ATTRIBUTES;
        if full || element.attribute(&key).is_some() {
            return Err(XmlError::Attributes { most: MAX_ATTRIBUTES });
        }
        let value = unescape(&attribute.value).ok_or(XmlError::Entity { at })?;
        element.attributes.push((key, value));
    }
    Ok(element)
}

fn unescape(text: &str) -> Option<String> {
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, rest) = piece.split_once(';')?;
        plain.push(character(entity)?);
        plain.push_str(rest);
    }
    Some(plain)
}

/// What stands between `&` and `;`.
fn character(entity: &str) -> Option<char> {
    let number = match entity {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        other => other.strip_prefix('#')?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let plain = digits.chars().all(|it| it.is_digit(radix));
    let found = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    found.filter(|it| plain && (*it >= ' ' || ['\t', '\n', '\r'].contains(it)))
}

#[cfg(test)]
mod tests;
