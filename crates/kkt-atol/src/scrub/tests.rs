use proptest::prelude::*;

use super::*;
use crate::explain::{ExplainError, Explainer};
use crate::v3::frame::tests::{example, unhex};
use crate::v3::frame::{self, ASYNC_ID};

type Steps = Vec<(Direction, Vec<u8>)>;

fn packet(id: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(id, data, &mut bytes).unwrap();
    bytes
}

fn asked(command: &[u8]) -> (Direction, Vec<u8>) {
    let data = [&[0xC1, 0x01, 0x80, 0x00, 0x00], command].concat();
    (Direction::Request, packet(0x01, &data))
}

fn answered(answer: &[u8]) -> (Direction, Vec<u8>) {
    (Direction::Answer, packet(ASYNC_ID, &[&[0xA6, 0x80], answer].concat()))
}

fn scrubbed(steps: &Steps) -> Scrubbed {
    scrubbed_over(Link::V3, steps)
}

fn scrubbed_over(link: Link, steps: &Steps) -> Scrubbed {
    scrub(link, steps.iter().map(|(direction, bytes)| (*direction, bytes.as_slice())))
}

/// What becomes of an answer to a command: its bytes behind task and state, and what was replaced.
#[track_caller]
fn check(command: &str, answer: &str, wanted: &str, replaced: &[&str]) {
    let steps = vec![asked(&unhex(command)), answered(&unhex(answer))];
    let scrubbed = scrubbed(&steps);
    let (_, expected) = answered(&unhex(wanted));
    let got: Vec<_> = scrubbed.messages.iter().map(|message| message.bytes.clone()).collect();
    assert_eq!(got, [steps[0].1.clone(), expected], "{command}: {answer}");
    let names: Vec<_> = scrubbed.replaced.iter().map(|replaced| replaced.name()).collect();
    assert_eq!(names, replaced, "{command}");
    assert_eq!(scrubbed.unsound, 0);
}

#[test]
fn identifying_fields_go_and_all_others_stay() {
    check(
        "3F",
        "44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
        "44 30 01 26 11 24 01 56 07 4B 12 34 56 78 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
        &["serial number"],
    );
    check(
        "A4 30",
        "55 00 03 00 00 01 00 1A 0B 18 01 38 39 39 39 39 30 37 38 39 30 30 30 31 32 33 34 35 \
         34 12 00 00",
        "55 00 03 00 00 01 00 1A 0B 18 01 38 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 \
         34 12 00 00",
        &["FN number"],
    );
    let kept = [
        ("45", "55 A1 80"),
        ("A5", "00 01 01 39 00 00 03 00 00 75 34 80 92 8E 8B 20 32 35 94"),
        ("A4 10", "55 00 01 12 00 2A 00"),
        ("A4 20", "55 00 01 00 03 00 FD 01 00 00 1A 0B 17 15 0F"),
        ("A4 33", "55 00 66 6E 20 64 65 62 75 67 20 76 20 31 2E 33 32 20 00"),
        ("91 12 00 00", "55 00 01 24 11 26 23 59 59"),
        ("A4 46", "55 00 F4 03 04 00 07 2B 44 69"),
        ("4A", "55 9A 00"),
        ("A4 46", "55 08 00"),
    ];
    for (command, answer) in kept {
        check(command, answer, answer, &[]);
    }
}

#[test]
fn what_no_page_describes_loses_long_numbers_and_texts() {
    // A register whose layout nobody knows, with a taxpayer number in text and in BCD.
    check(
        "91 35 00 00",
        "55 00 07 37 37 30 37 30 38 33 38 39 33 FF 77 07 08 38 93 FE 01",
        "55 00 07 31 32 33 34 35 36 37 38 39 30 FF 12 34 56 78 90 FE 01",
        &["numbers"],
    );
    check("E9 01", "55 00 88 A2 A0 AD AE A2", "55 00 95 95 95 95 95 95", &["texts"]);
    // Short numbers are sums and counts.
    check("4D", "4D 00 00 00 01 23 45 67", "4D 00 00 00 01 23 45 67", &[]);
}

