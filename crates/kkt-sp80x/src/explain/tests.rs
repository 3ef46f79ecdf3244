use super::*;
use crate::frame::tests::unhex;

fn lines(said: Explained) -> Vec<String> {
    said.into_iter().map(|it| it.map_or_else(|e| format!("! {e}"), |m| m.to_string())).collect()
}

#[track_caller]
fn check_pone(steps: &[(Direction, &str, &str)]) {
    let mut explainer = Explainer::new(DialectName::Pone);
    for (direction, hex, expected) in steps {
        let said = lines(explainer.explain(*direction, &unhex(hex)));
        assert_eq!(said.join("\n"), *expected, "{hex}");
    }
}

use Direction::{Answer, Request};

#[test]
fn an_answer_is_read_in_the_light_of_its_request() {
    let answer = "02 25 41 35 30 30 31 37 1C 03";
    let sum = unhex(answer).iter().skip(1).fold(0, |sum, byte| sum ^ byte);
    let answer = format!("{answer} {:02X} {:02X}", hex_digit(sum >> 4), hex_digit(sum & 15));
    check_pone(&[
        (Answer, &answer, "information packet_id=37 command=\"A5\" error_code=0 fields=[\"17\"]"),
        (
            Request,
            "02 50 4F 4E 45 25 41 35 31 1C 03 36 62",
            "shift-number packet_id=37 password=\"PONE\" command=\"A5\" fields=[\"1\"]",
        ),
        (
            Answer,
            &answer,
            "shift-number packet_id=37 command=\"A5\" error_code=0 shift_number=17 fields=[\"17\"]",
        ),
    ]);
}

fn hex_digit(digit: u8) -> u8 {
    format!("{digit:x}").bytes().next().unwrap()
}

#[test]
fn the_status_tells_bits_and_what_is_assumed() {
    check_pone(&[(
        Answer,
        "02 23 41 30 30 30 30 1C 34 1C 30 1C 03 37 39",
        "status packet_id=35 command=\"A0\" error_code=0 fatal_flags=0 current_flags=4 \
         document_status=0 shift_open=yes shift_expired=no document_open=no fields=[\"0\", \"4\", \"0\"]",
    )]);
}

#[test]
fn text_is_cp866_and_single_bytes_have_names() {
    check_pone(&[
        (
            Request,
            "05 02 50 4F 4E 45 31 36 31 88 A2 A0 AD AE A2 1C 03 31 36",
            "enq byte=5\nz-report packet_id=49 password=\"PONE\" command=\"61\" fields=[\"Иванов\"]",
        ),
        (Answer, "06", "ack byte=6"),
    ]);
}

#[test]
fn a_request_of_the_sister_dialect_is_named_as_such() {
    check_pone(&[(
        Request,
        "02 50 49 52 49 20 30 30 03 32 31",
        "! got the password \"PIRI\", expected \"PONE\" in the dialect pone",
    )]);
}

#[test]
fn an_answer_of_arm() {
    let mut explainer = Explainer::new(DialectName::Arm);
    let document = crate::envelope::tests::response(
        0,
        3,
        "<pa n=\"200000\" t=\"7\"><pa n=\"ShiftState\" t=\"4\">0</pa>\
         <pa n=\"1041\" t=\"1\">9999078900001234</pa></pa>",
    );
    let said = lines(explainer.explain(Answer, document.as_bytes()));
    assert_eq!(
        said,
        ["status command=3 result=0 error_code=0 200000/ShiftState=0 \
          200000/1041=\"9999078900001234\" shift_open=no fn_number=\"9999078900001234\""]
    );
}

#[test]
fn values_that_are_none_of_their_type_stay_texts() {
    let mut explainer = Explainer::new(DialectName::Arm);
    let document = crate::envelope::tests::response(
        7,
        23,
        "<pa n=\"a\" t=\"7\"><pa n=\"ShiftState\" t=\"4\">x</pa><pa n=\"b\" t=\"5\">y</pa></pa>",
    );
    let said = lines(explainer.explain(Answer, document.as_bytes()));
    assert_eq!(
        said,
        ["clock command=23 result=7 error_code=0 a/ShiftState=\"x\" a/b=\"y\" shift_open=none"]
    );
}

#[test]
fn a_request_of_arm_that_changes_is_read_too() {
    let mut explainer = Explainer::new(DialectName::Arm);
    let document = "<ArmRequest><RequestBody><DateTime>2026-09-15 19:30:00</DateTime>\
        <Command>24</Command></RequestBody><RequestData><![CDATA[<pa n=\"200001\" t=\"7\">\
        <pa n=\"DateTime\" t=\"5\">2026-09-15 19:30:00</pa></pa>]]></RequestData></ArmRequest>";
    let said = lines(explainer.explain(Request, document.as_bytes()));
    assert_eq!(
        said,
        ["set-clock version=none request_id=none date_time=\"2026-09-15T19:30:00\" command=24 \
          ffd_version=none container_version=none 200001/DateTime=\"2026-09-15T19:30:00\""]
    );
}
