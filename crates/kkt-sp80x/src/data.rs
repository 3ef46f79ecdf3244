//! The data of an `arm` answer: `<pa n="NAME" t="TYPE">value</pa>`, nested.
//!
//! The same name may stand in several places, so a value is addressed by its whole path. A value is
//! read when it is asked for: one that cannot be read takes none of the others along.
//!
//! Source: docs/protocols/sp80x.md section 6.3; types 4, 5, 7 two sources, the others one.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::DecodeError;
use crate::value::{CivilDateTime, Kopecks};
use crate::xml::{self, Element};

/// The type of a value, as `t` says it. An unknown one is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Kind(pub u8);

impl Kind {
    /// A text.
    pub const TEXT: Self = Self(1);
    /// Roubles with two decimals.
    pub const MONEY: Self = Self(2);
    /// A quantity or weight with three decimals.
    pub const QUANTITY: Self = Self(3);
    /// An unsigned number of 32 bits.
    pub const UNSIGNED: Self = Self(4);
    /// A date and time, `YYYY-MM-DD HH:MM:SS`.
    pub const DATE_TIME: Self = Self(5);
    /// Elements of one kind, each with the same name as the array.
    pub const ARRAY: Self = Self(6);
    /// Any elements.
    pub const STRUCTURE: Self = Self(7);
}

/// An element of the data.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Node {
    /// The name that `n` gives; for an element that is not a `pa`, its own.
    pub name: String,
    /// The type; `None` for an element that is not a `pa`, and for a `t` that is no number.
    pub kind: Option<Kind>,
    /// The text, as it came.
    pub text: String,
    /// What lies in it.
    pub children: Vec<Self>,
}

/// The value of an element by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// [`Kind::TEXT`], and elements of other or no types that hold nothing but text.
    Text(&'a str),
    /// [`Kind::MONEY`]
    Money(Kopecks),
    /// [`Kind::QUANTITY`] in thousandths.
    Quantity(i64),
    /// [`Kind::UNSIGNED`]
    Unsigned(u32),
    /// [`Kind::DATE_TIME`]
    DateTime(CivilDateTime),
    /// [`Kind::ARRAY`], [`Kind::STRUCTURE`], and other elements with elements in them.
    Nodes(&'a [Node]),
}

impl Node {
    /// The value by its type.
    ///
    /// # Errors
    /// [`DecodeError::Value`] when the text is no value of that type.
    pub fn value(&self) -> Result<Value<'_>, DecodeError> {
        match self.kind {
            Some(Kind::MONEY) => self.money().map(Value::Money),
            Some(Kind::QUANTITY) => self.quantity().map(Value::Quantity),
            Some(Kind::UNSIGNED) => self.unsigned().map(Value::Unsigned),
            Some(Kind::DATE_TIME) => self.date_time().map(Value::DateTime),
            Some(Kind::ARRAY | Kind::STRUCTURE) => Ok(Value::Nodes(&self.children)),
            _ if self.children.is_empty() => Ok(Value::Text(&self.text)),
            _ => Ok(Value::Nodes(&self.children)),
        }
    }

    /// The text as a number of 32 bits, whatever the type says.
    ///
    /// # Errors
    /// [`DecodeError::Value`]; an empty text is no 0 here.
    pub fn unsigned(&self) -> Result<u32, DecodeError> {
        let text = self.text.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.ok_or_else(|| self.wrong("a number from 0 to 4294967295"))
    }

    /// The text as a sum in roubles, whatever the type says.
    ///
    /// # Errors
    /// [`DecodeError::Value`]
    pub fn money(&self) -> Result<Kopecks, DecodeError> {
        let sum = Kopecks::from_roubles(self.text.trim());
        sum.ok_or_else(|| self.wrong("roubles with two decimals"))
    }

    /// The text as a date and time, whatever the type says.
    ///
    /// # Errors
    /// [`DecodeError::Value`]
    pub fn date_time(&self) -> Result<CivilDateTime, DecodeError> {
        let time = CivilDateTime::from_arm(self.text.trim());
        time.ok_or_else(|| self.wrong("YYYY-MM-DD HH:MM:SS"))
    }

    fn quantity(&self) -> Result<i64, DecodeError> {
        let text = self.text.trim();
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let shaped = !digits.is_empty() && plain(digits) && plain(places) && places.len() <= 3;
        let thousandths = shaped.then(|| format!("{whole}{places:0<3}").parse().ok()).flatten();
        thousandths.ok_or_else(|| self.wrong("a number with three decimals"))
    }

    fn wrong(&self, expected: &'static str) -> DecodeError {
        DecodeError::Value { field: "value of an element", got: self.shown(), expected }
    }

    /// Name and text, short enough for a log.
    fn shown(&self) -> String {
        let text: String = self.text.chars().take(60).collect();
        format!("{}={text}", self.name)
    }

    fn from_element(element: Element) -> Self {
        let name = element.attribute("n").map(str::to_owned);
        let pa = element.name == "pa";
        Self {
            kind: element.attribute("t").filter(|_| pa).and_then(|t| t.parse().ok()).map(Kind),
            name: name.filter(|_| pa).unwrap_or(element.name),
            text: element.text,
            children: element.children.into_iter().map(Self::from_element).collect(),
        }
    }
}

