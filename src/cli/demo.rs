//! `muster demo`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use super::{Exit, Failure, args::DelayArguments, output, wiring};
use crate::load::{Diagnostic, Diagnostics, nearest::nearest};

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8089);

/// Flags of `muster demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  muster demo\n  muster demo --list-faults\n  muster demo --fault method-not-found --listen 127.0.0.1:0"
)]
pub(super) struct Arguments {
    /// Serve the API of this profile [default: uk-gov-api].
    #[arg(
        long,
        short,
        value_name = "ID",
        default_value = "uk-gov-api",
        hide_default_value = true
    )]
    profile: String,
    /// Switch a fault on; may be given again.
    #[arg(long, value_name = "ID")]
    fault: Vec<String>,
    /// List the faults there are.
    #[arg(long)]
    list_faults: bool,
    /// Believe the tokens of this issuer too, such as `muster issuer`.
    #[arg(long, value_name = "URL", conflicts_with = "profile")]
    trust: Option<String>,
    /// The address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value_t = LISTEN)]
    listen: SocketAddr,
    #[command(flatten)]
    delay: DelayArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let faults = wiring::faults(&arguments.profile);
    if arguments.list_faults {
        let rows: Vec<Vec<String>> = faults
            .into_iter()
            .map(|(id, purpose)| vec![id, purpose])
            .collect();
        output::out(&output::columns(&rows))?;
        return Ok(Exit::Conformant);
    }
    known_faults(&arguments.fault, &faults)?;
    wiring::demo(
        arguments.listen,
        &arguments.profile,
        &arguments.fault,
        arguments.trust.as_deref(),
        arguments.delay.with_seed(1),
    )
}

/// Faults that are asked for are there.
fn known_faults(given: &[String], known: &[(String, String)]) -> Result<(), Failure> {
    let mut wrong = Diagnostics::new();
    for id in given
        .iter()
        .filter(|id| !known.iter().any(|(known, _)| known == *id))
    {
        let help = nearest(id, known.iter().map(|(id, _)| id.as_str())).map_or_else(
            || "`muster demo --list-faults` shows what there is".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        wrong.push(
            Diagnostic::plain(format!("the reference supplier has no fault `{id}`")).help(help),
        );
    }
    Ok(wrong.or(())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_there_or_the_nearest_is_offered() {
        let known = [("slow-answers".to_owned(), String::new())];
        assert!(known_faults(&["slow-answers".to_owned()], &known).is_ok());
        let told = known_faults(&["slow-answer".to_owned()], &known)
            .unwrap_err()
            .render();
        assert!(told.contains("did you mean `slow-answers`?"), "{told}");
    }
}
