//! YAML into the tree, with the short forms of functions turned into the long ones: `!Ref X` is `{Ref: X}`.

use crate::node::{Data, Entry, Node};
use crate::problem::{Place, Problem};
use crate::suggest;
use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

/// What AWS takes from a bucket, in bytes.
const LARGEST: usize = 1024 * 1024;
/// More levels than any template has, and few enough for recursion.
const DEEPEST: usize = 50;
/// Functions that have a short form, all but `Ref` and `Condition` with `Fn::` before it.
const TAGS: [&str; 20] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Reads one document.
pub(crate) fn read(text: &str) -> Result<Node, Problem> {
    if text.len() > LARGEST {
        let what = format!("the template has {} bytes, and AWS takes {LARGEST}", text.len());
        return Err(Problem::new(Place::START, what, "make two templates of it"));
    }
    let options = granit_parser::options! {
        block_nesting_limit: DEEPEST,
        flow_nesting_limit: DEEPEST,
        disallow_directives: true,
    };
    let mut reader = Reader { open: Vec::new(), root: None };
    for event in Parser::<StrInput<'_>>::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => reader.event(event, place(&span))?,
            Err(error) => {
                let mark = error.marker();
                let at = Place { line: mark.line().max(1), column: mark.col() + 1 };
                let what = format!("not valid YAML: {}", error.info().replace('\n', ", "));
                return Err(Problem::new(at, what, "correct the line, or the one before it"));
            }
        }
    }
    reader.root.ok_or_else(|| Problem::new(Place::START, "the template is empty", "give it Resources"))
}

fn place(span: &Span) -> Place {
    Place { line: span.start.line().max(1), column: span.start.col() + 1 }
}

struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
}

/// A list or map that is not at its end yet.
struct Open {
    place: Place,
    tag: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Place)>),
}

impl Reader {
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let bare = style == ScalarStyle::Plain && tag.is_none();
                if bare && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL") && !self.wants_key() {
                    let remedy = "write the value, \"\" for an empty text, or leave the key out";
                    return Err(Problem::new(place, "CloudFormation takes no null value", remedy));
                }
                let text = text.into_owned();
                let data = if bare { Data::Bare(text) } else { Data::Text(text) };
                self.value(Node { place, data }, short_form(tag.as_deref(), place)?.as_deref())
            }
            Event::SequenceStart(_, _, tag) => self.open(place, tag.as_deref(), Content::List(Vec::new())),
            Event::MappingStart(_, _, tag) => self.open(place, tag.as_deref(), Content::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { place, tag, content }) = self.open.pop() else { return Ok(()) };
                let data = match content {
                    Content::List(items) => Data::List(items),
                    Content::Map(entries, _) => Data::Map(entries),
                };
                self.value(Node { place, data }, tag.as_deref())
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Err(Problem::new(place, "the stage follows no YAML alias", "write the value out"))
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Problem::new(place, "a second YAML document begins here", "make a file of its own of it"))
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, place: Place, tag: Option<&Tag>, content: Content) -> Result<(), Problem> {
        let tag = short_form(tag, place)?;
        self.open.push(Open { place, tag, content });
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map(_, None), .. }))
    }

    /// Puts a value where it belongs: a key, an element, or the whole document.
    fn value(&mut self, node: Node, tag: Option<&str>) -> Result<(), Problem> {
        let node = match tag {
            Some(tag) => long_form(tag, node),
            None => node,
        };
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map(entries, key) => match key.take() {
                Some((key, place)) => entries.push(Entry { key, place, value: node }),
                None => *key = Some(new_key(entries, &node)?),
            },
        }
        Ok(())
    }
}

fn new_key(entries: &[Entry], node: &Node) -> Result<(String, Place), Problem> {
    let Some(key) = node.as_text() else {
        let what = format!("a key has to be a text, not {}", node.kind());
        return Err(Problem::new(node.place, what, "write the key as a text"));
    };
    match entries.iter().find(|entry| entry.key == key) {
        Some(first) => {
            let what = format!("`{key}` stands here for the second time, first in line {}", first.place.line);
            Err(Problem::new(node.place, what, "keep one of the two"))
        }
        None => Ok((key.to_owned(), node.place)),
    }
}

/// The function that a tag stands for. Tags of YAML itself say nothing that matters here.
fn short_form(tag: Option<&Tag>, place: Place) -> Result<Option<String>, Problem> {
    let Some(tag) = tag.filter(|tag| tag.core_suffix().is_none()) else { return Ok(None) };
    let name = tag.suffix();
    if tag.handle() == "!" && TAGS.contains(&name) {
        return Ok(Some(name.to_owned()));
    }
    let what = format!("`{}` is no function of CloudFormation", tag.original());
    Err(Problem::new(place, what, suggest::hint(name, TAGS)))
}

fn long_form(tag: &str, argument: Node) -> Node {
    let place = argument.place;
    let name = if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") };
    let argument = match (tag, argument.as_text().and_then(|text| text.split_once('.'))) {
        ("GetAtt", Some((resource, attribute))) => {
            Node::list(place, vec![Node::text(place, resource), Node::text(place, attribute)])
        }
        _ => argument,
    };
    Node::map(place, vec![(&name, argument)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn refused(text: &str, line: usize, part: &str) {
        let problem = read(text).unwrap_err();
        assert_eq!(problem.place.line, line, "{problem:?}");
        let said = format!("{}; {}", problem.what, problem.remedy);
        assert!(said.contains(part), "{said}");
    }

    #[test]
    fn short_forms_become_long_ones() {
        let text = "a: !Ref B\nb: !GetAtt C.D.E\nc: !Sub ['${x}', {x: !Ref Y}]\nd: !Condition F\ne: !If\n  - G\n  - 1\n  - true\n";
        let expected = json!({
            "a": {"Ref": "B"},
            "b": {"Fn::GetAtt": ["C", "D.E"]},
            "c": {"Fn::Sub": ["${x}", {"x": {"Ref": "Y"}}]},
            "d": {"Condition": "F"},
            "e": {"Fn::If": ["G", 1, true]},
        });
        assert_eq!(read(text).unwrap().json(), expected);
    }

    #[test]
    fn values_have_places_and_texts_keep_their_spelling() {
        let root = read("a:\n  - \"1\"\n  - 2010-09-09\n  - 0123\n  - 1.50\n").unwrap();
        assert_eq!(root.json(), json!({"a": ["1", "2010-09-09", "0123", 1.5]}));
        let items = root.get("a").and_then(Node::as_list).unwrap();
        assert_eq!(items[1].place, Place { line: 3, column: 5 });
        assert_eq!(items[3].as_text(), Some("1.50"));
    }

    #[test]
    fn what_cloudformation_does_not_take_is_refused_with_its_line() {
        refused("a: 1\na: 2\n", 2, "second time, first in line 1");
        refused("a: 1\nb: !Sbu x\n", 2, "did you mean `Sub`?");
        refused("a:\nb: 1\n", 1, "no null value");
        refused("a: &x 1\nb: *x\n", 2, "alias");
        refused("a: 1\n---\nb: 2\n", 2, "second YAML document");
        refused("a: [1\n", 1, "not valid YAML");
        refused("[a]: 1\n", 1, "a key has to be a text");
        refused("", 1, "is empty");
        refused(&"[".repeat(100), 1, "not valid YAML");
        refused(&"a".repeat(LARGEST + 1), 1, "make two templates");
    }
}
