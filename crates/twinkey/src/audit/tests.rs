use std::io::{BufRead, BufReader};
use std::process::Stdio;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::child;

fn entry(step: &str) -> Entry {
    Entry {
        at: "2026-11-24T12:00:00Z".parse().unwrap(),
        by: "maria".into(),
        credential: "go".into(),
        event: Event::Before,
        step: step.into(),
        detail: json!({ "nested": { "more": {} }, "text": "}}\"" }),
    }
}

fn log_of(lines: usize) -> (tempfile::TempDir, PathBuf, AuditHead) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state").join(FILE_NAME);
    let mut log = AuditLog::open(&path).unwrap();
    for n in 0..lines {
        log.append(entry(&format!("step-{n}"))).unwrap();
    }
    let head = log.head().unwrap();
    (dir, path, head)
}

#[test]
fn a_whole_log_is_verified_and_goes_on_after_reopening() {
    let (_dir, path, head) = log_of(3);
    assert_eq!(verify(&path, Some(&head)).unwrap(), Verified { lines: 3, head: Some(head.clone()) });
    let mut again = AuditLog::open(&path).unwrap();
    assert_eq!(again.head(), Some(head));
    again.append(entry("later")).unwrap();
    assert_eq!(verify(&path, None).unwrap().lines, 4);
}

#[test]
fn a_cut_tail_is_found_by_the_head_in_the_record() {
    let (_dir, path, head) = log_of(3);
    let text = fs::read_to_string(&path).unwrap();
    let kept: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    fs::write(&path, kept).unwrap();
    assert!(verify(&path, None).is_ok());
    assert!(matches!(verify(&path, Some(&head)).unwrap_err(), Broken::Cut { lines: 2, known: 3 }));
}

#[test]
fn a_replaced_log_is_found() {
    let (_dir, _, head) = log_of(3);
    let (_other, path, _) = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        let mut log = AuditLog::open(&path).unwrap();
        for _ in 0..4 {
            log.append(entry("forged")).unwrap();
        }
        (dir, path, ())
    };
    assert!(matches!(verify(&path, Some(&head)).unwrap_err(), Broken::Replaced(3)));
}

#[test]
fn removed_and_moved_lines_are_found() {
    let (_dir, path, head) = log_of(4);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for order in [vec![0, 2, 3], vec![1, 2, 3], vec![0, 2, 1, 3], vec![0, 1, 1, 2, 3]] {
        let changed: String = order.iter().map(|at| format!("{}\n", lines[*at])).collect();
        fs::write(&path, changed).unwrap();
        assert!(verify(&path, Some(&head)).is_err(), "{order:?}");
    }
}

#[test]
fn a_torn_last_line_is_cut_off_and_kept() {
    let (_dir, path, head) = log_of(2);
    let whole = fs::read(&path).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"line\":3,\"at\":").unwrap();
    let mut log = AuditLog::open(&path).unwrap();
    assert_eq!(log.cut, 15);
    assert_eq!(fs::read(&path).unwrap(), whole);
    assert_eq!(log.head(), Some(head));
    log.append(entry("next")).unwrap();
    assert_eq!(verify(&path, None).unwrap().lines, 3);
    assert!(path.with_extension("torn").exists());
}

#[test]
fn two_writers_keep_one_chain() {
    let (_dir, path, _) = log_of(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut log = AuditLog::open(&path).unwrap();
                for _ in 0..20 {
                    log.append(entry("race")).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(&path, None).unwrap().lines, 81);
}

#[test]
fn what_a_power_cut_leaves_is_cut_off_wherever_it_tore() {
    let (_dir, path, _) = log_of(3);
    let whole = fs::read(&path).unwrap();
    for kept in 0..whole.len() {
        // Some file systems leave zeros where the length was written and the content was not.
        for zeros in [0, 9] {
            let torn = [&whole[..kept], &vec![0; zeros]].concat();
            fs::write(&path, &torn).unwrap();
            let before = torn.iter().filter(|byte| **byte == b'\n').count() as u64;
            let mut log = AuditLog::open(&path).unwrap();
            assert_eq!(verify(&path, None).unwrap().lines, before, "{kept} bytes, {zeros} zeros");
            assert_eq!(log.append(entry("next")).unwrap().line, before + 1);
            assert_eq!(verify(&path, None).unwrap().head, log.head());
        }
    }
}

#[test]
fn a_torn_line_is_no_whole_log() {
    let (_dir, path, head) = log_of(3);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(verify(&path, Some(&head)).unwrap_err(), Broken::Torn(3)));
}

#[test]
fn a_last_line_that_is_none_is_kept_and_told() {
    let (_dir, path, _) = log_of(2);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"edited by hand\n").unwrap();
    let before = fs::read(&path).unwrap();
    let error = AuditLog::open(&path).unwrap_err();
    assert!(error.remedy().contains("move it away and keep it as evidence"), "{}", error.remedy());
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_last_line_that_no_line_can_follow_is_kept_and_told() {
    let (_dir, path, _) = log_of(1);
    let last = format!("{{\"line\":{},\"hash\":\"x\"}}\n", u64::MAX);
    fs::write(&path, &last).unwrap();
    assert!(AuditLog::open(&path).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), last);
}

