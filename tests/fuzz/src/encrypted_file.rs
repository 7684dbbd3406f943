//! The embedded store's file.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use twinkey_core::{AttemptId, Expected};
use twinkey_store::{Body, FileStore, Freshness, Place, Store, StoreError};

use crate::scratch;

/// The input's first byte says what the rest is: `f` the whole file, `e` edits of a good one, `c` the content
/// of a file that is sealed to the right key. Other bytes than the good ones never open, unless they are
/// another file for this key; a content is read as it stands or refused, and no error shows it.
pub fn encrypted_file(data: &[u8]) {
    let stage = stage();
    match data.split_first() {
        Some((b'f', file)) => stage.refuses(file),
        Some((b'e', edits)) => stage.refuses(&scratch::edited(&stage.good, edits)),
        Some((b'c', content)) => stage.reads_as_it_stands(content),
        _ => {}
    }
}

struct Stage {
    folder: TempDir,
    good: Vec<u8>,
    identity: age::x25519::Identity,
    runtime: Runtime,
}

/// One store with one document, made once for all inputs.
fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let folder = scratch::folder();
        let identity = age::x25519::Identity::generate();
        let mut stage = Stage {
            folder,
            good: Vec::new(),
            identity,
            runtime: tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
        };
        let mut options = fs::OpenOptions::new();
        let key = options.write(true).create_new(true).mode(0o600).open(stage.path("key"));
        std::io::Write::write_all(
            &mut key.expect("a key file"),
            stage.identity.to_string().expose_secret().as_bytes(),
        )
        .expect("a key");
        let store =
            FileStore::create_with_key(&stage.path("store.age"), &stage.path("key")).expect("a store");
        let mut body = Body::new();
        body.set_text("client_id", "id-a".into());
        body.set_text("client_secret", "s3cret-of-the-stage".into());
        let (place, attempt) = (place(), AttemptId::derive(&[b"stage"]));
        stage.runtime.block_on(store.write(&place, &Expected::Absent, &body, attempt)).expect("a document");
        stage.good = fs::read(stage.path("store.age")).expect("a file");
        // The witness for damage: without it a broken header would look like another key's.
        fs::remove_file(stage.path("store.age.previous")).expect("a previous generation");
        stage
    })
}

fn place() -> Place {
    Place::parse("app/gbg").expect("a place")
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, file: &[u8]) -> Result<FileStore, StoreError> {
        fs::write(self.path("store.age"), file).expect("a file in the scratch folder");
        FileStore::open(&self.path("store.age"), &self.path("key"))
    }

    fn refuses(&self, file: &[u8]) {
        match self.open(file) {
            Ok(_) => assert!(file == self.good, "damage was read"),
            Err(error) => self.tells(&error, "s3cret-of-the-stage"),
        }
    }

    fn reads_as_it_stands(&self, content: &[u8]) {
        let sealed = age::encrypt(&self.identity.to_public(), content).expect("sealing");
        let text = String::from_utf8_lossy(content);
        let store = match self.open(&sealed) {
            Ok(store) => store,
            Err(error) => return self.tells(&error, &text),
        };
        let json: serde_json::Value = serde_json::from_str(&text).expect("what was read is JSON");
        let version = json["schema"].as_str().expect("what was read names its schema");
        assert!(version.starts_with("1."), "{version} was read");
        let read =
            self.runtime.block_on(store.read(&place(), Freshness::Latest)).expect("it was read before");
        let fields = &json["documents"][place().as_str()]["fields"];
        assert_eq!(read.is_some(), fields.is_object());
        let Some(read) = read else { return };
        assert_eq!(read.version.as_str(), json["documents"][place().as_str()]["version"]);
        for (name, value) in fields.as_object().into_iter().flatten() {
            let text = read.body.text(name).map(|text| text.expose_secret());
            assert_eq!(text, value.as_str(), "the field {name}");
        }
    }

    /// An error is never a crash, has a remedy, and shows nothing of the content.
    fn tells(&self, error: &StoreError, content: &str) {
        let told = format!("{error} {error:?} {}", error.remedy());
        assert!(!matches!(error, StoreError::Other { .. } | StoreError::NotThere { .. }), "{told}");
        for word in
            content.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| word.len() >= 24)
        {
            assert!(!told.contains(word), "{told}");
        }
    }
}
