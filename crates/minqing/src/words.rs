//! Every sentence that the program says to people, in both languages, in this one place. Words of states are those of
//! the screens: 待传 and 已收, 计入, 状态冲突, 未识别, 暂扣; 「无」 for 0/0.

use audit::Finding;
use clap::ValueEnum;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

impl Lang {
    /// The language that the environment asks for: English where `LANG` begins with `en`, else Chinese.
    pub(crate) fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok());
        match set {
            Some(value) if value.starts_with("en") => Self::En,
            _ => Self::Zh,
        }
    }
}

impl From<Lang> for screen::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Self::Zh,
            Lang::En => Self::En,
        }
    }
}

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    lang: Lang,
}

/// Sentences without a gap: name, 中文, English.
macro_rules! sentences {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        impl Words {
            $(pub(crate) const fn $name(self) -> &'static str {
                self.pick($zh, $en)
            })*
        }
    };
}

/// Sentences with gaps: name(parameters): 中文, English.
macro_rules! forms {
    ($($name:ident($($gap:ident: $sort:ty),*): $zh:literal, $en:literal;)*) => {
        impl Words {
            $(pub(crate) fn $name(self, $($gap: $sort),*) -> String {
                match self.lang {
                    Lang::Zh => format!($zh),
                    Lang::En => format!($en),
                }
            })*
        }
    };
}

/// Heads of tables.
macro_rules! heads {
    ($($name:ident: [$($zh:literal),*], [$($en:literal),*];)*) => {
        impl Words {
            $(pub(crate) const fn $name(self) -> [&'static str; heads!(@count $($zh)*)] {
                match self.lang {
                    Lang::Zh => [$($zh),*],
                    Lang::En => [$($en),*],
                }
            })*
        }
    };
    (@count $($word:literal)*) => { <[()]>::len(&[$(heads!(@unit $word)),*]) };
    (@unit $word:literal) => { () };
}

mod proofs;
mod published;
mod serve;

impl Words {
    pub(crate) const fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// Their language.
    pub(crate) const fn lang(self) -> Lang {
        self.lang
    }

