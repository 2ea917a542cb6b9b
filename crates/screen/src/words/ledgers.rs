//! The words of the township's ledgers: figures with their cuts, what changed and why, entries.

use super::Words;
use crate::Lang;

sentences! {
    ledgers_title: "台账", "Ledgers";
    ledgers_which: "要看哪一本", "Which one";
    ledger_coverage: "走访覆盖台账", "Coverage by visits";
    ledger_coverage_is: "各村应访多少户，在家里见到多少户。", "Of the households in scope in each village, how many were met at home.";
    ledger_requests: "诉求办理台账", "Requests";
    ledger_requests_is: "登记了多少，办结多少，还有多少没办完。", "How many were raised and closed, and how many are open.";
    ledger_households: "民情台账", "Households";
    ledger_households_is: "一户一行：户情、最近走访、没办完的诉求。", "A row for each household: status, last visit, open requests.";
    ledger_diary: "民情日记", "Diary";
    ledger_diary_is: "哪天写过日记，隔了几天记下的。", "On which days a diary was written, and how many days later it was recorded.";
    ledgers_period: "时段", "Period";
    ledgers_until: "发生在哪天为止的事", "Happened up to";
    ledgers_known: "镇里哪天为止收到的", "Received up to";
    ledgers_against: "跟哪天收到的比", "Compare with received up to";
    ledgers_unit: "村", "Village";
    ledgers_every_unit: "各村", "All villages";
    ledgers_look: "看", "Show";
    ledgers_csv: "导出 CSV", "Export CSV";
    ledgers_villages: "各村", "Villages";
    ledgers_this_village: "这个村", "This village";
    ledgers_rows: "逐行", "Row by row";
    ledgers_col_households: "应访户", "In scope";
    ledgers_col_met: "见到", "Met";
    ledgers_col_contacted: "只通电话", "Telephone only";
    ledgers_col_knocked: "去了不在家", "Not at home";
    ledgers_col_unvisited: "还没去", "Not yet";
    ledgers_col_off_books: "册外走访", "Off the books";
    ledgers_col_coverage: "覆盖率", "Coverage";
    ledgers_weeks: "每周末见到多少户", "Met by the end of each week";
    ledgers_weeks_note: "整条是全部应访户", "the whole bar is every household in scope";
    ledgers_by_day: "到哪天", "By";
    ledgers_on_books: "在册户", "On the books";
    ledgers_writers: "写了日记的人", "Who wrote";
    ledgers_days: "日记天数", "Diary days";
    ledgers_col_change: "变化", "Change";
    ledgers_none: "无", "None";
    ledgers_few: "不足 5，不显示", "below 5, not shown";
    ledgers_formula: "覆盖率 = 在家里见到的户 ÷ 应访户，只舍不入；合计是户数相加再除，不是各村平均。外出户算在应访户里。数字点开能看到是哪几条记录。各村按编码排，不按数字排。",
        "Coverage = households met at home ÷ households in scope, floored; totals add households and divide, and are no average of villages. Households that are away stay in scope. A number leads to its entries. Villages stand by code, never by a number.";
    ledgers_digest_is: "摘要是户情走访台账各村活摘要之和；逐村的在各村那一页。", "The digest is the sum of the villages' live digests of the household ledger; each village's own stands on its page.";
    ledgers_digest_of_unit: "摘要是这个村这本台账的活摘要。", "The digest is the live digest of this ledger of this village.";
    ledgers_small_cells: "表态不足 5 户的满意率、解决率不显示：人少了会认出是谁。", "Satisfaction and solved rates of fewer than 5 are not shown: one would know who it was.";
    ledgers_no_rows: "这个时段没有这本台账的记录。", "There is nothing in this ledger for this period.";
    ledgers_no_rows_next: "换一个时段，或换一个村看看。", "Choose another period or village.";
    ledgers_reading: "台账还在追读收件，下面的数截至写明的那份收据。", "The ledgers are still reading what came in; the figures below stand at the receipt that is named.";
    ledgers_nothing_known: "那天为止镇里还什么都没收到。", "The township had received nothing by that day.";
    ledgers_working: "正在算，请等一下。", "Being worked out; please wait a moment.";
    ledgers_working_text: "要按那天收到的把台账从头重算一遍。这一页每 2 秒自己再看一次，算好就显示；关掉也不影响。",
        "The ledger is rebuilt from what had been received by that day. This page looks again by itself every 2 seconds; closing it does no harm.";
    ledgers_working_again: "现在再看", "Look now";
    ledgers_busy: "前面还有人在算，请过一会儿再看。", "Others are waiting for theirs; please look again later.";
    ledgers_failed: "没算成，什么都没有改动。", "It could not be worked out; nothing was changed.";
    ledgers_bad_day: "请写成 2026-08-31 这样的日期", "Write a day such as 2026-08-31";
    ledgers_ahead: "这天还没到，请写今天或以前的日子", "That day has not come yet; choose today or an earlier one";
    ledgers_turned: "要跟更早的一天比", "Compare with an earlier day";
    ledgers_bad_unit: "没有这个村", "There is no such village";
    ledgers_bad_period: "请选一个季度", "Choose a quarter";
    ledgers_behind: "数字背后的记录", "The entries behind it";
    ledgers_behind_of: "记录", "Entry";
    ledgers_no_entry: "没有走访记录", "no visit is recorded";
    ledgers_back: "回到台账", "Back to the ledger";
    ledgers_previous: "上一页", "Previous page";
    ledgers_next: "下一页", "Next page";
    ledgers_day: "发生", "Happened";
    ledgers_who: "谁做的", "Done by";
    ledgers_receipt: "收据", "Receipt";
    ledgers_received: "镇里收到", "Received";
    ledgers_effect: "算不算", "Counted";
    ledgers_why: "变了什么，为什么", "What changed and why";
    ledgers_because: "为什么", "Why";
    ledgers_was: "原来", "Was";
    ledgers_is: "现在", "Now";
    ledgers_difference: "差", "Difference";
    ledgers_basis: "依据", "Because of";
    ledgers_pair_note: "原来和现在都写成 见到／应访", "Was and now are met／in scope";
    ledgers_nothing_changed: "一格都没有变。", "Not one cell changed.";
    ledgers_changed_elsewhere: "有变", "changed";
    ledgers_until_now: "现在", "now";
    ledgers_unexplained_row: "说不清依据，要有人看", "not explained by its entries: a person must look";
    ledgers_choose: "先选一个村，就能看到哪几行变了、为什么。", "Choose a village to see which rows changed, and why.";
    ledgers_column: "栏目", "Column";
    ledger_count_households: "应访", "in scope";
    ledger_count_met: "见到", "met";
    ledger_count_contacted: "只通电话", "telephone only";
    ledger_count_knocked: "去了不在家", "not at home";
    ledger_count_unvisited: "还没去", "not yet";
    ledger_count_off_books: "册外走访", "off the books";
    csv_code: "村编码", "Village code";
    csv_digest: "摘要", "Digest";
    csv_rules: "规则版本", "Rules version";
    entry_title: "一条记录", "One entry";
    entry_text: "内容", "Text";
    entry_text_none: "没有写内容。", "It has no text.";
    entry_text_gone: "内容不在镇里：还没取回来，或已按要求删去。次数和日期不受影响。", "The text is not here: it has not come yet, or was deleted on request. Counts and dates stand.";
    entry_text_held: "受限内容，这一页不显示。", "Restricted; not shown on this page.";
    entry_text_none_shown: "姓名、电话、住址不在这一页显示。", "Names, telephone numbers and addresses are not shown on this page.";
    entry_facts: "写了什么", "What it states";
    entry_where: "出处", "Where it stands";
    entry_log: "那台机器记录里的位置", "Place in that machine's log";
    entry_export: "凭证文件用 minqing hub proof 导出，交给谁都能验。", "`minqing hub proof` writes the proof to a file that anybody can check.";
    entry_no_receipt: "这条还没有收据。", "It has no receipt yet.";
    entry_proved: "镇里收到了这一条，凭证刚刚在镇里的机器上验过。", "The township has received this entry; the proof was checked on its machine just now.";
    entry_subject: "关于", "About";
    entry_recorded: "记下（那台机器的钟）", "Recorded (by that machine's clock)";
    entry_identity: "编号", "Identity";
    entry_recorder: "谁记的", "Recorded by";
    entry_machine: "哪台机器", "Machine";
    entry_unit: "单位", "Unit";
    entry_delivery: "收据与计入", "Receipt and effect";
    entry_unreadable: "这条的内容这个版本读不出；原样留着，签名和收据照样核验得了。", "This version cannot read it; it is kept as it is, and its signature and receipt can be checked all the same.";
    entry_missing: "镇里没有收到这条记录。", "The township has not received that entry.";
    entry_story: "这件事的全部记录", "Everything recorded about it";
}

