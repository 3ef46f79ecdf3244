//! ATOL's answers as readings.
//!
//! No recording of a device is public, so the evidence of every value is `implementation`: it is
//! read as other programs read it. Source: docs/protocols/atol.md.

use jiff::civil::{Date, DateTime};
use kkt_atol::{
    CivilDate, CivilDateTime, DeviceType, Fault, FiscalDocument, FiscalStorage,
    FiscalStorageNumber, FiscalStorageTerm, FiscalWarnings, Mode, ShiftRegister, StateCode,
    StateFlags, Status, StatusFlags,
};

use crate::{
    evidence::Evidence,
    kkt::{
        FiscalStorageFlag, FiscalStoragePhase, KktReading, KktReceiptState, OfdQueue, PrinterFault,
        Readiness, Shift,
    },
    trouble::Refusal,
};

/// 3Fh: operator, clock, paper, cover, drawer, shift, the receipt on the KKT.
///
/// A "no" is believed only of an answer that holds a date: one that is all zeros also says "no paper",
/// "no receipt", "no shift" and "not blocked".
pub fn status(status: &Status) -> KktReading {
    let open = status.flags.contains(StatusFlags::SHIFT_OPEN);
    let whole = status.date_time.is_some();
    let believed = |yes: bool| Some(yes).filter(|yes| *yes || whole);
    let receipt = KktReceiptState {
        open: status.receipt_open(),
        kind: status.receipt_state.0,
        sum: status.receipt_sum,
        number: status.receipt_number.map(u32::from),
    };
    KktReading {
        paper_present: believed(status.paper_present()),
        cover_open: believed(status.flags.contains(StatusFlags::COVER_OPEN)),
        drawer_open: believed(status.flags.contains(StatusFlags::DRAWER_OPEN)),
        receipt: Some(receipt).filter(|receipt| receipt.open || whole),
        operator: status.operator,
        // The number in 3Fh is disputed (its byte order); A4h 10h tells it beyond doubt.
        shift: believed(open).map(|open| Shift { open, number: None }),
        model: status.model.name().map(str::to_owned),
        serial_number: status.factory_number.map(|number| number.to_string()),
        device_time: status.date_time.and_then(date_time),
        readiness: Some(readiness(status.mode)).filter(|it| *it != Readiness::Ready || whole),
        ..read()
    }
}

/// 45h: printer faults and paper near its end. (It tells the paper once more; 3Fh decides.)
pub fn state_code(state: &StateCode) -> KktReading {
    let faults = PrinterFault::ALL.into_iter();
    KktReading {
        paper_near_end: Some(state.flags.contains(StateFlags::PAPER_NEAR_END)),
        printer_faults: Some(faults.filter(|f| state.flags.contains(printer_bit(*f))).collect()),
        readiness: Some(readiness(state.mode)),
        ..read()
    }
}

/// A5h: model and firmware.
pub fn device_type(device: &DeviceType) -> KktReading {
    KktReading {
        model: Some(device.model.name().map_or_else(|| device.name.clone(), str::to_owned)),
        firmware: device.firmware.map(|firmware| firmware.to_string()),
        ..read()
    }
}

/// A4h 10h: the shift, as the fiscal storage knows it. That it is closed is believed only of an answer
/// that has the number of one: all zeros also say "closed".
pub fn shift(shift: &kkt_atol::Shift) -> KktReading {
    let known = |open| Shift { open, number: Some(shift.number.into()) };
    let believed = |open: &bool| *open || shift.number != 0;
    KktReading { shift: shift.state.is_open().filter(believed).map(known), ..read() }
}

/// Register 12h: whether the shift is over 24 hours. Its time may be the last close or the expiry, so
/// it is never taken as when the shift was opened. Here, too, a "no" is believed only with a time.
pub fn shift_register(register: &ShiftRegister) -> KktReading {
    let known = |open| Shift { open, number: None };
    let believed = |yes: &bool| *yes || register.time.is_some();
    KktReading {
        shift: register.state.is_open().filter(believed).map(known),
        shift_expired: register.state.is_expired().filter(believed),
        ..read()
    }
}

