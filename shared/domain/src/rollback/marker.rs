//! What a rollback deployment says about itself: a text for people, and behind it what a later decision reads.

use crate::directive::{self, Directive};

/// `CodeDeploy` takes descriptions of 256 characters.
pub const LONGEST_DESCRIPTION: usize = 256;

const OPEN: &str = "[greenlight rolls-back=";

/// The description of a deployment that takes another one back because of an alarm.
pub fn describe(deployment: &str, alarm: &str) -> String {
    describe_with(deployment, &format!("Takes {deployment} back: alarm {alarm}"), &[])
}

/// The description of a deployment that takes another one back, in these words, with what its hooks do not look at. Words that find
/// no room are cut.
pub fn describe_with(deployment: &str, words: &str, directives: &[Directive]) -> String {
    let marker = format!("{OPEN}{deployment}]");
    let behind = format!("{} {marker}", directive::write("", directives));
    let behind = behind.trim_start();
    let room = LONGEST_DESCRIPTION.saturating_sub(behind.chars().count() + 1);
    let words: String = words.chars().take(room).collect();
    format!("{words} {behind}")
}

/// What a description says to people: without what stands in it for later decisions.
pub fn words(description: &str) -> &str {
    let end = description.rfind(OPEN).filter(|_| rolls_back(description).is_some());
    end.and_then(|end| description.get(..end)).unwrap_or(description).trim()
}

/// The id of the deployment that one with this description takes back. What stands last counts: an alarm's name may say anything.
pub fn rolls_back(description: &str) -> Option<&str> {
    let (_, marker) = description.trim_end().rsplit_once(OPEN)?;
    let id = marker.strip_suffix(']')?;
    let is_id = id.starts_with("d-") && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then_some(id)
}
