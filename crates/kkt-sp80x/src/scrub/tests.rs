use super::*;
use crate::frame::{self, Case, checksum};

type Steps = Vec<(Direction, Vec<u8>)>;

fn scrubbed(dialect: DialectName, steps: &Steps) -> Scrubbed {
    scrub(dialect, steps.iter().map(|(direction, bytes)| (*direction, bytes.as_slice())))
}

fn stx(body: &[u8], case: Case) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::write(body, checksum(body), case, &mut bytes);
    bytes
}

/// A frame in the notation `A6 00 0801001234|`, a field before each bar; cp866 in Latin-1.
fn body(words: &str) -> Vec<u8> {
    words
        .chars()
        .map(|it| if it == '|' { 0x1C } else { u8::try_from(u32::from(it)).unwrap() })
        .collect()
}

fn asked(password: &str, id: char, words: &str) -> (Direction, Vec<u8>) {
    (Direction::Request, stx(&body(&format!("{password}{id}{words}")), Case::Lower))
}

fn answered(id: char, words: &str, case: Case) -> (Direction, Vec<u8>) {
    (Direction::Answer, stx(&body(&format!("{id}{words}")), case))
}

fn names(scrubbed: &Scrubbed) -> String {
    scrubbed.to_string()
}

#[track_caller]
fn check(dialect: DialectName, question: &str, answer: &str, wanted: &str, replaced: &str) {
    let pone = dialect == DialectName::Pone;
    let (password, case) = if pone { ("PONE", Case::Lower) } else { ("PIRI", Case::Upper) };
    let steps = vec![asked(password, '!', question), answered('!', answer, case)];
    let scrubbed = scrubbed(dialect, &steps);
    let expected = [steps[0].1.clone(), answered('!', wanted, case).1];
    let got: Vec<_> = scrubbed.messages.iter().map(|message| message.bytes.clone()).collect();
    assert_eq!(got, expected, "{question}: {answer}: {:?}", crate::text::decode(&got[1]));
    assert_eq!((names(&scrubbed).as_str(), scrubbed.unsound), (replaced, 0), "{question}");
}

const NOTHING: &str = "looked through, nothing was found to replace";

#[test]
fn identifying_fields_of_pone_go_and_all_others_stay() {
    let pone = DialectName::Pone;
    check(pone, "A6|", "A6000801001234|", "A6001234567890|", "serial number");
    check(pone, "A0|", "A0000|14|18|", "A0000|14|18|", NOTHING);
    check(pone, "A50|", "A500801|", "A500801|", NOTHING);
    check(pone, "AF6|", "AF003.01|", "AF003.01|", NOTHING);
    check(pone, "A133|0|", "A1001|", "A1001|", NOTHING);
    // What nobody has described: a setting, surplus fields of the status, another command.
    check(pone, "A110|0|", "A100Shop 7|", "A100XXXX 1|", "settings");
    check(
        pone,
        "A0|",
        "A0000|4|0|Petrov|79161234567|",
        "A0000|4|0|XXXXXX|12345678901|",
        "numbers, texts",
    );
    check(pone, "A7|", "A700\u{88}\u{A2}\u{A0}|12|", "A700\u{95}\u{95}\u{95}|12|", "texts");
}

#[cfg(feature = "pirit")]
#[test]
fn identifying_fields_of_pirit_go_and_all_others_stay() {
    let pirit = DialectName::Pirit;
    check(pirit, "021|", "02001|0497123456789012|", "02001|1234567890123456|", "serial number");
    check(pirit, "023|", "02003|7701234567|", "02003|1234567890|", "INN");
    check(
        pirit,
        "024|",
        "02004|0001234567001234|",
        "02004|1234567890123456|",
        "registration number",
    );
    check(pirit, "781|", "78001|9999078900001234|", "78001|1234567890123456|", "FN number");
    check(pirit, "787|", "78007|3|3|4660|231126|211500|", "78007|3|3|4660|231126|211500|", NOTHING);
    check(pirit, "0212|", "020012|12345678.90|0|0|0|", "020012|12345678.90|0|0|0|", NOTHING);
    check(pirit, "0510|", "050010|Citizen CT|", "050010|Citizen CT|", NOTHING);
    check(pirit, "04|", "04092|", "04092|", NOTHING);
    check(pirit, "1132|0|", "1100\u{8D}\u{A0}|", "1100\u{95}\u{95}|", "settings");
    check(
        pirit,
        "7819|",
        "780019|7|3141592653|241126|0930|",
        "780019|7|1234567890|241126|0930|",
        "numbers",
    );
}