    const fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

sentences! {
    enrolling: "建镇、登记各村", "Founding the township";
    telling: "各村逐日记录，有线路时传", "Villages record and sync";
    gathering: "最后联上，收齐", "Everybody gets a link";
    mirroring: "审计员取全部账本", "The auditor mirrors";
    verifying: "审计员核验、重算", "The auditor verifies, replays";
    comparing: "逐村比对摘要", "Comparing digests";
    replaying: "重算台账", "Replaying";
    demo_after: "\n送达与效果（收齐以后，总台所见）", "\nDelivery and effect (with everything received, as the hub sees it)";
    requests_title: "\n诉求办理台账（全镇）", "\nRequests (the township)";
    coverage_title: "\n走访覆盖（全镇）", "\nVisit coverage (the township)";
    stop_with_ctrl_c: "按 Ctrl-C 结束。", "Ctrl-C ends it.";
    village_itself: "村里自己的", "as the village shows it";
    waiting: "待传", "Waiting";
    received: "已收", "Received";
    counted: "计入", "Counted";
    conflict: "状态冲突", "State conflict";
    not_understood: "未识别", "Not understood";
    held: "暂扣", "Held";
    no_effect: "没有计入", "Not counted";
    no_rows: "没有。", "Nothing.";
    saved: "存好了，在本机硬盘上。联上就传给镇里。", "Saved on this machine's disk. It goes to the township when there is a link.";
    disk_full: "硬盘满了，现在记不了，只能看。腾出地方再记。", "The disk is full: you can read, not record. Free some space and record again.";
    damaged: "存储损坏或缺失，要有人来看。", "Something on the disk is damaged or missing: a person must look.";
    locked: "这个文件夹正被另一个程序用着。", "Another process has this folder open.";
    unreachable: "联不上。", "The other side cannot be reached.";
    hub_ready: "总台在运行，按 Ctrl-C 结束。", "The hub is running. Ctrl-C ends it.";
    village_ready: "本村节点在运行，按 Ctrl-C 结束。", "The village node is running. Ctrl-C ends it.";
    witness_ready: "见证在运行，按 Ctrl-C 结束。", "The witness is running. Ctrl-C ends it.";
    notice_log: "账本", "Log";
    notice_size: "记录条数", "Records";
    notice_root: "树根", "Root";
    notice_groups: "树根（四位一组，便于核对）", "Root, in groups of four, to compare";
    notice_code: "抄写码", "Code to copy by hand";
    notice_witnesses: "见证", "Witnesses";
    notice_unwitnessed: "没有见证签名", "nobody has cosigned it";
    notice_check: "怎样核对", "How to check";
    notice_limits: "对得上，说明到这一条为止的记录没有被改过、删过、插过。它不能说明走访真的发生过，也不能说明没有漏记。", "If it agrees, no record up to this one was altered, dropped or put between. It does not show that a visit took place, nor what was never recorded.";
    notice_note: "存证原文", "The checkpoint itself";
    notice_holds_all: "二维码里是存证原文，一字不差，见证签名也在内。", "The code holds the checkpoint itself, byte for byte, with its cosignatures.";
    notice_holds_bare: "二维码里是存证原文，但放不下见证签名；签名在下面的原文里。", "The code holds the checkpoint itself without its cosignatures, for which there is no room; they stand below.";
    notice_holds_nothing: "存证太长，没有二维码；原文在下面。", "The checkpoint is too long for a code; it stands below.";
    running: "在运行", "running";
    not_running: "没有运行", "not running";
    syncing: "正在传。", "Sending.";
    all_sent: "已全部送达。", "Everything delivered.";
    nothing_waiting: "没有待传。", "Nothing waiting.";
    confirmed_title: "镇里已确认", "Confirmed by the township";
    mirror_holds: "全部核验通过。", "Everything verifies.";
    exporting: "导出", "Exporting";
    limits_head: "\n这份报告说明不了的：", "\nWhat this cannot show:";
    replay_agrees: "重算与总台一致。", "The replay agrees with the hub.";
    replay_differs: "重算与总台不一致，上面写着差在哪里。", "The replay does not agree with the hub; what differs stands above.";
    no_cadre_trace: "干部不能这样查。干部做过什么，只在规则找到线索时看那条线索的事件：先看线索，再由人核对。可以查的是一户或一件诉求。", "A cadre cannot be traced. What a cadre did is looked at only where a rule found a lead, and then only that lead's events, by a person. A household or a request can be traced.";
    no_sync_diff: "同步台账说的是机器，不是事件，不能这样比；在两个日子各看一次 as-known --view sync。", "The sync ledger speaks of machines, not of events, so there is nothing to explain it by; look at as-known --view sync on both days.";
    days_turned: "--from 要早于 --to。", "--from must lie before --to.";
    replay_only: "没有跟总台比对（--offline）。", "Not compared with the hub (--offline).";
}

forms! {
    demo_before(day: &str): "\n各村送达（{day} 傍晚，收齐以前）", "\nDelivery (evening of {day}, before everybody gets a link)";
    cut(position: &str, rules: u16): "截至 第 {position} 号收据 · 规则第 {rules} 版", "As of receipt {position} · rules version {rules}";
    checked(records: u64, signatures: u64, entries: u64, roots: u64):
        "审计员核验：{records} 条账本记录、{signatures} 个签名、{entries} 条事件、{roots} 个树根。",
        "The auditor checked {records} journal records, {signatures} signatures, {entries} events, {roots} tree roots.";
    altered(what: &str, village: &str): "故意改动（{what}）：{village}", "Altered on purpose ({what}): {village}";
    kept_in(dir: &str): "各方的文件夹在 {dir}", "Everybody's folders are in {dir}";
    seconds(events: &str, story: f64, all: f64):
        "{events} 条事件；记录和同步 {story} 秒，共 {all} 秒。",
        "{events} events; recording and syncing took {story} s, all of it {all} s.";
    agree(villages: usize):
        "一致：总台、{villages} 个村、审计员的全部摘要相同。",
        "AGREED: hub, {villages} villages and the auditor have the same digests.";
    disagree(units: &str): "不一致：{units}。上面写着差在哪里。", "NOT AGREED: {units}. What differs stands above.";
    hub_of(town: &str): "{town}总台", "{town} hub";
    not_comparable(party: &str, unit: &str, ours: &str, theirs: &str):
        "≠ {unit}（{party}）：不能比，两边看到的收据不一样（审计 {ours}，对方 {theirs}）",
        "≠ {unit} ({party}): not comparable, the two sides have seen different receipts (auditor {ours}, they {theirs})";
    missing(party: &str, unit: &str): "≠ {unit}（{party}）：没有摘要", "≠ {unit} ({party}): no digests are served";
    differs(party: &str, unit: &str, view: &str, ours: &str, theirs: &str):
        "≠ {unit}（{party}）台账 {view}：摘要 {theirs}… 与重算的 {ours}… 不同",
        "≠ {unit} ({party}), ledger {view}: digest {theirs}… is not the replay's {ours}…";
    first_row(key: &str, columns: &str):
        "\n    第一处不同：{key}（{columns}；左为重算，右为对方）",
        "\n    first difference: {key} ({columns}; replay left, theirs right)";
    altered_event(event: &str, signed: &str, here: &str):
        "\n    事件 {event} 被改过：签过名的是 {signed}，这里存的是 {here}",
        "\n    event {event} was altered: {signed} was signed, {here} is stored here";
    events_behind(events: &str, count: usize):
        "\n    背后的事件（{count} 条）：{events}",
        "\n    events behind it ({count}): {events}";
    waiting_here(count: u64): "↑ {count} 条待传，没有算进上面的数。", "↑ {count} entries waiting here, not in the figures above.";
    strip_waiting(count: u64): "↑ {count} 条待传。", "↑ {count} entries waiting.";
    strip_not_counted(count: u64): "≠ 有 {count} 条没有计入，看看为什么：", "≠ {count} entries were not counted. See why:";
    batch(lines: u64, recorded: u64, known: u64, refused: u64):
        "共 {lines} 行：存好 {recorded}，以前存过 {known}，没有存 {refused}。",
        "{lines} lines: {recorded} saved, {known} saved before, {refused} refused.";
    batch_stopped(rest: u64, why: &str):
        "还有 {rest} 行没有轮到：{why}。再运行一次，存过的不会重复记。",
        "{rest} lines were not reached: {why}. Run it again; what was saved is not recorded twice.";
    line_refused(line: u64, why: &str): "第 {line} 行没有存：{why}", "line {line} was refused: {why}";
    line_known(line: u64): "第 {line} 行以前存过，没有重复记", "line {line} was saved before; not recorded twice";
    offered(file: &str, until: &str):
        "登记文件写好了：{file}（{until} 前有效，只能用一次）。当面交接，不要用微信、邮件传。",
        "The enrolment file is {file} (good until {until}, once). Hand it over in person.";
    hub_made(dir: &str): "总台建好了：{dir}", "The hub is made: {dir}";
    pages_at(address: &str): "网页：{address}", "Pages: {address}";
    first_code(code: &str): "第一次用的登录码（只说这一次，72 小时内有效）：{code}", "One-time code for the first time (said once, good for 72 hours): {code}";
    one_code(code: &str): "一次性登录码（72 小时内有效；以前没用的作废）：{code}", "One-time code (good for 72 hours; the one before is void): {code}";
    village_made(dir: &str): "本村节点建好了：{dir}", "The village node is made: {dir}";
    notice_title(township: &str, month: &str): "{township} {month} 民情账本公示", "{township}: the log at the end of {month}";
    notice_written(file: &str): "写好了：{file}", "Written: {file}";
    witness_made(dir: &str, vkey: &str):
        "见证建好了：{dir}\n公钥（给要用它的镇、村、审计员）：\n{vkey}",
        "The witness is made: {dir}\nIts verifier key, for whoever relies on it:\n{vkey}";
    mirrored(records: u64, entries: u64, held: u64):
        "新取 {records} 条账本记录、{entries} 条事件；镜像现有 {held} 条账本记录。",
        "{records} journal records and {entries} events were taken in; the mirror holds {held} records.";
    findings(count: usize): "发现 {count} 处不对：", "{count} findings:";
    replayed(entries: usize, units: usize): "重算了 {entries} 条事件，{units} 个单位。", "{entries} events were replayed, {units} units.";
    exported(count: u64, file: &str): "导出 {count} 条到 {file}。", "{count} entries were exported to {file}.";
    page_written(file: &str): "网页报告写在 {file}。", "The report is in {file}.";
    exported_with_key(file: &str): "这次导出的密钥在 {file}：有它的人能认出谁是谁，另外保管。", "The key of this export is in {file}: whoever has it can tell who is who. Keep it apart.";
    only_for(flag: &str, what: &str): "{flag} 只用于 {what}。", "{flag} is for {what} only.";
    is_there(file: &str): "{file} 已经有了；换一个文件名。", "{file} is there already; choose another name.";
    restored_times(count: u64): "总台从备份恢复过 {count} 次。", "The hub was restored from a backup {count} times.";
    checked_more(receipts: u64, tiles: u64, cosignatures: u64, proofs: u64, took_ms: u64):
        "其中收据 {receipts} 张；另有哈希文件 {tiles} 个、见证签名 {cosignatures} 个、单条证明 {proofs} 份；用时 {took_ms} 毫秒。",
        "{receipts} of the records are receipts; also {tiles} files of hashes, {cosignatures} cosignatures, {proofs} single proofs; {took_ms} ms.";
    unlisted(count: u64): "另有 {count} 处没有列出。", "{count} more are not listed.";
    left_out(logs: u64, entries: u64):
        "这份镜像只要了几个村：另有 {logs} 份记录、{entries} 条事件不在这里，只查了它们的收据。",
        "This mirror is of some villages alone: {logs} logs with {entries} events are not here; of them the receipts were checked.";
    under_key(key: &str): "总台的公钥（跟纸上的比一比）：{key}", "The hub's key (compare it with the one on paper): {key}";
    witness(name: &str, size: u64, time: &str):
        "见证人 {name}：{time} 见过前 {size} 条",
        "Witness {name} saw the first {size} records at {time}";
    quorum(size: u64): "见证人够数的：前 {size} 条", "Enough witnesses vouch for the first {size} records";
    bounded(count: u64, minutes: u64):
        "{count} 条的记录时间有上下限，最宽 {minutes} 分钟。",
        "The times of {count} entries are bounded on both sides; the widest bound is {minutes} minutes.";
    report_head(at: &str, what: &str): "核验报告 {at}（北京时间）：{what}", "Verification report, {at} (UTC+8): {what}";
    exported_folder(records: u64, entries: u64, files: u64, folder: &str):
        "文件夹 {folder}：{records} 条账本记录、{entries} 条事件；这次添了 {files} 个文件。",
        "{folder} holds {records} journal records and {entries} events; {files} files were added.";
    evidence_count(count: usize): "共 {count} 件。", "{count} in all.";
    forks(count: u64): "有 {count} 台机器的记录分了岔，已留证。", "{count} machines' logs forked; evidence is kept.";
}

heads! {
    demo_before_head: ["村", "时钟", "上次联上", "没联上的天数", "待传"],
        ["Village", "Clock", "Last contact", "Days without a link", "Waiting"];
    demo_after_head: ["村", "最后一张收据", "已收", "计入", "状态冲突", "未识别", "暂扣", "没有计入"],
        ["Village", "Last receipt", "Received", "Counted", "Conflict", "Not understood", "Held", "No effect"];
    requests_head: ["村", "登记", "办结", "未结", "超期", "按期办结", "一次办结", "满意", "解决"],
        ["Village", "Raised", "Closed", "Open", "Overdue", "On time", "First round", "Satisfied", "Solved"];
    coverage_head: ["村", "应访户", "见到", "电话联系", "仅敲门未遇", "未访", "覆盖"],
        ["Village", "Households", "Met", "Contacted", "Not at home", "Unvisited", "Coverage"];
    request_rows_head: ["诉求", "户", "状态", "登记日", "到期", "轮次", "超期天数"],
        ["Request", "Household", "State", "Registered", "Due", "Round", "Days overdue"];
    household_rows_head: ["户", "组", "人口", "走访", "最近走访", "未结诉求"],
        ["Household", "Group", "Members", "Visits", "Last visit", "Open requests"];
    diary_rows_head: ["干部", "日期", "走访", "记录日", "补录天数"],
        ["Cadre", "Day", "Visits", "Recorded", "Days late"];
    sync_rows_head: ["来源", "最后一张收据", "已收", "计入", "状态冲突", "未识别", "暂扣", "没有计入"],
        ["Origin", "Last receipt", "Received", "Counted", "Conflict", "Not understood", "Held", "No effect"];
    machines_head: ["机器", "单位", "用途", "最后一张收据", "已收", "待传（自报）", "情况"],
        ["Machine", "Unit", "Role", "Last receipt", "Received", "Waiting (as said)", "State"];
    log_head: ["来源:序号", "类型", "发生", "送达", "效果"],
        ["Origin:sequence", "Kind", "Occurred", "Delivery", "Effect"];
    witness_head: ["账本", "作证时间", "大小", "树根"],
        ["Log", "Cosigned", "Size", "Root"];
    notice_steps: ["扫二维码，或把下面的原文照抄，存成一个文件 checkpoint.txt（末尾换行也要）。", "在有账本副本的机器上运行：minqing audit verify --checkpoint checkpoint.txt", "手抄的抄写码，拿来跟这一页上的比；错一个字符或换了两个字符都看得出来。"],
        ["Scan the code, or type the text below, into a file checkpoint.txt (with the newline at its end).", "On a machine with a copy of the log: minqing audit verify --checkpoint checkpoint.txt", "A code that was copied by hand is compared with the one on this page; one wrong character, or two exchanged, shows."];
    digests_head: ["单位", "截至", "诉求", "户情走访", "日记", "同步"],
        ["Unit", "As of", "Requests", "Households", "Diary", "Sync"];
}

impl Words {
    /// The language's tag, as web pages name it.
    pub(crate) const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// One of two, Chinese and English.
    pub(crate) const fn either<'a>(self, (zh, en): (&'a str, &'a str)) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// What became of a checkpoint that was kept.
    pub(crate) fn kept(self, from: &str, size: u64, verdict: &str, witnesses: usize) -> String {
        let verdict = match verdict {
            "held" => self.pick("对得上", "holds"),
            "restored" => self.pick("中间总台从备份恢复过，已声明", "a declared restore lies between"),
            "left-out" => self.pick(
                "那份记录不在这里，只查了签名",
                "its log is not here; its signature alone was checked",
            ),
            _ => self.pick("对不上", "does not hold"),
        };
        match self.lang {
            Lang::Zh => format!("留下的检查点 {from}（{size} 条，见证 {witnesses} 个）：{verdict}"),
            Lang::En => format!("Kept checkpoint {from} ({size} records, {witnesses} witnesses): {verdict}"),
        }
    }

