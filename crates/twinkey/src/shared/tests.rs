//! What a configuration that is read anew keeps.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn config(secret_id: &Path, rest: &str) -> Config {
    let text = format!(
        "[store.s]\naddress = \"http://127.0.0.1:1\"\n\
         auth = {{ approle = {{ role-id = \"r\", secret-id = {{ file = \"{}\" }}, wrapped = true }} }}\n{rest}\
         [provider.p]\npreset = \"gbg-go\"\n\
         [credential.go]\nstore = \"s\"\nprovider = \"p\"\nlive-pair = \"app/go\"\nconsumers.max-staleness = \"1h\"\n",
        secret_id.display()
    );
    let now = "2026-01-06T10:00:00Z".parse().unwrap();
    Config::parse(&text, Path::new("test"), now).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_login_for_one_use_outlives_a_reload_unless_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let secret_id = folder.path().join("secret-id");
    let write = |text: &str| {
        fs::write(&secret_id, text).unwrap();
        fs::set_permissions(&secret_id, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("a-wrapping-token");
    let usual = config(&secret_id, "");
    let first = Shared::new(&usual);
    let opened = |shared: &Shared, config: &Config| shared.store(&config.credentials[0]).unwrap();
    let before = opened(&first, &usual);

    let reloaded = first.anew(&usual);
    assert!(Arc::ptr_eq(&before, &opened(&reloaded, &usual)), "a wrapping token is good for one use");

    let slower = config(&secret_id, "timeout = \"30s\"\n");
    assert!(!Arc::ptr_eq(&before, &opened(&reloaded.anew(&slower), &slower)), "other settings");

    write("another-wrapping-token");
    assert!(!Arc::ptr_eq(&before, &opened(&reloaded.anew(&usual), &usual)), "a new secret id is read");
}
