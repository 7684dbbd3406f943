//! A trace as a story: one sentence for each thing that happens.

use twinkey_core::decision::Next;
use twinkey_core::seen::Freshness;
use twinkey_core::step::{LiveContent, SlotChange};
use twinkey_core::{AnswerKind, Client, Mac, Step};

use crate::action::{Action, Answer, Keeps, Underway};
use crate::run::Luck;
use crate::setting::{Errand, NAMES, Setting};
use crate::store::Write;
use crate::world::World;

impl Setting {
    /// What an action does in this state, in words.
    pub fn tell(&self, world: &World, action: Action) -> String {
        let name = |person: usize| NAMES[person].to_owned();
        match action {
            Action::Begin(machine, errand, luck) => {
                let begins =
                    if self.at_once && self.person_at(machine).is_some() { "runs" } else { "begins" };
                let looks = if begins == "runs" { "" } else { ", and looks" };
                format!("{} {begins} `{}`{looks}{}", self.at(machine), command(errand), stale(luck))
            }
            Action::Go(machine, luck) => self.tell_step(world, machine, luck),
            Action::Arrive(machine, answer) => {
                let lost = if answer == Answer::Lost { "; the answer is lost" } else { "" };
                format!("{}{lost}", self.tell_arrival(world, machine))
            }
            Action::GiveUp(machine, what) => {
                let what = if what == Underway::Lost { "is lost" } else { "is delayed" };
                format!("{}'s write {what}; the answer does not come", self.at(machine))
            }
            Action::Crash(machine, what) => {
                let late = world.machines[machine].run.as_ref().is_some_and(|run| run.sent.is_some());
                let what =
                    if late && what == Underway::Late { "; its write is still on the way" } else { "" };
                format!("{} is killed{what}", self.at(machine))
            }
            Action::ArriveLate(number) => {
                let write = &world.store.late[number];
                format!("the store {} a delayed write: {}", self.takes(world, write), of_write(world, write))
            }
            Action::Night => "a night passes".to_owned(),
            Action::StoreAway => "the store goes away".to_owned(),
            Action::StoreBack => "the store is back".to_owned(),
            Action::Refresh(_) => "a caching consumer reads again".to_owned(),
            Action::Press(person) => format!("{} presses Regenerate", name(person)),
            Action::Type(person) => format!("{} types the new secret into the slot", name(person)),
            Action::Lose(person) => format!("{} loses the new secret", name(person)),
            Action::Lock(client) => format!("the provider begins to refuse {client}"),
            Action::WrongPress(client, keeps) => {
                let keeps = if keeps == Keeps::It { "keeps" } else { "loses" };
                format!("somebody presses Regenerate for {client} without a permit, and {keeps} the secret")
            }
            Action::WrongType(person) => format!("{} types the new secret into the other slot", name(person)),
            Action::ForeignEdit => "somebody writes the other client's pair where consumers read".to_owned(),
        }
    }

    fn at(&self, machine: usize) -> String {
        let twice =
            (0..self.machines.len()).filter(|other| self.who(*other) == self.who(machine)).count() > 1;
        if twice { format!("{} {}", self.who(machine), machine + 1) } else { self.who(machine).to_owned() }
    }

    fn tell_step(&self, world: &World, machine: usize, luck: Luck) -> String {
        let who = self.at(machine);
        let Some(Next::Do(step)) = self.decide(world, machine) else { return format!("{who} ends") };
        match &step {
            Step::Look(Freshness::Ordinary) => format!("{who} looks{}", stale(luck)),
            Step::Look(Freshness::Latest) => format!("{who} looks at the freshest"),
            Step::Probe(probe) => {
                let truth = world.portal.answer(probe.client, probe.secret);
                let (kind, why) = match luck {
                    Luck::LateNode => (
                        world.portal.late_answer(probe.client, probe.secret).unwrap_or(truth),
                        " by a late node",
                    ),
                    Luck::Doubted => (AnswerKind::Rejected, " by mistake"),
                    Luck::Fair | Luck::Stale { .. } => (truth, ""),
                };
                let got = if kind == AnswerKind::Accepted { "gets a token" } else { "is refused" };
                format!("{who} asks with {}: it {got}{why}", secret(world, probe.client, probe.secret))
            }
            _ => format!("{who} sends: {}", of_step(world, &step)),
        }
    }

