//! One thing done with the slots of a value, whichever they are.

use super::{super::clock::SetBack, KktState};
use crate::{kkt::KktValue, slot::Slot, time::Moment, trouble::Refusal};

impl KktState {
    /// The till's clock was set back.
    pub(in super::super) fn set_back(&mut self, value: KktValue, back: &SetBack) {
        self.each(value, &mut Back(back));
    }

    /// The slots of one value. The one place that knows which they are.
    pub(super) fn each(&mut self, value: KktValue, act: &mut impl Act) {
        match value {
            KktValue::Paper => act.on(&mut self.paper_present),
            KktValue::PaperNearEnd => act.on(&mut self.paper_near_end),
            KktValue::Cover => act.on(&mut self.cover_open),
            KktValue::Drawer => act.on(&mut self.drawer_open),
            KktValue::PrinterFaults => act.on(&mut self.printer_faults),
            KktValue::Ofd => {
                act.on(&mut self.unsent_documents);
                act.on(&mut self.first_unsent);
            }
            KktValue::Receipt => act.on(&mut self.receipt),
            KktValue::DocumentOpen => act.on(&mut self.document_open),
            KktValue::Operator => act.on(&mut self.operator),
            KktValue::Shift => act.on(&mut self.shift),
            KktValue::ShiftExpired => act.on(&mut self.shift_expired),
            KktValue::ShiftOpenedAt => act.on(&mut self.shift_opened_at),
            KktValue::FiscalStorageNumber => act.on(&mut self.fiscal_storage_number),
            KktValue::FiscalStoragePhase => act.on(&mut self.fiscal_storage_phase),
            KktValue::FiscalStorageFlags => act.on(&mut self.fiscal_storage_flags),
            KktValue::FiscalStorageValidUntil => act.on(&mut self.fiscal_storage_valid_until),
            KktValue::Model => act.on(&mut self.model),
            KktValue::SerialNumber => act.on(&mut self.serial_number),
            KktValue::Firmware => act.on(&mut self.firmware),
            KktValue::DeviceTime => act.on(&mut self.device_time),
            KktValue::Readiness => act.on(&mut self.readiness),
            KktValue::UnsentNotifications => act.on(&mut self.unsent_notifications),
        }
    }
}

/// Something to do with a slot, whatever it holds.
pub(super) trait Act {
    fn on<T>(&mut self, slot: &mut Slot<T>);
}

pub(super) struct Refuse<'a>(pub(super) &'a Refusal, pub(super) Moment);
pub(super) struct Unclear<'a>(pub(super) &'a str);
pub(super) struct OtherForm<'a>(pub(super) &'a str);
pub(super) struct Unsupported<'a>(pub(super) &'a str);

struct Back<'a>(&'a SetBack);

impl Act for Back<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_back(self.0);
    }
}

impl Act for Refuse<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.refuse(self.0.clone(), self.1);
    }
}

impl Act for Unclear<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_unclear(self.0);
    }
}

impl Act for OtherForm<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_other_form(self.0);
    }
}

impl Act for Unsupported<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_unsupported(self.0);
    }
}