forms! {
    csv_part(share: &str): "{share}分子", "{share}, part";
    csv_whole(share: &str): "{share}分母", "{share}, whole";
    csv_until(day: &str): "发生至{day}", "until-{day}";
    csv_known(day: &str): "收到至{day}", "known-{day}";
    csv_against(day: &str): "比{day}", "against-{day}";
    csv_receipt(position: &str): "截至第{position}号收据", "receipt-{position}";
    ledgers_quarter(year: i16, quarter: &str): "{year} 年第{quarter}季度", "Q{quarter} {year}";
    ledgers_quarter_short(quarter: &str): "第{quarter}季度", "Q{quarter}";
    ledgers_units(count: &str): "{count} 个村", "villages: {count}";
    ledgers_received_to(moment: &str): "{moment}为止收到的", "received up to {moment}";
    ledgers_cut(position: &str): "截至 第 {position} 号收据", "as of receipt {position}";
    ledgers_digest(digits: &str): "摘要 {digits}…", "digest {digits}…";
    ledgers_rules(version: u16): "规则第 {version} 版", "rules version {version}";
    ledgers_lead(households: &str, met: &str, percent: &str):
        "{households} 户应访，见到 {met} 户，{percent}。", "{met} of {households} households met, {percent}.";
    ledgers_lead_compare(what: &str, then: &str, was: &str, now: &str, is: &str):
        "同样是{what}，{then}看是 {was}，{now}看是 {is}。", "The same {what}: {was} as known on {then}, {is} as known {now}.";
    ledgers_lead_same(what: &str, then: &str, now: &str, is: &str):
        "同样是{what}，{then}看和{now}看都是 {is}。", "The same {what}: {is} both as known on {then} and as known {now}.";
    ledgers_what_until(day: &str): " {day}前的走访", "visits up to {day}";
    ledgers_what_period(period: &str): "{period}的走访", "visits of {period}";
    ledgers_more_met(count: &str): "多出 {count} 户见到", "{count} more households met";
    ledgers_fewer_met(count: &str): "少了 {count} 户见到", "{count} fewer households met";
    ledgers_more_scope(count: &str): "多 {count} 户应访", "{count} more in scope";
    ledgers_fewer_scope(count: &str): "少 {count} 户应访", "{count} fewer in scope";
    ledgers_below(parts: &str): "{parts}，都在下面写明是哪几条、为什么。", "{parts}; which entries and why stands below.";
    ledgers_not_explained(villages: &str): "{villages}的变化说不清依据，要有人看。", "The change in {villages} is not explained by its entries; a person must look.";
    ledgers_as_seen(day: &str): "{day}看是", "As known on {day}";
    ledgers_more(count: &str): "+{count} 户", "+{count}";
    ledgers_fewer(count: &str): "−{count} 户", "−{count}";
    ledgers_scope_change(difference: &str): "应访 {difference}", "in scope {difference}";
    ledgers_entries(count: &str): "{count} 条", "entries: {count}";
    ledgers_receipt_no(position: &str): "第 {position} 号", "receipt {position}";
    ledgers_receipts_no(first: &str, last: &str): "第 {first} 至 {last} 号", "receipts {first} to {last}";
    ledgers_late(count: &str, received: &str, from: &str):
        "{count} 条记录 {received}才送到镇里；说的都是 {from}为止的事。", "Entries that reached the township only on {received}: {count}. All are about things up to {from}.";
    ledgers_new(count: &str, from: &str): "{count} 条，{from}以后才发生。", "Entries about things after {from}: {count}.";
    ledgers_corrected(count: &str, received: &str):
        "{count} 条更正，{received}收到；原来写的还查得到。", "Corrections received on {received}: {count}. What stood before is kept.";
    ledgers_voided(count: &str, received: &str):
        "{count} 条作废，{received}收到；原来那条还查得到。", "Voids received on {received}: {count}. The voided entries are kept.";
    ledgers_merged(count: &str, received: &str):
        "{count} 条并户、拆户，{received}收到。", "Merges or splits received on {received}: {count}.";
    ledgers_clock(count: &str, received: &str):
        "{count} 条校正机器的钟，{received}收到。", "Corrections of a machine's clock received on {received}: {count}.";
    ledgers_between(first: &str, last: &str): "{first}至 {last}", "{first} to {last}";
    ledgers_from_to(from: &str, to: &str): "{from} → {to}", "{from} → {to}";
    ledgers_receipt_on(position: &str, moment: &str): "第 {position} 号收据（{moment}）", "receipt {position} ({moment})";
    ledgers_requests_lead(raised: &str, closed: &str, open: &str):
        "登记 {raised} 件，办结 {closed} 件，还有 {open} 件没办完。", "{raised} raised, {closed} closed, {open} open.";
    ledgers_households_lead(rows: &str, visits: &str, open: &str):
        "{rows} 户，走访 {visits} 次，{open} 件诉求没办完。", "{rows} households, {visits} visits, {open} open requests.";
    ledgers_diary_lead(days: &str, cadres: &str): "{cadres} 人写了 {days} 天日记。", "{days} diary days by {cadres} people.";
    ledgers_changed_rows(count: &str, then: &str, now: &str):
        "跟 {then}看到的比，{now}有 {count} 行不一样。", "{count} rows differ between what was known on {then} and {now}.";
    ledgers_page_of(page: &str, pages: &str, rows: &str): "第 {page}／{pages} 页，共 {rows} 行", "page {page} of {pages}, {rows} rows";
    ledgers_first_rows(shown: &str, rows: &str): "先列出 {shown} 行，共 {rows} 行；全部在 CSV 里。", "The first {shown} of {rows} rows; all of them are in the CSV.";
    ledgers_behind_lead(rows: &str, what: &str): "{what}：{rows} 行。", "{what}: {rows} rows.";
    entry_lead(kind: &str, day: &str): "{kind}，{day}", "{kind}, {day}";
    entry_received(position: &str, moment: &str): "第 {position} 号收据，{moment} 送到", "receipt {position}, received {moment}";
    entry_unit_of(name: &str, code: &str): "{name} {code}", "{name} {code}";
}
