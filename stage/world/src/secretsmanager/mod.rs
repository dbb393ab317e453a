//! AWS Secrets Manager: secrets of [`crate::Setup::secrets`], each with one version.

mod get_secret_value;

use crate::operation::{Entry, entry};

pub(crate) const OPERATIONS: &[Entry] = &[entry::<get_secret_value::GetSecretValue>()];
