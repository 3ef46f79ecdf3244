//! The errors of a Service Plus KKT.

use kkt_sp80x::Fault;

use crate::{evidence::Evidence, kkt::KktReading, trouble::Refusal};

const WRONG_FUNCTION: u8 = 0x02;
const WRONG_PARAMETER: u8 = 0x03;
const WRONG_PASSWORD: u8 = 0x06;
const PAPER_END: u8 = 0x08;
const NOT_READY: u8 = 0x09;
const SHIFT_EXPIRED: u8 = 0x0A;

/// An error of the device. `arm` has numbers whose list nobody has published, and a text of its own.
#[must_use]
pub fn refusal(fault: &Fault) -> Refusal {
    let (name_en, name_ru) = names(fault);
    let code = code(fault);
    let advice = (code == Some(WRONG_PASSWORD)).then_some((
        "the KKT speaks another dialect, perhaps: look into its papers, and correct dialect in [kkt]",
        "возможно, ККТ говорит на другом диалекте: проверьте её документы и dialect в [kkt]",
    ));
    Refusal {
        code,
        name_en,
        name_ru,
        advice_en: advice.map(|(en, _)| en.to_owned()),
        advice_ru: advice.map(|(_, ru)| ru.to_owned()),
        fault: matches!(code, Some(PAPER_END | NOT_READY)),
    }
}

/// Why a question has no answer and never will have: the device does not know it.
#[must_use]
pub fn unknown_command(fault: &Fault) -> Option<String> {
    let unknown = matches!(code(fault), Some(WRONG_FUNCTION | WRONG_PARAMETER));
    unknown.then(|| format!("this KKT does not know the command: {fault}"))
}

/// What an error tells by itself.
pub(super) fn told(fault: &Fault) -> Option<KktReading> {
    let evidence = match fault {
        Fault::Pone(_) => Evidence::Implementation,
        Fault::Arm(_) => return None,
        _ => Evidence::Documented,
    };
    let mut reading = KktReading::new(evidence);
    match code(fault)? {
        PAPER_END => reading.paper_present = Some(false),
        SHIFT_EXPIRED => reading.shift_expired = Some(true),
        _ => return None,
    }
    Some(reading)
}

fn code(fault: &Fault) -> Option<u8> {
    match fault {
        Fault::Pone(fault) => Some(fault.0),
        #[cfg(feature = "pirit")]
        Fault::Pirit(fault) => Some(fault.0),
        _ => None,
    }
}

fn names(fault: &Fault) -> (String, String) {
    let (en, ru) = match fault {
        Fault::Pone(fault) => (fault.name_en(), fault.name_ru()),
        #[cfg(feature = "pirit")]
        Fault::Pirit(fault) => (fault.name_en(), fault.name_ru()),
        // The device's own words.
        other => return (other.to_string(), other.to_string()),
    };
    let name = |name: Option<&str>, unknown: &str| name.unwrap_or(unknown).to_owned();
    (name(en, "an error that is not documented"), name(ru, "ошибка, которой нет в описании"))
}