#[test]
fn the_check_characters_keep_the_letters_of_their_side() {
    for case in [Case::Lower, Case::Upper] {
        // The first answer has no letter in its check, the second one gets one.
        let steps = vec![
            asked("PONE", '!', "A6|"),
            answered('!', "A6000801001234|", case),
            asked("PONE", '"', "A0|"),
            answered('"', "A0000|4|2|", case),
            asked("PONE", '#', "A50|"),
            answered('#', "A500801|", case),
        ];
        let scrubbed = scrubbed(DialectName::Pone, &steps);
        for message in &scrubbed.messages {
            let text = &message.bytes[message.bytes.len() - 2..];
            let check = checksum(&message.bytes[1..message.bytes.len() - 3]);
            assert_eq!(frame::hex_byte(text[0], text[1]), Some(check), "{message:02X?}");
        }
        assert_eq!(scrubbed.messages[3].bytes, steps[3].1, "what did not change is the same");
    }
}

#[test]
fn a_till_programs_receipt_tells_nobody() {
    let name = "\u{88}\u{A2}\u{A0}\u{AD}\u{AE}\u{A2}";
    let steps = vec![
        asked("PONE", '!', "00241126|015637|"),
        asked("PONE", '"', &format!("202|1|{name}|770123456789|1|1||")),
        asked("PONE", '#', "30Milk|4607001234567$1D21abc|1.000|123.45|0||1|"),
        asked("SAFE", '$', "22|"),
        asked("PONE", '%', "A210|0|7|"),
    ];
    let scrubbed = scrubbed(DialectName::Pone, &steps);
    let said = |at: usize| crate::text::decode(&scrubbed.messages[at].bytes[1..]);
    assert_eq!(scrubbed.messages[0].bytes, steps[0].1, "a time names nobody");
    assert!(said(1).contains("\u{FFFD}ХХХХХХ\u{FFFD}123456789012\u{FFFD}"), "{}", said(1));
    assert!(said(2).contains("30XXXX\u{FFFD}1234567890123.4X56XXX\u{FFFD}1.000"), "{}", said(2));
    assert!(said(3).starts_with("XXXX$22"), "{}", said(3));
    assert!(said(4).contains("A210\u{FFFD}0\u{FFFD}1\u{FFFD}"), "{}", said(4));
    assert_eq!(scrubbed.to_string(), "settings, passwords, numbers, texts");
}

/// One so short that it is suspicious in its own field only.
#[test]
fn a_number_goes_wherever_it_stands_also_before_its_field() {
    let broken = b"\x02!A0000|0051234\x1C51234\x03zz".to_vec();
    let steps = vec![
        (Direction::Answer, broken),
        asked("PONE", ' ', "A7|"),
        answered(' ', "A70051234|0051234|", Case::Lower),
        asked("PONE", '!', "A6|"),
        answered('!', "A6000051234|", Case::Lower),
        asked("PONE", '"', "3051234|"),
    ];
    let scrubbed = scrubbed(DialectName::Pone, &steps);
    for message in &scrubbed.messages {
        let text = String::from_utf8_lossy(&message.bytes).into_owned();
        assert!(!text.contains("51234"), "{text}");
    }
    assert_eq!(scrubbed.unsound, steps[0].1.len());
}

#[test]
fn a_short_serial_number_goes_everywhere_and_a_meaningless_one_nowhere() {
    for (serial, gone) in [("0000051234", true), ("0000000000", false), ("0", false)] {
        let steps = vec![
            asked("PONE", '!', "A6|"),
            answered('!', &format!("A600{serial}|"), Case::Lower),
            asked("PONE", '"', "A7|"),
            answered('"', "A70051234|0|", Case::Lower),
        ];
        let scrubbed = scrubbed(DialectName::Pone, &steps);
        let text = crate::text::decode(&scrubbed.messages[3].bytes);
        assert_eq!(!text.contains("51234"), gone, "{serial}: {text}");
        assert!(text.contains("\u{FFFD}0\u{FFFD}"), "{text}");
    }
}

#[test]
fn messages_are_put_together_wherever_the_recorder_cut() {
    let (_, request) = asked("PONE", '!', "A6|");
    let (_, answer) = answered('!', "A6000801001234|", Case::Lower);
    let (head, tail) = answer.split_at(7);
    let steps = vec![
        (Direction::Request, [b"\x05", request.as_slice()].concat()),
        (Direction::Answer, [b"\x06", head].concat()),
        (Direction::Answer, [tail, b"??"].concat()),
    ];
    let scrubbed = scrubbed(DialectName::Pone, &steps);
    let got: Vec<_> = scrubbed.messages.iter().map(|it| (it.step, it.bytes.len())).collect();
    assert_eq!(got, [(0, 1), (0, request.len()), (1, 1), (1, answer.len()), (2, 2)]);
    assert_eq!(scrubbed.unsound, 2);
    let whole =
        messages(DialectName::Pone, steps.iter().map(|(it, bytes)| (*it, bytes.as_slice())));
    assert_eq!(whole[3].bytes, answer, "nothing is replaced");
}

