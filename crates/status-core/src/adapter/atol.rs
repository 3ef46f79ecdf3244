//! ATOL's answers as readings.
//!
//! No recording of a device is public, so the evidence of every value is `implementation`: it is
//! read as other programs read it. Source: docs/protocols/atol.md.

use jiff::civil::{Date, DateTime};
use kkt_atol::{
    CivilDate, CivilDateTime, DeviceType, Fault, FiscalDocument, FiscalStorage,
    FiscalStorageNumber, FiscalStorageTerm, FiscalWarnings, Mode, StateCode, StateFlags, Status,
    StatusFlags,
};

use crate::{
    evidence::Evidence,
    kkt::{
        FiscalStorageFlag, KktReading, KktReceiptState, OfdQueue, PrinterFault, Readiness, Shift,
    },
    trouble::Refusal,
};

/// 3Fh: operator, clock, paper, cover, drawer, shift, the receipt on the KKT.
///
/// A "no" is believed only of an answer that holds a date: one that is all zeros also says "no paper"
/// and "no receipt".
pub fn status(status: &Status) -> KktReading {
    let open = status.flags.contains(StatusFlags::SHIFT_OPEN);
    let whole = status.date_time.is_some();
    let receipt = KktReceiptState {
        open: status.receipt_open(),
        kind: status.receipt_state.0,
        sum: status.receipt_sum,
        number: status.receipt_number.map(u32::from),
    };
    KktReading {
        paper_present: Some(status.paper_present()).filter(|present| *present || whole),
        cover_open: Some(status.flags.contains(StatusFlags::COVER_OPEN)),
        drawer_open: Some(status.flags.contains(StatusFlags::DRAWER_OPEN)),
        receipt: Some(receipt).filter(|receipt| receipt.open || whole),
        operator: status.operator,
        // The number in 3Fh is disputed (its byte order); A4h 10h tells it beyond doubt.
        shift: Some(Shift { open, number: None }),
        model: status.model.name().map(str::to_owned),
        serial_number: status.factory_number.map(|number| number.to_string()),
        device_time: status.date_time.and_then(date_time),
        readiness: Some(readiness(status.mode)),
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

/// A4h 10h: the shift, as the fiscal storage knows it.
pub fn shift(shift: &kkt_atol::Shift) -> KktReading {
    let known = |open| Shift { open, number: Some(shift.number.into()) };
    KktReading { shift: shift.state.is_open().map(known), ..read() }
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
pub fn fiscal_storage(storage: &FiscalStorage) -> KktReading {
    let flags = FiscalStorageFlag::ALL.into_iter();
    let set = |flag: &FiscalStorageFlag| storage.warnings.contains(warning_bit(*flag));
    KktReading {
        document_open: Some(storage.current_document != FiscalDocument::NONE),
        fiscal_storage_number: Some(storage.number.clone()),
        fiscal_storage_flags: Some(flags.filter(set).collect()),
        ..read()
    }
}

/// A4h 31h: the number of the fiscal storage.
pub fn fiscal_storage_number(number: &FiscalStorageNumber) -> KktReading {
    KktReading { fiscal_storage_number: Some(number.number.clone()), ..read() }
}

/// A4h 32h: the last day of the fiscal storage.
pub fn fiscal_storage_term(term: &FiscalStorageTerm) -> KktReading {
    KktReading { fiscal_storage_valid_until: term.valid_until.and_then(date), ..read() }
}

/// An error of the device. Paper, printer and fiscal storage faults make values meaningless; the
/// others only say that the device would not answer.
pub fn refusal(fault: Fault) -> Refusal {
    let unknown = "an error that is not documented";
    Refusal {
        code: fault.code,
        name_en: fault.name_en().unwrap_or(unknown).to_owned(),
        name_ru: fault.name_ru().unwrap_or("ошибка, которой нет в описании").to_owned(),
        fault: fault.is_paper() || fault.is_printer() || fault.is_fiscal_storage(),
    }
}

fn read() -> KktReading {
    KktReading::new(Evidence::Implementation)
}

fn readiness(mode: Mode) -> Readiness {
    if mode.is_blocked() {
        Readiness::Blocked { name_en: mode.name_en(), name_ru: mode.name_ru() }
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
    use kkt_atol::command::ReadStatus;

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
    fn a_no_is_believed_only_of_an_answer_with_a_date() {
        let date = [0x26, 0x11, 0x24, 0x01, 0x56, 0x07];
        let told = |reading: KktReading| (reading.paper_present, reading.receipt.map(|r| r.open));
        assert_eq!(told(read(date, 0x00, 0)), (Some(false), Some(false)));
        assert_eq!(told(read(date, 0x08, 1)), (Some(true), Some(true)));
        assert_eq!(told(read([0; 6], 0x00, 0)), (None, None));
        assert_eq!(told(read([0; 6], 0x08, 1)), (Some(true), Some(true)));
    }
}
