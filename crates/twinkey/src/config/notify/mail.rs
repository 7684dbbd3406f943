//! Mail.

use twinkey_notify::{MailTls, is_mail_address};
use url::{Host, Url};

use crate::config::reader::{Found, Reader};
use crate::config::secret_ref::SecretRef;

/// A mail server and who writes to whom by it; the password is still a reference.
#[derive(Clone, Debug)]
pub(super) struct MailReference {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: MailTls,
    pub(super) login: Option<(String, SecretRef)>,
    pub(super) from: String,
    pub(super) to: Vec<String>,
}

/// The ports of submission without and with TLS from the first byte (RFC 6409, RFC 8314), and of plain SMTP.
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;
const SMTP: u16 = 25;

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<MailReference> {
    let server = reader.needed("mail").and_then(|found| server(reader, &found));
    let words = [("starttls", MailTls::StartTls), ("implicit", MailTls::Implicit), ("none", MailTls::None)];
    let tls = reader.word("tls", &words);
    let from = reader.needed("from").filter(|found| is_address(reader, "from", found));
    if !reader.has("to") {
        reader.missing("to");
    }
    let to = recipients(reader);
    let username = reader.text("username").map(|found| found.value);
    let password = reader.secret("password");
    if reader.has("username") != reader.has("password") {
        let what = "has a name without password, or a password without name";
        reader.problem(reader.span(), "", what, "give both or neither");
    }
    let (host, port) = server?;
    let tls = tls.unwrap_or(if port == Some(SUBMISSIONS) { MailTls::Implicit } else { MailTls::StartTls });
    if tls == MailTls::None && !is_loopback(&host) {
        let remedy = "use starttls or implicit (none is for a server on this host only)";
        reader.problem(reader.at("tls"), "tls", "would send messages in the clear", remedy);
        return None;
    }
    let usual = match tls {
        MailTls::Implicit => SUBMISSIONS,
        MailTls::StartTls => SUBMISSION,
        MailTls::None => SMTP,
    };
    Some(MailReference {
        host: host.to_string().trim_matches(['[', ']']).to_owned(),
        port: port.unwrap_or(usual),
        tls,
        login: username.zip(password),
        from: from?.value,
        to: to?,
    })
}

/// A host, and its port if one is given.
fn server(reader: &mut Reader<'_, '_>, found: &Found<String>) -> Option<(Host, Option<u16>)> {
    let url = Url::parse(&format!("smtp://{}", found.value)).ok();
    let url = url.filter(|url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.path().is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let host = url.as_ref().and_then(Url::host_str).and_then(|host| Host::parse(host).ok());
    let Some((url, host)) = url.as_ref().zip(host) else {
        let remedy = "write it like mail.example or mail.example:587; username, password and tls are keys of their own";
        reader.problem(found.span.clone(), "mail", "is no mail server", remedy);
        return None;
    };
    Some((host, url.port()))
}

fn recipients(reader: &mut Reader<'_, '_>) -> Option<Vec<String>> {
    let found = reader.texts("to")?;
    if found.value.is_empty() {
        reader.problem(found.span, "to", "names nobody", "write it like [\"ops@example.com\"]");
        return None;
    }
    let known = found.value.into_iter().map(|item| is_address(reader, "to", &item).then_some(item.value));
    // Each is looked at before anything is given up.
    known.collect::<Vec<_>>().into_iter().collect()
}

fn is_address(reader: &mut Reader<'_, '_>, key: &'static str, found: &Found<String>) -> bool {
    let fits = is_mail_address(&found.value);
    if !fits {
        let remedy = "write it like ops@example.com, or Ops <ops@example.com>";
        reader.problem(found.span.clone(), key, "holds what is no mail address", remedy);
    }
    fits
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}
