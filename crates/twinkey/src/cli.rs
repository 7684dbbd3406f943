//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit;

pub mod ask;
mod check;
mod decide;
mod deposit;
mod history;
mod init;
mod meta;
mod notify;
mod policy;
mod progress;
mod regenerate;
mod rotate;
mod status;

/// Zero-downtime credential rotation for providers that allow two API clients.
///
/// Two clients alternate: one is live, the other stands by with a fresh, proven secret. Twinkey publishes the
/// standby, waits until no consumer can hold the old pair, and then asks a person to regenerate the retired
/// client's secret in the provider's portal.
#[derive(Debug, Parser)]
#[command(name = "twinkey", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// The configuration file.
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        default_value = crate::config::DEFAULT_PATH,
        overrides_with = "config"
    )]
    pub config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
First steps:   twinkey demo                 watch two full cycles on a sandbox
               twinkey check                is the configuration right, do both clients get a token
               twinkey init NAME            set a credential up
Every day:     twinkey status               where things stand, and the command to type next
               twinkey rotate --dry-run     what the next run would do
Exit codes:    0 fine  1 unexpected  2 usage  3 a switch would happen  4 a person is needed
               5 standby refused  6 request refused  75 try later  77 permission  78 configuration";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve: look after every credential, and do what is due when it is due. The systemd unit runs this.
    Run,
    /// Do what is due, once: end what was begun, prove deposits, switch on schedule, look after both clients.
    Rotate(Rotate),
    /// Show where each credential stands, and what to do next.
    Status(Status),
    /// Check the configuration, the store's permissions, and one token for each client.
    Check(Check),
    /// Set a credential up: a first entry, or the live pair that is already there.
    Init(Init),
    /// Regenerate the retired client's secret, guided from SAFE to the proof.
    Regenerate(Regenerate),
    /// Open the permission to regenerate a secret, for yourself or for somebody without a shell.
    Permit(Permit),
    /// Hand over the secret that the portal showed.
    Deposit(Deposit),
    /// Give a permit back.
    Cancel(Cancel),
    /// Publish the retired client again, while its secret still works.
    Rollback(Rollback),
    /// Choose between a live pair that somebody else wrote and ours.
    Resolve(Resolve),
    /// Confirm that every consumer was restarted after a switch.
    ConfirmDrained(ConfirmDrained),
    /// Show what happened, or verify the audit log.
    History(History),
    /// Print the least policies for a store that is a server.
    Policy(Policy),
    /// Try the channels on which people are called.
    Notify(Notify),
    /// Watch the whole job on a sandbox: two cycles and one wrong click, half a minute.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Print the JSON Schema of the configuration.
    Schema,
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    Man {
        /// The folder.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Notify {
    #[command(subcommand)]
    pub(crate) what: NotifyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a message that says it is a trial through every channel, one line a channel.
    Test {
        /// Which channels; all if none is named.
        channels: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// Which kind of store.
    pub(crate) kind: PolicyKind,
    /// Which credentials; all on a store of this kind if none is named.
    pub(crate) names: Vec<String>,
    /// Whom it is for; all four if none is given.
    #[arg(long)]
    pub(crate) role: Option<PolicyRole>,
    /// AWS: the number of the account that holds the secrets.
    #[arg(long, value_name = "NUMBER", default_value = "ACCOUNT")]
    pub(crate) account: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyKind {
    /// HCL for HashiCorp Vault and OpenBao.
    Vault,
    /// IAM policies for AWS Secrets Manager.
    Aws,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyRole {
    /// The service.
    Twinkey,
    /// A person who runs Twinkey's commands.
    Operator,
    /// A person without a shell, who puts a secret into a slot.
    Depositor,
    /// What uses the credential.
    Consumer,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// Which credentials; all if none is named.
    pub(crate) names: Vec<String>,
    /// Look, ask and tell what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run or without: exit with 3 if a switch would happen or has happened.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Switch now, whatever the schedule says: a leak, or somebody leaves.
    #[arg(long, requires = "reason", conflicts_with_all = ["dry_run", "detailed_exitcode"])]
    pub(crate) now: bool,
    /// With --now: why; it stands in the record and in the audit log.
    #[arg(long, value_name = "TEXT", requires = "now")]
    pub(crate) reason: Option<String>,
    /// With --now: let the drain last only this long. Consumers that still hold the old pair will fail.
    #[arg(long, value_name = "DURATION", requires = "now")]
    pub(crate) drain: Option<String>,
    /// With --now: the credential's name once more, instead of being asked for it.
    #[arg(long, value_name = "NAME", requires = "now")]
    pub(crate) confirm: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Which credentials; all if none is named.
    pub(crate) names: Vec<String>,
    /// For machines.
    #[arg(long, conflicts_with = "nagios")]
    pub(crate) json: bool,
    /// One line and an exit code of 0 to 3, for monitoring plugins.
    #[arg(long)]
    pub(crate) nagios: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Which credentials; all if none is named.
    pub(crate) names: Vec<String>,
    /// Read the configuration only; touch neither store nor provider.
    #[arg(long)]
    pub(crate) config_only: bool,
}

/// `a` or `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientName {
    A,
    B,
}

impl From<ClientName> for twinkey_core::Client {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::A => Self::A,
            ClientName::B => Self::B,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The credential.
    pub(crate) name: String,
    /// The client that consumers use or will use first.
    #[arg(long, value_enum, value_name = "a|b")]
    pub(crate) live: Option<ClientName>,
    /// Client a's id.
    #[arg(long, value_name = "ID")]
    pub(crate) id_a: Option<String>,
    /// Client b's id; without one you are asked, and may leave it for another day; without a terminal
    /// that is what happens.
    #[arg(long, value_name = "ID")]
    pub(crate) id_b: Option<String>,
    /// Do not ask before writing.
    #[arg(long)]
    pub(crate) yes: bool,
    /// The key of the embedded store is there already (from age-keygen, or a systemd credential): make a new,
    /// empty store for it.
    #[arg(long)]
    pub(crate) with_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Regenerate {
    /// The credential.
    pub(crate) name: String,
    /// The client; the one that is not active if none is named.
    #[arg(long, value_enum, value_name = "a|b")]
    pub(crate) client: Option<ClientName>,
    /// The last four characters of the client id as the portal shows them, instead of being asked.
    #[arg(long, value_name = "XXXX")]
    pub(crate) last4: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Permit {
    /// The credential.
    pub(crate) name: String,
    /// The client; the one that is not active if none is named.
    #[arg(long, value_enum, value_name = "a|b")]
    pub(crate) client: Option<ClientName>,
    /// Who will press the button; you if nobody is named.
    #[arg(long = "for", value_name = "WHO")]
    pub(crate) holder: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Deposit {
    /// The credential.
    pub(crate) name: String,
    /// The client; the one with the permit, or the one that is not active, if none is named.
    #[arg(long, value_enum, value_name = "a|b")]
    pub(crate) client: Option<ClientName>,
    /// A new client id, if the old client was deleted in the portal.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// The permit's holder, if it is somebody else: you have spoken to them, and the secret is theirs.
    #[arg(long, value_name = "HOLDER")]
    pub(crate) spoke_to: Option<String>,
    /// Read the secret from this file descriptor instead of a prompt or standard input.
    #[arg(long, value_name = "N")]
    pub(crate) secret_fd: Option<u32>,
    /// Store it and leave the proof to the next run.
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The credential.
    pub(crate) name: String,
    /// The permit's holder, if it is somebody else: they have not pressed, will not, and ask for nothing meanwhile.
    #[arg(long, value_name = "HOLDER")]
    pub(crate) spoke_to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The credential.
    pub(crate) name: String,
    /// Why; it stands in the record and in the audit log.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The holder of a permit on the retired client: they have not pressed, will not, and ask for nothing meanwhile.
    #[arg(long, value_name = "HOLDER")]
    pub(crate) spoke_to: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("choice").required(true))]
pub(crate) struct Resolve {
    /// The credential.
    pub(crate) name: String,
    /// Keep the live pair that stands there, once it got a token.
    #[arg(long, group = "choice")]
    pub(crate) take_theirs: bool,
    /// Publish the pair that the record calls active again, once it got a token.
    #[arg(long, group = "choice")]
    pub(crate) put_ours: bool,
    /// With --take-theirs: whose client id that is, if it is new.
    #[arg(long, value_enum, value_name = "a|b", requires = "take_theirs")]
    pub(crate) client: Option<ClientName>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfirmDrained {
    /// The credential.
    pub(crate) name: String,
    /// The switch that is confirmed, as `status` names it.
    #[arg(long, value_name = "ID", required_unless_present = "init")]
    pub(crate) switch: Option<String>,
    /// After `init`: nobody outside uses the client that is not live.
    #[arg(long, conflicts_with = "switch")]
    pub(crate) init: bool,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The credential.
    pub(crate) name: String,
    /// As comma-separated values.
    #[arg(long, conflicts_with_all = ["json", "verify"])]
    pub(crate) csv: bool,
    /// For machines.
    #[arg(long, conflicts_with = "verify")]
    pub(crate) json: bool,
    /// Verify the chain of the audit log on this host against the record.
    #[arg(long)]
    pub(crate) verify: bool,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Leave everything running afterwards, to play the operator from another terminal.
    #[arg(long)]
    pub(crate) keep: bool,
    /// The seed of everything random.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}

impl Cli {
    /// Whether the descriptor that a secret is to come from was passed on to this process. Asked before it opens any of
    /// its own.
    ///
    /// # Errors
    /// What is wrong with the command as typed, and what to type.
    pub fn descriptor_is_open(&self) -> Result<(), String> {
        let Command::Deposit(Deposit { name, secret_fd: Some(fd), .. }) = &self.command else {
            return Ok(());
        };
        match std::fs::symlink_metadata(format!("/proc/self/fd/{fd}")) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!(
                "--secret-fd {fd}: this descriptor is not open; open it, as in: \
                 {} deposit {name} --secret-fd 3 3< FILE",
                crate::text::program(crate::config::unusual(&self.config))
            )),
        }
    }

    /// Who reads what is logged.
    pub fn audience(&self) -> crate::log::Audience {
        match self.command {
            Command::Run => crate::log::Audience::Service,
            _ => crate::log::Audience::Person,
        }
    }
}

/// Runs the command and tells its exit code.
pub async fn run(cli: Cli) -> ExitCode {
    let path = cli.config;
    let ended = match &cli.command {
        Command::Run => crate::daemon::serve(&path).await,
        Command::Rotate(args) => rotate::rotate(&path, args).await,
        Command::Status(args) => status::status(&path, args).await,
        Command::Check(args) => check::check(&path, args).await,
        Command::Init(args) => init::init(&path, args).await,
        Command::Regenerate(args) => regenerate::regenerate(&path, args).await,
        Command::Permit(args) => regenerate::permit(&path, args).await,
        Command::Deposit(args) => deposit::deposit(&path, args).await,
        Command::Cancel(args) => decide::cancel(&path, args).await,
        Command::Rollback(args) => decide::rollback(&path, args).await,
        Command::Resolve(args) => decide::resolve(&path, args).await,
        Command::ConfirmDrained(args) => decide::confirm_drained(&path, args).await,
        Command::History(args) => history::history(&path, args).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => crate::demo::demo(args.keep, args.seed).await,
        Command::Policy(args) => policy::policy(&path, args),
        Command::Notify(args) => notify::notify(&path, args).await,
        Command::Schema => meta::schema(),
        Command::Completions { shell } => meta::completions(*shell),
        Command::Man { dir } => meta::man(dir.as_deref()),
    };
    let exit = ended.unwrap_or_else(|stop| {
        if !stop.text.is_empty() {
            let _ = writeln!(anstream::stderr(), "twinkey: {}", stop.text);
        }
        stop.exit
    });
    exit.into()
}

/// A command line that does not parse, or a request for help: what clap has to say, with our exit code.
pub fn usage(asked: &clap::Error) -> ExitCode {
    let _ = asked.print();
    if asked.use_stderr() { exit::Exit::Usage.into() } else { ExitCode::SUCCESS }
}

/// A command that cannot be meant as it was typed.
pub fn misused(text: &str) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "twinkey: {text}");
    exit::Exit::Usage.into()
}

/// The process cannot even begin.
pub fn unexpected(error: &std::io::Error) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "twinkey: cannot start: {error}");
    exit::Exit::Unexpected.into()
}