/// `ShiftState:4="0"`, `200000:7{…}`.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(Kind(kind)) = self.kind {
            write!(f, ":{kind}")?;
        }
        if !self.text.trim().is_empty() || self.children.is_empty() {
            write!(f, "={:?}", self.text)?;
        }
        if self.children.is_empty() {
            return Ok(());
        }
        f.debug_set().entries(&self.children).finish()
    }
}

/// The data of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Data {
    /// The outermost elements: one, in all answers that were seen.
    pub roots: Vec<Node>,
}

impl Data {
    /// Reads the text of `ResponseData` or `RequestData`: elements, or nothing; the CDATA around
    /// them may itself be text, as one client's is.
    pub(crate) fn parse(text: &str) -> Result<Self, DecodeError> {
        let text = text.trim();
        let inner = text.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"));
        let roots = xml::parse(inner.unwrap_or(text).as_bytes())?;
        Ok(Self { roots: roots.into_iter().map(Node::from_element).collect() })
    }

    /// The element at a whole path of names, the root's included; `*` stands for any name.
    ///
    /// # Errors
    /// [`DecodeError::Ambiguous`] when there are several.
    pub fn at<S: AsRef<str>>(&self, path: &[S]) -> Result<Option<&Node>, DecodeError> {
        one(walk(&self.roots, path), path)
    }

    /// The element at a path below any root, or at the top: what the roots of most answers are
    /// called is not known.
    ///
    /// # Errors
    /// [`DecodeError::Ambiguous`] when there are several.
    pub fn field(&self, path: &[&str]) -> Result<Option<&Node>, DecodeError> {
        let below = self.roots.iter().flat_map(|root| walk(&root.children, path));
        one(walk(&self.roots, path).into_iter().chain(below).collect(), path)
    }

    /// Every element without elements in it, with its path: `200000/ShiftState`. The second and
    /// later ones of a name carry their number: `1059/1059[2]`.
    #[must_use]
    pub fn leaves(&self) -> Vec<(String, &Node)> {
        let mut leaves = Vec::new();
        collect(&self.roots, "", &mut leaves);
        leaves
    }
}

fn walk<'a, S: AsRef<str>>(nodes: &'a [Node], path: &[S]) -> Vec<&'a Node> {
    let Some((name, rest)) = path.split_first() else { return Vec::new() };
    let name = name.as_ref();
    let here = nodes.iter().filter(|node| name == "*" || node.name == name);
    if rest.is_empty() {
        return here.collect();
    }
    here.flat_map(|node| walk(&node.children, rest)).collect()
}

fn one<'a, S: AsRef<str>>(
    found: Vec<&'a Node>,
    path: &[S],
) -> Result<Option<&'a Node>, DecodeError> {
    match found.as_slice() {
        [] => Ok(None),
        [node] => Ok(Some(node)),
        _ => {
            let names: Vec<_> = path.iter().map(AsRef::as_ref).collect();
            Err(DecodeError::Ambiguous { path: names.join("/") })
        }
    }
}

