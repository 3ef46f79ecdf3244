//! Good answers of both kinds, and what mutation makes of them.

use crate::random::Random;
use crate::server::Answer;

/// A document of a till of which everything is well.
pub(crate) fn document() -> String {
    r#"{"schema":1,"overall":"ok","till":{"name":"1/1","type":"staffed","time":"2026-11-24T15:00:00+03:00","version":"0.1.0","config":"sha256:00","started_at":"2026-11-24T08:00:00+03:00"},"receipt":{"state":"closed","source":"events","opened_at":null,"last_activity_at":null,"last_closed_at":"2026-11-24T14:59:00+03:00"},"user":{"role_id":"12","source":"events"},"kkt":{"state":"online","reason":null,"driver":"atol","model":"25F","serial_number":"00106543","firmware":"3.0","observed_at":"2026-11-24T15:00:00+03:00","age_seconds":1,"paper":"present","cover":"closed","drawer":"closed","printer_faults":[],"ofd":{"unsent_documents":0,"first_unsent_number":null,"first_unsent_at":null,"evidence":"implementation"},"shift":{"state":"open","number":18,"opened_at":null},"fiscal_storage":{"number":"9999078900012345","valid_until":null,"flags":[]},"marking":{"unsent_notifications":null},"device_time":null,"clock_skew_seconds":null,"unknown":{}},"scale":{"state":"online","reason":null,"protocol":"massa-k-100","observed_at":"2026-11-24T15:00:00+03:00","age_seconds":1,"weight_grams":0,"tare_grams":0,"stable":true,"zero":true,"net":false,"unknown":{}},"vision":{"state":"up","reason":null,"observed_at":"2026-11-24T15:00:00+03:00","age_seconds":2,"evidence":"http 200"},"problems":[]}"#
        .to_owned()
}

