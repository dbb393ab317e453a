//! The plan as a Docker label: JSON, deflated, in base64, behind a version.

use super::{Plan, PlanError, read};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use std::io::Read as _;

/// The key of the label on the application's container.
pub const LABEL: &str = "dev.greenlight.plan";

/// The largest label, in bytes. A task definition holds 64 KiB in all.
pub const LARGEST_LABEL: usize = 48 * 1024;

/// Says how the rest is written, so that a later form can be told apart.
const VERSION: &str = "v1.";

/// The most that a label may unpack to: a small label can hold a very large text.
const LARGEST_JSON: u64 = 1024 * 1024;

pub(super) fn looks_like_one(text: &str) -> bool {
    text.trim_start().starts_with(VERSION)
}

pub(super) fn write(plan: &Plan) -> Result<String, PlanError> {
    let json = serde_json::to_vec(plan).map_err(|error| PlanError::Label(error.to_string()))?;
    let mut packed = Vec::new();
    DeflateEncoder::new(json.as_slice(), Compression::best())
        .read_to_end(&mut packed)
        .map_err(|error| PlanError::Label(error.to_string()))?;
    let label = format!("{VERSION}{}", STANDARD.encode(packed));
    if label.len() > LARGEST_LABEL {
        return Err(PlanError::TooLarge { size: label.len() });
    }
    Ok(label)
}

pub(super) fn read(label: &str) -> Result<Plan, PlanError> {
    let wrong = |message: &str| PlanError::Label(message.to_owned());
    let Some(body) = label.trim().strip_prefix(VERSION) else {
        return Err(wrong("it does not begin with v1."));
    };
    if label.len() > LARGEST_LABEL {
        return Err(PlanError::TooLarge { size: label.len() });
    }
    let packed = STANDARD.decode(body).map_err(|error| PlanError::Label(format!("not base64: {error}")))?;
    let mut json = Vec::new();
    let unpacked = DeflateDecoder::new(packed.as_slice()).take(LARGEST_JSON + 1).read_to_end(&mut json);
    unpacked.map_err(|error| PlanError::Label(format!("cannot be unpacked: {error}")))?;
    if json.len() as u64 > LARGEST_JSON {
        return Err(wrong("it unpacks to more than 1 MiB"));
    }
    let json = serde_json::from_slice(&json).map_err(|error| PlanError::Label(format!("not JSON: {error}")))?;
    read::json(&json, LABEL)
}