#[test]
fn settings_registers_and_document_values_go_whole() {
    check("46 02 00 01 0A", "55 00 88 2E 88 2E 07", "55 00 95 2E 95 2E 00", &["settings"]);
    check("91 16", "55 00 00 10 65 43", "55 00 00 00 58 58", &["registers"]);
    check(
        "A4 46",
        "55 00 FA 03 04 00 37 37 30 37",
        "55 00 FA 03 04 00 31 32 33 34",
        &["TLV values"],
    );
}

#[test]
fn passwords_and_the_goods_of_another_program_go() {
    let mut steps =
        vec![(Direction::Request, packet(1, &unhex("C1 01 01 12 34 56 01 00 00 00 30")))];
    steps
        .push((Direction::Request, packet(2, &unhex("C1 01 02 00 00 E6 00 8C AE AB AE AA AE 00"))));
    let scrubbed = scrubbed(&steps);
    let bytes = |at: usize| scrubbed.messages[at].bytes.clone();
    assert_eq!(bytes(0), packet(1, &unhex("C1 01 01 00 00 56 01 00 00 00 31")));
    assert_eq!(bytes(1), packet(2, &unhex("C1 01 02 00 00 E6 00 95 95 95 95 95 95 00")));
    assert_eq!(scrubbed.to_string(), "passwords, texts");
}

#[test]
fn a_known_number_goes_wherever_it_stands() {
    let mut steps = vec![asked(&[0x3F])];
    // Heard before its field is: in a broken packet, and where nobody knows what stands there.
    steps.push((Direction::Answer, unhex("FE 09 00 F0 A6 10 65 43 00 10 65 43 55")));
    steps.push(answered(&unhex(
        "44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
    )));
    steps.push(asked(&unhex("91 35 00 00")));
    steps.push(answered(&unhex("55 00 31 30 36 35 34 33 FF 00 10 65 43")));
    let scrubbed = scrubbed(&steps);
    for message in &scrubbed.messages {
        assert!(!holds(&message.bytes, &unhex("10 65 43")), "{message:02X?}");
        assert!(!holds(&message.bytes, b"106543"), "{message:02X?}");
    }
    assert_eq!(scrubbed.unsound, 13);
}

#[test]
fn a_short_serial_number_goes_from_broken_packets_too() {
    let status =
        "44 30 01 26 11 24 01 56 07 4B 00 01 23 45 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06";
    let broken = unhex("FE 06 00 F0 A6 01 23 45 FF 55");
    let steps = vec![asked(&[0x3F]), answered(&unhex(status)), (Direction::Answer, broken)];
    let scrubbed = scrubbed(&steps);
    assert_eq!(scrubbed.messages[2].bytes, unhex("FE 06 00 F0 A6 12 34 56 FF 55"));
}

/// However the result of a task comes, it is known what it answers.
#[test]
fn an_answer_is_read_in_the_light_of_its_request() {
    let status = |serial: &str| {
        let text = format!(
            "44 30 01 26 11 24 01 56 07 4B {serial} 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06"
        );
        unhex(&text)
    };
    let add = (Direction::Request, packet(1, &unhex("C1 01 80 00 00 3F")));
    let req = (Direction::Request, packet(2, &unhex("C3 80")));
    let ack_add = (Direction::Request, packet(3, &unhex("C5 80 01 81 00 00 3F")));
    let answer =
        |id: u8, front: &str, serial: &str| packet(id, &[unhex(front), status(serial)].concat());
    for (requests, id, front) in [
        (vec![add.clone()], 1, "A3"),
        (vec![add.clone(), req], 2, "A3"),
        (vec![add.clone(), ack_add.clone()], 3, "A3 A3"),
        (vec![add], ASYNC_ID, "A6 80"),
        (vec![ack_add], ASYNC_ID, "A6 81"),
        // The recording began between the two.
        (vec![], ASYNC_ID, "A6 81"),
    ] {
        let mut steps = requests;
        steps.push((Direction::Answer, answer(id, front, "00 10 65 43")));
        let scrubbed = scrubbed(&steps);
        let last = &scrubbed.messages.last().unwrap().bytes;
        assert_eq!(last, &answer(id, front, "12 34 56 78"), "{front}");
    }
}

