//! YAML (and with it JSON) into the tree.

use super::{Data, Entry, Node};
use crate::problem::{Place, Problems};
use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use std::collections::BTreeMap;

/// An `AppSpec` has about 30 values. The bounds keep a hostile text from costing more than a moment.
const LARGEST: usize = 1024 * 1024;
/// Levels of lists and tables.
const DEEPEST: usize = 100;
/// Values that aliases stand for, all together.
const MOST: usize = 10_000;

pub(super) fn read(text: &str, source: &str) -> Result<Node, Problems> {
    if text.len() > LARGEST {
        return Err(Problems::one(source, None, format!("{} bytes are too many, at most {LARGEST}", text.len())));
    }
    let refuse = |(place, what): Unfit| Problems::one(source, Some(place), format!("not valid YAML or JSON: {what}"));
    let options = granit_parser::options! {
        block_nesting_limit: DEEPEST,
        flow_nesting_limit: DEEPEST,
    };
    let mut reader = Reader::default();
    for event in Parser::<StrInput<'_>>::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => reader.event(event, place(&span)).map_err(refuse)?,
            Err(error) => {
                let mark = error.marker();
                let place = Place { line: mark.line().max(1), column: mark.col() + 1 };
                return Err(refuse((place, error.info().replace('\n', ", "))));
            }
        }
    }
    Ok(reader.root.unwrap_or(Node { place: None, data: Data::Null }))
}

/// What is wrong, and where.
type Unfit = (Place, String);

fn place(span: &Span) -> Place {
    Place { line: span.start.line().max(1), column: span.start.col() + 1 }
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
    /// By the parser's number.
    anchors: BTreeMap<usize, Node>,
    /// Values that aliases stood for so far.
    repeated: usize,
}

/// A list or table that is not at its end yet.
struct Open {
    place: Place,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Table(Vec<Entry>, Option<(String, Place)>),
}

impl Reader {
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), Unfit> {
        let (anchor, data, place) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !tag.as_deref().is_some_and(is_text);
                // a key is a text, however it is written
                let data = if plain && !self.wants_key() { scalar(&text) } else { Data::Text(text.into_owned()) };
                (anchor, data, place)
            }
            Event::SequenceStart(_, anchor, _) => return self.open(place, anchor, Content::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => return self.open(place, anchor, Content::Table(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { place, anchor, content }) = self.open.pop() else { return Ok(()) };
                let data = match content {
                    Content::List(items) => Data::List(items),
                    Content::Table(entries, _) => Data::Table(entries),
                };
                (anchor, data, place)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err((place, "an alias stands within what it stands for".to_owned()));
                };
                self.repeated += size(node);
                if self.repeated > MOST {
                    return Err((place, format!("aliases stand for more than {MOST} values")));
                }
                (0, node.data.clone(), place)
            }
            Event::UnresolvedAlias(_) => return Err((place, "an alias has no anchor".to_owned())),
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err((place, "a second document begins here".to_owned()));
            }
            _ => return Ok(()),
        };
        let node = Node { place: Some(place), data };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.value(node, place)
    }

    #[expect(clippy::unnecessary_wraps, reason = "its callers return what it returns")]
    fn open(&mut self, place: Place, anchor: usize, content: Content) -> Result<(), Unfit> {
        self.open.push(Open { place, anchor, content });
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Table(_, None), .. }))
    }

    /// Puts a value where it belongs: a key, an element, or the whole document.
    fn value(&mut self, node: Node, place: Place) -> Result<(), Unfit> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Table(entries, key)) => match key.take() {
                Some((key, place)) => entries.push(Entry { key, place: Some(place), value: node }),
                None => *key = Some((new_key(entries, node).map_err(|what| (place, what))?, place)),
            },
        }
        Ok(())
    }
}

