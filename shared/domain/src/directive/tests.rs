use super::{Directive, DirectiveError, read, skips, write};
use crate::plan::Plan;
use proptest::prelude::*;

fn plan() -> Plan {
    let text = "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"d\"\ncontainer = \"e\"\nport = 1\n\
                [[smoke-test]]\nname = \"health\"\nget = \"/\"\n[validate]\n[[validate.metric]]\nname = \"errors\"\n\
                namespace = \"n\"\nmetric = \"m\"\nstatistic = \"Sum\"\nbelow = 1";
    Plan::parse(text, "x").unwrap()
}

fn directive(skip: &str, reason: &str) -> Directive {
    Directive { skip: skip.to_owned(), reason: reason.to_owned() }
}

#[test]
fn what_there_is_can_be_skipped_with_a_reason() {
    for skip in
        ["smoke-test", "smoke-test:health", "validate", "validate:alarms", "validate:errors", "freeze", "warm-up"]
    {
        let made = Directive::new(skip, "  the check\nis wrong ", &plan()).unwrap();
        assert_eq!(made, directive(skip, "the check is wrong"));
    }
    let error = Directive::new("freeze", " ", &plan()).unwrap_err();
    assert_eq!(error, DirectiveError::NoReason("freeze".to_owned()));
    let error = Directive::new("smoke-test:helth", "r", &plan()).unwrap_err().to_string();
    assert_eq!(error, "\"smoke-test:helth\" cannot be skipped; did you mean `smoke-test:health`?");
    let error = Directive::new("migrate", "r", &plan()).unwrap_err().to_string();
    assert!(error.starts_with("\"migrate\" cannot be skipped; "), "{error}");
}

#[test]
fn a_description_keeps_its_words() {
    let text = write("Second try", &[directive("freeze", "the shop \"is\" down [again]")]);
    assert_eq!(text, r#"Second try [greenlight skip="freeze" reason="the shop \"is\" down [again]"]"#);
    assert_eq!(read(&text), [directive("freeze", "the shop \"is\" down [again]")]);
    assert_eq!(write("", &[directive("a", "b")]), r#"[greenlight skip="a" reason="b"]"#);
    assert_eq!(write("as it was", &[]), "as it was");
}

#[test]
fn what_people_write_by_hand_is_read() {
    let cases = [
        ("[greenlight skip=freeze reason=outage]", vec![directive("freeze", "outage")]),
        ("a [greenlight  reason=\"b c\"  skip=validate ] d", vec![directive("validate", "b c")]),
        ("[greenlight skip=freeze]", vec![]),
        ("[greenlight skip=freeze reason=\"\"]", vec![]),
        ("[greenlight skip=freeze reason=\"x]", vec![]),
        ("[greenlight skip=freeze why=x reason=y]", vec![]),
        ("[greenlight skip=freeze [greenlight skip=a reason=b]", vec![directive("a", "b")]),
        ("", vec![]),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn a_whole_hook_or_one_check_is_skipped() {
    let directives = [directive("smoke-test:health", "a"), directive("validate", "b")];
    assert!(skips(&directives, "smoke-test", None).is_none());
    assert!(skips(&directives, "smoke-test", Some("other")).is_none());
    assert_eq!(skips(&directives, "smoke-test", Some("health")).unwrap().reason, "a");
    assert_eq!(skips(&directives, "validate", Some("alarms")).unwrap().reason, "b");
    assert!(skips(&directives, "freeze", None).is_none());
}

proptest! {
    #[test]
    fn what_is_written_is_read(description in "[^\\[]{0,20}", skip in "\\PC{1,12}", reason in "\\PC{0,12}[a-z]") {
        let directives = [directive(&skip, &reason), directive("freeze", "r")];
        prop_assert_eq!(read(&write(&description, &directives)), directives);
    }

    #[test]
    fn no_description_panics(text in "(\\[greenlight |skip=|reason=|[\"\\\\a\\] ]){0,12}") {
        let _ = read(&text);
    }
}