    fn tell_arrival(&self, world: &World, machine: usize) -> String {
        let sent = world.machines[machine].run.as_ref().and_then(|run| run.sent.as_ref());
        let Some(sent) = sent else { return String::new() };
        let takes = self.takes(world, &sent.write);
        format!("the store {takes} from {}: {}", self.at(machine), of_step(world, &sent.step))
    }

    fn takes(&self, world: &World, write: &Write) -> &'static str {
        if world.store.would_take(write, self.honesty()) { "takes" } else { "refuses" }
    }
}

fn command(errand: Errand) -> &'static str {
    match errand {
        Errand::Round => "rotate",
        Errand::Permit => "permit",
        Errand::Deposit => "deposit",
        Errand::Cancel => "cancel",
        Errand::TakeOver => "cancel --spoke-to",
        Errand::SwitchNow => "rotate --now",
        Errand::Rollback => "rollback",
        Errand::RollbackSpokeTo => "rollback --spoke-to",
        Errand::PutOurs => "resolve --put-ours",
        Errand::TakeTheirs => "resolve --take-theirs",
    }
}

fn stale(luck: Luck) -> String {
    let Luck::Stale { record, live, slots } = luck else { return String::new() };
    let parts = [(record, "record"), (live, "live pair"), (slots, "slots")];
    let old: Vec<_> = parts.into_iter().filter(|(old, _)| *old).map(|(_, name)| name).collect();
    format!(", and is shown the {} as of before", old.join(" and the "))
}

/// A secret by what it is worth: names of secrets change from state to state.
fn secret(world: &World, client: Client, secret: Mac) -> String {
    let at = &world.portal.clients[client];
    if at.secret == secret {
        format!("{client}'s secret")
    } else if world.portal.clients[client.other()].secret == secret {
        format!("{client}'s id and {}'s secret", client.other())
    } else {
        format!("{client}'s dead secret")
    }
}

fn of_step(world: &World, step: &Step) -> String {
    match step {
        Step::WriteRecord(write) => {
            let what = format!("{:?}", write.what);
            let end = what.find([' ', '{']).unwrap_or(what.len());
            let client = match &write.what {
                twinkey_core::What::Intended { to, secret: of, why, .. } => {
                    format!(" {} ({why:?})", secret(world, *to, *of))
                }
                twinkey_core::What::Published { client, secret: of, .. }
                | twinkey_core::What::Proven { client, secret: of } => {
                    format!(" {}", secret(world, *client, *of))
                }
                _ => String::new(),
            };
            format!("record, {}{client}", &what[..end])
        }
        Step::WriteLive(write) => match &write.content {
            LiveContent::Publish { client, secret: of, .. } => {
                format!("live pair, {}", secret(world, *client, *of))
            }
            LiveContent::Unchanged => "live pair, unchanged: the fence".to_owned(),
        },
        Step::WriteSlot(write) => {
            let change = match &write.change {
                SlotChange::Enter { .. } => "entered",
                SlotChange::TakeLive { .. } => "the live pair taken over",
                SlotChange::Deposit { .. } => "candidate deposited",
                SlotChange::Promote { .. } => "candidate promoted",
            };
            format!("slot {}, {change}", write.client)
        }
        Step::WriteOutput => "output file".to_owned(),
        Step::Look(_) | Step::Probe(_) => String::new(),
    }
}

fn of_write(world: &World, write: &Write) -> String {
    use crate::store::Body;
    match &write.body {
        Body::Record(record) => match &record.intent {
            Some(intent) => format!("record, with an intent for {}", secret(world, intent.to, intent.secret)),
            None => "record".to_owned(),
        },
        Body::Live(Some(pair), _) => {
            let owner = Client::BOTH.into_iter().find(|client| crate::portal::id(*client) == pair.client_id);
            owner.map_or("live pair".to_owned(), |client| {
                format!("live pair, {}", secret(world, client, pair.secret))
            })
        }
        Body::Live(None, _) => "live pair".to_owned(),
        Body::Slot(client, _) => format!("slot {client}"),
    }
}
