//! What a good configuration means.

use std::fs;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use twinkey_core::policy::LookEvery;
use twinkey_core::{Failover, Staleness};
use twinkey_provider::{ClientAuth, Grant, Proxy, Settings, Trust};

use super::*;

fn credential(text: &str) -> Credential {
    parse(text).unwrap().credentials.remove(0)
}

fn settings(lines: &str) -> Settings {
    credential(&with(PROVIDER, lines)).provider.settings().unwrap()
}

fn api(lines: &str) -> String {
    settings(lines).api_call.unwrap().url.to_string()
}

#[test]
fn what_is_left_out_counts_as_the_documents_say() {
    let credential = credential(GOOD);
    let policy = &credential.policy;
    let hours = SignedDuration::from_hours;
    assert!(policy.schedule.is_none() && !policy.output);
    assert_eq!(policy.min_interval, hours(24));
    assert_eq!(policy.staleness, Staleness::For(hours(1)));
    assert_eq!(policy.look_every, LookEvery::Every(SignedDuration::from_mins(5)));
    assert_eq!(policy.margin, SignedDuration::from_mins(10));
    assert_eq!(policy.token_lifetime, hours(1));
    assert_eq!((policy.settle.tokens, policy.settle.over), (3, SignedDuration::from_secs(130)));
    assert_eq!((policy.standby_every, policy.active_every), (hours(6), SignedDuration::from_mins(5)));
    assert_eq!(policy.failover, Failover::Auto);
    assert_eq!(policy.reminders, [0, 2, 5, 7].map(|days| hours(24 * days)));
    assert_eq!(credential.state.record.as_str(), "twinkey/app/go/record");
    assert_eq!(
        (credential.fields.id.as_str(), credential.fields.secret.as_str()),
        ("client_id", "client_secret")
    );
    assert_eq!((policy.place.store.as_str(), policy.place.live_pair.as_str()), ("local", "app/go"));
}

#[test]
fn a_preset_fills_in_and_each_key_overrides_it() {
    let preset =
        settings("preset = \"gbg-go\"\ntoken-url = \"https://other.example/token\"\nauth = \"basic\"");
    assert_eq!(preset.token_url.host_str(), Some("other.example"));
    assert_eq!((preset.scope.as_deref(), preset.auth), (Some("gbg.token"), ClientAuth::Basic));
    assert!(matches!(preset.grant, Grant::ClientCredentials) && preset.api_call.is_none());
    assert_eq!(settings("preset = \"gbg-go\"\nscope = \"\"").scope, None);
    let bare = GOOD.replace("token-url = \"https://auth.example/token\"", "preset = \"gbg-go\"");
    assert_eq!(credential(&bare).provider.host(), "api.auth.gbgplc.com");
}

#[test]
fn a_region_makes_a_path_an_address_and_leaves_an_address_alone() {
    let with_url = |region: &str, url: &str| {
        api(&format!(
            "preset = \"gbg-go\"\nregion = \"{region}\"\napi-call = {{ url = \"{url}\", accept = [200] }}"
        ))
    };
    assert_eq!(with_url("eu", "ping"), "https://eu.platform.go.gbgplc.com/v2/captain/ping");
    assert_eq!(with_url("au", "a/b?c=d"), "https://au.platform.go.gbgplc.com/v2/captain/a/b?c=d");
    assert_eq!(with_url("us", "https://api.example/x"), "https://api.example/x");
}

#[test]
fn the_portal_is_told_by_address_and_steps() {
    let portal = |lines: &str| credential(&with(PROVIDER, lines)).portal;
    assert!(portal("timeout = \"15s\"").is_empty());
    let preset = portal("preset = \"gbg-go\"");
    assert_eq!(preset.len(), 4);
    assert!(preset[1].contains("{label}"), "{preset:?}");
    let addressed = portal("preset = \"gbg-go\"\nportal.url = \"https://portal.example/clients\"");
    assert_eq!((addressed.len(), addressed[0].as_str()), (5, "go to https://portal.example/clients"));
    assert_eq!(portal("preset = \"gbg-go\"\nportal.steps = [\"press it\"]"), ["press it"]);
}

