//! Inside a checked frame: complete parsers over bytes whose end is known.

use nom::bytes::complete::{tag, take, take_till};
use nom::combinator::{map_opt, opt, rest};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::{Answer, Code, FS, Request};
use crate::error::DecodeError;

pub(super) fn request(body: &[u8]) -> Result<Request<'_>, DecodeError> {
    let (body, password) = named(four, body, "password")?;
    let (body, packet_id) = named(byte, body, "packet id")?;
    let (data, code) = digits(body, "command")?;
    Ok(Request { password, packet_id, code: Code(code), data })
}

pub(super) fn answer(body: &[u8]) -> Result<Answer<'_>, DecodeError> {
    let (body, packet_id) = named(byte, body, "packet id")?;
    let (body, code) = digits(body, "command")?;
    let (data, error) = digits(body, "error code")?;
    Ok(Answer { packet_id, code: Code(code), error, data })
}

/// Takes a field and the FS behind it; `None` at the end of the data.
pub(crate) fn field<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    fn one(data: &[u8]) -> IResult<&[u8], &[u8]> {
        terminated(take_till(|byte| byte == FS), opt(tag(&[FS][..]))).parse(data)
    }
    if data.is_empty() {
        return None;
    }
    let (rest, field) = one(data).ok()?;
    *data = rest;
    Some(field)
}

/// The value of two hex digits of either case.
pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

fn four(input: &[u8]) -> IResult<&[u8], [u8; 4]> {
    map_opt(take(4_usize), |bytes: &[u8]| bytes.try_into().ok()).parse(input)
}

fn byte(input: &[u8]) -> IResult<&[u8], u8> {
    map_opt(take(1_usize), |bytes: &[u8]| bytes.first().copied()).parse(input)
}

fn hex(input: &[u8]) -> IResult<&[u8], u8> {
    let pair = |bytes: &[u8]| match bytes {
        [high, low] => hex_byte(*high, *low),
        _ => None,
    };
    map_opt(take(2_usize), pair).parse(input)
}

/// Runs a parser whose only failure is that the frame ends.
fn named<'a, T>(
    parser: impl Fn(&'a [u8]) -> IResult<&'a [u8], T>,
    input: &'a [u8],
    field: &'static str,
) -> Result<(&'a [u8], T), DecodeError> {
    parser(input).map_err(|_| DecodeError::Missing(field))
}

/// Two hex digits, which may be missing or no digits.
fn digits<'a>(input: &'a [u8], field: &'static str) -> Result<(&'a [u8], u8), DecodeError> {
    if let Ok(found) = hex(input) {
        return Ok(found);
    }
    let (_, got) = rest::<_, nom::error::Error<&[u8]>>(input).unwrap_or((&[], input));
    match got {
        [first, second, ..] => Err(DecodeError::Value {
            field,
            got: format!("{first:02X} {second:02X}"),
            expected: "two hex digits",
        }),
        _ => Err(DecodeError::Missing(field)),
    }
}