/// A4h 20h: the documents that wait for the OFD.
pub fn ofd_queue(queue: &kkt_atol::OfdQueue) -> KktReading {
    let ofd = OfdQueue {
        unsent_documents: queue.unsent_documents.into(),
        first_unsent_number: queue.first_unsent_number,
        first_unsent_at: queue.first_unsent_at.and_then(date_time),
    };
    KktReading { ofd: Some(ofd), ..read() }
}

/// A4h 30h: number and warnings of the fiscal storage, and whether it has a document open.
///
/// A "no" is believed only of an answer that holds the number: one that is all zeros also says "no
/// document", "no warning" and "it is being set up".
pub fn fiscal_storage(storage: &FiscalStorage) -> KktReading {
    let flags = FiscalStorageFlag::ALL.into_iter();
    let set = |flag: &FiscalStorageFlag| storage.warnings.contains(warning_bit(*flag));
    let flags: Vec<_> = flags.filter(set).collect();
    let open = storage.current_document != FiscalDocument::NONE;
    let number = number(&storage.number);
    let whole = number.is_some();
    KktReading {
        fiscal_storage_phase: phase(storage.phase).filter(|_| whole),
        document_open: Some(open).filter(|open| *open || whole),
        fiscal_storage_number: number,
        fiscal_storage_flags: Some(flags).filter(|flags| whole || !flags.is_empty()),
        ..read()
    }
}

/// A4h 31h: the number of the fiscal storage.
pub fn fiscal_storage_number(answer: &FiscalStorageNumber) -> KktReading {
    KktReading { fiscal_storage_number: number(&answer.number), ..read() }
}

/// A4h 32h: the last day of the fiscal storage.
pub fn fiscal_storage_term(term: &FiscalStorageTerm) -> KktReading {
    KktReading { fiscal_storage_valid_until: term.valid_until.and_then(date), ..read() }
}

/// What a refusal tells by itself: an error that a shift over 24 hours causes says that it is.
/// Source: docs/protocols/atol.md section 14, 88h and F0h.
pub fn refused(fault: Fault) -> Option<KktReading> {
    let expired = [Fault::SHIFT_EXPIRED.code, Fault::FN_SHIFT_EXPIRED.code].contains(&fault.code);
    expired.then(|| KktReading { shift_expired: Some(true), ..read() })
}

/// An error of the device. Paper, printer and fiscal storage faults make values meaningless; the
/// others only say that the device would not answer.
pub fn refusal(fault: Fault) -> Refusal {
    let unknown = "an error that is not documented";
    Refusal {
        code: Some(fault.code),
        name_en: fault.name_en().unwrap_or(unknown).to_owned(),
        name_ru: fault.name_ru().unwrap_or("ошибка, которой нет в описании").to_owned(),
        advice_en: fault.advice_en().map(str::to_owned),
        advice_ru: fault.advice_ru().map(str::to_owned),
        fault: fault.is_paper() || fault.is_printer() || fault.is_fiscal_storage(),
    }
}

/// A number without a digit is none.
fn number(text: &str) -> Option<String> {
    text.bytes().any(|byte| byte.is_ascii_digit()).then(|| text.to_owned())
}

/// A phase that is not documented says nothing.
fn phase(phase: kkt_atol::FiscalPhase) -> Option<FiscalStoragePhase> {
    Some(match phase {
        kkt_atol::FiscalPhase::SETUP => FiscalStoragePhase::Setup,
        kkt_atol::FiscalPhase::READY => FiscalStoragePhase::Ready,
        kkt_atol::FiscalPhase::FISCAL => FiscalStoragePhase::Fiscal,
        kkt_atol::FiscalPhase::POST_FISCAL => FiscalStoragePhase::PostFiscal,
        kkt_atol::FiscalPhase::ARCHIVE => FiscalStoragePhase::Archive,
        _ => return None,
    })
}

fn read() -> KktReading {
    KktReading::new(Evidence::Implementation)
}