fn new_key(entries: &[Entry], node: Node) -> Result<String, String> {
    let Data::Text(key) = node.data else { return Err(format!("a key is {}, not a text", node.data.kind())) };
    if entries.iter().any(|entry| entry.key == key) {
        return Err(format!("duplicate key `{key}`; keep one of the two"));
    }
    Ok(key)
}

fn size(node: &Node) -> usize {
    1 + match &node.data {
        Data::List(items) => items.iter().map(size).sum(),
        Data::Table(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
        _ => 0,
    }
}

/// `!!str`, and tags of applications, which say that the text is not what it looks like.
fn is_text(tag: &Tag) -> bool {
    tag.core_suffix().is_none_or(|suffix| suffix == "str")
}

/// A scalar without quotes, as the core schema of YAML has it: <https://yaml.org/spec/1.2.2/#1032-tag-resolution>.
fn scalar(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let only = |allowed: &str| digits.chars().all(|digit| digit.is_ascii_digit() || allowed.contains(digit));
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Data::Text(text.to_owned());
    }
    let based = [("0x", 16), ("0o", 8)].into_iter().find_map(|(prefix, base)| Some((text.strip_prefix(prefix)?, base)));
    if let Some((digits, base)) = based.filter(|(digits, base)| digits.chars().all(|digit| digit.is_digit(*base))) {
        return i64::from_str_radix(digits, base).map_or(Data::Other("a huge number"), Data::Integer);
    }
    if only("") {
        return text.parse().map_or(Data::Other("a huge number"), Data::Integer);
    }
    let decimal = only(".eE+-").then(|| text.parse().ok()).flatten();
    decimal.map_or_else(|| Data::Text(text.to_owned()), Data::Float)
}

#[cfg(test)]
mod tests {
    use super::{Data, Node, read};

    fn shown(node: &Node) -> String {
        match &node.data {
            Data::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
            Data::Table(entries) => {
                let entry = |entry: &super::Entry| format!("{}={}", entry.key, shown(&entry.value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        for (text, expected) in [
            ("~", "Null"),
            ("False", "Bool(false)"),
            ("no", "Text(\"no\")"),
            ("-12", "Integer(-12)"),
            ("0x1F", "Integer(31)"),
            ("99999999999999999999", "Other(\"a huge number\")"),
            ("1.5e3", "Float(1500.0)"),
            ("0.0", "Float(0.0)"),
            ("1.2.3", "Text(\"1.2.3\")"),
            ("2026-01-01", "Text(\"2026-01-01\")"),
            ("\"12\"", "Text(\"12\")"),
            ("!!str 12", "Text(\"12\")"),
            ("", "Null"),
            (".", "Text(\".\")"),
            ("nan", "Text(\"nan\")"),
            ("{\"a\": [1, \"\\ud83d\\ude00\"], \"b\": {}}", "{a=[Integer(1) Text(\"😀\")] b={}}"),
            ("80: x", "{80=Text(\"x\")}"),
            ("a: &x [1]\nb: *x", "{a=[Integer(1)] b=[Integer(1)]}"),
        ] {
            assert_eq!(shown(&read(text, "t").unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_tree_is_refused_with_its_place() {
        let laughs: Vec<String> =
            (1..30).map(|level| format!("a{level}: &x{level} [*x{0}, *x{0}]", level - 1)).collect();
        for (text, expected) in [
            ("a: 1\na: 2".to_owned(), "t:2:1: not valid YAML or JSON: duplicate key `a`"),
            ("a: *b".to_owned(), "t:1:4: not valid YAML or JSON: "),
            ("a: &x [*x]".to_owned(), "an alias"),
            ("a: 1\n---\nb: 2".to_owned(), "a second document"),
            ("[a]: 1".to_owned(), "a key is a list, not a text"),
            (format!("a0: &x0 1\n{}", laughs.join("\n")), "aliases stand for more than 10000 values"),
            ("[".repeat(200), "not valid YAML or JSON"),
        ] {
            let message = read(&text, "t").unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
