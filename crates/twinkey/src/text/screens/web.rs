//! The status page: every phase as a card, and pictures of them all for the documents.

use std::path::PathBuf;

use super::super::page::of_scenes;
use super::*;

fn card(scene: &Scene) -> String {
    of_scenes(std::iter::once((scene.names(), &scene.policy, &scene.seen, scene.now)), scene.now)
}

#[test]
fn every_phase_has_its_card_with_the_words_and_the_command_of_the_screen() {
    for (title, scene) in phases() {
        let page = card(&scene);
        let report = json::report(&scene.names(), &scene.policy, &scene.seen, scene.now);
        let has = |text: &str| page.contains(&escaped(text));
        assert!(has(&report.phase.to_uppercase()) && has(&report.summary), "{title}: {page}");
        assert!(report.next_command.iter().all(|command| has(command)), "{title}");
    }
}

/// What askama makes of a text.
fn escaped(text: &str) -> String {
    let escapes = [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")];
    escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn the_headline_says_whether_somebody_is_needed() {
    let headline = |scene: Scene| {
        let page = card(&scene);
        let from = page.split_once("role=\"status\">").unwrap().1;
        from.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(headline(Scene::ready()), "Nobody is needed now");
    assert_eq!(headline(Scene::draining()), "Nobody is needed now");
    assert_eq!(headline(Scene::awaiting()), "1 credential has something for a person to do");
    let mut refused = Scene::ready();
    refused.refuse(Client::A, "c07e5512", 2);
    assert_eq!(headline(refused), "1 credential needs a person now");
}

#[test]
fn foreign_text_on_the_page_is_text() {
    let mut scene = Scene::permit_open();
    scene.change(|record| record.permit.as_mut().unwrap().holder = "<script>alert(1)</script>".to_owned());
    let page = card(&scene);
    assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{page}");
}

/// `cargo xtask screenshots` makes pictures of what is written here.
#[test]
fn pages_for_the_pictures() {
    let Some(folder) = std::env::var_os("TWINKEY_PICTURES").map(PathBuf::from) else { return };
    for (title, scene) in phases() {
        let name = title.replace([' ', ',', '\''], "-").replace("--", "-");
        fs::write(folder.join(format!("{name}.html")), card(&scene)).unwrap();
    }
    let several = [Scene::ready(), Scene::awaiting(), Scene::draining()];
    let now = several[0].now;
    let names = ["go-production", "go-staging", "partner-api"];
    let scenes = several.iter().zip(names).map(|(scene, name)| {
        (Names { credential: name, ..scene.names() }, &scene.policy, &scene.seen, scene.now)
    });
    fs::write(folder.join("several.html"), of_scenes(scenes, now)).unwrap();
}
