//! The words of a village's books: registering a household, changing one, coverage by visits, the ledgers as lists. Numbers
//! are those of the design's list of words.

use super::Words;
use crate::Lang;

sentences! {
    enlist: "建户", "Register a household";
    enlist_head: "户主", "Head";
    enlist_address: "门牌", "Address";
    enlist_address_hint: "如 三组14号", "e.g. 三组14号";
    enlist_group: "哪一组", "Group";
    enlist_group_hint: "没有分组就写 0；门牌里写了组，这里可以空着", "0 where there are no groups; leave it empty where the address names the group";
    enlist_size: "几口人", "Members";
    enlist_size_hint: "不清楚就空着", "Leave it empty if it is not known";
    enlist_phone: "电话", "Telephone";
    enlist_no_head: "请写户主的名字", "Write the head's name";
    enlist_no_group: "请写哪一组，没有分组就写 0", "Enter the group, 0 where there are none";
    enlist_bad_size: "请写人数，从 1 到 65,535，不清楚就空着", "Enter the members, from 1 to 65,535, or leave it empty";
    enlist_look_first: "还没有存。先看看是不是已经有这一户；不是，就再点一次「存好，是另一户」。", "Not saved yet. See first whether this household exists; if not, press \"Save, it is another household\".";
    enlist_another: "存好，是另一户", "Save, it is another household";
    enlist_alike: "像是已经有这一户了，看看是不是：", "This household may already exist. Is it one of these?";
    enlist_beside: "为什么要先看", "Why look first";
    enlist_beside_text: "一户建了两次，走访就分在两处，数也多一户。", "A household that is registered twice has its visits in two places and is counted twice.";
    alike_name: "名字一样", "same name";
    alike_sound: "名字同音", "the name sounds the same";
    alike_place: "门牌一样", "same address";
    alike_phone: "电话一样", "same telephone";
    not_counted_yet: "刚记的，还没算进台账", "recorded just now, not in the ledgers yet";

    change: "改户情", "Change a household";
    change_what: "变了什么", "What changed";
    change_no_kind: "请选变了什么", "Choose what changed";
    change_since: "从哪天起", "From which day";
    change_other: "另外那一户", "The other household";
    change_other_hint: "并户、拆户才要选：并到哪一户，或分出去的是哪一户（先给它建户）", "Only for a merge or a split: where it merged into, or which household split off (register that one first)";
    change_note: "要说明的，一句话", "A line of explanation";
    change_note_hint: "可以空着；不写身份证号、病情、银行卡", "May stay empty; no ID number, illness or bank card";
    change_same: "另外那一户不能是这一户自己", "The other household cannot be this one";
    change_not_open: "另外那一户不在册，请选在册的一户", "The other household is not on the books; choose one that is";
    change_already: "这一户现在已经是这样了，请看看是不是要记这一条", "The household stands like this already; see whether this is to be recorded";
    change_look_first: "还没有存。下面是存好以后会变的数，对就再点一次「存好」。", "Not saved yet. Below stands what will change in figures; if that is right, press \"Save\" once more.";
    change_effect: "存好以后", "Once saved";
    change_kept: "以前的走访、诉求一条不少，都还在这一户名下看得到。", "Its earlier visits and requests all stay and can be seen under this household.";
    change_season: "这一季在册过的，这一季的走访覆盖里还算它。", "Having been on the books in this quarter it still counts in this quarter's coverage.";
    change_none: "在册的户数不变。", "The number of households on the books stays.";
    change_moved_offer: "这次走访记了「已搬」。户情也要改，册上的数才对：", "This visit says that they moved away. The household must be changed too, so that the books are right:";
    change_moved_out: "搬走了", "Moved away";
    change_moved_in: "搬回来了", "Moved back in";
    change_merged: "并到另一户", "Merged into another one";
    change_split: "分出去一户", "A part became a household of its own";
    change_closed: "销户（没有人了）", "Closed (nobody is left)";
    change_away: "有人外出", "Somebody went away";
    change_returned: "外出的回来了", "Somebody returned";
    household_number: "户号", "Number";
    household_from: "并进来的户", "Merged into this one";
    household_from_note: "它们的来往记录也在下面。", "Their story stands below too.";
    household_merged_note: "以后的走访、诉求记在那一户上。", "Record visits and requests there from now on.";

    covered: "走访覆盖", "Coverage by visits";
    covered_quarter: "哪一季", "Quarter";
    covered_show: "看", "Show";
    covered_on_books: "应访户", "Households in scope";
    covered_on_books_note: "这一季里任何一天在册的户", "On the books on any day of the quarter";
    covered_met: "见到", "Met at home";
    covered_met_note: "上门见到家里人的", "Somebody was met at the home";
    covered_contacted: "电话联系", "Contacted";
    covered_contacted_note: "电话、视频、别处见到，没有上门见到", "By telephone, video or elsewhere, and not at home";
    covered_knocked: "仅敲门未遇", "Not met";
    covered_knocked_note: "去过，不在家、婉拒或已搬", "Visited: not at home, declined or moved";
    covered_unvisited: "还没去", "Not visited";
    covered_unvisited_note: "这一季还没有走访记录", "No visit is recorded in this quarter";
    covered_off: "册外走访", "Off the books";
    covered_off_note: "走访的户那一季不在册，不算进哪一户", "Visits to households that were not on the books; they count for none";
    covered_to_see: "还没见到的户", "Households not met yet";
    covered_to_see_note: "按组和门牌排", "By group and address";
    covered_all_met: "应访户都见到了。", "Every household in scope was met.";
    covered_nothing: "没有这样的户。", "There are none.";
    covered_last: "上次见到", "Last met";
    covered_bad_quarter: "没有这一季，写成 2026-3 这样", "There is no such quarter; write it like 2026-3";
    covered_visit: "走访", "Visit";
    books_coverage: "走访覆盖", "Coverage";
    books_requests: "诉求台账", "Requests";
    books_diary: "日记台账", "Diary";
    books_menu: "台账", "Ledgers";
    books_day: "日期", "Day";
    books_cadre: "谁写的", "Written by";
    books_lag: "几天后记的", "Recorded after";
    books_same_day: "当天", "the same day";
    books_no_diary: "还没有日记。", "There is no diary entry yet.";
    books_no_requests: "还没有诉求。", "There is no request yet.";
    books_before: "上一页", "Previous page";
    books_after: "下一页", "Next page";
    books_group_none: "没有分组", "No group";
    due_households: "还没见到的户", "Households not met yet";
    due_none: "这一季应访的户都见到了，或今天记了。", "Every household of this quarter was met, or recorded today.";
}

