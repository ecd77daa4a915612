//! Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats. Pure.

use std::fmt::{self, Display, Write};

use frame_bundle::control::Histogram;

/// What is written so far.
#[derive(Default)]
pub(super) struct Text(String);

/// What a family's values are.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The values of one name.
pub(super) struct Family<'a> {
    out: &'a mut String,
    name: &'static str,
}

/// A label's name and value.
pub(super) type Label<'a> = (&'a str, &'a str);

impl Text {
    /// Begins the values of one name, of which there may be none.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let out = &mut self.0;
        put(out, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        Family { out, name }
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// A value.
    pub(super) fn add(&mut self, labels: &[Label<'_>], value: impl Display) {
        self.sample("", labels, value);
    }

    /// A histogram of times, which it holds in µs; seconds are written.
    pub(super) fn histogram_of_us(&mut self, labels: &[Label<'_>], Histogram { count, sum, buckets }: &Histogram) {
        let finite = buckets.iter().map(|(bound, up_to)| (seconds(*bound).to_string(), *up_to));
        for (bound, up_to) in finite.chain([("+Inf".into(), *count)]) {
            self.sample("_bucket", &[labels, &[("le", &bound)]].concat(), up_to);
        }
        self.sample("_sum", labels, seconds(*sum));
        self.sample("_count", labels, count);
    }

    fn sample(&mut self, suffix: &str, labels: &[Label<'_>], value: impl Display) {
        put(self.out, format_args!("{}{suffix}", self.name));
        for (place, (name, value)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            put(self.out, format_args!("{before}{name}=\"{}\"", Escaped(value)));
        }
        put(self.out, format_args!("{} {value}\n", if labels.is_empty() { "" } else { "}" }));
    }
}

fn put(out: &mut String, what: fmt::Arguments<'_>) {
    let _ = out.write_fmt(what); // a String takes all
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// A label's value, in which three characters have another meaning.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\\' => f.write_str(r"\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str(r"\n"),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_below_their_name_and_labels_are_escaped() {
        let mut text = Text::default();
        let mut frames = text.family("frames_total", Kind::Counter, "Frames.");
        frames.add(&[("camera", "0"), ("name", "the \"north\\south\"\ngate")], 7_u64);
        frames.add(&[], 0.25);
        text.family("nothing", Kind::Gauge, "Nothing yet.");
        let expected = r#"# HELP frames_total Frames.
# TYPE frames_total counter
frames_total{camera="0",name="the \"north\\south\"\ngate"} 7
frames_total 0.25
# HELP nothing Nothing yet.
# TYPE nothing gauge
"#;
        assert_eq!(text.into_string(), expected);
    }

    #[test]
    fn a_histogram_is_written_in_seconds_with_a_last_bucket_for_all() {
        let mut text = Text::default();
        let histogram = Histogram { count: 9, sum: 1_500_000, buckets: vec![(20, 2), (1_000_000, 8)] };
        text.family("t_seconds", Kind::Histogram, "Times.").histogram_of_us(&[("stage", "write")], &histogram);
        let text = text.into_string();
        let lines: Vec<_> = text.lines().skip(2).collect();
        let expected = [
            r#"t_seconds_bucket{stage="write",le="0.00002"} 2"#,
            r#"t_seconds_bucket{stage="write",le="1"} 8"#,
            r#"t_seconds_bucket{stage="write",le="+Inf"} 9"#,
            r#"t_seconds_sum{stage="write"} 1.5"#,
            r#"t_seconds_count{stage="write"} 9"#,
        ];
        assert_eq!(lines, expected);
    }
}
