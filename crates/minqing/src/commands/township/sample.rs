//! `minqing hub sample`: a spot check that nobody can steer, published for all.

use clap::Args;
use event::{Day, PersonId};
use serde_json::json;

use super::{At, ask};
use crate::exit::Exit;
use crate::out::{Out, number};

#[derive(Args, Debug)]
pub(crate) struct Sample {
    #[command(flatten)]
    at: At,
    /// 时段起 / first day of the period
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// 时段止；要等时段过完、又收到记录以后才能抽 / its last day; it can be drawn once something was received after the period
    #[arg(long, value_name = "DAY")]
    to: Day,
    /// 谁公布（人员编号） / who publishes (a person's identifier)
    #[arg(long, value_name = "PERSON")]
    recorder: PersonId,
    /// 每个干部的走访最少抽几条 / least number drawn of each cadre's visits
    #[arg(long, value_name = "N", default_value_t = 2)]
    min: u16,
    /// 每个干部的走访抽千分之几，往上取整 / share drawn of each cadre's visits, in thousandths, rounded up
    #[arg(long, value_name = "N", default_value_t = 50)]
    permille: u16,
}

pub(super) async fn publish(args: &Sample, out: &Out) -> anyhow::Result<Exit> {
    let asked = json!({
        "from": args.from, "to": args.to, "recorder": args.recorder, "minimum": args.min, "permille": args.permille
    });
    let (published, _) = ask(&args.at.dir, "POST", "/sample", Some(&asked)).await?;
    if out.json {
        out.object(&published)?;
        return Ok(Exit::Ok);
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let sample = &published["sample"];
    out.line(out.words.sample_published(
        &text(&published["event"]),
        &number(&sample["drawn"]),
        &number(&sample["size"]),
    ))?;
    out.line(out.words.sample_list(&text(&sample["list"])))?;
    let visits = published["visits"].as_array().into_iter().flatten();
    let row = |visit: &serde_json::Value| {
        ["unit", "household", "day", "event"]
            .map(|key| text(&visit[key]))
            .to_vec()
    };
    // The order of the draw goes by cadre; whoever walks goes by village.
    let mut rows: Vec<Vec<String>> = visits.map(row).collect();
    rows.sort();
    out.table(&out.words.sample_head(), 4, &rows)?;
    Ok(Exit::Ok)
}
