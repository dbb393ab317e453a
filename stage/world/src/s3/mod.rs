//! Amazon S3: objects to read. They lie in [`crate::Infrastructure::objects`] and do not change.

mod get_object;

use crate::operation::{Entry, entry};

pub(crate) const OPERATIONS: &[Entry] = &[entry::<get_object::GetObject>()];
