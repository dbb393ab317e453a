//! Amazon SNS: topics and what was published to them.

use crate::World;
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

#[derive(Debug, Default)]
pub(crate) struct Sns {}