fn collect<'a>(nodes: &'a [Node], above: &str, leaves: &mut Vec<(String, &'a Node)>) {
    let mut seen = BTreeMap::<&str, usize>::new();
    for node in nodes {
        let number = seen.entry(&node.name).and_modify(|count| *count += 1).or_insert(1);
        let slash = if above.is_empty() { "" } else { "/" };
        let mut path = format!("{above}{slash}{}", node.name);
        if *number > 1 {
            path.push_str(&format!("[{number}]"));
        }
        if node.children.is_empty() {
            leaves.push((path, node));
        } else {
            collect(&node.children, &path, leaves);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(xml: &str) -> Data {
        Data::parse(xml).unwrap()
    }

    const COUNTERS: &str = "<pa n=\"200000\" t=\"7\"><pa n=\"CashSumm\" t=\"2\">10.50</pa>\
        <pa n=\"1129\" t=\"7\"><pa n=\"1136\" t=\"2\">1.00</pa></pa>\
        <pa n=\"1130\" t=\"7\"><pa n=\"1136\" t=\"2\">2.00</pa></pa></pa>";

    #[test]
    fn a_name_under_two_structures_is_told_apart_by_its_path() {
        let data = data(COUNTERS);
        let sum = |path: &[&str]| data.field(path).unwrap().unwrap().money().unwrap();
        assert_eq!(sum(&["1129", "1136"]), Kopecks(100));
        assert_eq!(sum(&["1130", "1136"]), Kopecks(200));
        assert_eq!(sum(&["200000", "CashSumm"]), Kopecks(1050));
        assert_eq!(data.field(&["1136"]), Ok(None));
        assert_eq!(data.at(&["1129", "1136"]), Ok(None), "at wants the whole path");
        assert!(data.at(&["200000", "1129", "1136"]).unwrap().is_some());
    }

    #[test]
    fn two_values_at_one_path_are_no_value() {
        let twice =
            data("<pa n=\"a\" t=\"7\"><pa n=\"b\" t=\"4\">1</pa><pa n=\"b\" t=\"4\">2</pa></pa>");
        let error = twice.field(&["b"]).unwrap_err();
        assert_eq!(error.to_string(), "b stands more than once in the message, expected one");
        let names: Vec<_> = twice.leaves().into_iter().map(|(path, _)| path).collect();
        assert_eq!(names, ["a/b", "a/b[2]"]);
    }

    #[test]
    fn values_by_type() {
        let data = data(
            "<pa n=\"r\" t=\"7\"><pa n=\"1\" t=\"1\">текст</pa><pa n=\"2\" t=\"2\">5.00</pa>\
             <pa n=\"3\" t=\"3\">1.250</pa><pa n=\"4\" t=\"4\">4294967295</pa>\
             <pa n=\"5\" t=\"5\">2026-09-15 19:30:03</pa><pa n=\"6\" t=\"6\"><pa n=\"6\" t=\"4\">1</pa></pa>\
             <pa n=\"9\" t=\"9\">?</pa><ExpirationDate>01.02.2028</ExpirationDate></pa>",
        );
        let value = |name| data.field(&[name]).unwrap().unwrap().value().unwrap();
        assert_eq!(value("1"), Value::Text("текст"));
        assert_eq!(value("2"), Value::Money(Kopecks(500)));
        assert_eq!(value("3"), Value::Quantity(1250));
        assert_eq!(value("4"), Value::Unsigned(u32::MAX));
        assert!(matches!(value("5"), Value::DateTime(_)));
        assert!(matches!(value("6"), Value::Nodes([one]) if one.name == "6"));
        assert_eq!(value("9"), Value::Text("?"), "an unknown type is a text");
        assert_eq!(value("ExpirationDate"), Value::Text("01.02.2028"), "no pa, and kept");
    }

    #[test]
    fn a_text_that_is_no_value_of_its_type_is_an_error_and_never_zero() {
        for (kind, text) in
            [(4, ""), (4, "-1"), (4, "4294967296"), (4, "+1"), (2, "1,5"), (3, "1.2345"), (5, "")]
        {
            let data = data(&format!("<pa n=\"x\" t=\"{kind}\">{text}</pa>"));
            let error = data.field(&["x"]).unwrap().unwrap().value().unwrap_err();
            assert!(error.to_string().contains(&format!("x={text}")), "{error}");
        }
    }

    #[test]
    fn empty_and_escaped() {
        assert_eq!(data(" \n"), Data::default());
        assert_eq!(data("<![CDATA[]]>"), Data::default());
        assert_eq!(data(&format!("<![CDATA[{COUNTERS}]]>")), data(COUNTERS));
    }
}