#[test]
fn a_packet_is_one_message_wherever_the_line_paused() {
    let (request, answer) = (example("F-v3-8"), example("F-v3-9"));
    let (front, back) = answer.split_at(7);
    let pending = packet(3, &[0xA1]);
    let steps = vec![
        (Direction::Request, request.clone()),
        (Direction::Answer, [&[0x55, 0x55], &pending[..], front].concat()),
        (Direction::Answer, back.to_vec()),
    ];
    let scrubbed = scrubbed(&steps);
    let got: Vec<_> = scrubbed.messages.iter().map(|it| (it.step, it.bytes.len())).collect();
    assert_eq!(got, [(0, request.len()), (1, 2), (1, pending.len()), (1, answer.len())]);
    assert_eq!(scrubbed.unsound, 2);
    assert_eq!(Replaced::SerialNumber, *scrubbed.replaced.first().unwrap());
    // The same without scrubbing.
    let steps = steps.iter().map(|(direction, bytes)| (*direction, bytes.as_slice()));
    let packets: Vec<_> = packets(Link::V3, steps).into_iter().map(|it| it.bytes).collect();
    assert_eq!(packets, [request, vec![0x55, 0x55], pending, answer]);
}

#[test]
fn bytes_that_only_become_a_packet_by_scrubbing_do_not() {
    // Sound once the six digits in it are the stand-in; broken before.
    let sound = packet(0x10, &unhex("A3 12 34 56 FF"));
    let mut broken = sound.clone();
    broken.splice(5..8, unhex("65 43 21"));
    let messages = scrubbed(&vec![(Direction::Answer, broken.clone())]).messages;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].bytes, vec![0; broken.len()]);
}

/// The same in the link v2.
fn over_v2(steps: &Steps) -> Steps {
    let mut said = Steps::new();
    for (direction, bytes) in steps {
        let mut deframer = frame::Deframer::new();
        deframer.push(bytes);
        match (direction, deframer.next_frame()) {
            (Direction::Request, Some(Ok(packet))) => {
                said.push((Direction::Request, vec![0x05]));
                said.push((Direction::Answer, vec![0x06]));
                said.push((Direction::Request, v2_frame(&packet.data[3..])));
                said.push((Direction::Answer, vec![0x06]));
                said.push((Direction::Request, vec![0x04]));
            }
            (Direction::Answer, Some(Ok(packet))) => {
                said.push((Direction::Answer, vec![0x05]));
                said.push((Direction::Request, vec![0x06]));
                said.push((Direction::Answer, v2_frame(&packet.data[2..])));
            }
            _ => said.push((*direction, bytes.clone())),
        }
    }
    said
}

fn v2_frame(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::v2::frame::encode(data, &mut bytes).unwrap();
    bytes
}

#[test]
fn frames_of_the_link_v2_keep_their_control_bytes() {
    let steps = over_v2(&vec![
        asked(&[0x3F]),
        answered(&unhex(
            "44 30 01 26 11 24 03 10 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
        )),
        // The name of the model is known to be one.
        asked(&[0xA5]),
        answered(&unhex("00 01 01 39 00 00 03 00 00 75 34 80 92 8E 8B 20 32 35 94")),
    ]);
    let scrubbed = scrubbed_over(Link::V2, &steps);
    let mut wanted = steps.clone();
    wanted[7].1 = v2_frame(&unhex(
        "44 30 01 26 11 24 03 10 07 4B 12 34 56 78 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
    ));
    let got: Steps = scrubbed.messages.into_iter().map(|it| (it.direction, it.bytes)).collect();
    assert_eq!(got, wanted);
    assert_eq!(scrubbed.unsound, 0);
}

/// The known defect of some firmware is evidence, and stays.
#[test]
fn an_etx_that_was_not_masked_stays_so() {
    let sent = |serial: &str| {
        let mut frame = unhex(&format!(
            "02 44 30 01 26 11 24 03 10 10 07 4B {serial} 39 33 30 01 00 42 00 17 01 00 00 01 23 45 \
             02 06 03"
        ));
        frame.push(frame.iter().skip(1).fold(0, |check, byte| check ^ byte));
        frame
    };
    let steps = vec![
        (Direction::Request, v2_frame(&unhex("00 00 3F"))),
        (Direction::Answer, sent("00 10 10 65 43")),
    ];
    let scrubbed = scrubbed_over(Link::V2, &steps);
    assert_eq!(scrubbed.messages[1].bytes, sent("12 34 56 78"));
}

