//! From text to an expression.

use super::{Expression, FUNCTIONS, Filler, Fold, Operator};
use crate::cloudwatch::nesting::{self, DEEPEST};
use std::cell::RefCell;
use winnow::ModalResult;
use winnow::Parser as _;
use winnow::ascii::{float, multispace0};
use winnow::combinator::{Infix, Prefix, alt, cut_err, delimited, expression, peek, preceded, separated};
use winnow::error::{ContextError, ErrMode};
use winnow::token::{one_of, take_while};

/// The longest expression that AWS takes, in characters.
const LONGEST: usize = 2048;
/// How deep the tree of an expression is at most: `1+1+…` is deep too.
const DEEPEST_TREE: usize = 256;

/// Reads an expression; the error says what is wrong with it, and where.
pub(in crate::cloudwatch) fn parse(text: &str) -> Result<Expression, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    if nesting::is_too_deep(text) {
        return Err(format!("it nests deeper than {DEEPEST}; give a part of it an Id of its own"));
    }
    let reader = Reader::default();
    let mut rest = text;
    let parsed = reader.whole(&mut rest);
    if let Some(unknown) = reader.unknown.take() {
        return Err(format!("the stage has no function {unknown} in metric math; it has {FUNCTIONS}"));
    }
    match parsed {
        Ok(tree) if rest.is_empty() && depth(&tree) <= DEEPEST_TREE => Ok(tree),
        Ok(_) if rest.is_empty() => {
            Err("it has too many operators in a row; give a part of it an Id of its own".to_owned())
        }
        _ => {
            let at = text.len() - rest.len();
            Err(format!("it cannot be read from `{}` on (character {})", shown(rest), text[..at].chars().count() + 1))
        }
    }
}

fn shown(rest: &str) -> String {
    if rest.is_empty() { "the end".to_owned() } else { rest.chars().take(20).collect() }
}

fn depth(tree: &Expression) -> usize {
    tree.nodes().into_iter().map(|(_, depth)| depth).max().unwrap_or_default()
}

/// Reads, and remembers the function that it does not know.
#[derive(Default)]
struct Reader {
    unknown: RefCell<Option<String>>,
}

impl Reader {
    fn whole(&self, input: &mut &str) -> ModalResult<Expression> {
        let tree = self.tree(input)?;
        multispace0.parse_next(input)?;
        Ok(tree)
    }

    fn tree(&self, input: &mut &str) -> ModalResult<Expression> {
        expression(preceded(multispace0, |input: &mut &str| self.operand(input)))
            .prefix(
                preceded(multispace0, one_of('-'))
                    .value(Prefix(14, |_: &mut &str, inner| Ok(Expression::Negated(Box::new(inner))))),
            )
            .infix(preceded(multispace0, operator))
            .parse_next(input)
    }

    fn operand(&self, input: &mut &str) -> ModalResult<Expression> {
        alt((
            delimited('(', |input: &mut &str| self.tree(input), close(')')),
            delimited('[', |input: &mut &str| self.list(1, LONGEST, input), close(']')).map(Expression::List),
            (peek(one_of(('0'..='9', '.'))), float).map(|(_, number)| Expression::Number(number)),
            |input: &mut &str| self.word(input),
        ))
        .parse_next(input)
    }

    fn list(&self, least: usize, most: usize, input: &mut &str) -> ModalResult<Vec<Expression>> {
        separated(least..=most, |input: &mut &str| self.tree(input), comma).parse_next(input)
    }

    /// An id, or a function with its arguments.
    fn word(&self, input: &mut &str) -> ModalResult<Expression> {
        let word: &str = (
            one_of(|c: char| c.is_ascii_alphabetic()),
            take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_'),
        )
            .take()
            .parse_next(input)?;
        if word.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Ok(Expression::Id(word.to_owned()));
        }
        let fold = match word {
            "METRICS" => {
                return delimited(open, text_or_nothing, close(')')).map(Expression::Metrics).parse_next(input);
            }
            "FILL" => return delimited(open, |input: &mut &str| self.fill(input), close(')')).parse_next(input),
            "IF" => {
                return delimited(open, |input: &mut &str| self.list(2, 3, input), close(')'))
                    .map(Expression::If)
                    .parse_next(input);
            }
            "AVG" => Fold::Avg,
            "MAX" => Fold::Max,
            "MIN" => Fold::Min,
            "SUM" => Fold::Sum,
            unknown => {
                self.unknown.borrow_mut().get_or_insert_with(|| unknown.to_owned());
                return Err(ErrMode::Cut(ContextError::new()));
            }
        };
        let argument = delimited(open, |input: &mut &str| self.tree(input), close(')')).parse_next(input)?;
        Ok(Expression::Fold(fold, Box::new(argument)))
    }

    fn fill(&self, input: &mut &str) -> ModalResult<Expression> {
        let what = self.tree(input)?;
        comma.parse_next(input)?;
        let how = preceded(
            multispace0,
            alt((
                "REPEAT".value(Filler::Repeat),
                "LINEAR".value(Filler::Linear),
                (|input: &mut &str| self.tree(input)).map(|with| Filler::With(Box::new(with))),
            )),
        )
        .parse_next(input)?;
        Ok(Expression::Fill(Box::new(what), how))
    }
}

fn open(input: &mut &str) -> ModalResult<()> {
    cut_err((multispace0, '(')).void().parse_next(input)
}

fn close<'i>(bracket: char) -> impl winnow::Parser<&'i str, (), ErrMode<ContextError>> {
    cut_err((multispace0, bracket)).void()
}

fn comma(input: &mut &str) -> ModalResult<()> {
    (multispace0, ',').void().parse_next(input)
}

/// What stands in the brackets of `METRICS`.
fn text_or_nothing(input: &mut &str) -> ModalResult<Option<String>> {
    multispace0.parse_next(input)?;
    let quoted = |quote: char| delimited(quote, take_while(0.., move |c| c != quote), quote);
    alt((quoted('"').map(Some), quoted('\'').map(Some), "".value(None)))
        .map(|text: Option<&str>| text.map(str::to_owned))
        .parse_next(input)
}

type Between<'i> = Infix<&'i str, Expression, ErrMode<ContextError>>;

/// An operator between two expressions. AWS does not say how tightly each of them binds: as everywhere.
fn operator<'i>(input: &mut &'i str) -> ModalResult<Between<'i>> {
    macro_rules! left {
        ($power:expr, $operator:ident) => {
            Infix::Left($power, |_, one, other| {
                Ok(Expression::Binary(Operator::$operator, Box::new(one), Box::new(other)))
            })
        };
    }
    alt((
        alt(("||", "OR")).value(left!(2, Or)),
        alt(("&&", "AND")).value(left!(4, And)),
        alt(("==".value(left!(6, Equal)), "!=".value(left!(6, NotEqual)))),
        alt(("<=".value(left!(8, LessOrEqual)), ">=".value(left!(8, GreaterOrEqual)))),
        alt(("<".value(left!(8, Less)), ">".value(left!(8, Greater)))),
        alt(("+".value(left!(10, Add)), "-".value(left!(10, Subtract)))),
        alt(("*".value(left!(12, Multiply)), "/".value(left!(12, Divide)))),
        "^".value(left!(16, Power)),
    ))
    .parse_next(input)
}
