//! What a failed exchange means. Certificates and proxies that refuse are a matter of configuration; the rest
//! may pass.

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError};
use twinkey_core::{Answer, AnswerKind};
use twinkey_http::{Proxy, find, root_cause};

use crate::clean::line;

/// Reads the failure of one exchange. The address is left out: it is known, and errors are no place for it.
pub(crate) fn failed(error: reqwest::Error, proxy: &Proxy) -> Answer {
    let error = error.without_url();
    let (kind, detail) = meaning(&error, proxy);
    Answer::new(kind, line(&detail))
}

fn meaning(error: &reqwest::Error, proxy: &Proxy) -> (AnswerKind, String) {
    let cause = root_cause(error);
    if let Some(tls) = find::<rustls::Error>(error)
        && let Some(detail) = of_tls(tls)
    {
        return (AnswerKind::Misconfigured, detail);
    }
    // The type of these two is private to the HTTP library; their texts are pinned by tests.
    if cause.contains("proxy authorization required") {
        return (AnswerKind::Misconfigured, format!("{proxy} wants another name or password"));
    }
    if cause.contains("tunnel error: unsuccessful") {
        return (AnswerKind::Misconfigured, format!("{proxy} does not let us through"));
    }
    if error.is_builder() {
        return (AnswerKind::Misconfigured, format!("the request cannot be sent: {cause}"));
    }
    let detail = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    };
    (AnswerKind::Unavailable, detail)
}

/// What a TLS failure means that does not pass by itself.
fn of_tls(error: &rustls::Error) -> Option<String> {
    let why = match error {
        rustls::Error::InvalidCertificate(certificate) => of_certificate(certificate),
        rustls::Error::NoCertificatesPresented => "there is none".to_owned(),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            return Some("the server asks for a client certificate, which is not supported".to_owned());
        }
        _ => return None,
    };
    Some(format!("the server's TLS certificate is not accepted: {why}"))
}

fn of_certificate(error: &CertificateError) -> String {
    let date = |time: rustls::pki_types::UnixTime| {
        let seconds = i64::try_from(time.as_secs()).ok();
        seconds
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map_or_else(String::new, |t| format!(" {t}"))
    };
    match error {
        CertificateError::UnknownIssuer => {
            "its issuer is not trusted (a company's own authority? name its CA file)".to_owned()
        }
        CertificateError::ExpiredContext { not_after, .. } => format!("it ended{}", date(*not_after)),
        CertificateError::Expired => "it has ended".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("it begins{} (or our clock is wrong)", date(*not_before))
        }
        other => other.to_string(),
    }
}