/// A document of a till that has problems.
fn ill() -> String {
    let problem = r#"{"code":"paper-out","severity":"critical","source":"kkt","since":"2026-11-24T14:50:00+03:00","text":"Нет бумаги"}"#;
    document().replace(r#""problems":[]"#, &format!(r#""problems":[{problem}]"#))
}

const VALUES: [&str; 12] = [
    "3",
    "0",
    "1",
    "true",
    "\"12\"",
    "2026-11-24T14:59:00+03:00",
    "24.11.2026 14:59:00",
    "1.234",
    "-0.020 kg",
    "{\"value\":7}",
    "1795474059",
    "",
];

/// Words of a document.
const WORDS: [&str; 7] = [
    "\"online\"",
    "\"present\"",
    "\"closed\"",
    "\"12\"",
    "\"up\"",
    "\"paper-out\"",
    "\"Нет бумаги\"",
];

/// What stands in place of a value: out of range, deep, long, twice, of another kind.
fn odd(random: &mut Random) -> Vec<u8> {
    let long = "я".repeat(random.below(20_000));
    let odd: [Vec<u8>; 24] = [
        b"99999999999999999999999999".to_vec(),
        b"-9223372036854775808".to_vec(),
        b"9223372036854775807".to_vec(),
        b"18446744073709551615".to_vec(),
        b"1e999".to_vec(),
        b"-0.0000000000000001".to_vec(),
        b"NaN".to_vec(),
        b"null".to_vec(),
        b"\"9999-12-31T23:59:59Z\"".to_vec(),
        b"\"9999-12-31T23:59:59-23:59\"".to_vec(),
        b"\"-009999-01-01T00:00:00Z\"".to_vec(),
        b"\"0001-01-01T00:00:00Z\"".to_vec(),
        b"\"2016-12-31T23:59:60Z\"".to_vec(),
        b"31.02.2026 25:61:61".to_vec(),
        b"\"\\u0000\\u001b[31m\\u202e\"".to_vec(),
        b"\"\\ud800\"".to_vec(),
        b"\xff\xfe\x00\x01\x7f".to_vec(),
        format!("\"{long}\"").into_bytes(),
        vec![b'['; random.below(60_000)],
        "{\"a\":".repeat(random.below(10_000)).into_bytes(),
        b"<script>alert(1)</script>".to_vec(),
        b"{}".to_vec(),
        b"[]".to_vec(),
        "1\u{7f}\r\n=cmd|' /C calc'!A0,\"; -- \u{2028}".into(),
    ];
    random.pick(&odd).clone()
}

/// A body: a good one, or one with some of it changed.
fn body(random: &mut Random) -> Vec<u8> {
    let mut body = match random.below(4) {
        0 => document().into_bytes(),
        1 => ill().into_bytes(),
        2 => random.pick(&VALUES).as_bytes().to_vec(),
        _ => return odd(random),
    };
    for _ in 0..random.below(4) {
        match random.below(8) {
            // A member's value becomes another, or the member comes twice.
            0..=2 => body = member(&body, random),
            3 => body.truncate(random.below(body.len() + 1)),
            4 => {
                let at = random.below(body.len().max(1));
                if let Some(byte) = body.get_mut(at) {
                    *byte = u8::try_from(random.below(256)).unwrap_or(0);
                }
            }
            5 => {
                let at = random.below(body.len() + 1);
                body.splice(at..at, odd(random));
            }
            6 => {
                let word = *random.pick(&WORDS);
                let other = format!("\"{}\"", "long ".repeat(random.below(8000)));
                body = String::from_utf8_lossy(&body).replacen(word, &other, 1).into_bytes();
            }
            _ => {
                let again = body.clone();
                body.extend(again);
            }
        }
    }
    body
}

/// Changes or repeats one member of an object.
fn member(body: &[u8], random: &mut Random) -> Vec<u8> {
    let colons: Vec<_> = (0..body.len()).filter(|at| body.get(*at) == Some(&b':')).collect();
    if colons.is_empty() {
        return odd(random);
    }
    let colon = *random.pick(&colons);
    let (head, rest) = body.split_at(colon + 1);
    let end = rest.iter().position(|byte| b",}]".contains(byte)).unwrap_or(rest.len());
    let (value, tail) = rest.split_at(end);
    if random.below(4) == 0 {
        let name = head.rsplit(|byte| b"{,".contains(byte)).next().unwrap_or_default();
        return [head, value, b",", name, value, tail].concat();
    }
    [head, &odd(random), tail].concat()
}

/// A whole answer with its head, seldom a good one.
pub(crate) fn mutated(random: &mut Random) -> Answer {
    let body = body(random);
    let length = body.len();
    let status = match random.below(12) {
        0 => "204 No Content",
        1 => "404 Not Found",
        2 => "503 Service Unavailable",
        3 => *random.pick(&[
            "302 Found",
            "429 Slow",
            "500 Oops",
            "999 ",
            "101 Switch",
            "100 Continue",
        ]),
        _ => "200 OK",
    };
    let kind =
        *random.pick(&["application/json", "text/plain; charset=cp1251", "text/html", "\x01", ""]);
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n");
    let of = |rest: &str| [head.as_bytes(), rest.as_bytes()].concat();
    let whole = |head: Vec<u8>, body: &[u8]| Answer {
        bytes: [&head, body].concat(),
        close: true,
        ..Answer::default()
    };
    match random.below(20) {
        // Lengths that are not those of the body.
        0 => whole(of(&format!("Content-Length: {}\r\n\r\n", length + 7)), &body),
        1 => whole(of(&format!("Content-Length: {}\r\n\r\n", length / 2)), &body),
        2 => whole(of("Content-Length: -1\r\n\r\n"), &body),
        3 => whole(of("Content-Length: 99999999999999999999\r\n\r\n"), &body),
        4 => whole(of("Content-Length: 3\r\nContent-Length: 5\r\n\r\n"), &body),
        5 => whole(of("\r\n"), &body),
        // Chunks, good and bad.
        6 => {
            let chunk = format!("{length:x}\r\n");
            let head = of(&format!("Transfer-Encoding: chunked\r\n\r\n{chunk}"));
            whole(head, &[&body, &b"\r\n0\r\n\r\n"[..]].concat())
        }
        7 => whole(of("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), &body),
        8 => whole(of("Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nxyz"), &body),
        // Said to be compressed: nobody asked for that.
        9 => {
            whole(of(&format!("Content-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n")), &body)
        }
        // Heads that are none.
        10 => whole(body.clone(), b"\r\n\r\n"),
        11 => whole(of("no colon here\r\n\r\n"), &body),
        12 => whole(of(&"X-Many: 1\r\n".repeat(random.below(300))), &[b"\r\n", &body[..]].concat()),
        13 => whole(of(&format!("X-Long: {}\r\n\r\n", "a".repeat(random.below(40_000)))), &body),
        14 => whole(b"HTTP/9.9 two hundred\r\n\r\n".to_vec(), &body),
        15 => whole(of("Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), b""),
        // Endless ones.
        16 if random.below(10) == 0 => {
            let ends = ["Content-Length: 9999999999\r\n\r\n", "X-Endless: ", "\r\n"];
            let end = random.pick(&ends);
            Answer { bytes: of(end), close: true, endless: vec![b' '; 16 << 10] }
        }
        _ => {
            let head = of(&format!("Content-Length: {length}\r\n\r\n"));
            let close = random.below(3) == 0;
            Answer { close, ..whole(head, &body) }
        }
    }
}