fn readiness(mode: Mode) -> Readiness {
    if mode.is_blocked() {
        let told = |name: String, advice: Option<&str>| match advice {
            Some(advice) => format!("{name}; {advice}"),
            None => name,
        };
        Readiness::Blocked {
            name_en: told(mode.name_en(), mode.advice_en()),
            name_ru: told(mode.name_ru(), mode.advice_ru()),
        }
    } else {
        Readiness::Ready
    }
}

/// The bit of 45h that tells this fault.
pub fn printer_bit(fault: PrinterFault) -> StateFlags {
    match fault {
        PrinterFault::ConnectionLost => StateFlags::NO_PRINTER_LINK,
        PrinterFault::MechanicalError => StateFlags::PRINTER_ERROR,
        PrinterFault::CutterError => StateFlags::CUTTER_ERROR,
        PrinterFault::Overheated => StateFlags::OVERHEATED,
        PrinterFault::PaperJam => StateFlags::PAPER_JAM,
        PrinterFault::PresenterError => StateFlags::PRESENTER_ERROR,
    }
}

/// The bit of A4h 30h that tells this warning.
pub fn warning_bit(flag: FiscalStorageFlag) -> FiscalWarnings {
    match flag {
        FiscalStorageFlag::NeedReplacement => FiscalWarnings::REPLACE_NOW,
        FiscalStorageFlag::ResourceExhausted => FiscalWarnings::RESOURCE_ENDS,
        FiscalStorageFlag::MemoryOverflow => FiscalWarnings::MEMORY_FULL,
        FiscalStorageFlag::OfdTimeout => FiscalWarnings::OFD_OVERDUE,
        FiscalStorageFlag::CriticalError => FiscalWarnings::CRITICAL_ERROR,
    }
}

fn date_time(at: CivilDateTime) -> Option<DateTime> {
    let [month, day, hour, minute, second] =
        [at.month, at.day, at.hour, at.minute, at.second].map(i8::try_from);
    let year = i16::try_from(at.year).ok()?;
    DateTime::new(year, month.ok()?, day.ok()?, hour.ok()?, minute.ok()?, second.ok()?, 0).ok()
}

