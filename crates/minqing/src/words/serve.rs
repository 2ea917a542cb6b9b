//! Words for guests of a demo that stays up.

use super::{Lang, Words};

sentences! {
    serving_look: "「各村」里能看到各村交上来多少、最近什么时候；村里一存好，几秒就到。", "Villages shows what each has sent and when it was heard last; what a village saves arrives within seconds.";
    serving_first: "用浏览器打开，填登录码，再起个名字和密码。", "Open it in a browser; enter the code, and choose a name and a password.";
    serving_hub_status: "看各村收到了多少（地址是给机器用的，不是网页）：", "What has been received of each village (its address is for machines, not a page):";
}

forms! {
    serving(now: &str): "\n演示没有退出，可以坐下来试。这里的钟接着故事往下走，现在是 {now}；镇和村都是编的。", "\nThe demo stays up: sit down and try. Its clocks go on from the story's end; there it is {now}. Township and villages are invented.";
    serving_village(name: &str): "{name}的办公室", "The office of {name}";
    serving_township(name: &str): "{name}的调度台", "The desk of {name}";
    serving_code(code: &str): "第一次用的登录码（只说这一次）：{code}", "One-time code for the first time (said once): {code}";
    serving_visit(head: &str): "点「走访」记一次，比如找{head}这一户；几秒后「送达」里写着镇里给的收据号。", "Choose Visits and record one, for instance of the household of {head}; seconds later Delivery shows the township's receipt number.";
    serving_hub(name: &str): "{name}的总台", "The hub of {name}";
    serving_commands(name: &str): "不用网页也行，比如{name}：", "It works without pages too, for instance {name}:";
    serving_folder(dir: &str): "所有数据都在 {dir}", "Everything is kept in {dir}";
}
