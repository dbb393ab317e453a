//! Amazon CloudWatch Logs.

use crate::World;
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

#[derive(Debug, Default)]
pub(crate) struct Logs {}
