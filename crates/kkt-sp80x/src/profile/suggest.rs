//! From two answers to an entry: what differs between them when one thing was changed at the device.

use super::{Entry, Evidence, Place, Query, Read, Shape, Value};
use crate::dialect::DialectName;

/// A thing that a person changes at a device between two answers, to find where it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Change {
    /// The paper was taken out.
    PaperOut,
    /// A roll that is near its end was put in.
    PaperNearEnd,
    /// The cover was opened.
    CoverOpened,
    /// The drawer was opened.
    DrawerOpened,
    /// A receipt was opened.
    ReceiptOpened,
    /// The shift was opened.
    ShiftOpened,
    /// A document waits for the OFD, and none did before.
    DocumentWaits,
}

impl Change {
    /// Every change.
    pub const ALL: &'static [Self] = &[
        Self::PaperOut,
        Self::PaperNearEnd,
        Self::CoverOpened,
        Self::DrawerOpened,
        Self::ReceiptOpened,
        Self::ShiftOpened,
        Self::DocumentWaits,
    ];

    /// What was done, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PaperOut => "the paper taken out",
            Self::PaperNearEnd => "a roll near its end put in",
            Self::CoverOpened => "the cover opened",
            Self::DrawerOpened => "the drawer opened",
            Self::ReceiptOpened => "a receipt opened",
            Self::ShiftOpened => "the shift opened",
            Self::DocumentWaits => "a document waiting for the OFD, none before",
        }
    }

    /// The values that it changes; of a flag, what it was before.
    fn values(self) -> &'static [(Value, bool)] {
        match self {
            Self::PaperOut => &[(Value::PaperPresent, true)],
            Self::PaperNearEnd => &[(Value::PaperNearEnd, false)],
            Self::CoverOpened => &[(Value::CoverOpen, false)],
            Self::DrawerOpened => &[(Value::DrawerOpen, false)],
            Self::ReceiptOpened => &[(Value::DocumentOpen, false)],
            Self::ShiftOpened => &[(Value::ShiftOpen, false)],
            Self::DocumentWaits => {
                &[(Value::UnsentDocuments, false), (Value::FirstUnsentAt, false)]
            }
        }
    }
}

/// The entry that such a difference would be, if this is where the thing is told; `None`: it cannot be.
///
/// The evidence is `device`: two answers of one were compared. A text of one bit of a number becomes
/// that bit, but in `pone`, where numbers of more than one digit may be hexadecimal; other texts
/// become the two texts, and a third one is unknown.
#[must_use]
pub fn suggest(change: Change, query: Query, place: &Place, old: &str, new: &str) -> Option<Entry> {
    let (old, new) = (old.trim(), new.trim());
    let dialect = query.dialect();
    change.values().iter().find_map(|(value, before)| {
        let (read, inverted) = match value.shape() {
            Shape::Flag => flag(dialect, *before, old, new)?,
            // Nothing waited, now something does.
            Shape::Integer => match (number(old), number(new)) {
                (Some(0), Some(1..)) => (Read::Integer, false),
                _ => return None,
            },
            Shape::DateTime => {
                let path = matches!(place, Place::Path(_));
                let time = path && crate::CivilDateTime::from_arm(new).is_some();
                time.then_some((Read::DateTime, false))?
            }
            Shape::Text => return None,
        };
        let entry = Entry::new(*value, query, place.clone(), read, Evidence::Device).ok()?;
        let entry = if inverted { entry.inverted() } else { entry };
        Some(entry.with_note(change.name()))
    })
}

/// How a flag that was `before` at first is read, and whether that means its opposite.
fn flag(dialect: DialectName, before: bool, old: &str, new: &str) -> Option<(Read, bool)> {
    if old == new || old.is_empty() || new.is_empty() {
        return None;
    }
    let decimal = dialect != DialectName::Pone || old.len() == 1 && new.len() == 1;
    let masks = dialect != DialectName::Arm && decimal;
    let numbers =
        number(old).zip(number(new)).filter(|(old, new)| masks && (old ^ new).is_power_of_two());
    if let Some((old, new)) = numbers {
        let at = u8::try_from((old ^ new).trailing_zeros()).ok()?;
        let set = old & (old ^ new) != 0;
        return Some((Read::Bit(at), set != before));
    }
    let (yes, no) = if before { (old, new) } else { (new, old) };
    Some((Read::Either { yes: yes.to_owned(), no: no.to_owned() }, false))
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
