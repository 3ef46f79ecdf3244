//! What a simulated scale is, and what it answers.

use std::time::Duration;

use crate::protocol::massa_k_100::ErrorCode;

/// The state of a simulated scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What the scale shows, in grams: net when it is tared.
    pub weight_grams: i32,
    /// The tare in grams; 0 for none.
    pub tare_grams: i32,
    /// The pan is at rest.
    pub stable: bool,
    /// The load is above Max: answered with error 08.
    pub overload: bool,
    /// Another error to answer with.
    pub fault: Option<ErrorCode>,
    /// 0 to 4: a count is 100 mg, 1 g, 10 g, 100 g, 1 kg.
    pub division_code: u8,
    /// The weight is told with its tare.
    pub tells_tare: bool,
    /// A terminal of series "R": it knows GET_WEIGHT and not GET_MASSA.
    pub series_r: bool,
    /// The scale's number.
    pub id: i32,
    /// The scale's name, ASCII.
    pub name: String,
    /// The eight texts of its limits.
    pub parameters: [String; 8],
}

impl Default for State {
    /// An empty scale at rest with a division of 1 g.
    fn default() -> Self {
        Self {
            weight_grams: 0,
            tare_grams: 0,
            stable: true,
            overload: false,
            fault: None,
            division_code: 1,
            tells_tare: true,
            series_r: false,
            id: 1,
            name: "simulated scale".to_owned(),
            parameters: [
                "Max=15 kg",
                "Min=40 g",
                "e=5 g",
                "T=-6 kg",
                "Fix=0",
                "Code=0",
                "U 1.0",
                "0",
            ]
            .map(str::to_owned),
        }
    }
}

/// How a simulated scale misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// Not at all.
    #[default]
    None,
    /// It takes everything and says nothing.
    Silent,
    /// Everything comes so much later.
    Delay(Duration),
    /// It answers with bytes that are no frame, and sends such bytes by itself five times a second.
    Garbage,
    /// The checksum of every frame is wrong.
    WrongChecksum,
    /// Noise stands before every frame.
    NoiseBefore,
    /// Every byte comes by itself.
    Split,
    /// It drops the line when a request comes.
    HangUp,
}

impl State {
    /// The body of the answer to a request.
    pub(super) fn answer(&mut self, body: &[u8]) -> Vec<u8> {
        match body {
            [0x23] if !self.series_r => self.error().unwrap_or_else(|| self.massa()),
            [0xA0] if self.series_r => self.error().unwrap_or_else(|| self.series_r()),
            [0x20] => self.named(),
            [0x75] => self.limits(),
            [0x72] => {
                self.weight_grams = 0;
                vec![0x27]
            }
            [0xA3, a, b, c, d] => self.set_tare(i32::from_le_bytes([*a, *b, *c, *d])),
            _ => vec![0xF0],
        }
    }

    fn error(&self) -> Option<Vec<u8>> {
        let overload = self.overload.then_some(ErrorCode::OVERLOAD);
        self.fault.or(overload).map(|code| vec![0x28, code.0])
    }

    fn massa(&self) -> Vec<u8> {
        let mut body = vec![0x24];
        body.extend(self.counts(self.weight_grams).to_le_bytes());
        body.push(self.division_code);
        body.push(u8::from(self.stable));
        body.push(u8::from(self.tare_grams != 0));
        body.push(u8::from(self.weight_grams == 0 && self.stable));
        if self.tells_tare {
            body.extend(self.counts(self.tare_grams).to_le_bytes());
        }
        body
    }

    fn series_r(&self) -> Vec<u8> {
        let mut body = vec![0x10];
        body.extend(self.counts(self.weight_grams).to_le_bytes());
        body.extend([self.division_code, u8::from(self.stable)]);
        body
    }

    fn named(&self) -> Vec<u8> {
        let mut body = vec![0x21];
        body.extend(self.id.to_le_bytes());
        // At most 25 bytes.
        body.extend(self.name.bytes().take(25));
        body.extend(b"\r\n");
        body
    }

    fn limits(&self) -> Vec<u8> {
        let mut body = vec![0x76];
        for text in &self.parameters {
            body.extend(text.bytes());
            body.extend(b"\r\n");
        }
        body
    }

    /// The unit of SET_TARE is in conflict; here it is grams. 0 takes the present load.
    fn set_tare(&mut self, tare: i32) -> Vec<u8> {
        let gross = self.weight_grams.saturating_add(self.tare_grams);
        let tare = if tare == 0 { gross } else { tare };
        if tare < 0 {
            return vec![0x15];
        }
        self.tare_grams = tare;
        self.weight_grams = gross.saturating_sub(tare);
        vec![0x12]
    }

    fn counts(&self, grams: i32) -> i32 {
        match self.division_code {
            0 => grams.saturating_mul(10),
            1 => grams,
            2 => grams / 10,
            3 => grams / 100,
            _ => grams / 1000,
        }
    }
}