fn date(at: CivilDate) -> Option<Date> {
    let (month, day) = (i8::try_from(at.month).ok()?, i8::try_from(at.day).ok()?);
    Date::new(i16::try_from(at.year).ok()?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkt_atol::Command;
    use kkt_atol::command::{ReadFiscalStorage, ReadShift, ReadShiftRegister, ReadStatus};

    /// An answer to 3Fh with this date, flags and receipt state, and zeros else.
    fn read(date: [u8; 6], flags: u8, receipt: u8) -> KktReading {
        let mut answer = vec![0x44, 0x30, 0x01];
        answer.extend(date);
        answer.push(flags);
        answer.extend([0; 12]);
        answer.push(receipt);
        answer.extend([0; 7]);
        assert_eq!(answer.len(), 30);
        status(&ReadStatus.decode(&answer).unwrap())
    }

    #[test]
    fn the_register_tells_an_expired_shift_and_no_opening() {
        #[track_caller]
        fn check(state: u8, time: [u8; 6], open: Option<bool>, expired: Option<bool>) {
            let answer = [&[0x55, 0x00, state][..], &time].concat();
            let reading = shift_register(&ReadShiftRegister.decode(&answer).unwrap());
            assert_eq!(reading.shift.map(|shift| shift.open), open);
            assert_eq!((reading.shift_expired, reading.shift_opened_at), (expired, None));
        }
        let time = [0x25, 0x11, 0x26, 0x01, 0x56, 0x07];
        check(0, time, Some(false), Some(false));
        check(1, time, Some(true), Some(false));
        check(2, time, Some(true), Some(true));
        check(3, time, None, None);
        check(0, [0; 6], None, None);
        check(2, [0; 6], Some(true), Some(true));
    }

    #[test]
    fn an_error_of_an_expired_shift_tells_that_it_is() {
        let told = |code| refused(Fault::new(code)).map(|reading| reading.shift_expired);
        assert_eq!(told(0x88), Some(Some(true)));
        assert_eq!(told(0xF0), Some(Some(true)));
        assert_eq!(told(0x8C), None);
    }

    #[test]
    fn a_blocked_kkt_says_why_and_what_to_do() {
        let blocked = |mode| match readiness(Mode(mode)) {
            Readiness::Blocked { name_en, .. } => Some(name_en),
            Readiness::Ready => None,
        };
        assert_eq!(
            blocked(0xD7).as_deref(),
            Some(
                "the device cannot work: blocked by an FN error; call the service: the fiscal storage has an error"
            )
        );
        assert_eq!(blocked(0xF7).as_deref(), Some("the device cannot work: submode 15"));
        assert_eq!(blocked(0x71), None);
    }

    #[test]
    fn zeros_tell_no_phase_of_the_fiscal_storage() {
        let phase = |answer: [u8; 32]| {
            fiscal_storage(&ReadFiscalStorage.decode(&answer).unwrap()).fiscal_storage_phase
        };
        let mut answer = [0; 32];
        answer[0] = 0x55;
        assert_eq!(phase(answer), None);
        answer[12..28].copy_from_slice(b"9999078900012345");
        assert_eq!(phase(answer), Some(FiscalStoragePhase::Setup));
        answer[2] = 15;
        assert_eq!(phase(answer), Some(FiscalStoragePhase::Archive));
        answer[2] = 9;
        assert_eq!(phase(answer), None, "not documented");
    }

    #[test]
    fn zeros_tell_no_document_no_warning_and_no_number() {
        let told = |answer: [u8; 32]| {
            let reading = fiscal_storage(&ReadFiscalStorage.decode(&answer).unwrap());
            let flags = reading.fiscal_storage_flags.map(|flags| flags.len());
            (reading.document_open, flags, reading.fiscal_storage_number.is_some())
        };
        let mut answer = [0; 32];
        answer[0] = 0x55;
        assert_eq!(told(answer), (None, None, false));
        (answer[3], answer[6]) = (4, 0x08);
        assert_eq!(told(answer), (Some(true), Some(1), false));
        answer[12..28].copy_from_slice(b"9999078900012345");
        assert_eq!(told(answer), (Some(true), Some(1), true));
        (answer[3], answer[6]) = (0, 0);
        assert_eq!(told(answer), (Some(false), Some(0), true));
    }

    #[test]
    fn zeros_tell_no_closed_shift() {
        let told = |answer: [u8; 7]| {
            let shift = shift(&ReadShift.decode(&answer).unwrap()).shift;
            shift.map(|shift| (shift.open, shift.number))
        };
        assert_eq!(told([0x55, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(told([0x55, 0, 1, 0, 0, 0, 0]), Some((true, Some(0))));
        assert_eq!(told([0x55, 0, 0, 17, 0, 0, 0]), Some((false, Some(17))));
    }

    #[test]
    fn a_kkt_is_ready_only_in_an_answer_with_a_date() {
        let date = [0x26, 0x11, 0x24, 0x01, 0x56, 0x07];
        assert_eq!(read(date, 0x00, 0).readiness, Some(Readiness::Ready));
        assert_eq!(read([0; 6], 0x00, 0).readiness, None);
    }

    #[test]
    fn a_no_is_believed_only_of_an_answer_with_a_date() {
        let date = [0x26, 0x11, 0x24, 0x01, 0x56, 0x07];
        let told = |reading: KktReading| (reading.paper_present, reading.receipt.map(|r| r.open));
        let doors = |reading: KktReading| {
            (reading.cover_open, reading.drawer_open, reading.shift.map(|shift| shift.open))
        };
        assert_eq!(doors(read(date, 0x00, 0)), (Some(false), Some(false), Some(false)));
        assert_eq!(doors(read([0; 6], 0x00, 0)), (None, None, None));
        assert_eq!(doors(read([0; 6], 0x26, 0)), (Some(true), Some(true), Some(true)));
        assert_eq!(told(read(date, 0x00, 0)), (Some(false), Some(false)));
        assert_eq!(told(read(date, 0x08, 1)), (Some(true), Some(true)));
        assert_eq!(told(read([0; 6], 0x00, 0)), (None, None));
        assert_eq!(told(read([0; 6], 0x08, 1)), (Some(true), Some(true)));
    }
}
