//! The rules of composite alarms: `ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA("c"))`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>

use super::AlarmState;
use super::nesting::{self, DEEPEST};
use std::collections::BTreeSet;
use winnow::ModalResult;
use winnow::Parser as _;
use winnow::ascii::multispace0;
use winnow::combinator::{Infix, Prefix, alt, cut_err, delimited, expression, preceded};
use winnow::error::{ContextError, ErrMode};
use winnow::token::take_while;

/// The longest rule that AWS takes, in characters.
const LONGEST: usize = 10_240;
/// How many alarms a rule can have; AWS takes 100 too.
const MOST: usize = 100;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    Constant(bool),
    /// The alarm, by name or ARN, is in this state.
    Is(AlarmState, String),
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

impl Rule {
    /// Reads a rule; the error says what is wrong with it, and where.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("the AlarmRule is longer than {LONGEST} characters"));
        }
        if nesting::is_too_deep(text) {
            return Err(format!("the AlarmRule nests deeper than {DEEPEST}; make a part of it an alarm of its own"));
        }
        let mut rest = text;
        let parsed = (tree, multispace0).parse_next(&mut rest);
        let Ok((rule, _)) = parsed else { return Err(unreadable(text, rest)) };
        if !rest.is_empty() {
            return Err(unreadable(text, rest));
        }
        if rule.alarms().len() > MOST {
            return Err(format!("the AlarmRule has more than {MOST} alarms"));
        }
        Ok(rule)
    }

    /// The alarms that it looks at, by name or ARN.
    pub(super) fn alarms(&self) -> BTreeSet<&str> {
        match self {
            Self::Constant(_) => BTreeSet::new(),
            Self::Is(_, alarm) => BTreeSet::from([alarm.as_str()]),
            Self::Not(inner) => inner.alarms(),
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::alarms).collect(),
        }
    }

    /// Whether it holds where `state` tells the states of alarms. Nothing holds of an alarm that is not there.
    pub(super) fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::Is(wanted, alarm) => state(alarm) == Some(*wanted),
            Self::Not(inner) => !inner.holds(state),
            Self::And(all) => all.iter().all(|rule| rule.holds(state)),
            Self::Or(any) => any.iter().any(|rule| rule.holds(state)),
        }
    }
}

fn unreadable(text: &str, rest: &str) -> String {
    let at = text[..text.len() - rest.len()].chars().count() + 1;
    let shown: String = if rest.is_empty() { "the end".to_owned() } else { rest.chars().take(20).collect() };
    format!(
        "the AlarmRule cannot be read from `{shown}` on (character {at}); it is made of ALARM(\"name\"), OK(…), INSUFFICIENT_DATA(…), TRUE, FALSE, AND, OR and NOT"
    )
}

fn tree(input: &mut &str) -> ModalResult<Rule> {
    expression(preceded(multispace0, operand))
        .prefix(preceded(multispace0, "NOT").value(Prefix(6, |_: &mut &str, rule| Ok(Rule::Not(Box::new(rule))))))
        .infix(preceded(multispace0, between))
        .parse_next(input)
}

type Between<'i> = Infix<&'i str, Rule, ErrMode<ContextError>>;

/// A chain of the same operator stays flat, however long it is.
fn between<'i>(input: &mut &'i str) -> ModalResult<Between<'i>> {
    alt((
        "AND".value(Infix::Left(4, |_: &mut &str, one, other| {
            Ok(match one {
                Rule::And(mut all) => {
                    all.push(other);
                    Rule::And(all)
                }
                one => Rule::And(vec![one, other]),
            })
        })),
        "OR".value(Infix::Left(2, |_: &mut &str, one, other| {
            Ok(match one {
                Rule::Or(mut any) => {
                    any.push(other);
                    Rule::Or(any)
                }
                one => Rule::Or(vec![one, other]),
            })
        })),
    ))
    .parse_next(input)
}

fn operand(input: &mut &str) -> ModalResult<Rule> {
    let is = |word: &'static str, state: AlarmState| {
        preceded((word, multispace0), cut_err(delimited('(', alarm, ')')))
            .map(move |alarm| Rule::Is(state, alarm.to_owned()))
    };
    alt((
        delimited('(', tree, cut_err((multispace0, ')'))),
        is("ALARM", AlarmState::Alarm),
        is("OK", AlarmState::Ok),
        is("INSUFFICIENT_DATA", AlarmState::InsufficientData),
        "TRUE".value(Rule::Constant(true)),
        "FALSE".value(Rule::Constant(false)),
    ))
    .parse_next(input)
}

/// A name or an ARN, with quotation marks or without.
fn alarm<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    let quoted = |quote: char| delimited(quote, take_while(1.., move |c| c != quote), quote);
    let bare = take_while(1.., |c: char| !matches!(c, '(' | ')' | '"' | '\''))
        .map(str::trim)
        .verify(|name: &str| !name.is_empty());
    delimited(multispace0, alt((quoted('"'), quoted('\''), bare)), multispace0).parse_next(input)
}
