//! Each message that people get has its section in the runbooks.

use std::collections::BTreeSet;
use std::fs;

use twinkey_core::alerts::Alert;
use twinkey_core::messages::Kind;

use super::root;

/// What each section says, in this order.
const PARTS: [&str; 4] = ["**Means.**", "**Does not mean.**", "**Type.**", "**Ends.**"];

#[test]
fn every_kind_of_message_has_its_runbook_and_no_runbook_is_about_nothing() {
    let text = fs::read_to_string(root().join("docs/runbooks.md")).unwrap();
    let sections: Vec<(&str, &str)> =
        text.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap()).collect();
    let trial = "trial";
    let kinds: BTreeSet<&str> = Kind::names().iter().chain(Alert::names()).copied().chain([trial]).collect();
    let told: BTreeSet<&str> = sections.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(told, kinds);
    assert_eq!(sections.len(), kinds.len(), "one section each");
    for (heading, section) in sections {
        let at: Vec<usize> = PARTS.iter().filter_map(|part| section.find(part)).collect();
        assert!(at.len() == PARTS.len() && at.is_sorted(), "{heading} says not all of {PARTS:?} in turn");
    }
}
