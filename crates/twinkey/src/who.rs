//! Who acts, as far as the host can tell: a claim, not a proof. The embedded store attests nothing; what a server
//! attests counts instead.

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;
use twinkey_store::{Caller, StoreError};

/// The name under which this process works on a store: the person's until the store has said who we are.
pub struct Identity {
    person: String,
    attested: OnceCell<String>,
    /// When the store last did not say, and why.
    silent: Mutex<Option<(Timestamp, Arc<StoreError>)>>,
}

/// How long a store that did not say is not asked again: of many credentials each would wait for it in turn. What is
/// done meanwhile bears the person's name.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

impl Identity {
    /// Nobody has been asked yet.
    pub fn of(person: impl Into<String>) -> Self {
        Self { person: person.into(), attested: OnceCell::new(), silent: Mutex::default() }
    }

    /// The name, as far as it is known.
    pub fn name(&self) -> &str {
        self.attested.get().unwrap_or(&self.person)
    }

    /// The name that the store attests, by its answer to this question; it is asked until it has answered once.
    ///
    /// # Errors
    /// The store does not answer, or did not a minute ago; the person's name stands.
    pub async fn ask(
        &self,
        question: impl Future<Output = Result<Option<Caller>, StoreError>>,
        now: Timestamp,
    ) -> Result<&str, Arc<StoreError>> {
        let ask = async {
            if let Some(error) = self.lately(now) {
                return Err(error);
            }
            match question.await {
                Ok(Some(caller)) => Ok(attested(&caller, &self.person)),
                Ok(None) => Ok(self.person.clone()),
                Err(error) => {
                    let error = Arc::new(error);
                    *self.silent() = Some((now, Arc::clone(&error)));
                    Err(error)
                }
            }
        };
        self.attested.get_or_try_init(|| ask).await.map(String::as_str)
    }

    /// Why the store did not answer a little while ago.
    fn lately(&self, now: Timestamp) -> Option<Arc<StoreError>> {
        let silent = self.silent();
        let (at, error) = silent.as_ref()?;
        (now.duration_since(*at).abs() < PAUSE).then(|| Arc::clone(error))
    }

    fn silent(&self) -> MutexGuard<'_, Option<(Timestamp, Arc<StoreError>)>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The person behind this process: who called sudo, or else the user it runs as.
pub fn person() -> String {
    std::env::var("SUDO_USER").ok().filter(|name| is_name(name)).unwrap_or_else(user)
}

/// What the store attests, and the person behind this process where that name is everybody's.
pub fn attested(caller: &Caller, person: &str) -> String {
    let name: String = caller.name.chars().filter(|c| c.is_ascii_graphic()).take(MOST).collect();
    if caller.personal { name } else { format!("{name} ({person})") }
}

/// Characters of an attested name: an ARN with a long session fits.
const MOST: usize = 250;

/// Whether a person sits at a terminal, and not cron or the service manager: then they log in as themselves.
pub fn at_a_terminal() -> bool {
    fs::File::open("/dev/tty").is_ok()
}

/// The name of this host; also of its audit chain.
pub fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// The user this process runs as, by name where `/etc/passwd` knows it.
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// What may stand in messages and in the record: no control characters, no white space, not too long.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use twinkey_store::Class;

    use super::*;

    #[test]
    fn a_name_is_short_and_visible() {
        assert!(is_name("maria.k"));
        for bad in ["", "two words", "line\nend", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_name_that_is_everybodys_is_told_with_the_person() {
        let told = |name: &str, personal| attested(&Caller { name: name.into(), personal }, "olga");
        assert_eq!(told("ldap-olga", true), "ldap-olga");
        assert_eq!(told("token-ops", false), "token-ops (olga)");
        assert_eq!(told("ldap-a\nb\u{1b}", true), "ldap-ab");
    }

    #[tokio::test]
    async fn a_store_that_does_not_say_is_asked_once_a_minute_until_it_does() {
        let who = Identity::of("olga");
        let asked = AtomicUsize::new(0);
        let ask = async |second: i64, answer: Result<Option<Caller>, StoreError>| {
            let question = async {
                asked.fetch_add(1, Ordering::Relaxed);
                answer
            };
            let name = who.ask(question, Timestamp::from_second(1_800_000_000 + second).unwrap()).await;
            (name.ok().map(str::to_owned), asked.load(Ordering::Relaxed))
        };
        let away =
            || Err(StoreError::Server { text: String::new(), remedy: "".into(), class: Class::Temporary });
        let name = || Ok(Some(Caller { name: "ldap-olga".to_owned(), personal: true }));
        assert_eq!(ask(0, away()).await, (None, 1));
        assert_eq!(ask(59, name()).await, (None, 1));
        assert_eq!(who.name(), "olga");
        assert_eq!(ask(60, away()).await, (None, 2));
        assert_eq!(ask(120, name()).await, (Some("ldap-olga".to_owned()), 3));
        assert_eq!(ask(121, away()).await, (Some("ldap-olga".to_owned()), 3));
        assert_eq!(who.name(), "ldap-olga");
    }

    #[test]
    fn there_is_always_somebody_and_somewhere() {
        assert!(!person().is_empty());
        assert!(!host().is_empty());
    }
}