fn document(data: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArmResponse><ResponseBody><RequestId>\
         {{00000000-0000-4000-8000-000000000058}}</RequestId><Result>0</Result><ErrorCode>0</ErrorCode>\n\
         <ErrorDescription>Ошибка ФН</ErrorDescription><Command>45</Command></ResponseBody>\n\
         <ResponseData><![CDATA[{data}]]></ResponseData></ArmResponse>"
    )
    .into_bytes()
}

#[track_caller]
fn check_arm(data: &str, wanted: &str, replaced: &str) {
    assert_eq!(data.len(), wanted.len(), "lengths are kept");
    let steps = vec![(Direction::Answer, document(data))];
    let scrubbed = scrubbed(DialectName::Arm, &steps);
    let got = String::from_utf8(scrubbed.messages[0].bytes.clone()).unwrap();
    assert_eq!(got, String::from_utf8(document(wanted)).unwrap());
    assert_eq!((names(&scrubbed).as_str(), scrubbed.unsound), (replaced, 0));
    assert!(crate::envelope::Response::parse(&got.as_bytes()[39..]).is_ok(), "{got}");
}

#[test]
fn elements_of_arm_by_their_names_and_types() {
    check_arm(
        "<pa n=\"1041\" t=\"1\">9999078900001234</pa>",
        "<pa n=\"1041\" t=\"1\">1234567890123456</pa>",
        "FN number",
    );
    check_arm(
        "<pa n=\"1018\" t=\"1\">7701234567  </pa>",
        "<pa n=\"1018\" t=\"1\">1234567890  </pa>",
        "INN",
    );
    check_arm(
        "<pa n=\"1009\" t=\"1\">Москва, 1</pa>",
        "<pa n=\"1009\" t=\"1\">ХХХХХХ. 1</pa>",
        "texts",
    );
    check_arm(
        "<pa n=\"NetworkInterface\" t=\"1\">IP=10.1.2.3</pa>",
        "<pa n=\"NetworkInterface\" t=\"1\">XX.12.3.4.5</pa>",
        "network addresses",
    );
    for kept in [
        "<pa n=\"200000\" t=\"7\"><pa n=\"ShiftState\" t=\"4\">1</pa><pa n=\"1038\" t=\"4\">17</pa></pa>",
        "<pa n=\"CashSumm\" t=\"2\">1234567.89</pa><pa n=\"KKTFWVersion\" t=\"1\">build-7</pa>",
        "<pa n=\"New\" t=\"5\">2026-11-23 21:15:00</pa><ExpirationDate>01.02.2028</ExpirationDate>",
        "<pa n=\"Paper\" t=\"1\">есть</pa><pa n=\"Cover\" t=\"1\">false</pa><pa n=\"A\" t=\"4\">1234567</pa>",
    ] {
        check_arm(kept, kept, NOTHING);
    }
    // What nobody has described.
    check_arm(
        "<pa n=\"1048\" t=\"1\">ООО &quot;Як&quot;</pa>",
        "<pa n=\"1048\" t=\"1\">ХХХ ......ХХ......</pa>",
        "texts",
    );
    check_arm(
        "<pa n=\"X\" t=\"1\">+7 (916) 123-45-67</pa>",
        "<pa n=\"X\" t=\"1\">.1 .234. 567.89.01</pa>",
        "numbers",
    );
    check_arm(
        "<pa n=\"X\" t=\"1\">&lt;IVANOV&gt;</pa>",
        "<pa n=\"X\" t=\"1\">....XXXXXX....</pa>",
        "texts",
    );
    check_arm(
        "<pa n=\"X\" t=\"1\" who=\"Petrov\">7</pa>",
        "<pa n=\"X\" t=\"1\" who=\"XXXXXX\">7</pa>",
        "texts",
    );
}

#[test]
fn a_number_of_arm_goes_wherever_it_stands() {
    let first = document("<pa n=\"New\" t=\"4\">51234</pa><pa n=\"1038\" t=\"4\">51234</pa>");
    let second = document("<pa n=\"1013\" t=\"1\">0051234</pa>");
    let noise = b"noise 51234".to_vec();
    let steps =
        vec![(Direction::Answer, first), (Direction::Answer, noise), (Direction::Answer, second)];
    let scrubbed = scrubbed(DialectName::Arm, &steps);
    let said: Vec<_> =
        scrubbed.messages.iter().map(|it| String::from_utf8_lossy(&it.bytes)).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said.iter().all(|text| !text.contains("51234")), "{said:?}");
    assert_eq!(scrubbed.unsound, 11);
}

