//! The words of the township's pages about its villages: who needs a hand, since when, and what to say.

use super::Words;
use crate::Lang;

sentences! {
    villages_order: "前两组按等了多久排，平常的按村的编码排。覆盖多少、诉求多少，不拿来排先后。",
        "The first two groups stand by how long they have waited, the others by their codes. Neither coverage nor requests order them.";
    villages_caption: "各村情况，需要帮助的在前", "The villages, those that need help first";
    villages_scroll: "表格，可左右滚动", "A table that scrolls sideways";
    villages_first_of: "断了消息、钟坏、分岔、超期、等复核", "no word, a wrong clock, a fork, overdue, review waiting";
    villages_none: "还没有村。先给村里的机器开一份登记文件（minqing hub enrol）。", "There is no village yet. Make an enrolment file for a village's machine first (`minqing hub enrol`).";
    villages_nobody: "现在没有哪个村要帮。", "No village needs help now.";
    villages_pending_means: "「村里报的待传」是上次联上那一刻的数；超过一天没有消息，只写「至少」或「不知道」。虚线是那天没有消息，不是 0 条。",
        "\"Waiting there\" is the number of the last contact; after a day without a word it is \"at least\" or \"unknown\". A dash is a day of which nothing was heard, not a zero.";
    villages_help_list: "今天的帮扶清单，打印", "Today's list of help, to print";
    villages_help_title: "今天的帮扶清单", "Today's list of help";
    villages_help_note: "按等了多久排。打完电话、去过，在后面写一句。", "By how long they have waited. After the call or the visit, write a line behind it.";
    villages_done: "办了什么", "What was done";
    villages_village: "村", "Village";
    villages_help: "要帮什么", "What help";
    villages_waited: "等了", "Waited";
    villages_heard: "最后有消息", "Last heard";
    villages_pending: "村里报的待传", "Waiting there";
    villages_received: "近 14 天送到", "Received, 14 days";
    villages_coverage: "已访／应访户", "Met / in scope";
    villages_open: "未结诉求", "Open requests";
    villages_overdue: "超期", "Overdue";
    villages_clock: "钟", "Clock";
    villages_trouble: "冲突、暂扣", "Conflicts, held";
    villages_clock_right: "正常", "right";
    villages_today: "今天", "today";
    villages_never: "还没有过", "never";

    help_fork: "一台机器的记录分了岔，已留证，等认领", "One machine's log forked; evidence kept, waiting to be claimed";
    help_no_machine: "没有能用的机器了，先带一台去", "No machine is in use any more; take one there";
    help_silent: "没有消息，先打电话；要不要带 U 盘去", "No word. Call first; take a stick?";
    help_quiet: "没有消息", "No word";
    help_never_heard: "登记了机器，还没联上过", "A machine was enrolled and never made contact";
    help_overdue_one: "1 件诉求超期，问问卡在哪里", "1 request is overdue; ask where it is stuck";
    help_review_one: "1 条等第二个人复核", "1 entry waits for a second person's review";
    help_conflict_one: "1 条状态冲突，教一教怎么看", "1 state conflict; show them how to read it";
    help_new_machine: "新换了机器，正在取回旧记录", "A new machine, fetching the old records back";

    say_fork: "请村里先不要再用那台机器记，也不要重装。两份记录镇里都留着。问清是不是整机拷贝过、从旧备份恢复过，再由镇里停用其中一台。",
        "Ask them not to record on that machine and not to reinstall it. The township keeps both histories. Ask whether the disk was copied or an old backup restored; then the township takes one of the two out of use.";
    say_no_machine: "旧机器已停用。要紧的事先写在纸上；新机器登记以后可以补录，旧记录会自己取回。",
        "The old machine is out of use. What matters goes on paper; it can be entered once a new machine is enrolled, and the old records come back by themselves.";
    say_silent: "先问机器开着没有、网线灯亮不亮。照常记，记下的都在本机，不会丢。一两天内通不了，请拷到 U 盘带来镇里。",
        "Ask whether the machine is on and the light of the network cable too. They keep recording: everything is on that machine and safe. If it takes days, they can bring the entries on a stick.";
    say_never_heard: "问登记文件拷到机器上没有、三天内用掉没有。过期了就再开一份。",
        "Ask whether the enrolment file reached the machine and was used within three days. If it expired, make another one.";
    say_clock: "请照屏幕上说的把钟调准。调之前记的不用改：日期是自己写的，先后按镇里收到的时间看。",
        "Ask them to set the clock as the screen explains. Nothing recorded before needs a change: dates were written by hand, and the order goes by when the township received it.";
    say_overdue: "问卡在哪一步、要不要别的单位帮。答复「办不了，说明白了」也算答复。只问这件事，不比别的村。",
        "Ask where it is stuck and whether another unit must help. \"It cannot be done, and why\" is an answer too. Ask about this matter only; do not compare villages.";
    say_review: "这一条在等镇里，村里不用做什么。请第二个人看过，放行或退回，都写一句理由。",
        "This waits for the township; the village need do nothing. Have a second person look, release it or send it back, with a line of reason.";
    say_conflicts: "收了、没丢，只是跟已办的事对不上，不算谁的错。情况有变，就新登记一件并注明跟哪件有关；没变就不用管。",
        "It was received and is not lost; it only does not fit what was already done, and that is nobody's fault. If things have changed, they record it anew and say what it belongs to; if not, there is nothing to do.";
    say_new_machine: "旧记录正一点点取回来，不用守着，可以照常记。", "The old records come back bit by bit; no need to wait, they can record as usual.";
    say_nothing: "这个村现在没有要帮的。", "This village needs no help now.";

    strip_receiving: "收件正常", "Taking entries in";
    strip_not_receiving: "现在收不进来，正在自己重试；村里记的都在村里的机器上", "Nothing can be taken in now; it is being tried again. What villages record is safe on their machines";
    strip_newest: " · 最近一份：", " · newest: ";
    strip_none_yet: " · 还没有收到过村里的记录。", " · nothing was received from a village yet.";

    village_before_call: "打电话前看这个", "Before you call";
    village_help: "要帮什么，怎么说", "What help, and what to say";
    village_machines: "机器", "Machines";
    village_machines_note: "待传和钟是上次联上时机器自己说的", "What waits and the clock are the machine's own words at its last contact";
    village_no_machines: "没有登记过机器。", "No machine was ever enrolled.";
    village_machine: "机器", "Machine";
    village_state: "现在", "State";
    village_heard: "最后联上", "Last contact";
    village_last_receipt: "最后送到", "Last received";
    village_software: "程序", "Program";
    village_received: "收到", "Received";
    village_waiting: "待传", "Waiting";
    machine_in_use: "在用", "in use";
    machine_revoked: "已停用", "out of use";
    machine_replaced: "已由新机器接替", "succeeded by another";
    machine_forked: "分了岔", "forked";
    machine_staged: "正在收一大批", "a long push is under way";
    village_ntp: "有校时", "follows a time server";
    village_uncounted: "收了，没有计入的", "Received, not counted";
    village_all_counted: "收到的都计入了。", "Everything received is counted.";
    village_open: "没办完的诉求", "Open requests";
    village_no_open: "没有没办完的诉求。", "No request is open.";
    village_days: "近 14 天送到", "Received in 14 days";
    village_day: "日期", "Day";
    village_count: "条", "Entries";
    village_silent_day: "没有消息", "no word";
    village_quarter: "本季度走访", "Visits this quarter";
    village_figures_note: "只算镇里收到的", "Only what the township has received";
    village_met: "见到", "Met";
    village_contacted: "电话联系", "By telephone";
    village_knocked: "仅敲门未遇", "Nobody met";
    village_unvisited: "未访", "Not visited";
    village_off_books: "册外走访", "Visits off the books";
    village_code: "编码", "Code";
    village_back: "各村", "Villages";
    village_unknown: "没有这个村的机器登记过。", "No machine of such a village was ever enrolled.";
    village_handled_by: "承办", "Handled by";
    village_due: "应办日", "Due";
}

