//! Mail over SMTP, with TLS and authentication.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use twinkey_http::{Trust, WayError, root_cause};

use crate::{Channel, Class, Delivered, Fault, Notice, SettingsError, Undelivered};

mod failure;
mod message;

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: MailTls,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Name and password for the server.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// How long a delivery may take in all.
    pub timeout: Duration,
}

/// How the connection to the mail server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (RFC 8314), usually on port 465.
    Implicit,
    /// `STARTTLS` (RFC 3207), and nothing without it; usually on port 587.
    StartTls,
    /// In the clear: for a mail server on this host only.
    None,
}

/// Mail to one or more people.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    timeout: Duration,
    secrets: Vec<String>,
}

impl Mail {
    /// Checks the settings. Connects to nobody.
    ///
    /// # Errors
    /// The configuration's fault.
    pub fn new(settings: MailSettings) -> Result<Self, SettingsError> {
        let mailbox =
            |text: &String| text.parse::<Mailbox>().map_err(|_| SettingsError::MailAddress(text.clone()));
        let from = mailbox(&settings.from)?;
        let to = settings.to.iter().map(mailbox).collect::<Result<Vec<_>, _>>()?;
        let tls = tls(&settings)?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(settings.timeout));
        let mut secrets = Vec::new();
        if let Some((name, password)) = &settings.login {
            secrets.push(password.expose_secret().to_owned());
            builder =
                builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, to, timeout: settings.timeout, secrets })
    }

    /// One mail in one dialogue. A server that refuses one recipient gets none of it.
    async fn send(&self, to: &[&Mailbox], mail: &[u8]) -> Result<(), Undelivered> {
        let addresses: Vec<Address> = to.iter().map(|mailbox| mailbox.email.clone()).collect();
        let envelope = Envelope::new(Some(self.from.email.clone()), addresses)
            .map_err(|_| Undelivered::failed(Fault::Recipient, "there is no recipient"))?;
        match tokio::time::timeout(self.timeout, self.transport.send_raw(&envelope, mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure::meaning(&error, &self.secrets)),
            Err(_) => Err(Undelivered::unclear("the mail server took too long")),
        }
    }
}

#[async_trait]
impl Channel for Mail {
    /// All recipients at once. Where the server refuses one of several, each gets a mail of their own: a colleague who
    /// has left must not silence the others.
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        let mail = message::mail(notice, &self.from, &self.to, now)
            .map_err(|_| Undelivered::failed(Fault::Message, "the mail cannot be written"))?;
        let all: Vec<&Mailbox> = self.to.iter().collect();
        let refused = match self.send(&all, &mail).await {
            Ok(()) => return Ok(Delivered::default()),
            Err(error) => error,
        };
        if refused.class != Class::Failed(Fault::Recipient) || all.len() == 1 {
            return Err(refused);
        }
        let mut taken = 0;
        let mut remarks = Vec::new();
        for one in all {
            match self.send(&[one], &mail).await {
                Ok(()) => taken += 1,
                Err(error) => remarks.push(format!("not to {}: {error}", one.email)),
            }
        }
        if taken == 0 { Err(refused) } else { Ok(Delivered { remark: Some(remarks.join("; ")) }) }
    }
}

fn tls(settings: &MailSettings) -> Result<Tls, SettingsError> {
    if settings.tls == MailTls::None {
        return if is_loopback(&settings.host) { Ok(Tls::None) } else { Err(SettingsError::MailInTheClear) };
    }
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Trust::Only(pem) | Trust::Also(pem) = &settings.trust {
        builder = builder.add_root_certificate(authorities(pem)?);
    }
    if matches!(settings.trust, Trust::Only(_)) {
        builder = builder.certificate_store(CertificateStore::None);
    }
    let parameters = builder.build_rustls().map_err(|error| match settings.trust {
        Trust::System => WayError::NoAuthorities(root_cause(&error)),
        Trust::Only(_) | Trust::Also(_) => WayError::Ca,
    })?;
    Ok(if settings.tls == MailTls::Implicit { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

/// The certificates of a PEM text; one without any would be taken as well.
fn authorities(pem: &[u8]) -> Result<Certificate, WayError> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let holds_one = pem.windows(BEGIN.len()).any(|window| window == BEGIN);
    Certificate::from_pem(pem).ok().filter(|_| holds_one).ok_or(WayError::Ca)
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Whether a text is a mail address: `ops@example.com`, or `Ops <ops@example.com>`.
pub fn is_mail_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}