#[test]
fn secrets_are_read_when_the_provider_is_asked_for_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let lines = format!(
        "grant = \"password\"\nusername = \"u\"\npassword = {{ file = \"{0}\" }}\nca-file = \"{0}\"\nca-only = true\nheaders = {{ x-key = \"v\" }}\nproxy = {{ url = \"http://proxy.example:3128\", username = \"p\", password = {{ command = [\"printf\", \"pr0xy\"] }} }}",
        file.display()
    );
    let provider = credential(&with(PROVIDER, &lines)).provider;
    let missing = provider.settings().unwrap_err().to_string();
    assert!(
        missing.starts_with(&format!("the secret file {} cannot be read: ", file.display())),
        "{missing}"
    );
    fs::write(&file, "s3cret\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let settings = provider.settings().unwrap();
    let Grant::Password { username, password } = &settings.grant else { panic!() };
    assert_eq!((username.as_str(), password.expose_secret()), ("u", "s3cret"));
    let Proxy::Url { login: Some((name, password)), .. } = &settings.way.proxy else { panic!() };
    assert_eq!((name.as_str(), password.expose_secret()), ("p", "pr0xy"));
    assert!(matches!(&settings.way.trust, Trust::Only(pem) if pem == b"s3cret\n"));
    assert_eq!(settings.headers[0].1.expose_secret(), "v");
}

#[test]
fn a_missing_ca_file_is_called_by_its_name() {
    let provider = credential(&with(PROVIDER, "ca-file = \"/nowhere/ca.pem\"")).provider;
    let error = provider.settings().unwrap_err().to_string();
    assert!(error.starts_with("the CA file /nowhere/ca.pem cannot be read: "), "{error}");
}

#[test]
fn an_output_file_needs_its_folder_except_where_folders_come_with_services() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twinkey.toml");
    let load = |output: &str| {
        let line = format!("consumers = {{ max-staleness = \"1h\", output = {{ path = \"{output}\" }} }}");
        fs::write(&path, with(CREDENTIAL, &line)).unwrap();
        Config::load(&path, now()).map_err(|problems| problems.to_string())
    };
    let here = folder.path().display();
    assert!(load(&format!("{here}/live.json")).is_ok());
    assert!(load("/run/not-there-yet/live.json").is_ok());
    let expected = format!(
        "{here}/twinkey.toml:7:55: [credential.go.consumers.output.path] lies in a folder that does not exist; make the folder first, and let Twinkey's user write in it\n1 problem in the configuration; nothing was done"
    );
    assert_eq!(load("/nowhere/gone/live.json").unwrap_err(), expected);
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let told = |path: &Path| Config::load(path, now()).unwrap_err().to_string();
    let latin = folder.path().join("latin.toml");
    fs::write(&latin, b"# \xe4").unwrap();
    assert!(told(&latin).contains("latin.toml: is not UTF-8 text; save it as UTF-8"));
    assert!(told(folder.path()).contains(": cannot be read; see that it is a file"));
    assert!(
        told(Path::new("/nowhere/twinkey.toml"))
            .starts_with("/nowhere/twinkey.toml: is not there; write one")
    );
}

#[test]
fn channels_come_in_the_order_of_the_file() {
    let config = parse(&format!(
        "[notify.z]\nexec = [\"/bin/true\"]\nleast = \"page\"\n{GOOD}[notify.a]\nslack = {{ file = \"/u\" }}\n[notify.m]\nexec = [\"/bin/true\"]\n"
    ))
    .unwrap();
    let told: Vec<_> = config
        .channels
        .iter()
        .map(|channel| (channel.name.as_str(), channel.kind(), channel.least.name()))
        .collect();
    assert_eq!(told, [("z", "exec", "page"), ("a", "slack", "notice"), ("m", "exec", "notice")]);
}

#[test]
fn a_channel_whose_secret_is_no_address_is_told_without_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "http://hooks.example/c4n4ry\n").unwrap();
    let text = format!("{GOOD}[notify.n]\nslack = {{ file = \"{}\" }}\n", file.path().display());
    let config = parse(&text).unwrap();
    let Err(error) = config.channels[0].open() else { panic!("it must be https") };
    assert_eq!(
        error.to_string(),
        "the address of the Slack webhook must use https (http is for loopback addresses only)"
    );
}
