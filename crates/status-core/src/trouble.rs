//! What a device's thread reports instead of a value.

/// Why no good answer came. The text is one English sentence for a shop technician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The port cannot be opened, or it is gone.
    CannotOpen(String),
    /// Asked, and nothing came.
    Silent(String),
    /// Bytes came that are no answer.
    Garbage(String),
    /// Another program holds the device.
    Busy(String),
    /// Anything else that kept us from asking or reading.
    Failed(String),
}

impl Trouble {
    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::CannotOpen(text)
            | Self::Silent(text)
            | Self::Garbage(text)
            | Self::Busy(text)
            | Self::Failed(text) => text,
        }
    }

    pub(crate) fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The device answered, with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The device's own error code; `None` where errors have no code that is known.
    pub code: Option<u8>,
    /// Its meaning in English.
    pub name_en: String,
    /// Its meaning in Russian.
    pub name_ru: String,
    /// What a technician does about it, in English, without a final stop.
    pub advice_en: Option<String>,
    /// The same in Russian.
    pub advice_ru: Option<String>,
    /// A paper, printer, storage or scale fault: the answer is `device-fault`, not `refused`.
    pub fault: bool,
}

impl Refusal {
    /// The code and its meaning in both languages, and what to do:
    /// `error 67h: no paper (нет бумаги), put in a new roll (вставьте новый рулон)`. A text that is
    /// the device's own stands there once.
    pub fn text(&self) -> String {
        let code = self.code.map(|code| format!(" {code:02X}h")).unwrap_or_default();
        let text = if self.name_en == self.name_ru {
            format!("error{code}: {}", self.name_en)
        } else {
            format!("error{code}: {} ({})", self.name_en, self.name_ru)
        };
        match (&self.advice_en, &self.advice_ru) {
            (Some(en), Some(ru)) => format!("{text}, {en} ({ru})"),
            (Some(advice), None) | (None, Some(advice)) => format!("{text}, {advice}"),
            (None, None) => text,
        }
    }
}
