use proptest::prelude::*;
use serde_json::json;

use super::*;

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
    assert_eq!(verify(&path, Some(&head)).unwrap(), Verified { lines: 3 });
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
fn a_full_disk_leaves_the_chain_whole() {
    // /dev/full takes no byte, as a full disk.
    let mut log = AuditLog {
        path: "/dev/full".into(),
        file: OpenOptions::new().read(true).write(true).open("/dev/full").unwrap(),
        head: None,
        length: 0,
        cut: 0,
    };
    let (text, _) = line::write(&entry("x"), None);
    let error = log.file.write_all(text.as_bytes()).unwrap_err();
    let error = AuditError { path: log.path.clone(), doing: "cannot be written", source: error };
    assert_eq!(error.remedy(), "make room on that disk");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_changed_byte_is_found(at in 0usize..1200, flip in 1u8..=255) {
        let (_dir, path, head) = log_of(3);
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        fs::write(&path, &bytes).unwrap();
        prop_assert!(verify(&path, Some(&head)).is_err());
    }
}
