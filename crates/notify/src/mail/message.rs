//! The mail as it is written.

use std::fmt::Write as _;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};

use crate::Notice;
use crate::document::{command, paragraphs};

/// The longest subject, in characters.
const SUBJECT: usize = 150;

/// The mail, as its bytes. The name of the message is the same however often it is sent, so that a repeat is known as
/// one. All mails of an incident refer to its name, and so form a thread (RFC 5322 section 3.6.4).
///
/// # Errors
/// A header that cannot be written.
pub(super) fn mail(
    notice: &Notice,
    from: &Mailbox,
    to: &[Mailbox],
    now: Timestamp,
) -> Result<Vec<u8>, lettre::error::Error> {
    let id = |name: &str| format!("<{name}@{}>", from.email.domain());
    let incident = id(&notice.incident());
    let mut builder = Message::builder()
        .from(from.clone())
        .date(SystemTime::from(now))
        .subject(format!("[Twinkey] {}", notice.title(SUBJECT)))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN);
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    builder = builder.message_id(Some(id(&notice.id()))).in_reply_to(incident.clone()).references(incident);
    Ok(builder.body(text(notice))?.formatted())
}

fn text(notice: &Notice) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", notice.title(1000));
    for paragraph in paragraphs(notice, 2000) {
        let _ = write!(text, "\n{paragraph}\n");
    }
    if let Some(command) = command(notice) {
        let _ = write!(text, "\n    {command}\n");
    }
    if let Some(link) = notice.link() {
        let _ = write!(text, "\nWhat this means, and what to do: {link}\n");
    }
    text.push('\n');
    for (name, value) in notice.facts() {
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}

/// Out-of-office programs answer no such mail (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use twinkey_core::messages::Severity;

    use super::*;
    use crate::Event;
    use crate::notice::tests::notice;

    fn written(notice: &Notice) -> String {
        let from: Mailbox = "Twinkey <twinkey@example.com>".parse().unwrap();
        let to = ["ops@example.com".parse().unwrap(), "Maria <maria@example.com>".parse().unwrap()];
        let now = "2026-11-24T12:11:00Z".parse().unwrap();
        String::from_utf8(mail(notice, &from, &to, now).unwrap()).unwrap()
    }

    fn header(mail: &str, name: &str) -> Option<String> {
        let head = mail.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        head.lines().find_map(|line| Some(line.strip_prefix(&format!("{name}: "))?.to_owned()))
    }

    #[test]
    fn mails_of_an_incident_form_a_thread() {
        let first = written(&notice());
        let (name, thread) = (header(&first, "Message-ID"), header(&first, "References"));
        assert!(thread.as_deref().is_some_and(|thread| thread.ends_with("@example.com>")), "{first}");
        assert_eq!(header(&written(&notice()), "Message-ID"), name, "a repeat is the same message");
        let later = [
            Notice { rung: 1, ..notice() },
            Notice { severity: Severity::Page, ..notice() },
            Notice { event: Event::Resolve, ..notice() },
        ];
        for later in later {
            let mail = written(&later);
            assert_ne!(header(&mail, "Message-ID"), name);
            assert_eq!(header(&mail, "In-Reply-To"), thread);
            assert_eq!(header(&mail, "References"), thread);
        }
    }

    #[test]
    fn a_mail_says_all_of_it_and_nothing_gets_into_its_headers() {
        let odd = Notice { subject: "x\r\nBcc: evil@example.org".to_owned(), ..notice() };
        let mail = written(&odd);
        assert_eq!(header(&mail, "Bcc"), None);
        assert_eq!(header(&mail, "Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(header(&mail, "Date").as_deref(), Some("Tue, 24 Nov 2026 12:11:00 +0000"));
        let whole = written(&notice());
        for part in [
            "    twinkey regenerate go-production",
            "https://docs.example/runbook#regenerate",
            "host: rotator-1",
        ] {
            assert!(whole.contains(part), "{part}\n{whole}");
        }
    }
}
