//! The text in which Prometheus reads metrics.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/> (0.0.4) and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/> (OpenMetrics 1.0.0).

use std::fmt::Write as _;

/// Which text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text 0.0.4, which everything reads.
    #[default]
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows. Its name ends in `_total`.
    Counter,
    /// Its labels tell something, its value is 1. Its name ends in `_info`.
    Info,
}

/// Metrics, written one family after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposition {
    format: Format,
    text: String,
}

impl Exposition {
    /// Nothing is written yet.
    pub fn new(format: Format) -> Self {
        Self { format, text: String::new() }
    }

    /// Begins a metric. Without a sample nothing of it is written.
    ///
    /// Each name comes once, and all its samples together; `help` is one line.
    pub fn family<'a>(&'a mut self, kind: Kind, name: &'a str, help: &'a str) -> Family<'a> {
        Family { exposition: self, kind, name, help, begun: false }
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

/// One metric with its samples.
#[derive(Debug)]
pub struct Family<'a> {
    exposition: &'a mut Exposition,
    kind: Kind,
    name: &'a str,
    help: &'a str,
    begun: bool,
}

impl Family<'_> {
    /// Writes a sample.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) -> &mut Self {
        if !self.begun {
            self.begun = true;
            self.head();
        }
        let text = &mut self.exposition.text;
        text.push_str(self.name);
        for (place, (name, value)) in labels.iter().enumerate() {
            text.push(if place == 0 { '{' } else { ',' });
            text.push_str(name);
            text.push_str("=\"");
            escape(value, text);
            text.push('"');
        }
        if !labels.is_empty() {
            text.push('}');
        }
        // Writing into a string cannot fail.
        let _ = writeln!(text, " {value}");
        self
    }

    /// Writes a sample, if its value is known.
    pub fn maybe(&mut self, labels: &[(&str, &str)], value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.sample(labels, value),
            None => self,
        }
    }

    /// OpenMetrics names a family without the suffix of its samples.
    fn head(&mut self) {
        let (name, kind) = match (self.exposition.format, self.kind) {
            (_, Kind::Gauge) => (self.name, "gauge"),
            (Format::Text, Kind::Counter) => (self.name, "counter"),
            (Format::Text, Kind::Info) => (self.name, "gauge"),
            (Format::OpenMetrics, Kind::Counter) => (without(self.name, "_total"), "counter"),
            (Format::OpenMetrics, Kind::Info) => (without(self.name, "_info"), "info"),
        };
        let help = self.help;
        let text = &mut self.exposition.text;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
}

fn without<'a>(name: &'a str, suffix: &str) -> &'a str {
    name.strip_suffix(suffix).unwrap_or(name)
}

fn escape(value: &str, text: &mut String) {
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let mut out = Exposition::new(format);
        out.family(Kind::Counter, "a_total", "How often.").sample(&[("x", "1")], 3.0);
        out.family(Kind::Info, "b_info", "What.")
            .sample(&[("name", "Касса \"3\" \\\nx"), ("empty", "")], 1.0);
        out.family(Kind::Gauge, "c_grams", "How much.").maybe(&[], Some(-0.02)).maybe(&[], None);
        out.family(Kind::Gauge, "d", "Not known.").maybe(&[], None);
        out.family(Kind::Gauge, "e_seconds", "When.").sample(&[], 1_795_474_059.0);
        out.finish()
    }

    #[test]
    fn the_text_of_prometheus() {
        assert_eq!(
            written(Format::Text),
            "# HELP a_total How often.\n# TYPE a_total counter\na_total{x=\"1\"} 3\n\
             # HELP b_info What.\n# TYPE b_info gauge\n\
             b_info{name=\"Касса \\\"3\\\" \\\\\\nx\",empty=\"\"} 1\n\
             # HELP c_grams How much.\n# TYPE c_grams gauge\nc_grams -0.02\n\
             # HELP e_seconds When.\n# TYPE e_seconds gauge\ne_seconds 1795474059\n"
        );
    }

    #[test]
    fn open_metrics_differ_in_the_names_of_families_and_have_an_end() {
        let open = written(Format::OpenMetrics);
        assert!(open.contains("# TYPE a counter\na_total{x=\"1\"} 3\n"), "{open}");
        assert!(open.contains("# HELP b What.\n# TYPE b info\nb_info{"), "{open}");
        assert!(open.ends_with("e_seconds 1795474059\n# EOF\n"), "{open}");
    }
}
