use super::*;
use crate::explain::Explainer;
use crate::link::{self, Link};
use crate::v2::frame::tests::{EXAMPLES, example, unhex};
use crate::v2::frame::{self, FrameError};

fn lines(messages: &[Result<Message, ExplainError>]) -> Vec<String> {
    let line = |message: &Result<Message, _>| match message {
        Ok(message) => message.to_string(),
        Err(error) => ExplainError::to_string(error),
    };
    messages.iter().map(line).collect()
}

#[track_caller]
fn check(direction: Direction, explainer: &mut Explainer, bytes: &[u8], expected: &[&str]) {
    assert_eq!(lines(&explainer.explain(direction, bytes)), expected);
}

#[track_caller]
fn check_answer(request: &str, answer: &str, expected: &str) {
    let mut explainer = Explainer::new(Link::V2);
    explainer.explain(Direction::Request, &framed(request));
    check(Direction::Answer, &mut explainer, &framed(answer), &[expected]);
}

/// The bytes of an example, or a frame of these data.
fn framed(text: &str) -> Vec<u8> {
    if text.starts_with("F-v2-") {
        return example(text);
    }
    let mut bytes = Vec::new();
    frame::encode(&unhex(text), &mut bytes).unwrap();
    bytes
}

#[test]
fn an_exchange() {
    let mut explainer = Explainer::new(Link::V2);
    let mut said = |direction, bytes: &[u8]| lines(&explainer.explain(direction, bytes)).join("; ");
    let (host, device) = (Direction::Request, Direction::Answer);
    assert_eq!(said(host, &[0x05]), "enq byte=5");
    assert_eq!(said(device, &[0x06]), "ack byte=6");
    assert_eq!(said(host, &example("F-v2-6")), r#"status access_password="0000" kkt_command="3F""#);
    assert_eq!(said(device, &[0x06]), "ack byte=6");
    assert_eq!(said(host, &[0x04]), "eot byte=4");
    assert_eq!(said(device, &[0x05]), "enq byte=5");
    assert_eq!(said(host, &[0x15]), "nak byte=21");
    let answer = said(device, &example("F-v2-14"));
    assert!(
        answer.starts_with("status operator=30 till_number=1 date_time=\"2026-11-24T03:10:07\"")
    );
    assert!(answer.contains("receipt_number=42 shift_number=17 receipt_state=1 receipt_sum=12345"));
    // The answer again, and its end in one step.
    let again = [&example("F-v2-14")[..], &[0x04]].concat();
    assert_eq!(said(device, &again), format!("{answer}; eot byte=4"));
}

#[test]
fn answers_belong_to_the_last_command() {
    check_answer(
        "F-v2-9",
        "F-v2-17",
        r#"shift error="00" shift_open=yes shift_number=18 receipt_number=42"#,
    );
    check_answer(
        "F-v2-6",
        "F-v2-13",
        "status error=\"67\" error_extended=\"00\" error_name=\"no paper\" \
         error_name_ru=\"нет бумаги\" error_group=\"paper\" \
         error_advice=\"put in a new roll and close the cover\" \
         error_advice_ru=\"вставьте новый рулон и закройте крышку\"",
    );
    check_answer(
        "F-v2-5",
        "8C",
        "device-type error=\"8C\" error_extended=\"00\" error_name=\"wrong password\" \
         error_name_ru=\"неверный пароль\" error_group=\"password\" \
         error_advice=\"compare the access password in the settings with the one set in the KKT\" \
         error_advice_ru=\"сверьте пароль доступа в настройках с заданным в ККТ\"",
    );
    check_answer(
        "F-v2-11a",
        "F-v2-21",
        "receipt-register error=\"00\" mode=1 submode=0 mode_name=\"registration\" \
         mode_name_ru=\"регистрация\" mode_meaning=\"ready for receipts\" \
         mode_meaning_ru=\"готова к оформлению чеков\" receipt_state=1 receipt_number=42 \
         document_number=1234",
    );
}

/// Of a mode and an error in the same byte nothing tells which it is.
#[test]
fn the_ambiguity_of_45h() {
    #[track_caller]
    fn check(answer: &str, start: &str, end: &str) {
        let mut explainer = Explainer::new(Link::V2);
        explainer.explain(Direction::Request, &example("F-v2-7"));
        let line = lines(&explainer.explain(Direction::Answer, &framed(answer))).join("; ");
        assert!(line.starts_with(start) && line.ends_with(end), "{line}");
    }
    check("F-v2-15", "state-code mode=1 submode=0", "paper_near_end=no");
    check("55 00 00", "state-code mode=0 submode=0", "paper_near_end=no");
    check(
        "55 67 00",
        "state-code mode=7 submode=6",
        r#"paper_near_end=no or_error="67" or_error_name="no paper""#,
    );
    check(
        "55 8C 00",
        r#"state-code error="8C""#,
        r#"error_advice_ru="сверьте пароль доступа в настройках с заданным в ККТ""#,
    );
}

#[test]
fn without_its_command_an_answer_is_bytes() {
    let mut explainer = Explainer::new(Link::V2);
    check(
        Direction::Answer,
        &mut explainer,
        &example("F-v2-17"),
        &[r#"result answer="55 00 01 12 00 2A 00""#],
    );
    check(
        Direction::Answer,
        &mut explainer,
        &example("F-v2-3"),
        &[r#"result error="00" error_extended="A0" error_name="no error""#],
    );
}

#[test]
fn noise_broken_frames_and_an_unfinished_rest_are_errors() {
    let mut explainer = Explainer::new(Link::V2);
    check(
        Direction::Answer,
        &mut explainer,
        &unhex("00 7F 06 FF 02 00 00 3F"),
        &[
            "got 2 bytes outside of a frame, expected 02, 04, 05, 06 or 15",
            "ack byte=6",
            "got 1 bytes outside of a frame, expected 02, 04, 05, 06 or 15",
            "incomplete frame: got 4 bytes, expected an ETX (03) and a check byte behind them",
        ],
    );
    let broken = unhex("02 00 00 45 03 47");
    let error = link::FrameError::V2(FrameError::Checksum { got: 0x47, expected: 0x46 });
    assert_eq!(explainer.explain(Direction::Request, &broken), [Err(error.into())]);
    assert_eq!(explainer.explain(Direction::Answer, &broken), [Err(error.into())]);
    for short in ["00", "00 00"] {
        let said = explainer.explain(Direction::Request, &framed(short));
        assert!(matches!(said[..], [Err(ExplainError::Decode(DecodeError::Missing(_)))]));
    }
}

/// Every prefix and every flipped bit, in both directions, after every request: no panic.
#[test]
fn hostile_bytes() {
    for (_, text, _) in EXAMPLES {
        let bytes = unhex(text);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut explainer = Explainer::new(Link::V2);
            explainer.explain(Direction::Request, &example("F-v2-6"));
            explainer.explain(Direction::Request, &changed);
            assert!(explainer.explain(Direction::Answer, &changed).len() <= changed.len());
            explainer.explain(Direction::Answer, &changed[..bit / 8]);
        }
    }
}
