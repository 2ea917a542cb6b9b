//! `minqing demo`: an invented township, a year of its work, and the question whether everybody agrees in the end.
//!
//! Nothing here is simulated but the time: hub, villages and auditor are the programs themselves, each with a folder,
//! a key and a clock of its own, and they speak TLS over sockets of this machine. Time passes day by day at every
//! village; links are up or down as the sample has it; clocks run as badly as they do.

mod clocks;
mod parties;
mod run;
mod sabotage;
mod serve;
mod show;
mod stand_in;
mod story;
mod verdict;
mod wire;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sample::Plan;

use crate::exit::Exit;
use crate::out::Out;

/// What the demo is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// 村数 / villages, 1 to 199
    #[arg(long, default_value_t = Plan::default().villages, value_parser = clap::value_parser!(u16).range(1..=199))]
    pub(crate) villages: u16,
    /// 天数 / days of the story, 1 to 3650
    #[arg(long, default_value_t = Plan::default().days, value_parser = clap::value_parser!(u16).range(1..=3_650))]
    pub(crate) days: u16,
    /// 每村户数 / households per village
    #[arg(long, default_value_t = Plan::default().households_per_village, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    pub(crate) households: u16,
    /// 随机种子 / the seed from which the story follows
    #[arg(long, default_value_t = Plan::default().seed)]
    pub(crate) seed: u64,
    /// 放在这个文件夹里并保留 / put everything into this folder and keep it; else into one that is removed
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// 演示完不退出，列出地址和命令 / stay up and print addresses and commands
    #[arg(long)]
    pub(crate) serve: bool,
    /// 故意改动一处，看查不查得出 / alter one thing beneath the programs, to see whether it is found
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) sabotage: Option<Sabotage>,
}

/// What is altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    /// 某村台账里的一行 / a row of one village's ledger
    View,
    /// 某村存储里的一条记录 / an event in one village's store, checksums made to fit
    Event,
    /// 审计镜像里一张收据的时间 / the time of a receipt in the auditor's mirror, checksums made to fit
    Receipt,
}

impl DemoArgs {
    fn plan(&self) -> Plan {
        Plan {
            seed: self.seed,
            villages: self.villages,
            days: self.days,
            households_per_village: self.households,
            ..Plan::default()
        }
    }
}

/// Runs the demo. [`Exit::Ok`] only if every digest agrees and everything verifies.
pub(crate) async fn demo(args: &DemoArgs, out: &Out) -> anyhow::Result<Exit> {
    let (kept, temporary);
    let dir = match &args.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            kept = std::path::absolute(dir)?;
            kept.as_path()
        }
        None => {
            temporary = tempfile::Builder::new().prefix("minqing-demo-").tempdir()?;
            temporary.path()
        }
    };
    run::run(args, dir, out).await
}
