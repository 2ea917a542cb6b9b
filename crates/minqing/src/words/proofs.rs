//! Words about proofs, receipts, witnesses and seals.

use super::{Lang, Words};

sentences! {
    slip_no_journal_proof: "账本里的证明现在没有（没有联上，或总台换过账本）；联上再取。", "No proof of the receipt is here now (no link, or the hub began a new journal); ask again with a link.";
    slip_no_witness: "还没有别的见证人在这个检查点上签名。", "No witness has cosigned this checkpoint yet.";
    slip_shows_not: "这能证明何时收到、之后没有人改过；证明不了走访真的去了。", "This shows when it was received and that nobody altered it since; it cannot show that a visit took place.";
    no_evidence: "没有。总台给这里看过的每个检查点都接得上。", "None. Every checkpoint that the hub showed here goes on from the one before.";
    sealed: "封存", "sealed";
    now: "现在", "now";
}

forms! {
    slip_pending(origin: &str, sequence: &str): "↑ 待传：{origin} 第 {sequence} 条还只在本机，没有收据。", "↑ Waiting: entry {sequence} of {origin} is on this machine alone; there is no receipt.";
    slip_recorded(origin: &str, sequence: &str): "记在：来源 {origin} 第 {sequence} 条", "Recorded: entry {sequence} of {origin}";
    slip_received(position: &str, at: &str, journal: &str): "√ 已收：第 {position} 号收据，{at}（账本 {journal}）", "√ Received: receipt {position}, {at} (journal {journal})";
    slip_in_log(sequence: &str, size: &str): "证明：第 {sequence} 条在来源自己签名的 {size} 条里", "Proved: entry {sequence} is among the {size} that its origin signed for";
    slip_in_journal(position: &str, size: &str): "证明：第 {position} 号收据在总台签名的账本 {size} 条里", "Proved: receipt {position} is among the {size} records that the hub signed for";
    slip_witness(name: &str, at: &str): "见证：{name}，{at}", "Witnessed: {name}, {at}";
    slip_written(dir: &str): "叶子和证明写在 {dir}", "Leaves and proofs are in {dir}";
    day_code(code: &str, size: &str, origin: &str): "{code}\n本机记录共 {size} 条（来源 {origin}）。把这一行码抄到今天签字的清单上：以后谁也改不了这之前的记录而不被看出来。", "{code}\n{size} entries are recorded here (origin {origin}). Copy the code onto today's signed list: nobody can alter anything before it unnoticed.";
    seal_line(from: &str, to: &str, position: &str, rule: &str): "封存 {from} 至 {to}：截至第 {position} 号收据 · 规则第 {rule} 版", "Sealed {from} to {to}: up to receipt {position} · rules version {rule}";
    seal_root(root: &str, count: &str, event: &str): "  根 {root}（{count} 本）· 事件 {event}", "  root {root} ({count} ledgers) · event {event}";
    seal_instead(event: &str): "  替 {event}；那一个还在", "  in place of {event}, which stays";
    seal_known(at: &str): "封存的数字是镇里 {at} 以前收到的；以后的更正写在下一行，不盖住它。", "What is sealed is what the township had received by {at}; later corrections stand in the next line, never over it.";
}

heads! {
    sealed_head: ["村", "", "新登记", "办结", "未结", "超期", "按期办结率", "走访覆盖率"], ["Village", "", "Raised", "Closed", "Open", "Overdue", "On time", "Coverage"];
}

impl Words {
    /// Why two checkpoints of the hub are held against each other.
    pub(crate) fn parted(self, why: &str, at: &str) -> String {
        let words = match why {
            "two-roots" => self.pick(
                "总台在同一个大小上签了两个不同的根：两个不能同时为真",
                "the hub signed two roots at one size: both cannot be true",
            ),
            "shrunk" => self.pick(
                "总台给出的账本比以前小，又没有声明恢复过",
                "the hub showed a smaller journal than before and declared no restore",
            ),
            _ => self.pick(
                "总台没有证明新的检查点接得上旧的",
                "the hub did not prove that the newer checkpoint goes on from the older one",
            ),
        };
        match self.lang {
            Lang::Zh => format!("≠ {words}（本机钟 {at}）"),
            Lang::En => format!("≠ {words} (this machine's clock: {at})"),
        }
    }
}
