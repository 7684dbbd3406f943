use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::child;

/// A user and group that nobody has.
const NOBODY: u32 = 54_321;

fn file(dir: &Path, format: Format) -> OutputFile {
    OutputFile {
        path: dir.join("live"),
        format,
        mode: 0o640,
        id_field: "GBG_ID".into(),
        secret_field: "GBG_SECRET".into(),
    }
}

fn pair(secret: &str) -> SecretPair {
    SecretPair { client_id: "id-1".into(), secret: secret.into() }
}

const AWKWARD: &str = r#"a b"c\d$e`f'g#h=i&j%k!"#;

#[test]
fn what_was_written_is_read_back_with_its_mode() {
    for format in [Format::Json, Format::Env] {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path(), format);
        assert!(file.read().unwrap().is_none());
        file.write(&pair(AWKWARD)).unwrap();
        file.write(&pair(AWKWARD)).unwrap();
        let read = file.read().unwrap().unwrap();
        assert_eq!((read.client_id.as_str(), read.secret.expose_secret()), ("id-1", AWKWARD));
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o640);
    }
}

#[test]
fn a_shell_reads_what_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path(), Format::Env);
    file.write(&pair(AWKWARD)).unwrap();
    let script = format!(". {}; printf %s \"$GBG_SECRET\"", file.path.display());
    let shell = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), AWKWARD);
}

#[test]
fn somebody_elses_file_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    for (format, foreign) in [
        (Format::Json, "{\"GBG_ID\":\"x\"}"),
        (Format::Json, "not json"),
        (Format::Json, "{\"GBG_ID\":\"x\",\"GBG_SECRET\":\"y\",\"more\":\"z\"}"),
        (Format::Env, "PATH=/bin"),
    ] {
        let file = file(dir.path(), format);
        fs::write(&file.path, foreign).unwrap();
        assert!(matches!(file.write(&pair("s")), Err(OutputError::Foreign { .. })), "{foreign}");
        assert_eq!(fs::read_to_string(&file.path).unwrap(), foreign);
    }
}

#[test]
fn a_link_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path(), Format::Json);
    symlink(dir.path().join("elsewhere"), &file.path).unwrap();
    let error = file.write(&pair("s")).unwrap_err();
    assert!(error.to_string().ends_with("elsewhere"), "{error}");
    assert_eq!(error.class(), TroubleClass::Permanent);
    assert!(fs::symlink_metadata(&file.path).unwrap().is_symlink());
}

#[test]
fn what_is_no_plain_file_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path(), Format::Json);
    let made = Command::new("mkfifo").arg(&file.path).status().unwrap();
    assert!(made.success());
    assert!(matches!(file.read(), Err(OutputError::Foreign { .. })));
    assert!(matches!(file.write(&pair("s")), Err(OutputError::Foreign { .. })));
}

#[test]
fn an_empty_file_is_ours_to_fill() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path(), Format::Env);
    fs::write(&file.path, "\n").unwrap();
    assert!(file.read().unwrap().is_none());
    file.write(&pair("s")).unwrap();
    assert!(file.read().unwrap().is_some());
}

#[test]
fn a_new_file_has_the_owner_and_group_of_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path(), Format::Json);
    file.write(&pair("old")).unwrap();
    let given = chown(&file.path, Some(NOBODY), Some(NOBODY)).is_ok();
    let owner = |metadata: Metadata| (metadata.uid(), metadata.gid());
    let before = owner(fs::metadata(&file.path).unwrap());
    assert_eq!(given, before == (NOBODY, NOBODY));
    file.write(&pair("new")).unwrap();
    assert_eq!(owner(fs::metadata(&file.path).unwrap()), before);
}

#[test]
fn who_may_not_keep_the_owner_leaves_the_old_file_to_its_readers() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: only root can become two users");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = OutputFile { mode: 0o644, ..file(dir.path(), Format::Json) };
    file.write(&pair("old")).unwrap();
    // The test binary may lie where nobody else gets in.
    let binary = dir.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let test = "output::tests::a_child_may_not_keep_the_owner";
    let mut child = child::running_from(&binary, test, dir.path());
    let out = child.uid(NOBODY).gid(NOBODY).current_dir("/").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    assert_eq!(file.read().unwrap().unwrap().secret.expose_secret(), "old");
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 3, "the output file, the binary, the sign that the child ran");
}

#[test]
fn a_child_may_not_keep_the_owner() {
    let Some(folder) = child::folder() else { return };
    fs::write(folder.join("ran"), "").unwrap();
    let error = OutputFile { mode: 0o644, ..file(&folder, Format::Json) }.write(&pair("new")).unwrap_err();
    assert_eq!(error.class(), TroubleClass::Permission);
    assert!(matches!(error, OutputError::Owner { uid: 0, .. }), "{error}");
}

#[test]
fn a_pair_of_two_lines_goes_into_json_and_not_into_env() {
    let dir = tempfile::tempdir().unwrap();
    let error = file(dir.path(), Format::Env).write(&pair("canary\n-2")).unwrap_err();
    assert_eq!(error.remedy(), "set consumers.output.format to json");
    assert!(!format!("{error} {error:?}").contains("canary"));
    let json = file(dir.path(), Format::Json);
    json.write(&pair("canary\n-2")).unwrap();
    assert_eq!(json.read().unwrap().unwrap().secret.expose_secret(), "canary\n-2");
}

#[test]
fn a_full_disk_may_pass_and_a_permission_must_be_granted() {
    let dir = tempfile::tempdir().unwrap();
    let class = |kind: io::ErrorKind| file(dir.path(), Format::Json).io("written", kind.into()).class();
    assert_eq!(class(io::ErrorKind::StorageFull), TroubleClass::Temporary);
    assert_eq!(class(io::ErrorKind::ReadOnlyFilesystem), TroubleClass::Permission);
    assert_eq!(class(io::ErrorKind::PermissionDenied), TroubleClass::Permission);
    assert_eq!(class(io::ErrorKind::NotFound), TroubleClass::Permanent);
}

#[test]
fn a_missing_folder_is_named_with_its_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir.path().join("nowhere"), Format::Json);
    let error = file.write(&pair("canary-1")).unwrap_err();
    assert_eq!(error.remedy(), "make its folder, or change consumers.output.path");
    assert!(!format!("{error} {error:?}").contains("canary-1"));
}

#[test]
fn no_form_of_a_pair_shows_its_secret() {
    let dir = tempfile::tempdir().unwrap();
    let (file, pair) = (file(dir.path(), Format::Json), pair("canary-3"));
    assert!(!format!("{file:?} {pair:?}").contains("canary-3"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_pair_is_read_back_as_it_was_written(id in "[ -~]{1,40}", secret in "[ -~]{1,40}") {
        for format in [Format::Json, Format::Env] {
            let dir = tempfile::tempdir().unwrap();
            let file = file(dir.path(), format);
            file.write(&SecretPair { client_id: id.clone(), secret: secret.as_str().into() }).unwrap();
            let read = file.read().unwrap().unwrap();
            prop_assert_eq!(&read.client_id, &id);
            prop_assert_eq!(read.secret.expose_secret(), &secret);
        }
    }
}
