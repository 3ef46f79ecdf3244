//! What is likely behind a port, by the USB ids that the protocol pages name.

use till_port::KnownPort;
use till_status::config::KKT_USB;

/// A scale with the protocol POS2 shows itself as a CDC-ACM port of this vendor. One source; the
/// vendor makes chips that are in other things, too.
const POS2_VENDOR: u16 = 0x1FC9;

/// What is likely behind a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likely {
    /// The port of an ATOL KKT that takes commands: the one with the least interface number.
    ///
    /// Source: docs/protocols/atol.md, section 1, for the id and for the two ports. Which of them
    /// carries the documents no source says; that it is the second one is assumed.
    AtolCommands,
    /// The port of an ATOL KKT that carries the documents to the OFD.
    AtolOfd,
    /// A port of an ATOL KKT, which of the two is not clear.
    Atol,
    /// A scale that speaks POS2.
    Pos2Scale,
}

impl Likely {
    /// `None` where the id says nothing, as that of an adapter.
    pub(super) fn of(port: &KnownPort) -> Option<Self> {
        let usb = port.usb.as_ref()?;
        let identity = &usb.identity;
        if (identity.vendor, identity.product) == KKT_USB {
            return Some(match usb.interfaces.as_slice() {
                [first, second] if identity.interface == *first && first != second => {
                    Self::AtolCommands
                }
                [first, _, ..] if identity.interface != *first => Self::AtolOfd,
                _ => Self::Atol,
            });
        }
        (identity.vendor == POS2_VENDOR).then_some(Self::Pos2Scale)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AtolCommands => "atol-kkt",
            Self::AtolOfd => "atol-kkt-ofd",
            Self::Atol => "atol-kkt-unclear",
            Self::Pos2Scale => "pos2-scale",
        }
    }

    /// Must it stay closed?
    pub(super) fn is_never(self) -> bool {
        matches!(self, Self::AtolOfd | Self::Atol)
    }

    pub(super) fn note(self) -> &'static str {
        match self {
            Self::AtolCommands => {
                "ATOL KKT, commands (that its first port takes them is assumed, no source says it)"
            }
            Self::AtolOfd => "ATOL KKT, documents to the OFD: never open it",
            Self::Atol => {
                "ATOL KKT, but it should have two ports, and which one this is is not clear: never \
                 open it; plug it in again and scan anew"
            }
            Self::Pos2Scale => {
                "perhaps a scale that speaks POS2 (by the vendor id of its chip, one source)"
            }
        }
    }
}
