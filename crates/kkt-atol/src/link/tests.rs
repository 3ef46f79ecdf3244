use super::*;
use crate::fault::{FAULTS, Fault};

#[test]
fn links_by_name() {
    for link in [Link::V2, Link::V3] {
        assert_eq!(link.to_string().parse(), Ok(link));
        assert_eq!(Settings::of(link).link(), link);
    }
    let error = "v1".parse::<Link>().unwrap_err();
    assert_eq!(error.to_string(), "no such link: got \"v1\", expected \"v2\" or \"v3\"");
}

#[test]
fn each_link_says_its_own_first_bytes() {
    for (link, bytes) in
        [(Link::V2, &[0x05][..]), (Link::V3, &[0xFE, 0x06, 0x00, 0x01, 0xC1, 0x01, 0x80])]
    {
        let mut exchange = Exchange::new(Settings::of(link));
        exchange.start(&[0x3F], Instant::now());
        let sent = exchange.poll_transmit().unwrap();
        assert!(sent.starts_with(bytes), "{link}: {sent:02X?}");
        assert_eq!(exchange.counters().dropped_bytes(), 0);
    }
}

/// Every second byte of an answer to 45h: a mode, an error, or either.
#[test]
fn an_answer_to_45h_is_a_state_only_when_it_can_be_nothing_else() {
    for code in 0..=0xFF {
        let answer = vec![0x55, code, 0x04];
        let fault = Fault { code, extended: 0x04 };
        let expected = match code {
            0x00..=0x07 => Ok(answer.clone()),
            _ if code & 0x0F <= 7 => Err(DecodeError::Ambiguous(fault)),
            _ => Err(DecodeError::Refused(fault)),
        };
        assert_eq!(state_code(answer), expected, "{code:02X}");
    }
    assert!(FAULTS.iter().all(|row| row.0 > 7 || row.0 == 0), "no error has the code of a mode");
    for strange in [vec![], vec![0x55], vec![0x44, 0x8C, 0x00]] {
        assert_eq!(state_code(strange.clone()), Ok(strange), "that is for the decoder");
    }
}
