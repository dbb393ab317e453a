//! One seed, one sequence of facts.

use crate::{shop, simulated};
use greenlight::rehearse::Options;
use greenlight_simulation::Behaviours;

fn facts(seed: u64, fault: Option<&str>) -> String {
    let options = Options { faults: fault.iter().map(|fault| (*fault).to_owned()).collect(), ..Options::default() };
    let rehearsal = shop::rehearsal(shop::MIGRATE, &options);
    let played = simulated::play(&rehearsal, seed, Behaviours::new());
    let lines: Vec<String> = played.facts.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_same_seed_tells_the_same_story_byte_for_byte() {
    for fault in [None, Some("migration-fails"), Some("migration-hangs")] {
        let (first, second) = (facts(7, fault), facts(7, fault));
        let differing = first.lines().zip(second.lines()).find(|(first, second)| first != second);
        assert_eq!(differing, None);
        assert_eq!(first, second);
    }
}

#[test]
fn another_seed_tells_another_story_with_the_same_end() {
    let stories: Vec<String> = (0..5).map(|seed| facts(seed, None)).collect();
    assert!(stories.windows(2).all(|pair| pair[0] != pair[1]));
    for story in stories {
        let end = story.lines().rfind(|line| line.contains("deployment.ended")).unwrap();
        assert!(end.contains(r#""status":"Succeeded""#), "{end}");
    }
}
