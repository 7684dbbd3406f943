//! The file without Twinkey.

use std::fs;

use super::{Home, get};

#[test]
fn the_file_is_plain_age_around_plain_json() {
    let home = Home::with_two_generations();
    let key = fs::read_to_string(home.key()).unwrap();
    assert!(key.lines().take(2).all(|line| line.starts_with("# ")), "as age-keygen: comments, then the key");
    let identity: age::x25519::Identity = key.lines().nth(2).unwrap().parse().unwrap();
    assert!(key.contains(&identity.to_public().to_string()));

    let file = fs::read(home.path()).unwrap();
    assert!(file.starts_with(b"age-encryption.org/v1\n-> X25519 "));
    let plain = String::from_utf8(age::decrypt(&identity, &file).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&plain).unwrap();
    let found = get(&home.open().unwrap()).unwrap();
    let document = &json["documents"]["app/gbg"];
    assert_eq!(json["schema"], "1.0");
    assert_eq!(document["version"], found.version.as_str());
    assert_eq!(document["attempt"].as_str().unwrap().len(), 36);
    assert_eq!(document["fields"]["client_secret"], "new");
    assert!(
        plain.starts_with("{\n  \"schema\": \"1.0\",\n  \"documents\": {\n    \"app/gbg\": {\n"),
        "{plain}"
    );
}
