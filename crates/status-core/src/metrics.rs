//! What is known about one till, as metrics for Prometheus. The names are those of docs/metrics.md.
//!
//! What the document does not know is absent, and so is what the seven do not answer: an old value
//! disappears, it is never repeated. How a device fares has a metric of its own.

mod exposition;

use jiff::tz::TimeZone;
use serde::Serialize;

pub use exposition::{Exposition, Family, Format, Kind};

use crate::{
    answer::{Answer, Value, answer},
    condition::DeviceState,
    document::{
        Document, Door, Kkt, Receipt, ReceiptState, Scale, ShiftState, Stamp, VisionState, document,
    },
    endpoint::Endpoint,
    event::Paper,
    kkt::{FiscalStorageFlag, PrinterFault},
    problem::{Language, Overall, Severity},
    snapshot::Snapshot,
    time::Moment,
};

use Kind::{Gauge, Info};

/// Writes everything about one till at `now`. `zone` is also that of the KKT's clock.
pub fn metrics(snapshot: &Snapshot, now: Moment, zone: &TimeZone, out: &mut Exposition) {
    let document = document(snapshot, now, zone, Language::En);
    let answer = |endpoint| answer(endpoint, snapshot, now);
    till(&document, out);
    devices(&document, out);
    // The same that the seven say: what is only assumed is not served.
    if !matches!(answer(Endpoint::LastReceiptTime), Answer::Unknown(why) if why.reason.http_status() == 501)
    {
        receipt(&document.receipt, out);
    }
    let signed_in = yes_or_no(&answer(Endpoint::UserRoleId));
    out.family(Gauge, "till_user_signed_in", "Somebody is signed in at the till.")
        .maybe(&[], signed_in);
    let paper = yes_or_no(&answer(Endpoint::Paper));
    out.family(
        Gauge,
        "till_paper_present",
        "There is receipt paper in the KKT; near its end counts as present.",
    )
    .maybe(&[], paper);
    let near_end = document.kkt.paper.filter(|_| paper.is_some());
    let near_end = near_end.map(|paper| flag(paper == Paper::NearEnd));
    out.family(Gauge, "till_paper_near_end", "The receipt paper is near its end.")
        .maybe(&[], near_end);
    kkt(&document.kkt, zone, out);
    ofd(&answer(Endpoint::Ofd), &document, out);
    scale(&answer(Endpoint::Weight), &document.scale, out);
    let vision = yes_or_no(&answer(Endpoint::Vision));
    out.family(Gauge, "till_vision_up", "The link to SuperMag Vision is up.").maybe(&[], vision);
}

fn till(document: &Document, out: &mut Exposition) {
    let till = &document.till;
    out.family(
        Info,
        "till_build_info",
        "The version of the service, and the hash of its configuration.",
    )
    .sample(&[("version", &till.version), ("config", &till.config)], 1.0);
    out.family(Info, "till_info", "The till by its name and type.")
        .sample(&[("name", &till.name), ("type", &till.kind)], 1.0);
    out.family(Gauge, "till_time_seconds", "The clock of the till.")
        .maybe(&[], seconds(Some(&till.time)));
    out.family(Gauge, "till_service_start_timestamp_seconds", "When the service began.")
        .maybe(&[], seconds(Some(&till.started_at)));
    let mut overall =
        out.family(Gauge, "till_overall_state", "The till in one word: 1 for the state it is in.");
    state_set(&mut overall, &[], &Overall::ALL, document.overall);
    let mut problems =
        out.family(Gauge, "till_problems", "How many problems the till has, by severity.");
    for severity in Severity::ALL {
        let count = document.problems.iter().filter(|it| it.severity == severity).count();
        problems.sample(&[("severity", &word(severity))], count as f64);
    }
    let mut problem = out.family(
        Gauge,
        "till_problem_active",
        "1 for each problem that the till has now; absent when it is over.",
    );
    for it in &document.problems {
        let severity = word(it.severity);
        let labels = [("code", &*it.code), ("source", &it.source), ("severity", &severity)];
        problem.sample(&labels, 1.0);
    }
}

fn devices(document: &Document, out: &mut Exposition) {
    let devices = [
        ("kkt", document.kkt.state, &document.kkt.observed_at),
        ("scale", document.scale.state, &document.scale.observed_at),
        ("vision", device_state(document.vision.state), &document.vision.observed_at),
    ];
    let mut state = out.family(
        Gauge,
        "till_device_state",
        "How a device fares: 1 for the state it is in. Vision is online while it is known to be up or down.",
    );
    for (device, now, _) in devices {
        state_set(&mut state, &[("device", device)], &DeviceState::ALL, now);
    }
    let mut good = out.family(
        Gauge,
        "till_device_last_success_timestamp_seconds",
        "When a device last gave a good answer, by the clock of the till.",
    );
    for (device, _, at) in devices {
        good.maybe(&[("device", device)], seconds(at.as_ref()));
    }
}

fn receipt(receipt: &Receipt, out: &mut Exposition) {
    let open = match receipt.state {
        ReceiptState::Open => Some(true),
        ReceiptState::Closed => Some(false),
        ReceiptState::Unknown => None,
    };
    out.family(Gauge, "till_receipt_open", "A receipt is open on the till.")
        .maybe(&[], open.map(flag));
    for (name, help, at) in [
        (
            "till_receipt_opened_timestamp_seconds",
            "When the receipt that is open was opened.",
            &receipt.opened_at,
        ),
        (
            "till_receipt_last_activity_timestamp_seconds",
            "When something was last done in a receipt.",
            &receipt.last_activity_at,
        ),
        (
            "till_receipt_last_closed_timestamp_seconds",
            "When the last receipt was closed.",
            &receipt.last_closed_at,
        ),
    ] {
        out.family(Gauge, name, help).maybe(&[], seconds(at.as_ref()));
    }
}

