use super::*;
use crate::explain::Explainer;
use crate::link::Link;
use crate::v3::frame::tests::{EXAMPLES, example, unhex};

/// Explains a request and then its answer; gives the answer's line.
fn answer_line(request: &str, answer: &str) -> String {
    let mut explainer = Explainer::new(Link::V3);
    explainer.explain(Direction::Request, &example(request));
    line(explainer.explain(Direction::Answer, &example(answer)))
}

fn request_line(bytes: &[u8]) -> String {
    line(Explainer::new(Link::V3).explain(Direction::Request, bytes))
}

fn line(messages: Vec<Result<Message, ExplainError>>) -> String {
    let [message] = &messages[..] else { panic!("one message: {messages:?}") };
    message.as_ref().unwrap().to_string()
}

fn packet(id: u8, data: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::v3::frame::encode(id, &unhex(data), &mut bytes).unwrap();
    bytes
}

#[test]
fn requests() {
    assert_eq!(
        request_line(&example("F-v3-14a")),
        r#"shift packet_id=15 command="add" flags=1 tid=5 access_password="0000" kkt_command="A4 10""#
    );
    assert_eq!(request_line(&example("F-v3-12a")), r#"ack packet_id=4 command="ack" tid=1"#);
    assert_eq!(request_line(&example("F-v3-18")), r#"req packet_id=34 command="req" tid=16"#);
    assert_eq!(request_line(&example("F-v3-3")), r#"abort packet_id=1 command="abort""#);
    assert_eq!(request_line(&example("F-v3-1")), "repeat packet_id=1");
    assert_eq!(
        request_line(&packet(0x09, "C5 01 01 02 00 00 4D")),
        "command packet_id=9 command=\"ack-add\" acknowledged_tid=1 flags=1 tid=2 \
         access_password=\"0000\" kkt_command=\"4D\""
    );
}

#[test]
fn an_open_sale() {
    assert_eq!(
        answer_line("F-v3-8", "F-v3-9"),
        "status packet_id=240 status=\"async-result\" tid=2 operator=30 till_number=1 \
         date_time=\"2026-11-24T01:56:07\" fiscalised=yes shift_open=yes drawer_open=no \
         paper_present=yes cover_open=no fn_activated=yes battery_low=no \
         factory_number=\"00106543\" model_id=57 model=\"АТОЛ 25Ф\" reserved=\"33 30\" mode=1 \
         submode=0 mode_name=\"registration\" mode_name_ru=\"регистрация\" \
         mode_meaning=\"ready for receipts\" mode_meaning_ru=\"готова к оформлению чеков\" receipt_number=42 shift_number=17 receipt_state=1 \
         receipt_sum=12345 decimal_point=2 port=\"Ethernet\""
    );
}

#[test]
fn the_other_answers() {
    assert_eq!(
        answer_line("F-v3-5", "F-v3-7"),
        "device-type packet_id=240 status=\"async-result\" tid=1 error=\"00\" protocol_version=1 \
         type=1 type_name=\"KKT\" model_id=57 model=\"АТОЛ 25Ф\" mode_bytes=\"00 00\" version=3 \
         subversion=0 language=0 build=7534 name=\"АТОЛ 25Ф\""
    );
    assert_eq!(
        answer_line("F-v3-14a", "F-v3-14b"),
        "shift packet_id=240 status=\"async-result\" tid=5 error=\"00\" shift_open=yes \
         shift_number=18 receipt_number=42"
    );
    assert!(
        answer_line("F-v3-16a", "F-v3-16b")
            .contains("fn_number=\"9999078900012345\" last_document=4660")
    );
    assert_eq!(answer_line("F-v3-5", "F-v3-6"), r#"task-state packet_id=2 status="pending""#);
    assert_eq!(answer_line("F-v3-12a", "F-v3-12b"), r#"task-state packet_id=4 status="result""#);
    assert!(answer_line("F-v3-10a", "F-v3-10b").contains("mode=1 submode=0"));
}

#[test]
fn without_its_request_a_result_is_bytes() {
    let alone = line(Explainer::new(Link::V3).explain(Direction::Answer, &example("F-v3-10b")));
    assert_eq!(alone, r#"result packet_id=240 status="async-result" tid=3 answer="55 01 00""#);
}

#[test]
fn a_result_in_the_answer_packet_belongs_to_its_request() {
    let mut explainer = Explainer::new(Link::V3);
    explainer.explain(Direction::Request, &example("F-v3-10a"));
    let direct = line(explainer.explain(Direction::Answer, &packet(0x04, "A3 55 01 01")));
    assert!(direct.starts_with(r#"state-code packet_id=4 status="result" mode=1"#), "{direct}");
    assert!(direct.contains("no_paper=yes"), "{direct}");
    explainer.explain(Direction::Request, &packet(0x05, "C3 03"));
    let asked = line(explainer.explain(Direction::Answer, &packet(0x05, "A3 55 01 00")));
    assert!(asked.starts_with("state-code packet_id=5"), "{asked}");
}

#[test]
fn refusals_and_buffer_errors() {
    let mut explainer = Explainer::new(Link::V3);
    explainer.explain(Direction::Request, &example("F-v3-8"));
    assert_eq!(
        line(explainer.explain(Direction::Answer, &packet(0xF0, "A7 02 55 67 00"))),
        "status packet_id=240 status=\"async-error\" tid=2 error=\"67\" error_extended=\"00\" \
         error_name=\"no paper\" error_name_ru=\"нет бумаги\" error_group=\"paper\" \
         error_advice=\"put in a new roll and close the cover\" \
         error_advice_ru=\"вставьте новый рулон и закройте крышку\""
    );
    assert_eq!(
        line(explainer.explain(Direction::Answer, &packet(0x03, "B3"))),
        r#"buffer-error packet_id=3 buffer_error="not-found""#
    );
}

#[test]
fn ack_add_is_answered_by_two_statuses() {
    let mut explainer = Explainer::new(Link::V3);
    explainer.explain(Direction::Request, &packet(0x09, "C5 01 01 02 00 00 45"));
    assert_eq!(
        line(explainer.explain(Direction::Answer, &packet(0x09, "A3 A1"))),
        r#"task-state packet_id=9 acknowledged_status="result" status="pending""#
    );
    assert!(explainer.explain(Direction::Answer, &packet(0x09, "A3"))[0].is_err());
}

#[test]
fn noise_broken_packets_and_an_unfinished_rest_are_errors() {
    let mut step = vec![0x00, 0x55];
    step.extend(example("F-v3-4"));
    step.extend([0xFE, 0x01, 0x00]);
    let messages = Explainer::new(Link::V3).explain(Direction::Answer, &step);
    let lines: Vec<_> = messages
        .iter()
        .map(|message| message.as_ref().map_or_else(ToString::to_string, ToString::to_string))
        .collect();
    assert_eq!(
        lines,
        [
            "got 2 bytes outside of a packet, expected FE",
            "task-state packet_id=1 status=\"result\"",
            "incomplete packet: got 3 bytes, expected 6",
        ]
    );
}

#[test]
fn an_answer_that_is_too_short_is_an_error() {
    let mut explainer = Explainer::new(Link::V3);
    explainer.explain(Direction::Request, &example("F-v3-8"));
    let messages = explainer.explain(Direction::Answer, &packet(0xF0, "A6 02 44 30"));
    assert_eq!(messages, [Err(ExplainError::Decode(DecodeError::Missing("till number")))]);
}

/// Every prefix and every flipped bit, in both directions, after every request: no panic.
#[test]
fn hostile_bytes() {
    for (_, text) in EXAMPLES {
        let bytes = unhex(text);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut explainer = Explainer::new(Link::V3);
            explainer.explain(Direction::Request, &example("F-v3-8"));
            explainer.explain(Direction::Request, &changed);
            assert!(explainer.explain(Direction::Answer, &changed).len() <= changed.len());
            explainer.explain(Direction::Answer, &changed[..bit / 8]);
        }
    }
}