    /// What was noticed and proves nothing.
    pub(crate) fn note(self, note: &Finding) -> String {
        let rule = match note.rule {
            "restored" => "总台从备份恢复过，已声明",
            "seen" => "自称看过的账本对不上",
            "time" => "自称的时间在上下限之外",
            "vouched" => "这些记录还没有够数的见证人见过",
            other => other,
        };
        match self.lang {
            Lang::Zh => format!("· {rule}：{note}"),
            Lang::En => format!("· {note}"),
        }
    }

    /// A piece of evidence and where it lies.
    pub(crate) fn evidence(self, is_benign: bool, what: &str, path: &std::path::Path) -> String {
        let mark = if is_benign {
            self.pick("已声明", "benign")
        } else {
            self.pick("要查", "look into it")
        };
        format!("{mark} · {what} → {}", path.display())
    }

    /// What a machine's clock is like.
    pub(crate) fn clock(self, word: &str) -> &'static str {
        match word {
            "ntp" => self.pick("准（有校时）", "right (NTP)"),
            "right" => self.pick("准（无校时）", "right (no NTP)"),
            "drifting" => self.pick("走得不准", "drifts"),
            "began_1970" => self.pick("断电回到 1970", "woke in 1970"),
            "years_ahead" => self.pick("快了几年", "years ahead"),
            "year_back" => self.pick("慢了一年", "a year back"),
            _ => self.pick("不知道", "unknown"),
        }
    }

