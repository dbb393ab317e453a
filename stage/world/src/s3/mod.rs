//! Amazon S3: objects to read.

mod get_object;

use crate::operation::{Entry, entry};

pub(crate) const OPERATIONS: &[Entry] = &[entry::<get_object::GetObject>()];

/// Objects lie in [`crate::Infrastructure::objects`] and do not change.
#[derive(Debug, Default)]
pub(crate) struct S3 {}
