//! What a rollback deployment says about itself: a text for people, and behind it what a later decision reads.

/// `CodeDeploy` takes descriptions of 256 characters.
pub const LONGEST_DESCRIPTION: usize = 256;

const OPEN: &str = "[greenlight rolls-back=";

/// The description of a deployment that takes another one back because of an alarm.
pub fn describe(deployment: &str, alarm: &str) -> String {
    let marker = format!("{OPEN}{deployment}]");
    let words = format!("Takes {deployment} back: alarm {alarm}");
    let room = LONGEST_DESCRIPTION.saturating_sub(marker.chars().count() + 1);
    let words: String = words.chars().take(room).collect();
    format!("{words} {marker}")
}

/// The id of the deployment that one with this description takes back. What stands last counts: an alarm's name may say anything.
pub fn rolls_back(description: &str) -> Option<&str> {
    let (_, marker) = description.trim_end().rsplit_once(OPEN)?;
    let id = marker.strip_suffix(']')?;
    let is_id = id.starts_with("d-") && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then_some(id)
}