/// An answer that came late is read in the wrong light, and tells nothing all the same.
#[test]
fn a_late_answer_over_the_link_v2() {
    let fiscal = "55 00 03 00 00 01 00 1A 0B 18 01 38 39 39 39 39 30 37 38 39 30 30 30 31 32 33 34 35 \
                  34 12 00 00";
    let status =
        "44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06";
    for (command, answer, secret) in [
        ("00 00 3F", fiscal, &b"78900012345"[..]),
        ("00 00 A4 30", status, &[0x00, 0x10, 0x65, 0x43]),
        ("00 00 A4 20", status, &[0x00, 0x10, 0x65, 0x43]),
    ] {
        let steps = vec![
            (Direction::Request, v2_frame(&unhex(command))),
            (Direction::Answer, v2_frame(&unhex(answer))),
        ];
        let data =
            |bytes: &[u8]| bytes.iter().copied().filter(|it| *it != 0x10).collect::<Vec<_>>();
        let said = &scrubbed_over(Link::V2, &steps).messages[1].bytes;
        assert!(!holds(&data(said), &data(secret)), "{command}: {said:02X?}");
    }
}

#[test]
fn a_flood_is_looked_at_once() {
    for (link, byte) in [(Link::V3, 0xFE), (Link::V3, 0x55), (Link::V2, 0x55), (Link::V2, 0x05)] {
        let flood = vec![(Direction::Answer, vec![byte; 1 << 18])];
        let scrubbed = scrubbed_over(link, &flood);
        let length: usize = scrubbed.messages.iter().map(|it| it.bytes.len()).sum();
        assert_eq!(length, 1 << 18);
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn explained(steps: &Steps) -> Vec<Result<(&'static str, Vec<&'static str>), ExplainError>> {
    let mut explainer = Explainer::new(crate::link::Link::V3);
    let said = steps.iter().flat_map(|(direction, bytes)| explainer.explain(*direction, bytes));
    said.map(|said| said.map(|it| (it.name, it.fields.iter().map(|(name, _)| *name).collect())))
        .collect()
}

prop_compose! {
    fn digits(length: usize)(text in proptest::collection::vec(b'0'..=b'9', length)) -> Vec<u8> {
        // No number that stands in another one by chance, and none like the stand-in.
        let mut text = text;
        text[0] = b'9';
        text[1] = b'7';
        text
    }
}

prop_compose! {
    fn person()(
        serial in digits(8), storage in digits(16), taxpayer in digits(12), phone in digits(11),
        code in digits(14), tail in "[A-Za-z]{6}[!-/]{2}", name in proptest::collection::vec(0x80_u8..=0xAF, 6..20),
    ) -> [Vec<u8>; 6] {
        [serial, storage, taxpayer, phone, [code, tail.into_bytes()].concat(), name]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever it is, and however the line cut the bytes: nothing of them is left, and all that could
    /// be understood before is understood afterwards.
    #[test]
    fn nothing_of_a_person_is_left(
        who in person(),
        cuts in proptest::collection::vec(1_usize..40, 1..40),
        noise in proptest::collection::vec(any::<u8>(), 0..12),
        damaged in any::<prop::sample::Index>(),
    ) {
        let [serial, storage, taxpayer, phone, code, name] = &who;
        let bcd = |digits: &[u8]| mask::packed(digits);
        let status = [&unhex("44 30 01 26 11 24 01 56 07 4B")[..], &bcd(serial),
            &unhex("39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06")].concat();
        let fiscal = [&unhex("55 00 03 00 00 01 00 1A 0B 18 01 38")[..], storage, &[9, 0, 0, 0]].concat();
        let anything = [&[0x55, 0x00], &name[..], &[0x00], phone, &[0xFF], &bcd(taxpayer), &[0xFF], code,
            &[0xFE], &bcd(serial), &[0xFD], storage].concat();
        let tlv = [&[0x55, 0x00, 0xFA, 0x03, 12, 0][..], taxpayer].concat();
        let goods = [&[0xE6, 0x01][..], name, code].concat();
        let steps = vec![
            asked(&[0x3F]), answered(&status), asked(&[0xA4, 0x30]), answered(&fiscal),
            asked(&[0xA4, 0x31]), answered(&[&[0x55, 0x00], &storage[..]].concat()),
            asked(&[0x91, 0x33, 0, 0]), answered(&anything), asked(&[0xA4, 0x46]), answered(&tlv),
            asked(&[0x46, 2, 0, 1, 9]), answered(&anything), asked(&goods), answered(&[0x55, 0, 0]),
            (Direction::Answer, noise),
        ];
        for link in [Link::V2, Link::V3] {
            let mut steps = if link == Link::V2 { over_v2(&steps) } else { steps.clone() };
            // One answer came damaged: it is no packet, and still tells nothing.
            let answer = |(side, bytes): &&(Direction, Vec<u8>)| {
                *side == Direction::Answer && bytes.len() > 12
            };
            let answers: Vec<_> = steps.iter().filter(answer).cloned().collect();
            let mut copy = damaged.get(&answers).clone();
            if let Some(check) = copy.1.last_mut() {
                *check ^= 0x01;
            }
            let noise = steps.pop();
            steps.push(copy);
            steps.extend(noise);
            nothing_is_left(link, &steps, &cuts, &who)?;
        }
    }
}

/// The line cuts the bytes of a side wherever it likes, and of nobody anything is left.
fn nothing_is_left(
    link: Link,
    steps: &Steps,
    cuts: &[usize],
    who: &[Vec<u8>; 6],
) -> Result<(), TestCaseError> {
    let [serial, storage, taxpayer, phone, code, name] = who;
    let bcd = |digits: &[u8]| mask::packed(digits);
    let mut recorded = Steps::new();
    let mut sizes = cuts.iter().cycle();
    for (direction, bytes) in steps {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            recorded.push((*direction, piece.to_vec()));
            rest = after;
        }
    }
    let scrubbed = scrubbed_over(link, &recorded);
    let after: Steps =
        scrubbed.messages.iter().map(|it| (it.direction, it.bytes.clone())).collect();
    for direction in [Direction::Request, Direction::Answer] {
        let side = |steps: &Steps| -> Vec<u8> {
            steps
                .iter()
                .filter(|(side, _)| *side == direction)
                .flat_map(|(_, b)| b.clone())
                .collect()
        };
        let bytes = side(&after);
        for secret in [serial, storage, taxpayer, phone, code] {
            prop_assert!(!holds(&bytes, secret), "{secret:02X?} in {bytes:02X?}");
            prop_assert!(!holds(&bytes, &bcd(secret)), "{secret:02X?} as BCD in {bytes:02X?}");
        }
        prop_assert!(!holds(&bytes, name), "{name:02X?} in {bytes:02X?}");
    }
    prop_assert_eq!(sound(link, &after), sound(link, steps));
    Ok(())
}

/// What can be understood of a dialogue: what each packet says, or which frames there are.
fn sound(link: Link, steps: &Steps) -> Vec<String> {
    if link == Link::V3 {
        let said = explained(steps).into_iter().filter_map(Result::ok);
        return said.map(|said| format!("{said:?}")).collect();
    }
    let mut sides = [
        (Direction::Request, crate::v2::frame::Deframer::for_commands()),
        (Direction::Answer, crate::v2::frame::Deframer::for_answers()),
    ];
    let mut said = Vec::new();
    for (direction, deframer) in &mut sides {
        for (_, bytes) in steps.iter().filter(|(side, _)| side == direction) {
            deframer.push(bytes);
        }
        while let Some(item) = deframer.next_item() {
            match item {
                Ok(crate::v2::frame::Item::Frame(data)) => {
                    said.push(format!("{direction:?} {} bytes {:02X?}", data.len(), data.first()));
                }
                Ok(crate::v2::frame::Item::Control(control)) => said.push(control.to_string()),
                _ => {}
            }
        }
    }
    said
}
