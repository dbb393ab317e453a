//! Expressions and what they come to.

use super::{Context, Data, Series, parse};
use proptest::prelude::*;

/// `-` is a period without a value; periods begin at 0, 1, 2, …
fn series(values: &str) -> Series {
    let values = values.split(' ').enumerate().filter(|(_, value)| *value != "-" && !value.is_empty());
    values.map(|(at, value)| (i64::try_from(at).unwrap(), value.parse().unwrap())).collect()
}

fn context() -> Context {
    Context {
        metrics: vec![("m1".to_owned(), series("30 20 0 0 -")), ("m2".to_owned(), series("20 - 20 - -"))],
        begins: (0..5).collect(),
        ..Context::default()
    }
}

fn value(text: &str) -> Result<Data, String> {
    parse(text)?.evaluate(&context())
}

#[test]
fn expressions_are_calculated_as_aws_documents_it() {
    for (text, expected) in [
        // the examples of the documentation
        ("m1 < m2", "0 0 1 0 -"),
        ("m1 >= 30", "1 0 0 0 -"),
        ("m1 > 15 AND m2 > 15", "1 0 0 0 -"),
        ("m1 > 15 && m2 > 15 || m2 == 20", "1 0 1 0 -"),
        // what is missing is zero, a division by zero is dropped
        ("m1 + m2", "50 20 20 0 -"),
        ("m1 / m2", "1.5 - 0 - -"),
        ("m1 - 2 * m2 ^ 2 / 100", "22 20 -8 0 -"),
        ("-m1 * -1", "30 20 0 0 -"),
        ("(m1 - 10) * 2", "40 20 -20 -20 -"),
        ("SUM(METRICS())", "50 20 20 0 -"),
        ("SUM([m1, m2])", "50 20 20 0 -"),
        ("SUM(METRICS(\"m2\"))", "20 - 20 - -"),
        ("SUM([METRICS('m1'), m2]) / 10", "5 2 2 0 -"),
        ("AVG([m1, m2])", "25 10 10 0 -"),
        ("MAX([m1, m2])", "30 20 20 0 -"),
        ("MIN([m1, m2])", "20 20 0 0 -"),
        ("m1 - MIN(m2)", "10 0 -20 -20 -"),
        ("m1 / SUM(m1) * 100", "60 40 0 0 -"),
        ("m1 - AVG(m2) + MAX(m1)", "40 30 10 10 -"),
        ("FILL(m2, 7)", "20 7 20 7 7"),
        ("FILL(m2, m1)", "20 20 20 0 -"),
        ("FILL(m2, REPEAT)", "20 20 20 20 20"),
        ("FILL(m2 + 0 * m1, LINEAR)", "20 0 20 0 -"),
        ("SUM(FILL(METRICS(), 1))", "50 21 20 1 2"),
        ("IF(m1 < 30, 10, 2)", "2 10 10 10 -"),
        ("IF(m1, m2, 5)", "20 0 5 5 -"),
        ("IF(m1 > 100, m1)", "- - - - -"),
        ("IF(0, m1, m2)", "20 - 20 - -"),
        ("1 / [m1] * METRICS('m1') + 1 - 1 - m1 * 0", ""),
    ] {
        if expected.is_empty() {
            assert!(value(text).is_err(), "{text}");
        } else {
            assert_eq!(value(text), Ok(Data::Series(series(expected))), "{text}");
        }
    }
    assert_eq!(value("1 + 2 * 3"), Ok(Data::Scalar(7.0)));
    assert_eq!(value("[m1, m2] * 2"), Ok(Data::Array(vec![series("60 40 0 0 -"), series("40 - 40 - -")])));
}

#[test]
fn what_cannot_be_read_is_named() {
    for (text, what) in [
        ("RATE(m1)", "no function RATE"),
        ("SUM(ANOMALY_DETECTION_BAND(m1))", "no function ANOMALY_DETECTION_BAND"),
        ("m1 +", "the end"),
        ("m1 m2", "`m2`"),
        ("SUM(m1", "the end"),
        ("SUM()", "cannot be read"),
        ("IF(m1)", "cannot be read"),
        ("", "the end"),
        ("m3", "no query with the Id m3"),
        ("SUM(1)", "not a number"),
        ("METRICS() + METRICS()", "two lists"),
        ("IF(METRICS(), 1)", "not lists"),
    ] {
        let error = value(text).unwrap_err();
        assert!(error.contains(what), "{text}: {error}");
    }
    assert!(parse(&"(".repeat(40)).unwrap_err().contains("nests"));
    assert!(parse(&"- ".repeat(40)).unwrap_err().contains("nests"));
    assert!(parse(&format!("1{}", "+1".repeat(500))).unwrap_err().contains("operators"));
    assert!(parse(&"m".repeat(3000)).unwrap_err().contains("longer"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-+*/^()\\[\\]m0-9 ,.<>=&|\"A-Z]{0,60}|.{0,40}") {
        if let Ok(expression) = parse(&text) {
            drop(expression.evaluate(&context()));
        }
    }
}
