//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::auditor::AuditCommand;
use crate::commands::office::VillageCommand;
use crate::commands::township::HubCommand;
use crate::commands::witness::WitnessCommand;
use crate::demo::DemoArgs;
use crate::words::Lang;

const AFTER: &str = "退出码 / exit codes:
  0  办妥 / done
  1  有差异、被拒绝或核验不通过 / something differs, was refused, or does not hold
  2  命令写错，什么都没做 / the command was not understood; nothing was done
  3  对方联不上，稍后再试 / the other side cannot be reached; try again later
  4  盘上有损坏或缺失，要有人看 / something on the disk is damaged or missing
  5  文件夹正被另一个程序用着 / another process has the folder open
  6  硬盘满，什么都没记下 / the disk is full; nothing was recorded";

/// 民情：村里记，镇里收，谁都能核对。 / Villages record, the township receives, anyone can check.
#[derive(Debug, Parser)]
#[command(name = "minqing", version, after_help = AFTER)]
pub(crate) struct Args {
    /// 界面语言；不写时看 LANG / language; as LANG says where absent
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Lang>,
    /// 输出 JSON，给脚本用 / results as JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 镇里的总台 / the township hub
    #[command(subcommand)]
    Hub(HubCommand),
    /// 村里的节点 / a village's node
    #[command(subcommand)]
    Village(VillageCommand),
    /// 审计 / an auditor
    #[command(subcommand)]
    Audit(AuditCommand),
    /// 见证：记住账本的最新状态，只为接得上的作证 / a witness, which cosigns what continues what it has seen
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// 演示：一个虚构的镇，一年的事，最后各方是否一致 / an invented township, a year, and whether everybody agrees
    Demo(DemoArgs),
}
