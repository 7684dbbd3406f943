//! `demo`: the whole job on a sandbox, with a consumer that never stops asking for tokens.

use std::io::Write;
use std::time::Duration;

use secrecy::SecretString;
use twinkey_core::decision::{Because, Refusal};
use twinkey_core::seen::Done;
use twinkey_core::{Client, Phase, Seen, Wish, phase};

use crate::exit::Exit;
use crate::open::{Opened, Order, Stop};
use crate::run::{Mode, look};

mod consumer;
mod script;
mod stage;
mod story;

use consumer::{Consumer, Tally};
use stage::Stage;
use story::Story;

/// How long the person at the portal takes from the click to the paste. A quick person.
const PASTE: Duration = Duration::from_secs(1);
/// How often a run wakes up where a daemon would.
const WAKE: Duration = Duration::from_millis(500);
/// Longer than anything here may take.
const TOO_LONG: Duration = Duration::from_secs(60);

/// Runs the demo; `keep` leaves it running for the user to play with.
///
/// # Errors
/// The sandbox or the temporary folder cannot be set up, or something did not happen as it must.
pub async fn demo(keep: bool, seed: u64) -> Result<Exit, Stop> {
    let mut story = Story::begin();
    let stage = Stage::set(seed).await?;
    story.scene(&stage);

    let script = script_rotates(&stage, &mut story).await?;
    let stage = stage.again().await?;

    let mut opened = stage.open().await?;
    story.about(&opened);
    set_up(&mut opened, &stage, &mut story).await?;
    let consumer = Consumer::start(&stage)?;
    let before = consumer.tally();
    for cycle in 1..=2 {
        full_cycle(&mut opened, &stage, &mut story, cycle).await?;
    }
    let ordinary = consumer.tally().since(&before);

    let before = consumer.tally();
    wrong_click(&mut opened, &stage, &mut story).await?;
    let wrong = consumer.tally().since(&before);
    let seen = look(&opened.world, opened.host()).await;
    let counts = story::Counts::of(&seen);
    story.summary(&script, &ordinary, &wrong, &counts);

    if keep {
        story.keep(&stage);
        let _ = tokio::signal::ctrl_c().await;
    }
    drop(consumer);
    stage.strike().await;
    Ok(if ordinary.failures == 0 { Exit::Fine } else { Exit::Unexpected })
}

/// First the obvious script, on the same seed.
async fn script_rotates(stage: &Stage, story: &mut Story) -> Result<Tally, Stop> {
    story.chapter("The obvious script", "config/contrast/rotate.sh: regenerate, paste, write. Twice.");
    script::prepare(stage)?;
    let consumer = Consumer::start(stage)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..2 {
        script::rotate(stage, PASTE).await?;
        story.line("the script has rotated; consumers read the new secret at their next refresh");
        tokio::time::sleep(stage::STALENESS + Duration::from_millis(500)).await;
    }
    let tally = consumer.tally();
    story.consumers(&tally);
    Ok(tally)
}

async fn set_up(opened: &mut Opened, stage: &Stage, story: &mut Story) -> Result<(), Stop> {
    story.chapter("Twinkey", "two clients, one live, one standing by");
    let (wish, pasted, salt) = stage.first_entry();
    let order = Order { wish, pasted, salt: Some(salt), mode: Mode::Live };
    let report = opened.run(order, story).await?;
    must(report.rest.why == Because::Done(Done::Initialised), "the credential is set up")?;
    story.line("a person knows that nobody outside uses B, and says so: confirm-drained --init");
    let report = opened.run(Order::new(Wish::ConfirmNotInUse), story).await?;
    must(report.rest.why == Because::Done(Done::Confirmed), "the word of a person is taken")
}

