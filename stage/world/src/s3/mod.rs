//! Amazon S3: objects to read.

use crate::World;
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

#[derive(Debug, Default)]
pub(crate) struct S3 {}
