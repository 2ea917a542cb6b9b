//! Words about leads, samples and seals as an auditor sees them.

use super::{Lang, Words};

sentences! {
    lead_period: "所称日期", "Days it speaks of";
    lead_number: "编号", "Number";
    drawing: "重新抽签", "Drawing again";
    no_samples: "镇里还没有公布过抽查。", "The township has published no sample.";
    sample_holds: "抽签重做，跟公布的一样。", "Drawn again: it is what was published.";
    sample_rule_words: "每个干部的走访是一层；层内按 SHA-256(种子 ‖ 事件号) 排；取最少数和比例中较大的", "One stratum for each cadre's visits; in each by SHA-256(seed ‖ event); the greater of minimum and share is taken";
    sample_own: "审计员自己抽的，没有公布", "An auditor's own draw, not published";
    sample_problem: "公布的抽查跟重抽的不一样", "A published sample is not what is drawn again";
    seals_title: "封存的时段", "Sealed periods";
    no_seals: "没有封存过时段。", "No period was sealed.";
    seal_equal: "跟重算的一样", "what follows";
    seal_differs: "跟重算的不一样", "not what follows";
    seal_partial: "封存的是所有村，这份镜像只有几个村，比不了", "it is over every village, and this mirror holds some alone: not comparable";
    seal_not_here: "截止的位置不在这里，或在封存之后", "its cut is not here, or lies behind the seal";
    seal_one_root: "封存的事件里只有一个总根：单凭它说不出是哪个单位、哪本台账不一样。手里若有封存当时总台给出的摘要（mirror --digests --rows），用 --digests 给出，就能说出来。", "The event holds one root over all units and views: from it alone nobody can tell which of them differs. Whoever kept what the hub served at that cut (mirror --digests --rows) gives it with --digests, and it can be told.";
}

forms! {
    no_such_lead(number: usize, count: usize): "没有第 {number} 条线索；一共 {count} 条（同样的规则、单位、日期）", "there is no lead {number}; there are {count}, under the same rules, unit and days";
    lead_measured(right: &str, of: &str, precision: &str): "{of} 条里对 {right} 条（{precision}）", "{right} of {of} ({precision})";
    sample_title_of(from: &str, to: &str, event: &str): "{from} 至 {to} · {event}", "{from} to {to} · {event}";
    sample_seed_of(root: &str, size: &str, at: &str): "{root}（账本 {size} 条，末条 {at}）", "{root} ({size} records, the last of {at})";
    sample_between(records: &str): "种子和公布之间隔 {records} 条记录", "{records} records lie between the seed and the publication";
    samples_agree(count: usize): "公布过 {count} 次抽查，重抽都一样。", "Published samples: {count}; each is what is drawn again.";
    samples_differ(count: usize, wrong: usize): "公布过 {count} 次抽查，{wrong} 次跟重抽的不一样。", "Published samples: {count}; {wrong} are not what is drawn again.";
    sample_drawn_differs(published: &str, redrawn: &str): "公布抽了 {published} 条，重抽 {redrawn} 条", "published as {published} drawn, drawn again {redrawn}";
    sample_list_differs(published: &str, redrawn: &str): "名单的哈希：公布 {published}，重抽 {redrawn}", "hash of the list: published {published}, drawn again {redrawn}";
    sample_root_differs(published: &str, ours: &str): "种子：公布 {published}，账本在那个条数的树根是 {ours}", "the seed: published {published}, the journal's root at that size is {ours}";
    sample_seed_inside(at: &str): "种子在 {at} 就有了，时段还没过完：那以后记录的人可以看着种子记", "the seed was there at {at}, before the period was over: whoever recorded after it could have gone by it";
    sample_no_size(size: &str): "公布的时候账本没有 {size} 条，或那本账不在这里", "the journal had no {size} records when it was published, or is not here";
    sample_other_rule(rule: &str): "按第 {rule} 版抽签规则抽的，这里不认得", "drawn by version {rule} of the rule, which this program does not know";
    sample_published(event: &str, drawn: &str, size: &str): "公布了：抽 {drawn} 条，种子是账本 {size} 条时的树根 · 事件 {event}", "Published: {drawn} drawn; the seed is the journal's root at {size} records · event {event}";
    sample_list(list: &str): "  名单的哈希 {list}", "  hash of the list {list}";
    seal_roots(sealed: &str, sealed_count: &str, ours: &str, ours_count: &str): "封存 {sealed}（{sealed_count} 本），重算 {ours}（{ours_count} 本）", "sealed {sealed} ({sealed_count} ledgers), follows {ours} ({ours_count} ledgers)";
    seal_other_rules(sealed: &str, ours: &str): "按第 {sealed} 版规则封存，这里是第 {ours} 版：不能比", "sealed by rules version {sealed}, these are version {ours}: not comparable";
    seal_first(unit: &str, view: &str): "先在 {unit} 的「{view}」不一样", "it first differs at {unit}, ledger \"{view}\"";
    seals_agree(count: usize): "封存过 {count} 个时段，都是重算得出的。", "Sealed periods: {count}; each is what follows.";
    seals_partial(count: usize): "封存过 {count} 个时段；封存的是所有村，这份镜像只有几个村，比不了。", "Sealed periods: {count}; a seal is over every village, and this mirror holds some alone: not compared.";
    seals_differ(count: usize, wrong: usize): "封存过 {count} 个时段，{wrong} 个不是重算得出的。", "Sealed periods: {count}; {wrong} are not what follows.";
    proof_holds(size: &str, journal: &str): "成立：在来源签名的 {size} 条里；{journal}", "Holds: among the {size} entries that its origin signed for; {journal}";
    proof_journal(position: &str, size: &str): "第 {position} 号收据在总台签名的 {size} 条里", "its receipt {position} is among the {size} records that the hub signed for";
    proof_witnesses(names: &str): "；见证：{names}", "; witnessed by {names}";
    proof_fails(why: &str): "不成立：{why}", "Does not hold: {why}";
    proofs_written(count: usize, dir: &str): "{count} 条的叶子和证明写在 {dir}", "Leaves and proofs of {count} entries are in {dir}";
}

heads! {
    sample_head: ["村", "户", "日期", "走访"], ["Village", "Household", "Day", "Visit"];
}

impl Words {
    /// Nobody has cosigned.
    pub(crate) const fn proof_unwitnessed(self) -> &'static str {
        match self.lang {
            Lang::Zh => "；还没有别的见证人签名",
            Lang::En => "; no witness has cosigned it",
        }
    }

    /// No checkpoint covers the receipt.
    pub(crate) const fn proof_no_journal(self) -> &'static str {
        match self.lang {
            Lang::Zh => "没有留下包含它收据的检查点",
            Lang::En => "no kept checkpoint covers its receipt",
        }
    }
}