forms! {
    villages_title(count: &str): "{count} 个村，先帮谁", "{count} villages: whom to help first";
    villages_first(count: usize): "先帮 {count} 个村", "Help first: {count}";
    villages_watch(count: usize): "留意 {count} 个村", "Keep an eye on: {count}";
    villages_usual(count: usize): "平常 {count} 个村", "As usual: {count}";
    villages_seen(day: &str): "看到 {day}", "up to {day}";
    villages_cut(quarter: &str, seen: &str, position: &str, digest: &str):
        "{quarter} · {seen} · 截至 {position} · 摘要 {digest}", "{quarter} · {seen} · as of {position} · digest {digest}";
    spark_heard(sum: &str): "送到 {sum} 条", "{sum} received";
    spark_heard_silent(sum: &str, silent: usize): "送到 {sum} 条，{silent} 天没有消息", "{sum} received; no word on {silent} days";
    at_least(count: &str): "至少 {count}", "at least {count}";
    villages_clock_fast(span: &str): "快 {span}", "{span} fast";
    villages_clock_slow(span: &str): "慢 {span}", "{span} slow";
    span_minutes(count: u64): "{count} 分", "{count} min";
    span_hours(count: u64): "{count} 小时", "{count} h";
    span_days(count: u64): "{count} 天", "{count} d";
    span_years(count: u64): "{count} 年", "{count} y";
    trouble_conflicts(count: &str): "冲突 {count}", "conflicts {count}";
    trouble_held(count: &str): "暂扣 {count}", "held {count}";
    trouble_forks(count: &str): "分叉 {count}", "forks {count}";
    trouble_revoked(count: &str): "停用 {count}", "out of use {count}";
    trouble_unknown(count: &str): "未识别 {count}", "not understood {count}";
    help_forks(count: u64): "{count} 台机器的记录分了岔，已留证，等认领", "{count} machines' logs forked; evidence kept, waiting to be claimed";
    help_clock_wrong(clock: &str): "钟{clock}，日期先按镇里收到的时间看", "Its clock is {clock}; read dates by when the township received them";
    help_clock_off(clock: &str): "钟{clock}", "Its clock is {clock}";
    help_overdue(count: u64): "{count} 件诉求超期，问问卡在哪里", "{count} requests are overdue; ask where they are stuck";
    help_review(count: u64): "{count} 条等第二个人复核", "{count} entries wait for a second person's review";
    help_conflicts(count: u64): "{count} 条状态冲突，教一教怎么看", "{count} state conflicts; show them how to read them";
    village_open_more(shown: &str, all: &str): "这里是前 {shown} 件，共 {all} 件；全部在「诉求」那一页。", "The first {shown} of {all}; all of them stand under Requests.";
    village_uncounted_more(shown: &str, all: &str): "列出最近 {shown} 条，共 {all} 条。", "The latest {shown} of {all}.";
    village_since(moment: &str): "从 {moment} 起", "since {moment}";
    village_enrolled(moment: &str): "{moment} 登记", "enrolled {moment}";
    village_met_of(of: &str, percent: &str): "／{of} 户见到，{percent}", " of {of} households met, {percent}";
    strip_receipt(position: &str): "第 {position} 号收据", "receipt {position}";
    strip_last_receipt(time: &str, name: &str, entries: &str): "，{time}，{name} {entries} 条。", ", {time}, {name}: {entries} received.";
    strip_silent_one(name: &str, days: &str): "{name} {days} 天没有消息。", "No word from {name} for {days} days.";
    strip_silent(count: usize, days: &str): "{count} 个村没有消息，最久 {days} 天。", "No word from {count} villages, the longest for {days} days.";
}

impl Words {
    /// A quarter of the year, from 1 to 4.
    #[must_use]
    pub const fn quarter(self, quarter: u8) -> &'static str {
        match (quarter, self.lang) {
            (1, Lang::Zh) => "第一季度",
            (2, Lang::Zh) => "第二季度",
            (3, Lang::Zh) => "第三季度",
            (_, Lang::Zh) => "第四季度",
            (1, Lang::En) => "First quarter",
            (2, Lang::En) => "Second quarter",
            (3, Lang::En) => "Third quarter",
            (_, Lang::En) => "Fourth quarter",
        }
    }
}