#[test]
fn a_holder_that_does_not_let_go_is_told_and_not_waited_for_for_ever() {
    let (_dir, path, _) = log_of(1);
    let held = File::open(&path).unwrap();
    held.lock().unwrap();
    let error = AuditLog::open(&path).unwrap_err();
    assert_eq!(error.remedy(), "another process holds it; try again when it has ended");
}

#[test]
fn a_log_and_its_folder_are_not_for_everybody() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path, _) = log_of(1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path) & 0o137, 0);
    assert_eq!(mode(path.parent().unwrap()) & 0o027, 0);
}

#[test]
fn a_line_can_be_checked_with_sha256sum_alone() {
    let (_dir, path, head) = log_of(1);
    let script =
        r#"printf %s "$(head -n 1 "$0")" | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum"#;
    let out = std::process::Command::new("sh").arg("-c").arg(script).arg(&path).output().unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().starts_with(&head.hash));
}

#[test]
fn processes_that_append_at_once_keep_one_chain() {
    let (_dir, path, _) = log_of(1);
    let folder = path.parent().unwrap();
    let start = || child::running("audit::tests::a_child_appends_forty_lines", folder).spawn().unwrap();
    for mut child in [start(), start(), start()] {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(verify(&path, None).unwrap().lines, 1 + 3 * 40);
}

#[test]
fn a_child_appends_forty_lines() {
    let Some(folder) = child::folder() else { return };
    let mut log = AuditLog::open(&folder.join(FILE_NAME)).unwrap();
    for _ in 0..40 {
        log.append(entry("race")).unwrap();
    }
}

#[test]
fn a_killed_process_leaves_every_line_that_it_was_told_of() {
    let (_dir, path, _) = log_of(1);
    let folder = path.parent().unwrap();
    for patience in 1..=8 {
        let mut child = child::running("audit::tests::a_child_appends_until_it_is_killed", folder)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = told.by_ref().filter_map(|line| line.unwrap().parse::<u64>().ok());
        let last = numbers.take(patience * 3).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let log = AuditLog::open(&path).unwrap();
        let verified = verify(&path, log.head().as_ref()).unwrap();
        assert!(verified.lines >= last, "{} lines, told of {last}", verified.lines);
    }
}

#[test]
fn a_child_appends_until_it_is_killed() {
    let Some(folder) = child::folder() else { return };
    let mut log = AuditLog::open(&folder.join(FILE_NAME)).unwrap();
    while let Ok(head) = log.append(entry("until killed")) {
        println!("{}", head.line);
    }
}

#[test]
fn a_full_disk_leaves_the_chain_whole() {
    let (_dir, path, _) = log_of(1);
    let folder = path.parent().unwrap();
    let out = child::running("audit::tests::a_child_meets_a_full_disk", folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    assert_eq!(verify(&path, None).unwrap().lines, 2);
}

#[test]
fn a_child_meets_a_full_disk() {
    let Some(folder) = child::folder() else { return };
    let path = folder.join(FILE_NAME);
    let mut log = AuditLog::open(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for room in [0, 1, 100] {
        child::no_file_grows_beyond(Some(whole.len() as u64 + room));
        log.append(entry("no room")).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), whole, "room for {room} bytes");
    }
    child::no_file_grows_beyond(None);
    log.append(entry("room again")).unwrap();
}

#[test]
fn a_remedy_fits_what_the_system_said() {
    let remedy = |kind: io::ErrorKind| {
        AuditError { path: "log".into(), doing: "cannot be written", source: kind.into() }.remedy()
    };
    assert_eq!(remedy(io::ErrorKind::StorageFull), "make room on that disk");
    assert!(remedy(io::ErrorKind::ReadOnlyFilesystem).contains("set state-dir"));
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = AuditLog::open(&file.path().join("state").join(FILE_NAME)).unwrap_err();
    assert!(error.to_string().ends_with("has no folder"), "{error}");
}

/// The number of the line that a finding names.
fn place(broken: &Broken) -> u64 {
    match broken {
        Broken::Changed(line) | Broken::Torn(line) | Broken::OutOfOrder(line) | Broken::Replaced(line) => {
            *line
        }
        Broken::Unreadable(_) | Broken::Cut { .. } => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_changed_byte_is_found(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
        let (_dir, path, _) = log_of(3);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes[at] ^= flip;
        fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(place(&verify(&path, None).unwrap_err()), line);
    }

    #[test]
    fn any_added_byte_is_found(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (_dir, path, head) = log_of(3);
        let mut bytes = fs::read(&path).unwrap();
        bytes.insert(at.index(bytes.len()), byte);
        fs::write(&path, &bytes).unwrap();
        prop_assert!(verify(&path, Some(&head)).is_err());
    }

    #[test]
    fn lines_in_any_other_order_or_number_are_found(order in prop::collection::vec(0usize..4, 0..6)) {
        prop_assume!(order != [0, 1, 2, 3]);
        let (_dir, path, head) = log_of(4);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let changed: String = order.iter().map(|at| lines[*at]).collect();
        fs::write(&path, changed).unwrap();
        prop_assert!(verify(&path, Some(&head)).is_err());
    }
}
