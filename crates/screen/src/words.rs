//! Every word that a page shows, in both languages, in this one place. Words of states are those of the design: 待传 and
//! 已收, 计入, 状态冲突, 未识别, 暂扣; 「无」 for 0/0, 「不知道」 for unknown.

use crate::Lang;

/// The words of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    lang: Lang,
}

/// Sentences without a gap: name, 中文, English.
macro_rules! sentences {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        #[allow(missing_docs, reason = "each says itself")]
        impl Words {
            $(#[must_use] pub const fn $name(self) -> &'static str {
                match self.lang {
                    Lang::Zh => $zh,
                    Lang::En => $en,
                }
            })*
        }
    };
}

/// Sentences with gaps: name(parameters): 中文, English.
macro_rules! forms {
    ($($name:ident($($gap:ident: $sort:ty),*): $zh:literal, $en:literal;)*) => {
        #[allow(missing_docs, reason = "each says itself")]
        impl Words {
            $(#[must_use] pub fn $name(self, $($gap: $sort),*) -> String {
                match self.lang {
                    Lang::Zh => format!($zh),
                    Lang::En => format!($en),
                }
            })*
        }
    };
}

/// Words of codes: group { code: 中文, English }.
macro_rules! codes {
    ($($(#[$doc:meta])* $group:ident { $($code:literal: $zh:literal, $en:literal;)* })*) => {
        impl Words {
            $($(#[$doc])*
            #[must_use] pub fn $group(self, code: &str) -> Option<&'static str> {
                match (code, self.lang) {
                    $(($code, Lang::Zh) => Some($zh), ($code, Lang::En) => Some($en),)*
                    _ => None,
                }
            })*
        }
    };
}

mod api;
mod board;
mod books;
mod corrections;
mod drafts;
mod ledgers;
mod matters;
mod office;
mod talks;
mod villages;

impl Words {
    /// The words of a language.
    #[must_use]
    pub const fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// Their language.
    #[must_use]
    pub const fn lang(self) -> Lang {
        self.lang
    }
}

sentences! {
    brand: "民情", "Minqing";
    audit: "审计", "Audit";
    limits: "这份报告说明不了的", "What this cannot show";
    no_rows: "没有。", "Nothing.";
    nothing_found: "没有发现不对的地方。", "Nothing was found wrong.";
    table: "表", "Table";
    unknown: "不知道", "unknown";
    was: "原来", "was";
    became: "改成", "now";
    benign: "没有过错也会这样：", "How it comes about without fault:";
    proof: "收录证明", "Proof of inclusion";
    before_first_receipt: "还没有收据", "before the first receipt";
    waiting: "待传", "Waiting";
    received: "已收", "Received";
    counted: "计入", "Counted";
    conflict: "状态冲突", "State conflict";
    not_understood: "未识别", "Not understood";
    held: "暂扣", "Held";
    no_effect: "没有计入", "Not counted";
    on: "默认开", "On by default";
    off: "默认关", "Off by default";
    claimed: "发生（自述）", "Happened (as claimed)";
    recorded_at: "记录（本机钟）", "Recorded (its own clock)";
    received_at: "镇里收到", "Received by the township";
    strip_legend: "上：自述的时间；下：镇里收到的时间", "Above: as claimed. Below: as received.";
    actors: "谁做的", "Done by";
    recorder: "谁记的", "Recorded by";
    machine: "机器", "Machine";
    position: "账本位置", "Journal position";
    event: "事件", "Event";
    events: "事件", "Events";
    unit: "单位", "Unit";
    village: "村", "Village";
    rule: "规则", "Rule";
    what_demands: "要求", "What it demands";
    outcome: "结果", "Outcome";
    holds: "通过", "Holds";
    does_not_hold: "不通过", "Does not hold";
    column_head: "栏目", "Column";
    before: "原来", "Before";
    after: "现在", "Now";
    because: "依据", "Because of";
    why: "为什么", "Why";
    how_many: "几条", "How many";
    time_passed: "只是日子过了", "Time passed";
    unexplained: "查不到依据，要有人看", "Not explained by its events: a person must look";
    ours: "重算", "Replay";
    theirs: "对方", "Theirs";
    as_of: "截至", "As of";
    day: "日期", "Day";
    count: "数目", "Count";
    subject: "对象", "Subject";
    journal: "账本", "Journal";
    log: "来源", "Log";
    entries: "条目", "Entries";
    journal_records: "账本记录", "Journal records";
    receipts: "收据", "Receipts";
    signatures: "签名", "Signatures";
    tree_roots: "树根", "Tree roots";
    logs: "各机器的记录", "Logs";
    personal_parts: "个人部分", "Personal parts";
    total: "合计", "Total";
    rows: "行", "Rows";
    by_as_known: "按镇里收到的时间", "by when the township received it";
    by_as_of: "按发生的日子", "by when it happened";
    months: "每月登记和办结", "Raised and closed, by month";
    open_and_overdue: "未结，其中超期", "Open, of which overdue";
    days_late: "补录天数", "Days between the day and its recording";
    coverage_parts: "走访覆盖", "Coverage by visits";
    household: "户", "Household";
    request: "诉求", "Request";
    name: "名称", "Name";
    in_batch: "纸上补录", "from paper, several at once";
    later_same_day: "当天补记", "later on the same day";
    imported: "旧账导入", "imported history";
    by_township: "镇里记的", "recorded by the township";
    clock_ntp: "钟有校时", "clock follows a time server";
    clock_hub: "钟由镇里校过", "clock set by the township";
    clock_floor: "钟不准，按上次的时间接着走", "clock wrong, carried on from the last time";
    clock_unknown: "钟没核对过", "clock not checked";
    corrected_clock: "更正后的本机钟", "Its clock, corrected";
    duplicate: "同一件事又收到一次", "the same fact was received again";
    other_content: "同一编号、内容不同：分叉的证据", "other content under the same identity: evidence of a fork";
    carried: "由接任的机器带过来", "carried on by a successor";
    voided: "作废", "voided";
    in_effect: "有效", "in effect";
    text: "正文", "Text";
    text_kept: "有（报告里不显示）", "kept (not shown in reports)";
    text_gone: "不在这里", "not here";
    entered: "录入", "Entered";
    about: "关于", "about";
    related_requests: "这一户的诉求", "Requests of this household";
    related_households: "与它并户、拆户的户", "Households that it merged or split with";

    verify_title: "核验报告", "Verification";
    verify_good: "全部核验通过。", "Everything verifies.";
    kept_checkpoints: "以前留下的检查点", "Checkpoints that were kept";
    witnesses: "见证", "Witnesses";
    noticed: "看到、但不能算证据的", "What was noticed and proves nothing";
    verify_rules: "查了哪些规则", "The rules that were checked";
    verify_findings: "发现", "Findings";
    verify_checkpoint: "镇里签过名的账本检查点", "The checkpoint that the township signed";
    verify_checkpoint_note: "跟公告栏、档案里留的比一比", "Compare it with the one on the notice board and in the archive";
    replay_title: "重算报告", "Replay";
    replay_good: "从头重算的每个数都跟对方的一样。", "Every figure rebuilt from nothing is the one that the other side serves.";
    replay_only: "从头重算了一遍，没有跟谁比。", "Rebuilt from nothing, and compared with nobody.";
    replay_digests: "各单位的摘要", "Digests by unit";
    replay_differences: "差在哪里", "What differs";
    replay_events: "背后的事件", "The events behind it";
    replay_no_rows: "对方的行没有留存，说不出是哪一行；联网重算能说出来。", "The other side's rows were not kept, so the row cannot be named; a replay with a link to it can.";
    as_of_title: "截至某日的台账", "Ledgers as of a day";
    as_known_title: "当时所知的台账", "Ledgers as known on a day";
    units_summary: "各单位", "By unit";
    diff_title: "变了什么，为什么", "What changed, and why";
    diff_none: "一格都没有变。", "Not one cell changed.";
    diff_reasons: "为什么", "Reasons";
    row_new: "新的一行", "New row";
    row_gone: "这一行没有了", "The row is gone";
    row_changed: "变了", "Changed";
    why_new: "新发生", "Happened since";
    why_late: "晚到", "Arrived late";
    why_corrected: "更正", "Corrected";
    why_voided: "作废", "Voided";
    why_merged: "并户/拆户", "Merged or split";
    why_clock: "校正时钟", "Clock corrected";
    trace_title: "一件事的来龙去脉", "The story of one thing";
    trace_story: "经过", "Step by step";
    trace_strip: "发生和收到", "Happened and received";
    trace_order: "按经过的先后；一件事记得晚，就排在后面", "In the order of the story; what was recorded late stands late";
    trace_not_here: "这份镜像里没有它的任何记录。", "This mirror holds no record of it.";
    of_lead_title: "一条线索的事件", "The events of one lead";
    leads_title: "线索", "Leads";
    leads_each: "每条都要人去核对，不是结论", "Each for a person to check; none is a verdict";
    leads_off: "默认不开的规则", "Rules that are off by default";
    leads_what: "看什么", "What it looks at";
    leads_measured: "提示对的", "Leads that were right";
    leads_why_off: "在已知真相的模拟数据里，每五条提示对的不到四条；只在点名要求时运行", "In made-up data whose truth is known, fewer than four of five of their leads were right; they run only when asked for by name";
    leads_by_rule: "各规则的线索", "Leads by rule";
    sample_title: "抽查单", "Spot checks";
    sample_strata: "怎么抽的", "How it was drawn";
    sample_drawn: "抽到的", "Drawn";
    sample_seed: "抽签的种子（账本树根）", "Seed of the draw (root of the journal)";
    sample_stratum: "层", "Stratum";
    sample_of: "共", "Of";
    sample_taken: "抽", "Drawn";
    sample_came: "有人来过吗", "Did somebody come?";
    sample_asked: "问过什么吗", "Was anything asked?";
    mirror_title: "取镜像", "Mirror";
    export_title: "导出", "Export";

    limit_truth: "不能说明走访真的发生过，也不能说明没记下的事。", "It cannot show that a visit took place, nor what was never recorded.";
    limit_claim: "发生的时间是记的人自己写的；只有镇里收到的时间有收据。", "When something happened is its author's claim; only the time of receipt has a receipt.";
    limit_copy: "只查了这一份镜像。镇里给别人看的是不是同一本，要跟公告栏、档案、别村留的检查点比。", "Only this mirror was checked. Whether others are shown the same journal, only checkpoints kept elsewhere can tell.";
    limit_before_sync: "传到镇里以前改过什么，这里看不出来。", "What was changed before it reached the township does not show here.";
    limit_rules: "数是按写明的规则版本算的；规则合不合适，不归它管。", "Figures follow from the rules of the version named; whether the rules are the right ones is not its question.";
    limit_lead: "线索只说明记录有不寻常的地方，不说明谁有错。每条旁边都写着没有过错的解释。", "A lead says that records are unusual, not that somebody did wrong. Each stands beside an explanation without fault.";
    limit_sample: "住户可以不答，不答没有任何后果。", "A resident may decline to answer, and nothing follows from it.";
    limit_known: "「当时所知」按镇里收到的时间算；村里当时知道什么，不在内。", "\"As known\" goes by what the township had received; what the village knew then is not in it.";
    limit_hidden: "去标识化不是匿名化：村名、日期、少见的事，跟别的资料对照仍可能认出人来。", "De-identified is not anonymous: villages, dates and rare events may still point to somebody beside other material.";
}

forms! {
    receipt(position: &str): "第 {position} 号收据", "receipt {position}";
    cut(position: &str, rules: u16): "截至 {position} · 规则第 {rules} 版", "As of {position} · rules version {rules}";
    with_digest(digest: &str): " · 摘要 {digest}", " · digest {digest}";
    labelled(label: &str, line: &str): "{label}：{line}", "{label}: {line}";
    left_out(count: &str): "还有 {count} 行没有列出；--json 里全有。", "{count} further rows are not shown; --json has them all.";
    greatest(top: &str): "最多 {top}", "at most {top}";
    lines_heard(title: &str, top: &str, first: &str, last: &str):
        "{title}：从 {first} 到 {last}，最多 {top}", "{title}: from {first} to {last}, at most {top}";
    strip_heard(count: usize, first: &str, last: &str):
        "{count} 条事件，从 {first} 到 {last}", "{count} events, from {first} to {last}";
    verify_bad(count: usize): "有 {count} 处不对。", "{count} things do not hold.";
    replay_bad(count: usize): "有 {count} 个单位对不上。", "{count} units do not agree.";
    replay_not_comparable(ours: &str, theirs: &str):
        "不能比：重算到第 {ours} 号收据，对方到第 {theirs} 号", "not comparable: the replay has seen receipt {ours}, they {theirs}";
    replay_missing(party: &str): "{party}没有给出摘要", "{party} serves no digests";
    replay_first(view: &str, key: &str): "台账「{view}」里第一处不同：{key}", "First difference in the ledger \"{view}\": {key}";
    as_of_question(day: &str): "发生在 {day} 为止的事；更正一律算上", "What had happened by {day}; corrections always apply";
    as_of_known_question(day: &str, known: &str):
        "发生在 {day} 为止的事，按镇里 {known} 为止收到的", "What had happened by {day}, as far as the township had received it by {known}";
    as_known_question(day: &str): "镇里 {day} 为止收到的", "What the township had received by {day}";
    as_known_of_question(known: &str, day: &str):
        "镇里 {known} 为止收到的，年龄、超期按 {day} 算", "What the township had received by {known}; ages and overdue days as of {day}";
    ledgers_answer(rows: &str, units: usize): "{units} 个单位，{rows} 行。", "Units: {units}. Rows: {rows}.";
    ledger_of(view: &str): "台账「{view}」", "Ledger: {view}";
    period(from: &str, to: &str): "{from} 至 {to}", "{from} to {to}";
    diff_question(view: &str, from: &str, to: &str): "台账「{view}」，{from} 和 {to} 之间", "Ledger \"{view}\", between {from} and {to}";
    diff_answer(rows: usize, cells: usize): "{rows} 行有变，{cells} 格。", "Rows changed: {rows}. Cells: {cells}.";
    diff_unexplained(rows: usize): "其中 {rows} 行查不到依据，要有人看。", "{rows} of them are not explained by their events: a person must look.";
    trace_answer(steps: usize, first: &str, last: &str):
        "{steps} 条记录，自述从 {first} 到 {last}。", "{steps} records, by their own claims from {first} to {last}.";
    trace_exceptions(count: usize): "其中 {count} 条没有计入，下面写着为什么。", "{count} of them are not counted; why stands beside each.";
    did(actors: &str, recorder: &str): "{actors} 做，{recorder} 记", "by {actors}, recorded by {recorder}";
    nobody_did(recorder: &str): "{recorder} 记", "recorded by {recorder}";
    place_in_log(origin: &str, sequence: u64): "{origin} 第 {sequence} 条", "{origin}, entry {sequence}";
    leads_answer(count: usize, rules: usize): "{rules} 条规则给出 {count} 条线索。", "{rules} rules give {count} leads.";
    sample_answer(count: usize, of: &str): "从 {of} 条里抽 {count} 条。", "{count} drawn out of {of}.";
    made(at: &str, version: &str): "{at}（UTC+8）由 minqing {version} 写成", "Written {at} (UTC+8) by minqing {version}";
    copies(count: usize): "又收到 {count} 次", "received {count} more times";
    tenths(value: &str): "{value} 秒", "{value} s";
}

codes! {
    /// A ledger, by its word on the command line.
    view {
        "requests": "诉求办理", "requests"; "households": "户情走访", "households"; "diary": "民情日记", "diary";
        "coverage": "走访覆盖", "coverage"; "sync_health": "同步", "sync"; "sync": "同步", "sync";
    }
    /// A kind of event.
    kind {
        "household_registered": "建档立户", "Household registered"; "household_changed": "户情变更", "Household changed";
        "pairing_established": "结对", "Pairing established"; "pairing_ended": "解除结对", "Pairing ended";
        "visit_recorded": "走访", "Visit"; "talk_recorded": "谈心", "Talk"; "diary_written": "民情日记", "Diary";
        "request_raised": "登记诉求", "Request raised"; "request_accepted": "受理", "Accepted";
        "request_assigned": "交办", "Assigned"; "request_progressed": "办理进展", "Progress"; "request_replied": "答复", "Replied";
        "request_followed_up": "回访", "Follow-up"; "request_reassigned": "再交办", "Assigned again"; "request_closed": "办结", "Closed";
        "record_corrected": "更正", "Correction"; "clock_corrected": "校正时钟", "Clock corrected";
    }
    /// A column of a ledger, or a field of a fact.
    column_known {
        "request": "诉求", "Request"; "unit": "单位", "Unit"; "household": "户", "Household"; "channel": "来源", "Channel"; "kind": "类别", "Kind";
        "urgency": "缓急", "Urgency"; "people": "人数", "People"; "registered_on": "登记日", "Registered"; "raised_ms": "登记时刻", "Raised at";
        "accepted_on": "受理日", "Accepted"; "assigned_on": "交办日", "Assigned"; "due": "到期", "Due"; "replied_on": "答复日", "Replied";
        "followed_up_on": "回访日", "Followed up"; "closed_on": "办结日", "Closed"; "closed_ms": "办结时刻", "Closed at";
        "handling_unit": "承办单位", "Handling unit"; "handler": "承办人", "Handler"; "round": "轮次", "Round"; "outcome": "结果", "Outcome";
        "solved": "解决", "Solved"; "satisfaction": "满意度", "Satisfaction"; "closing": "办结方式", "Closing"; "state": "状态", "State";
        "attempts": "联系不上", "Attempts"; "attempt_days": "联系天数", "Attempt days"; "imported": "旧账", "Imported";
        "text_sha256": "正文摘要", "Text digest"; "overdue_days": "超期天数", "Days overdue"; "open_days": "历时天数", "Days open";
        "not_followed_up": "未回访", "Not followed up"; "group": "组", "Group"; "size": "人口", "Members"; "status": "户情", "Status"; "into": "并入", "Into";
        "last_visit": "最近走访", "Last visit"; "last_met_on": "最近见到", "Last met"; "visits": "走访", "Visits"; "open_requests": "未结诉求", "Open requests";
        "oldest_open_days": "最老未结天数", "Oldest open, days"; "last_satisfaction": "最近满意度", "Last satisfaction";
        "cadre": "干部", "Cadre"; "day": "日期", "Day"; "event": "事件", "Event"; "origin": "来源", "Origin"; "sequence": "序号", "Sequence";
        "wall_ms": "本机钟", "Its clock"; "requests": "诉求", "Requests"; "recorded_on": "记录日", "Recorded"; "lag_days": "补录天数", "Days late";
        "households": "应访户", "Households"; "met_at_home": "见到", "Met"; "contacted": "电话联系", "Contacted"; "knocked_only": "仅敲门未遇", "Not at home";
        "unvisited": "未访", "Unvisited"; "visits_off_books": "册外走访", "Off the books"; "coverage": "覆盖率", "Coverage"; "contact": "联系率", "Contact";
        "raised": "登记", "Raised"; "closed": "办结", "Closed"; "open": "未结", "Open"; "overdue": "超期", "Overdue"; "on_time": "按期办结", "On time";
        "first_round": "一次办结", "First round"; "reassigned": "再交办", "Assigned again"; "satisfied": "满意", "Satisfied";
        "mode": "方式", "How"; "minutes": "分钟", "Minutes"; "change": "变更", "Change"; "since": "自", "From"; "until": "至", "Until"; "path": "途径", "Path";
        "rule": "依据", "Rule"; "blocked": "受阻", "Blocked"; "in_writing": "书面", "In writing"; "reached": "联系上", "Reached"; "target": "更正的事件", "Target";
        "correction": "更正方式", "Correction"; "occurred": "发生时间", "Time"; "from": "自", "From"; "on": "于", "On"; "reason": "原因", "Reason";
        "follow_up": "要跟进", "To follow up"; "first": "第一条", "First entry"; "last": "最后一条", "Last entry"; "offset_ms": "差（毫秒）", "Offset (ms)";
        "last_sequence": "最后序号", "Last sequence"; "last_position": "最后收据", "Last receipt"; "last_received_at_ms": "收到时刻", "Received at";
        "receipts": "收据", "Receipts"; "missing": "缺号", "Missing"; "unreadable": "读不出", "Unreadable"; "entries": "已收", "Received"; "counted": "计入", "Counted";
        "conflicts": "状态冲突", "Conflicts"; "not_understood": "未识别", "Not understood"; "held": "暂扣", "Held"; "no_effect": "没有计入", "Not counted";
        "carried": "带过来", "Carried"; "skew_median_ms": "钟差（毫秒）", "Clock skew (ms)";
    }
    /// The word of a code, whatever its column.
    value_known {
        "registered": "待受理", "registered"; "accepted": "待交办", "accepted"; "assigned": "已交办，没动", "assigned"; "handling": "办理中", "handling";
        "replied": "待回访", "replied"; "satisfied": "满意", "satisfied"; "unsatisfied": "不满意", "not satisfied"; "closed": "办结", "closed";
        "mostly": "基本满意", "mostly satisfied"; "no_opinion": "不表态", "no opinion"; "yes": "是", "yes"; "no": "否", "no"; "partly": "部分", "in part";
        "true": "是", "yes"; "false": "否", "no"; "met": "见到", "met"; "not_home": "不在家", "not at home"; "declined": "婉拒", "declined"; "moved": "已搬", "moved away";
        "home": "上门", "at home"; "phone": "电话", "by telephone"; "video": "视频", "by video"; "elsewhere": "别处", "elsewhere";
        "visit": "走访", "visit"; "hotline": "热线", "hotline"; "reception": "接待日", "reception day"; "letter": "来信", "letter"; "caller": "来访", "caller";
        "online": "网上", "online"; "proposal": "提案", "proposal"; "meeting": "座谈", "meeting"; "internal": "内部", "internal";
        "advice": "咨询", "advice"; "help": "求助", "help"; "complaint": "投诉", "complaint"; "suggestion": "建议", "suggestion"; "dispute": "纠纷", "dispute"; "errand": "代办", "errand";
        "ordinary": "一般", "ordinary"; "urgent": "急", "urgent"; "emergency": "紧急", "emergency";
        "supported": "予以支持", "supported"; "explained": "解释说明", "explained"; "not_supported": "不予支持", "not supported"; "no_longer_needed": "不用办了", "no longer needed";
        "explained_final": "解释到底", "explained, final"; "unreachable": "联系不上", "could not be reached"; "withdrawn": "本人撤回", "withdrawn";
        "duplicate": "重复", "duplicate"; "statutory_end": "依法终结", "ended by law"; "source": "旧账所载", "as the source has it";
        "merged": "并户", "merged"; "split": "拆户", "split"; "moved_in": "迁入", "moved in"; "moved_out": "迁出", "moved out"; "presence": "在不在家", "presence"; "out": "迁出", "moved out"; "open": "在册", "on the books"; "off_books": "已销户", "closed";
        "correct": "更正", "correct"; "void": "作废", "void"; "not_reached": "没联系上", "not reached";
        "petition": "信访", "petition"; "hotline_12345": "12345", "12345 hotline"; "mediation": "调解", "mediation";
    }
    /// Why an entry is not counted.
    reason_known {
        "no_such_entity": "这件事还没有建立", "nothing in effect created it"; "illegal_in_state": "跟当时的状态对不上", "does not fit where it stood";
        "hub_only": "只有镇里能记", "only the township may state it"; "not_own_unit": "村里只能交办给自己", "a village assigns to itself only";
        "asker_is_handler": "承办的人不能自己回访", "the handler may not follow up"; "closer_is_handler": "承办的人不能自己办结", "the handler may not close";
        "not_final": "还不到解释到底的时候", "too early for a final explanation"; "too_few_attempts": "联系的次数不够", "too few attempts to reach them";
        "closing_kind": "现在的记录没有这种办结", "live records have no such closing"; "already_created": "以前建立过", "created before";
        "pairing_not_active": "没有在结对", "the pairing is not active"; "wrong_subject": "说的不是这类对象", "another sort of subject";
        "wrong_replacement": "更正的内容不是一类", "the correction is of another kind"; "corrects_correction": "更正的是一条更正", "corrects a correction";
        "corrects_nothing": "什么都没有更正", "corrects nothing"; "duplicate": "同一件事又收到一次", "the same fact was received before";
        "other_content": "同一编号、内容不同：分叉的证据", "other content under the same identity: evidence of a fork";
        "no_second_person": "作废要第二个人看过", "a void needs a second person"; "target_missing": "要更正的那条还没到", "what it corrects has not arrived";
        "import_into_live": "旧账不并进新记录", "imported history of a live record"; "voided": "已作废", "voided"; "creation_missing": "旧账的第一条还没到", "the first imported record has not arrived";
    }
}

impl Words {
    /// A column's word, or its own name where none is known.
    #[must_use]
    pub fn column(self, name: &str) -> String {
        self.column_known(name).unwrap_or(name).to_owned()
    }

    /// A code's word, or the text itself.
    #[must_use]
    pub fn value(self, code: &str) -> String {
        self.value_known(code).unwrap_or(code).to_owned()
    }

    /// A reason's word, or the reason itself.
    #[must_use]
    pub fn reason(self, reason: &str) -> String {
        self.reason_known(reason).unwrap_or(reason).to_owned()
    }
}