forms! {
    covered_quarter_name(year: i16, quarter: u8): "{year} 年第 {quarter} 季度", "Q{quarter} {year}";
    covered_waiting(count: &str): "{count} 条还在本机待传，没有算进上面的数。", "{count} entries still waiting here, not in the figure above.";
    covered_group(group: u16): "{group} 组", "Group {group}";
    books_page(page: u64, pages: u64, rows: &str): "第 {page} 页，共 {pages} 页，{rows} 行", "Page {page} of {pages}, {rows} rows";
    due_all(count: &str): "全部 {count} 户", "All {count}";
    change_counts(before: &str, after: &str): "在册的户数：{before} → {after}。", "Households on the books: {before} → {after}.";
    change_to(head: &str): "以后的走访算在{head}名下。", "Later visits count for: {head}.";
    merged_visit(day: &str, head: &str): "这一户 {day}已并到{head}，走访记在那一户上就行。", "This household was merged on {day} into: {head}. Record the visit there.";
    household_merged(day: &str): "这一户 {day}已并到", "This household was merged on {day} into ";
}

impl Words {
    /// A change of a household, by the form's word for it.
    #[must_use]
    pub fn change_kind(self, kind: &str) -> &'static str {
        match kind {
            "moved_out" => self.change_moved_out(),
            "moved_in" => self.change_moved_in(),
            "merged" => self.change_merged(),
            "split" => self.change_split(),
            "closed" => self.change_closed(),
            "away" => self.change_away(),
            _ => self.change_returned(),
        }
    }

    /// How two households are alike, by its word.
    #[must_use]
    pub fn alike(self, how: &str) -> &'static str {
        match how {
            "name" => self.alike_name(),
            "sound" => self.alike_sound(),
            "place" => self.alike_place(),
            _ => self.alike_phone(),
        }
    }
}
