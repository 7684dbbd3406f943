//! The process ends itself. Two environment variables say where, and write down what was passed.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

use crate::{Point, Side};

/// Where to die: `SIDE:POINT#OCCURRENCE`, counted from 1, as in `before:write-live:publish:now#1`.
const AT: &str = "TWINKEY_KILL_AT";
/// The file to which every point that is passed is added, one a line, in the same form.
const LOG: &str = "TWINKEY_KILL_LOG";

static PASSED: Mutex<BTreeMap<(Side, Point), u32>> = Mutex::new(BTreeMap::new());

pub(crate) fn pass(side: Side, point: Point) {
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let times = passed.entry((side, point)).or_default();
    *times += 1;
    let (side, point): (&str, &str) = (side.into(), point.into());
    let here = format!("{side}:{point}#{times}");
    if let Some(path) = std::env::var_os(LOG) {
        let log = OpenOptions::new().create(true).append(true).open(path);
        let _ = log.and_then(|mut log| writeln!(log, "{here}"));
    }
    if std::env::var(AT).is_ok_and(|at| at == here) {
        let _ = kill_process(getpid(), Signal::KILL);
        // The signal ends every thread; this one must not go on meanwhile.
        loop {
            std::thread::park();
        }
    }
}