/// Switch, drain, reminder, permit, the click, deposit, proof, ready.
async fn full_cycle(opened: &mut Opened, stage: &Stage, story: &mut Story, cycle: u32) -> Result<(), Stop> {
    story.chapter(&format!("Cycle {cycle}"), "switch, drain, regenerate, prove");
    let wish = Wish::SwitchNow { drain: None, reason: "demo".to_owned() };
    let report = opened.run(Order::new(wish), story).await?;
    must(report.rest.why == Because::Done(Done::Switched), "the standby is published")?;
    story.status(opened).await;
    not_yet(opened, story).await?;
    until(opened, story, |phase| matches!(phase, Phase::AwaitingRegeneration { .. })).await?;
    story.status(opened).await;

    let seen = permit(opened, story).await?;
    let client = other(&seen);
    story.line(&format!("a person clicks Regenerate Secret for client {client} in the portal"));
    let secret = stage.click_regenerate(client);
    tokio::time::sleep(PASTE).await;
    let report =
        opened.hand_over(&seen, client.into(), &SecretString::from(secret), Mode::Live, story).await?;
    must(report.rest.why == Because::Done(Done::Proven), "the fresh secret is proven")?;
    story.status(opened).await;
    Ok(())
}

async fn permit(opened: &mut Opened, story: &mut Story) -> Result<Seen, Stop> {
    let holder = opened.who().await?;
    let wish = Wish::Permit { client: None, holder };
    let report = opened.run(Order::new(wish), story).await?;
    must(report.rest.why == Because::Done(Done::Safe), "SAFE is said once the drain has ended")?;
    story.line("SAFE: nobody can hold the retired pair any more");
    Ok(report.seen)
}

/// Whoever asks too early is told when.
async fn not_yet(opened: &mut Opened, story: &mut Story) -> Result<(), Stop> {
    let wish = Wish::Permit { client: None, holder: opened.who().await? };
    let report = opened.run(Order::new(wish), story).await?;
    let Because::Refused(Refusal::NotYet(why)) = &report.rest.why else {
        return must(false, "a permit is refused while the drain lasts");
    };
    let told = crate::text::not_yet(&opened.names(), why, opened.world.clock.now());
    for line in told.lines() {
        story.line(line);
    }
    Ok(())
}

/// Somebody regenerates the client that consumers use. No permit, no warning.
async fn wrong_click(opened: &mut Opened, stage: &Stage, story: &mut Story) -> Result<(), Stop> {
    story.chapter("The wrong click", "somebody regenerates the ACTIVE client, by mistake");
    let seen = look(&opened.world, opened.host()).await;
    let active = other(&seen).other();
    story.line(&format!(
        "a person clicks Regenerate Secret for client {active}, which is live; consumers begin to fail"
    ));
    let secret = stage.click_regenerate(active);
    until(opened, story, |phase| matches!(phase, Phase::Draining { client, .. } if *client == active))
        .await?;
    story.line("failed over: consumers get the other client at their next refresh");
    story.status(opened).await;
    until(opened, story, |phase| !matches!(phase, Phase::Draining { .. })).await?;
    let seen = permit(opened, story).await?;
    story.line("the secret from the wrong click is deposited, nothing is lost");
    let report =
        opened.hand_over(&seen, active.into(), &SecretString::from(secret), Mode::Live, story).await?;
    must(report.rest.why == Because::Done(Done::Proven), "the fresh secret is proven")?;
    story.status(opened).await;
    Ok(())
}

/// Runs as a daemon would, until the credential stands where it is expected.
async fn until(opened: &mut Opened, story: &mut Story, there: impl Fn(&Phase) -> bool) -> Result<(), Stop> {
    let begun = opened.world.clock.now();
    loop {
        let report = opened.run(Order::new(Wish::Keep), story).await?;
        let now = opened.world.clock.now();
        if there(&phase(&opened.world.policy, &report.seen, now)) {
            return Ok(());
        }
        must(now.duration_since(begun).unsigned_abs() < TOO_LONG, "the next phase is reached in time")?;
        tokio::time::sleep(WAKE).await;
    }
}

fn other(seen: &Seen) -> Client {
    let active = seen.record().and_then(|record| record.active.as_ref());
    active.map_or(Client::B, |active| active.client.other())
}

/// The demo shows what really happens; where that is not what must happen, it says so and fails.
fn must(holds: bool, what: &str) -> Result<(), Stop> {
    if holds {
        return Ok(());
    }
    let _ = writeln!(anstream::stderr(), "the demo expected that {what}, and it was not so");
    Err(Stop::new(Exit::Unexpected, "the demo failed; this is a defect"))
}