fn kkt(kkt: &Kkt, zone: &TimeZone, out: &mut Exposition) {
    let open = |door: Option<Door>| door.map(|door| flag(door == Door::Open));
    out.family(Gauge, "till_cover_open", "The cover of the KKT's printer is open.")
        .maybe(&[], open(kkt.cover));
    out.family(Gauge, "till_drawer_open", "The cash drawer is open.").maybe(&[], open(kkt.drawer));
    let mut faults = out.family(
        Gauge,
        "till_printer_fault",
        "The faults of the KKT's printer: 1 for each it has.",
    );
    for fault in PrinterFault::ALL {
        let has = kkt.printer_faults.as_ref().map(|faults| flag(faults.contains(&fault)));
        faults.maybe(&[("fault", fault.name())], has);
    }
    if let Some(state) = kkt.shift.state {
        let mut shift = out.family(
            Gauge,
            "till_shift_state",
            "The shift of the KKT: 1 for the state it is in.",
        );
        state_set(&mut shift, &[], &ShiftState::ALL, state);
    }
    let storage = &kkt.fiscal_storage;
    let until = storage.valid_until.and_then(|day| zone.to_timestamp(day.at(23, 59, 59, 0)).ok());
    out.family(
        Gauge,
        "till_fiscal_storage_valid_until_timestamp_seconds",
        "The end of the last day of the fiscal storage's term.",
    )
    .maybe(&[], until.map(|until| until.as_second() as f64));
    let mut flags = out.family(
        Gauge,
        "till_fiscal_storage_flag",
        "The warnings of the fiscal storage: 1 for each it gives.",
    );
    for name in FiscalStorageFlag::ALL {
        let has = storage.flags.as_ref().map(|flags| flag(flags.contains(&name)));
        flags.maybe(&[("flag", name.name())], has);
    }
    out.family(
        Gauge,
        "till_kkt_clock_skew_seconds",
        "How far the KKT's clock is ahead of the till's; negative when it is behind.",
    )
    .maybe(&[], kkt.clock_skew_seconds.map(|skew| skew as f64));
    if let Some(driver) = &kkt.driver {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (model, serial, firmware) =
            (text(&kkt.model), text(&kkt.serial_number), text(&kkt.firmware));
        let storage = text(&storage.number);
        let labels = [
            ("driver", &**driver),
            ("model", &model),
            ("serial_number", &serial),
            ("firmware", &firmware),
            ("fiscal_storage", &storage),
        ];
        out.family(Info, "till_kkt_info", "Which KKT; a label that is not known is empty.")
            .sample(&labels, 1.0);
    }
}

fn ofd(unsent: &Answer, document: &Document, out: &mut Exposition) {
    let Answer::Known { value: Value::Count(count), .. } = unsent else { return };
    out.family(
        Gauge,
        "till_ofd_unsent_documents",
        "How many documents are not yet sent to the OFD.",
    )
    .sample(&[], f64::from(*count));
    let first = document.kkt.ofd.first_unsent_at.as_ref();
    out.family(
        Gauge,
        "till_ofd_first_unsent_timestamp_seconds",
        "When the first document that is not yet sent to the OFD was made.",
    )
    .maybe(&[], seconds(first));
}

fn scale(weight: &Answer, scale: &Scale, out: &mut Exposition) {
    if let Some(protocol) = &scale.protocol {
        out.family(Info, "till_scale_info", "The protocol of the scale.")
            .sample(&[("protocol", protocol)], 1.0);
    }
    let Answer::Known { value: Value::Weight { milligrams, .. }, .. } = weight else { return };
    let grams = |milligrams: i64| milligrams as f64 / 1000.0;
    out.family(
        Gauge,
        "till_scale_weight_grams",
        "The weight on the scale, net when there is a tare; absent while a receipt is open.",
    )
    .sample(&[], grams(*milligrams));
    out.family(Gauge, "till_scale_tare_grams", "The tare of the scale.")
        .maybe(&[], scale.tare_grams.map(|tare| grams(tare.milligrams)));
    out.family(Gauge, "till_scale_stable", "The weight is not in motion.")
        .maybe(&[], scale.stable.map(flag));
}

/// 200 is yes and 204 is no; unknown is neither.
fn yes_or_no(answer: &Answer) -> Option<f64> {
    match answer {
        Answer::Known { .. } => Some(1.0),
        Answer::Empty { .. } => Some(0.0),
        Answer::Unknown(_) => None,
    }
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn seconds(at: Option<&Stamp>) -> Option<f64> {
    at.and_then(Stamp::instant).map(|at| at.as_second() as f64)
}

/// One sample for each state, 1 for the present one.
fn state_set<T: Copy + PartialEq + Serialize>(
    family: &mut Family<'_>,
    labels: &[(&str, &str)],
    all: &[T],
    now: T,
) {
    for state in all {
        let name = word(*state);
        let labels: Vec<_> = labels.iter().copied().chain([("state", &*name)]).collect();
        family.sample(&labels, flag(*state == now));
    }
}

/// The name in the document.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn device_state(vision: VisionState) -> DeviceState {
    match vision {
        VisionState::Up | VisionState::Down => DeviceState::Online,
        VisionState::Stale => DeviceState::Stale,
        VisionState::NotConnected => DeviceState::NotConnected,
        VisionState::Busy => DeviceState::Busy,
        VisionState::Refused => DeviceState::Refused,
        VisionState::Starting => DeviceState::Starting,
        VisionState::Paused => DeviceState::Paused,
        VisionState::NotConfigured => DeviceState::NotConfigured,
    }
}

#[cfg(test)]
mod tests;
