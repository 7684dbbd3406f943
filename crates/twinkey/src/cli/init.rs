//! `init`: a first entry, a live pair that is already there, or the second client tomorrow.

use std::io::Write;
use std::path::Path;

use secrecy::SecretString;
use twinkey_core::seen::{LiveSeen, RecordSeen};
use twinkey_core::wish::{Entry, Init as Entered};
use twinkey_core::{Client, PerClient, Phase, Salt, Seen, Wish, phase};
use twinkey_store::FileStore;

use super::progress::Progress;
use super::rotate::finish;
use super::{Init, ask};
use crate::config::{Credential, StoreSettings};
use crate::documents::pasted_seen;
use crate::exit::Exit;
use crate::open::{Opened, Order, Stop, config, named, store_stop};
use crate::run::{Mode, look};
use crate::secret::paste;
use crate::shared::Shared;
use crate::text::{self, Names};

/// Sets a credential up. May be run again: what is there already stays.
pub(super) async fn init(path: &Path, args: &Init) -> Result<Exit, Stop> {
    let config = config(path)?;
    let credential = named(&config, &args.name)?;
    prepare_store(&credential, args.with_key)?;
    let mut opened = Opened::open(&Shared::new(&config), credential)?;
    let seen = look(&opened.world, opened.host()).await;
    if let Some(trouble) = &seen.trouble {
        return Err(Stop::new(crate::exit::of_trouble(trouble), trouble.text.clone()));
    }
    let (entered, pasted) =
        Dialogue { args, opened: &opened, seen: &seen }.hold().map_err(|error| match error {
            Ended::Io(error) => Stop::new(Exit::Usage, format!("no answer to be had: {error}")),
            Ended::Stop(stop) => stop,
        })?;
    if !args.yes && ask::somebody_is_there() {
        let _ = write!(anstream::stderr(), "{}", text::init_preview(&opened.names(), &seen, &entered));
        if !ask::yes("Write this?").unwrap_or(false) {
            return Err(Stop::new(Exit::Refused, "nothing was written"));
        }
    }
    let salt = Some(entered.salt);
    let order = Order { wish: Wish::Init(entered), pasted, salt, mode: Mode::Live };
    let credential = opened.credential.clone();
    finish(&mut opened, order, &mut Progress::loud(Names::of(&credential))).await
}

/// Creates the embedded store and its key where neither is there yet.
fn prepare_store(credential: &Credential, with_key: bool) -> Result<(), Stop> {
    let StoreSettings::File { path, key } = &credential.store else { return Ok(()) };
    let fresh = !path.exists();
    let made = if with_key { FileStore::create_with_key(path, key) } else { FileStore::create(path, key) };
    made.map_err(|error| store_stop(&error))?;
    if fresh {
        let _ = write!(anstream::stderr(), "{}", text::store_created(path, key));
    }
    Ok(())
}

enum Ended {
    Io(std::io::Error),
    Stop(Stop),
}

impl From<std::io::Error> for Ended {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

struct Dialogue<'a> {
    args: &'a Init,
    opened: &'a Opened,
    seen: &'a Seen,
}

type Answers = (Entered, PerClient<Option<SecretString>>);

impl Dialogue<'_> {
    /// Asks for what is missing, and for no more.
    fn hold(&self) -> Result<Answers, Ended> {
        let salt = match self.seen.record() {
            Some(record) => record.salt,
            None => fresh_salt()?,
        };
        let active = self.seen.record().and_then(|record| record.active.as_ref());
        let live = match active {
            Some(active) => active.client,
            None => self.which_is_live()?,
        };
        let mut entered = Entered { salt, live, entries: PerClient::default() };
        let mut pasted = PerClient::default();
        let adopts = self.seen.live.is_some();
        if active.is_none() && !adopts {
            self.enter(live, false, &mut entered, &mut pasted)?;
        }
        if self.other_is_missing(live) {
            self.enter(live.other(), true, &mut entered, &mut pasted)?;
        }
        Ok((entered, pasted))
    }

    fn other_is_missing(&self, live: Client) -> bool {
        let slot = self.seen.slots[live.other()].as_ref();
        let known = matches!(self.seen.record, RecordSeen::Here { .. });
        // Also where something lies in the slot that was never proven and never can be.
        let world = &self.opened.world;
        let missing = Phase::Uninitialised { missing: Some(live.other()) };
        let asked_for = known && phase(&world.policy, self.seen, world.clock.now()) == missing;
        !known || asked_for || slot.is_none_or(|slot| slot.secret.is_none())
    }

    fn which_is_live(&self) -> Result<Client, Ended> {
        if let Some(client) = self.args.live {
            return Ok(client.into());
        }
        let Some(live) = &self.seen.live else { return Ok(Client::A) };
        if !ask::somebody_is_there() {
            return Err(Ended::Stop(Stop::new(Exit::Usage, text::which_is_live(&self.opened.names(), None))));
        }
        loop {
            let question = text::which_is_live(&self.opened.names(), Some(&self.live_last4(live)));
            match ask::line(&question)?.as_str() {
                "a" | "A" => return Ok(Client::A),
                "b" | "B" => return Ok(Client::B),
                "" => return Err(Ended::Stop(Stop::new(Exit::Usage, "nothing was written"))),
                _ => {}
            }
        }
    }

    fn live_last4(&self, live: &LiveSeen) -> String {
        live.pair.as_ref().map_or_else(String::new, |pair| text::last4(&pair.client_id).to_owned())
    }

    /// One client: its id by option or question, its secret by hidden prompt or the next line of input.
    fn enter(
        &self,
        client: Client,
        may_wait: bool,
        entered: &mut Entered,
        pasted: &mut PerClient<Option<SecretString>>,
    ) -> Result<(), Ended> {
        let names = self.opened.names();
        let given = match client {
            Client::A => self.args.id_a.clone(),
            Client::B => self.args.id_b.clone(),
        };
        let client_id = match given {
            Some(id) => id,
            None if may_wait && !ask::somebody_is_there() => return Ok(()),
            None => ask::line(&text::ask_id(&names, client, may_wait))?,
        };
        if client_id.is_empty() {
            return if may_wait {
                Ok(())
            } else {
                Err(Ended::Stop(Stop::new(Exit::Usage, text::id_needed(&names, client))))
            };
        }
        if let Some(why) = crate::secret::odd_id(&client_id) {
            return Err(Ended::Stop(Stop::new(Exit::Refused, text::id_odd(&names, client, why))));
        }
        let raw = ask::secret(&text::ask_secret(&names, client))?;
        let (secret, findings) = paste(&raw);
        if findings.trimmed_line_ends > 1 {
            let _ = writeln!(anstream::stderr(), "{}", text::trimmed(findings.trimmed_line_ends));
        }
        entered.entries[client] = Some(Entry { client_id, secret: pasted_seen(&secret, &entered.salt) });
        pasted[client] = Some(secret);
        Ok(())
    }
}

fn fresh_salt() -> std::io::Result<Salt> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(Salt::from_bytes(bytes))
}
