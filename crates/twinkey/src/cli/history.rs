//! `history`: what happened, from the record; and whether the evidence on this host is whole.

use std::io::Write;
use std::path::Path;

use super::History;
use crate::audit;
use crate::config::Config;
use crate::exit::Exit;
use crate::open::{Opened, Stop, config, named};
use crate::run::look;
use crate::shared::Shared;
use crate::text;

/// Shows the transitions, or verifies the chain.
pub(super) async fn history(path: &Path, args: &History) -> Result<Exit, Stop> {
    let config = config(path)?;
    let opened = Opened::open_to_show(&Shared::new(&config), named(&config, &args.name)?)?;
    let seen = look(&opened.world, opened.host()).await;
    let record = opened.record_of(&seen)?;
    if args.verify {
        return verify(&config, &opened, record);
    }
    let names = opened.names();
    let shown = if args.json {
        text::history_json(&names, &record.transitions)
    } else if args.csv {
        text::history_csv(&names, &record.transitions)
    } else {
        text::history(&names, &record.transitions, opened.world.clock.now())
    };
    let _ = write!(anstream::stdout(), "{shown}");
    Ok(Exit::Fine)
}

fn verify(config: &Config, opened: &Opened, record: &twinkey_core::Record) -> Result<Exit, Stop> {
    let path = config.state_dir.join(audit::FILE_NAME);
    let head = record.audit.get(&opened.world.chain);
    match audit::verify(&path, head) {
        Ok(verified) => {
            let _ = writeln!(
                anstream::stdout(),
                "{}",
                text::audit_is_whole(&path, verified.lines, head.is_some())
            );
            Ok(Exit::Fine)
        }
        Err(broken) => Err(Stop::new(Exit::Refused, text::audit_is_broken(&path, &broken.to_string()))),
    }
}
