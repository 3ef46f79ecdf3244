use super::*;
use crate::Command;
use crate::dialect::Arm;
use crate::envelope::tests::response;
use crate::envelope::{Envelope, Form, RequestId, Response};
use crate::fault::{ArmFault, Fault};
use crate::value::CivilDateTime;

/// What a command makes of an answer with this data.
pub(super) fn answer<C: Command<Dialect = Arm>>(
    command: &C,
    number: u32,
    data: &str,
) -> Result<C::Answer, DecodeError> {
    command.decode(&Response::parse(response(0, number, data).as_bytes())?)
}

/// Result decides, whatever the error code and the data say.
#[track_caller]
pub(super) fn check_refused<C>(command: &C, number: u32)
where
    C: Command<Dialect = Arm>,
    C::Answer: std::fmt::Debug,
{
    let document = response(1, number, "<pa n=\"200000\" t=\"7\"></pa>");
    let refused = command.decode(&Response::parse(document.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(refused, DecodeError::Refused(Fault::Arm(ArmFault::new(1, 0, ""))));
}

#[test]
fn an_answer_belongs_to_its_command_and_id() {
    let envelope = Envelope {
        request_id: RequestId(0xAB),
        date_time: CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap(),
        ffd_version: 4,
        form: Form::Indented,
    };
    let with = |number: u32, id: &str| {
        let id = format!("<RequestId>{id}</RequestId><Command>");
        let document = response(0, number, "").replace("<Command>", &id);
        Response::parse(document.as_bytes()).unwrap()
    };
    let id = envelope.request_id.to_string();
    assert!(ReadStatus.is_answered_by(&envelope, &with(3, &id)));
    assert!(ReadStatus.is_answered_by(&envelope, &with(3, &id.to_uppercase())));
    assert!(!ReadStatus.is_answered_by(&envelope, &with(3, &RequestId(0xAC).to_string())));
    assert!(!ReadStatus.is_answered_by(&envelope, &with(5, &id)), "the answer to opening a shift");
    let without = Response::parse(response(0, 3, "").as_bytes()).unwrap();
    assert!(ReadStatus.is_answered_by(&envelope, &without), "many answers tell no id");
}
