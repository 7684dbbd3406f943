//! The record, and the rules that follow whatever it says.

use std::path::Path;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use twinkey::config::{Config, Credential};
use twinkey::text::{self, Names};
use twinkey_core::decision::Next;
use twinkey_core::record::{MAX_TRANSITIONS, Schema};
use twinkey_core::seen::{Host, LiveSeen, Pair, Pasted, RecordSeen, SlotSeen};
use twinkey_core::step::{LiveContent, Step};
use twinkey_core::{
    Answer, AnswerKind, Client, Looked, Mac, Outcome, PerClient, Policy, Record, RecordError, Seen, Version,
    What, Wish, next,
};

use crate::now;

/// No run over a quiet store is longer.
const MOST_STEPS: usize = 200;

/// The input is the record's JSON. It is read and comes back, or is refused with its line; whatever it says, a
/// run over it ends, publishes nothing without a token of this run, never rewrites a newer schema, and what is
/// shown of it holds no control character.
pub fn record(data: &[u8]) {
    let Ok(json) = std::str::from_utf8(data) else { return };
    let record = match Record::from_json(json) {
        Ok(record) => record,
        Err(RecordError::Newer(schema)) => return assert!(schema != Schema::OURS),
        Err(RecordError::Malformed { line, .. }) => return assert!(line <= json.matches('\n').count() + 1),
    };
    assert_eq!(Record::from_json(&record.to_json()).as_ref(), Ok(&record), "it does not come back");
    let later = record.changed(now(), "fuzz", What::Restored);
    assert!(later.counter > record.counter || record.counter == u64::MAX);
    assert!(later.transitions.len() <= MAX_TRANSITIONS);

    // The record itself chooses what the world around it is like, so that a found case stays found.
    let choice = usize::try_from(record.counter % 1024).unwrap_or(0);
    let kinds = [AnswerKind::Accepted, AnswerKind::Rejected, AnswerKind::Refused, AnswerKind::Unavailable];
    let wishes = [
        Wish::Keep,
        Wish::Permit { client: None, holder: "olga".to_owned() },
        Wish::Cancel { spoke_to: Some("olga".to_owned()) },
        Wish::SwitchNow { drain: Some(SignedDuration::ZERO), reason: "leaver".to_owned() },
        Wish::Rollback { reason: "broken".to_owned(), spoke_to: None },
        Wish::PutOurs,
        Wish::TakeTheirs { client: Some(Client::A) },
        Wish::ConfirmNotInUse,
    ];
    let wish = wishes[choice / 16 % wishes.len()].clone();
    run(&record, live(&record, choice / 4 % 4), kinds[choice % 4], wish);
}

fn run(record: &Record, live: Option<LiveSeen>, answer: AnswerKind, wish: Wish) {
    let policy = Policy { place: record.belongs_to.clone(), ..credential().policy.clone() };
    let looked = Looked {
        record: RecordSeen::Here { version: Version::new("r"), record: Box::new(record.clone()) },
        live,
        slots: PerClient::from_fn(|client| Some(slot(record, client))),
        output: None,
        behind: false,
    };
    let mut now = now();
    let mut seen = Seen::nothing(wish, "fuzz", Host::default());
    for number in 0..MOST_STEPS {
        shown(&policy, &seen, now);
        let decided = next(&policy, &seen, now);
        assert_eq!(decided, next(&policy, &seen, now), "not pure");
        let step = match decided {
            Next::Rest(rest) => {
                let _ = text::rest(&Names::of(credential()), &rest, &policy, &seen, now);
                return;
            }
            Next::Wait(wait) => {
                now = wait.until.max(now);
                continue;
            }
            Next::Do(step) => step,
        };
        allowed(record, &seen, &step);
        let outcome = match &step {
            Step::Look(_) => Outcome::Looked(Box::new(looked.clone())),
            Step::Probe(_) => Outcome::Answered(Answer::new(answer, "")),
            Step::WriteOutput => Outcome::OutputWritten,
            _ => Outcome::Written(Version::new(format!("w{number}"))),
        };
        seen = seen.after(&step, outcome, now);
    }
    panic!("a run without end");
}

/// What no run may do, whatever the record says.
fn allowed(record: &Record, seen: &Seen, step: &Step) {
    assert!(record.is_writable() || !step.is_write(), "a newer record is written");
    let Step::WriteLive(write) = step else { return };
    if let LiveContent::Publish { client, secret, .. } = &write.content {
        let token = seen.answers(*client, *secret).next_back();
        assert!(token.is_some_and(|probed| probed.answer.kind == AnswerKind::Accepted), "I1: {step:?}");
        let permit = seen.record().is_some_and(|record| record.has_permit_on(*client));
        assert!(!permit, "I5: {step:?}");
    }
}

/// All that is said of it, on screens and to programs.
fn shown(policy: &Policy, seen: &Seen, now: Timestamp) {
    let names = Names::of(credential());
    let status = text::status(&names, policy, seen, now);
    let history = seen.record().map(|record| text::history(&names, &record.transitions, now));
    for screen in std::iter::once(status).chain(history) {
        let bare = without_styles(&screen);
        assert!(bare.chars().all(|c| c == '\n' || !c.is_control()), "{bare:?}");
    }
    text::nagios(&names, policy, seen, None, now);
    text::json::report(&names, policy, seen, now);
    for message in twinkey_core::messages(policy, seen, now) {
        text::message_line(&names, &message, now);
    }
    twinkey_core::remedy(policy, seen, now);
}

/// The text without its colours: escape, bracket, digits and semicolons, `m`.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |bare, part| {
        let style = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        bare + style.strip_prefix('m').unwrap_or("\u{1b}")
    })
}

/// The record's own pair, another one, half of one, or none.
fn live(record: &Record, which: usize) -> Option<LiveSeen> {
    let active = record.active.as_ref();
    let ours = active.map(|active| Pair { client_id: active.client_id.clone(), secret: active.secret });
    let foreign = Pair { client_id: "foreign".to_owned(), secret: Mac::from_bytes([9; 32]) };
    let pair = match which {
        0 | 1 => ours,
        2 => Some(foreign),
        _ => return None,
    };
    let version = match (which, active) {
        (0, Some(active)) => active.version.clone(),
        _ => Version::new("l"),
    };
    Some(LiveSeen { version, pair })
}

/// A slot with all that the record knows of a client.
fn slot(record: &Record, client: Client) -> SlotSeen {
    let note = &record.clients[client];
    let active = record.active.as_ref().filter(|active| active.client == client);
    let noted = note.retired.or(note.proven).map(|noted| noted.secret);
    let secret = active.map(|active| active.secret).or(noted);
    SlotSeen {
        version: Version::new("s"),
        client_id: active.map_or_else(|| format!("id-{client}"), |active| active.client_id.clone()),
        secret: secret.map(|secret| Pasted { secret, oddity: None }),
        candidate: (record.counter.is_multiple_of(2))
            .then(|| Pasted { secret: Mac::from_bytes([client as u8 + 1; 32]), oddity: None }),
        previous: note.replaced.map(|replaced| replaced.secret),
    }
}

/// A credential as configured, for its names and its policy.
fn credential() -> &'static Credential {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let text = include_str!("../../../config/twinkey.example.toml");
    let config = CONFIG
        .get_or_init(|| Config::parse(text, Path::new("twinkey.toml"), now()).expect("the example loads"));
    &config.credentials[0]
}
