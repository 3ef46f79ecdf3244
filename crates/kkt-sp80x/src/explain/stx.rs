//! Frames of an STX dialect in words.

use std::collections::BTreeMap;

use super::{Direction, ExplainError, Explained, Field, Fields, Message, number, optional, text};
use crate::dialect::DialectName;
use crate::error::DecodeError;
use crate::frame::{self, ACK, Answer, CAN, Code, ENQ, LF, Piece, Request};

/// What a dialect's words are.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) dialect: DialectName,
    pub(super) password: &'static str,
    /// What a command is called, by its first field where that matters.
    pub(super) name: fn(Code, Option<&str>) -> &'static str,
    /// Which field of an answer repeats the number of the question.
    pub(super) repeats: fn(Code) -> bool,
    /// What an error code means.
    pub(super) error: fn(u8) -> Option<&'static str>,
    /// The values of an answer, in the light of the request's first field.
    pub(super) values: fn(&Answer<'_>, Option<&str>, &mut Fields) -> Result<(), DecodeError>,
}

/// Explains one STX dialect; it remembers requests.
#[derive(Debug)]
pub(super) struct Stx {
    words: &'static Words,
    /// The command and the first field of each request, by packet id.
    asked: BTreeMap<u8, (Code, Option<String>)>,
}

impl Stx {
    pub(super) fn new(words: &'static Words) -> Self {
        Self { words, asked: BTreeMap::new() }
    }

    pub(super) fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Explained {
        let mut deframer = match direction {
            Direction::Request => frame::Deframer::requests(),
            Direction::Answer => frame::Deframer::answers(),
        };
        let mut messages = Vec::new();
        // In pieces, so that a long step is no overflow.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            while let Some(result) = deframer.next_piece() {
                messages.push(match result {
                    Ok(piece) => self.piece(direction, piece),
                    Err(error) => Err(error.into()),
                });
            }
        }
        messages.extend(deframer.finish().map(|error| Err(error.into())));
        messages
    }

    fn piece(&mut self, direction: Direction, piece: Piece<'_>) -> Result<Message, ExplainError> {
        match (piece, direction) {
            (Piece::Control(byte), _) => {
                Ok(Message { name: control(byte), fields: vec![("byte".into(), number(byte))] })
            }
            (Piece::Frame(frame), Direction::Request) => self.request(&frame.request()?),
            (Piece::Frame(frame), Direction::Answer) => Ok(self.answer(&frame.answer()?)?),
        }
    }

    fn request(&mut self, request: &Request<'_>) -> Result<Message, ExplainError> {
        let &Words { dialect, password: expected, .. } = self.words;
        if request.password != expected.as_bytes() {
            let got = crate::text::decode(&request.password);
            return Err(ExplainError::Password { got, expected, dialect });
        }
        let fields: Vec<_> = request.fields().map(crate::text::decode).collect();
        let first = fields.first().cloned();
        let message = Message {
            name: (self.words.name)(request.code, first.as_deref()),
            fields: vec![
                ("packet_id".into(), number(request.packet_id)),
                ("password".into(), text(expected)),
                ("command".into(), text(request.code.to_string())),
                ("fields".into(), Field::Texts(fields)),
            ],
        };
        self.asked.insert(request.packet_id, (request.code, first));
        Ok(message)
    }

    fn answer(&self, answer: &Answer<'_>) -> Result<Message, DecodeError> {
        let values: Vec<_> = answer.fields().map(crate::text::decode).collect();
        let asked = self.asked.get(&answer.packet_id).filter(|(code, _)| *code == answer.code);
        let first = match asked {
            Some((_, first)) => first.as_deref(),
            None if (self.words.repeats)(answer.code) => values.first().map(String::as_str),
            None => None,
        };
        let mut fields: Fields = vec![
            ("packet_id".into(), number(answer.packet_id)),
            ("command".into(), text(answer.code.to_string())),
            ("error_code".into(), number(answer.error)),
        ];
        if answer.error != 0 {
            fields.push(("error".into(), optional((self.words.error)(answer.error), text)));
        }
        (self.words.values)(answer, first, &mut fields)?;
        let name = (self.words.name)(answer.code, first);
        fields.push(("fields".into(), Field::Texts(values)));
        Ok(Message { name, fields })
    }
}

fn control(byte: u8) -> &'static str {
    match byte {
        ENQ => "enq",
        ACK => "ack",
        LF => "feed-line",
        CAN => "interrupt-report",
        _ => "byte",
    }
}