    /// The word of a request's state, as on the township's board.
    pub(crate) fn state(self, word: &str) -> String {
        let known = match word {
            "registered" => self.pick("待受理", "registered"),
            "accepted" => self.pick("待交办", "accepted"),
            "assigned" => self.pick("已交办，没动", "assigned"),
            "handling" => self.pick("办理中", "handling"),
            "replied" => self.pick("待回访", "replied"),
            "satisfied" => self.pick("满意，待办结", "satisfied"),
            "unsatisfied" => self.pick("不满意，待再交办", "unsatisfied"),
            "closed" => self.pick("办结", "closed"),
            other => return other.to_owned(),
        };
        known.to_owned()
    }

    /// The word of a delivery state.
    pub(crate) fn delivery(self, word: &str) -> &'static str {
        match word {
            "received" => self.received(),
            _ => self.waiting(),
        }
    }

    /// The word of an effect.
    pub(crate) fn effect(self, word: &str) -> &'static str {
        match word {
            "counted" => self.counted(),
            "conflict" => self.conflict(),
            "not_understood" => self.not_understood(),
            "held" => self.held(),
            "no_effect" => self.no_effect(),
            _ => "—",
        }
    }

    /// What was found, without where.
    pub(crate) fn found(self, finding: &Finding) -> String {
        let rule = self.broken(finding.rule);
        match self.lang {
            Lang::En => finding.what.clone(),
            Lang::Zh if matches!(finding.rule, "store" | Finding::JOURNAL_ROOT) => format!("{rule}；{}", finding.what),
            Lang::Zh => rule.to_owned(),
        }
    }

    /// What a rule of an audit demands; `demands` says so in English.
    pub(crate) fn rule(self, rule: &str, demands: &str) -> String {
        let demands = match (self.lang, rule) {
            (Lang::En, _) => demands,
            (_, "store") => "镜像自己的文件完好",
            (_, "complete") => "最新检查点下的记录，镜像里都有",
            (_, "gapless") => "账本记录一条接一条，不缺号",
            (_, "journal-root") => "记录的树根就是总台签过名的那个",
            (_, "journal-signature") => "账本检查点是用总台的密钥签的",
            (_, "received-at") => "收到时间一条比一条晚",
            (_, "key") => "来源都跟自己的密钥对得上，接任的由前任指定",
            (_, "receipt") => "每张收据接着前一张，检查点的条数对得上",
            (_, "receipt-signature") => "每张收据里的检查点是那个来源自己签的",
            (_, "root") => "事件的树根就是来源签过名的那个",
            (_, "uncovered") => "每条事件都有收据",
            (_, "header") => "事件在它自己写的位置上",
            (_, "ulid") => "事件编号一条比一条大，带过来的除外",
            (_, "personal") => "个人部分跟事件里写的摘要和长度对得上",
            _ => demands,
        };
        demands.to_owned()
    }

    /// What is wrong where a rule does not hold, in Chinese.
    fn broken(self, rule: &'static str) -> &'static str {
        match rule {
            "store" => "镜像自己的文件坏了",
            "export" => "文件夹没有写完，或文件不对",
            "complete" => "没有全：缺记录或事件",
            "restore" => "账本换过，没有声明或证据不对",
            "tile" => "哈希文件跟记录对不上",
            "kept" => "跟以前留下的检查点对不上",
            "cosignature" => "见证人的签名不对",
            "quorum" => "见证人不够数或太旧",
            "proof" => "单条证明不成立",
            "gapless" => "账本缺记录",
            "journal-root" => "账本记录跟总台签过名的树根对不上：有记录被改、换或添",
            "journal-signature" => "账本检查点的签名不对",
            "received-at" => "收到时间没有比前一条晚",
            "key" => "来源跟密钥对不上",
            "receipt" => "收据跟前一张接不上",
            "receipt-signature" => "收据里的检查点不是这个来源签的",
            "root" => "事件跟来源签过名的树根对不上：有事件被改",
            "uncovered" => "事件跟收据对不上",
            "header" => "事件的位置跟它自己写的不同",
            "ulid" => "事件编号没有递增",
            "personal" => "个人部分跟事件里的摘要对不上",
            other => other,
        }
    }

    /// A finding of an audit.
    pub(crate) fn finding(self, finding: &Finding) -> String {
        if self.lang == Lang::En {
            return format!("≠ {finding}");
        }
        let rule = self.broken(finding.rule);
        let mut text = format!("≠ [{}] {rule}", finding.rule);
        if let Some(unit) = finding.unit {
            text.push_str(&format!("；{} {unit}", finding.name.as_deref().unwrap_or_default()));
        }
        if let Some(position) = finding.position {
            text.push_str(&format!("；账本第 {position} 条"));
        }
        match (finding.from, finding.to) {
            (Some(from), Some(to)) if from == to => text.push_str(&format!("；第 {from} 条")),
            (Some(from), Some(to)) => text.push_str(&format!("；第 {from} 至 {to} 条")),
            _ => {}
        }
        if let Some(origin) = finding.origin {
            text.push_str(&format!("；来源 {origin}"));
        }
        if let Some(event) = finding.event {
            text.push_str(&format!("；事件 {event}"));
        }
        if let Some(file) = &finding.file {
            text.push_str(&format!("；文件 {file}"));
        }
        if let Some(index) = finding.index {
            text.push_str(&format!(" 里第 {index} 个（从 0 数）"));
        }
        for said in &finding.statements {
            text.push_str(&format!(
                "；{}（{}）说 {} 条、树根 {}",
                said.who, said.from, said.size, said.root
            ));
        }
        if !matches!(
            finding.rule,
            "root" | "header" | "ulid" | "personal" | "received-at" | "gapless"
        ) {
            text.push_str(&format!("；{}", finding.what));
        }
        text
    }
}
