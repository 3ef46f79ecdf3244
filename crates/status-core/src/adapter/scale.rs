//! A scale's answers as readings.

use scale_proto::{Fault, FaultKind, Reading};

use crate::{
    evidence::Evidence,
    scale::{ScaleFault, ScaleOutcome, ScaleReading, ScaleWeight},
    trouble::Refusal,
};

/// A weight, or a fault in place of one.
pub fn reading(reading: &Reading) -> ScaleReading {
    let outcome = match reading {
        Reading::Weight(weight) => ScaleOutcome::Weight(ScaleWeight {
            milligrams: weight.milligrams(),
            decimals: weight.kilogram_decimals(),
            tare_milligrams: weight.tare_milligrams(),
            stable: weight.stable,
            zero: weight.zero,
            net: weight.net,
        }),
        Reading::Fault(fault) => ScaleOutcome::Fault(self::fault(fault)),
    };
    ScaleReading { evidence: Evidence::Device, outcome }
}

/// The scale understood and refused: no fault of it, but no weight either.
pub fn refusal(reading: &Reading) -> Option<Refusal> {
    let Reading::Fault(Fault { kind, code, name_en, name_ru }) = reading else { return None };
    let refused = matches!(kind, FaultKind::Refused | FaultKind::WrongPassword);
    let code = code.filter(|_| refused)?;
    let (name_en, name_ru) = ((*name_en).to_owned(), (*name_ru).to_owned());
    Some(Refusal {
        code: Some(code),
        name_en,
        name_ru,
        advice_en: None,
        advice_ru: None,
        fault: false,
    })
}

fn fault(fault: &Fault) -> ScaleFault {
    match fault.kind {
        FaultKind::Overload => ScaleFault::Overload,
        FaultKind::Underload => ScaleFault::Underload,
        _ => {
            let code = fault.code.map(|code| format!("error {code:02X}h, ")).unwrap_or_default();
            let Fault { name_en, name_ru, .. } = fault;
            ScaleFault::Other(format!("the scale shows no weight: {code}{name_en} ({name_ru})"))
        }
    }
}