#[test]
fn documents_are_put_together_and_a_late_nul_belongs_to_none() {
    let mut whole = document("<pa n=\"1013\" t=\"1\">0802001234</pa>");
    whole.push(0);
    let (head, tail) = whole.split_at(100);
    let steps = vec![(Direction::Answer, head.to_vec()), (Direction::Answer, tail.to_vec())];
    let scrubbed = scrubbed(DialectName::Arm, &steps);
    assert_eq!(scrubbed.messages.len(), 1);
    assert_eq!((scrubbed.messages[0].bytes.len(), scrubbed.unsound), (whole.len(), 0));
}

#[test]
fn data_that_is_escaped_as_text_is_data() {
    let request = |inn: &str| {
        format!(
            "<ArmRequest><RequestBody><Command>8</Command></RequestBody><RequestData>\
             &lt;![CDATA[&lt;pa n=&quot;1203&quot; t=&quot;1&quot;&gt;{inn}&lt;/pa&gt;]]&gt;\
             </RequestData></ArmRequest>\0"
        )
    };
    let steps = vec![(Direction::Request, request("770123456789").into_bytes())];
    let scrubbed = scrubbed(DialectName::Arm, &steps);
    assert_eq!(String::from_utf8_lossy(&scrubbed.messages[0].bytes), request("123456789012"));
    assert_eq!(scrubbed.to_string(), "INN");
}

#[test]
fn a_document_that_is_broken_is_told() {
    let broken = String::from_utf8(document("<pa n=\"X\" t=\"1\">Petrov</pa>")).unwrap();
    let broken = broken.replace("</Result>", "</Resul>").into_bytes();
    let length = broken.len();
    let scrubbed = scrubbed(DialectName::Arm, &vec![(Direction::Answer, broken)]);
    let text = String::from_utf8_lossy(&scrubbed.messages[0].bytes);
    assert!(!text.contains("Petrov") && text.contains("<ErrorCode>0</ErrorCode>"), "{text}");
    assert_eq!(scrubbed.unsound, length);
}

/// Whatever stands round them, and wherever the recorder cuts, secrets go and lengths stay.
#[test]
fn any_bytes_keep_their_length_and_lose_their_secrets() {
    let arm = document("<pa n=\"1041\" t=\"1\">9999078900001234</pa>");
    let (_, pone) = answered('!', "A6009999078900001234|", Case::Lower);
    let (_, asks) = asked("PONE", '!', "A6|");
    for (dialect, whole) in [(DialectName::Arm, arm), (DialectName::Pone, pone)] {
        for broken in 0..whole.len() {
            for value in [0x00, 0x02, 0x03, 0x1C, b'<', b'7', 0xD0] {
                let mut bytes = whole.clone();
                bytes[broken] = value;
                let (head, tail) = bytes.split_at(broken);
                let steps = vec![
                    (Direction::Request, asks.clone()),
                    (Direction::Answer, head.to_vec()),
                    (Direction::Answer, tail.to_vec()),
                ];
                let scrubbed = scrubbed(dialect, &steps);
                let answers =
                    scrubbed.messages.iter().filter(|it| it.direction == Direction::Answer);
                let all: Vec<u8> = answers.flat_map(|it| it.bytes.clone()).collect();
                assert_eq!(all.len(), bytes.len(), "{dialect} {broken} {value:02X}");
                let text = String::from_utf8_lossy(&all).into_owned();
                for part in ["99990789", "00001234", "78900001"] {
                    assert!(!text.contains(part), "{dialect} {broken} {value:02X}: {text}");
                }
            }
        }
    }
}

/// What would take very long if any byte were looked at again and again.
#[test]
fn much_of_anything_is_done_with() {
    let numbers: String =
        (0..10_000).map(|it| format!("{:09} ", 123_456_789 + it * 7_919)).collect();
    let root = |text: &str| format!("<ArmResponse>{text}</ArmResponse>").into_bytes();
    for bytes in [
        vec![0x02; 1 << 18],
        [0x02, 0x20].repeat(1 << 17),
        b"</ArmResponse>".repeat(1 << 14),
        b"<ArmResponse>".repeat(1 << 14),
        root(&"<".repeat(1 << 15)),
        root(&"&lt;".repeat(1 << 15)),
        root(&"<a>".repeat(1 << 16)),
        root(&numbers),
        numbers.into_bytes(),
    ] {
        for dialect in [DialectName::Pone, DialectName::Arm] {
            let scrubbed = scrubbed(dialect, &vec![(Direction::Answer, bytes.clone())]);
            let kept: usize = scrubbed.messages.iter().map(|it| it.bytes.len()).sum();
            assert_eq!(kept, bytes.len());
        }
    }
}
