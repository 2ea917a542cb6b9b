//! `minqing`: the one program. `minqing hub …` is the township, `minqing village …` a village office, `minqing audit …`
//! an auditor, `minqing witness …` a witness, `minqing demo` a whole township at once.

mod args;
mod clock;
mod commands;
mod demo;
mod exit;
mod notice;
mod out;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::out::Out;
use crate::words::{Lang, Words};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(said) => {
            // Help and version are answers; anything else was not understood.
            let exit = if said.use_stderr() { Exit::Usage } else { Exit::Ok };
            // If nobody can be told, the code still says it.
            let _ = said.print();
            return exit.into();
        }
    };
    let words = Words::new(args.lang.unwrap_or_else(Lang::of_environment));
    tell_what_happens();
    let out = Out::new(words, args.json);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            match &args.command {
                Command::Hub(hub) => commands::township::run(hub, &out).await,
                Command::Village(village) => commands::office::run(village, &out).await,
                Command::Audit(audit) => commands::auditor::run(audit, &out).await,
                Command::Witness(witness) => commands::witness::run(witness, &out).await,
                Command::Demo(demo) => demo::demo(demo, &out).await,
            }
        })
    });
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            let exit = commands::failure::exit_of(&error);
            if let Some(words) = commands::failure::words_of(exit, out.words) {
                Out::tell(words);
            }
            Out::tell(format!("{error:#}"));
            exit.into()
        }
    }
}

/// The program's own log, on standard error: `RUST_LOG` says how much; warnings by default.
fn tell_what_happens() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
