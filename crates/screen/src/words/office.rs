//! The words of a village office's pages. Numbers are those of the design's list of words.

use super::Words;
use crate::Lang;

sentences! {
    office_today: "今天", "Today";
    office_visits: "走访", "Visits";
    office_households: "户", "Households";
    office_requests: "诉求", "Requests";
    office_delivery: "送达", "Delivery";
    office_villages: "各村", "Villages";
    office_ledgers: "台账", "Ledgers";
    office_main_menu: "主菜单", "Main menu";
    office_skip: "跳到正文", "Skip to the content";
    office_large: "大字", "Large type";
    office_normal: "常规字", "Normal type";
    office_other_language: "English", "中文";
    office_sign_out: "退出", "Sign out";
    office_error_prefix: "错误：", "Error: ";
    office_as_typed: "您写的都还在。", "What you typed is still here.";
    office_version: "版本", "Version";

    strip_unreachable: "现在联不上镇里；照常记，联上就传。", "No link to the township now. Keep recording; they go when the link is back.";
    strip_not_heard: "镇里的机器没应答，过一会儿自己再试。", "The township machine does not answer; it is tried again by itself.";
    strip_revoked: "这台机器已被镇里停用，请打电话给镇里。记的都还在。", "This machine was taken out of use by the township. Call them. Your records are safe.";
    strip_refused: "这批没传成，过一会儿重传；本机的都还在。", "This batch was not accepted and will be sent again; everything is still here.";
    strip_parted: "镇里的账本前后对不上，已留下证据，先打电话问镇里。本机的都还在。", "The township's journal contradicts itself. The evidence is kept; call them. Everything here is safe.";
    strip_restored: "镇里的机器换过备份，正在把缺的补传过去。", "The township machine was restored from a backup; sending what it lacks.";
    strip_full: "硬盘满了，现在记不了，只能看。", "The disk is full: you can read, not record.";
    strip_damaged: "存储有损坏，好的都在。请打电话给保管机器的人。", "Part of the store is damaged; the sound part is kept. Call whoever keeps the machine.";
    strip_closed: "存储暂时打不开，正在自己重试；现在记不了。", "The store is not open at the moment and is being tried again; nothing can be recorded now.";
    strip_see: "看送达情况", "See delivery";
    strip_nothing_waiting: "没有待传。", "Nothing waiting.";
    strip_never_heard: "开机以来还没联上过镇里。", "No contact with the township since this machine was started.";
    clock_ok: "钟：跟镇里或时间服务器对过", "Clock: checked against the township or a time server";
    clock_doubt: "钟还没核对过，日期请自己写准。", "The clock has not been checked yet. Please make sure of the dates.";

    sign_in: "登录", "Sign in";
    sign_in_name: "您的名字", "Your name";
    sign_in_name_hint: "跟开账号时写的一样", "As it was written when the account was opened";
    sign_in_password: "密码", "Password";
    sign_in_first: "第一次用", "The first time";
    sign_in_first_text: "向保管机器的人要一张一次性登录码。一个人一个账号，记录上写的就是您的名字。忘了密码，也是要一张新的登录码。",
        "Ask whoever keeps the machine for a one-time code. One account for one person: records carry your name. Where a password is forgotten, a new code helps too.";
    sign_in_with_code: "用登录码设密码", "Set a password with a code";
    sign_in_code: "一次性登录码", "One-time code";
    sign_in_code_hint: "12 个字母和数字，横线可以不写", "12 letters and digits; hyphens may be left out";
    sign_in_new_name: "您的名字（已有账号、只换密码的不用写）", "Your name (leave it empty if you have an account and want a new password)";
    sign_in_new_password: "设一个密码", "Choose a password";
    sign_in_new_password_hint: "至少 8 个字；一句好记的话最好", "At least 8 characters; a sentence that you remember is best";
    sign_in_complaint: "反映干部的问题", "Reports about a cadre";
    sign_in_complaint_text: "这里不收、也不存。请打镇纪委的电话，或到镇纪委当面说。", "They are neither taken nor stored here. Call or visit the township's discipline office.";
    sign_in_back: "回到登录", "Back to signing in";
    sign_in_expired: "登录过期了，请再登录一次。", "You were signed out. Please sign in again.";
    sign_in_no_code: "现在没有可用的登录码。保管机器的人用 minqing village code（总台用 minqing hub code）可以再开一张。",
        "There is no code that could be used now. Whoever keeps the machine makes one with `minqing village code`, on the hub with `minqing hub code`.";
    code_gone: "登录码用过了或过期了，请再要一张。", "This one-time code was used or has expired. Ask for a new one.";
    name_empty: "请写您的名字", "Write your name";
    name_long: "名字太长了，最多 32 个字", "The name is too long: at most 32 characters";
    name_invisible: "名字里有看不见的字符，请重写", "The name holds characters that cannot be seen; write it anew";
    name_taken: "这个名字已有账号，请加上姓名里别的字或组名区分", "There is an account of this name; add something that tells you apart";
    password_short: "密码太短，至少 8 个字", "The password is too short: at least 8 characters";
    password_long: "密码太长了，最多 256 个字节", "The password is too long: at most 256 bytes";
    password_common: "这个密码谁都会先试，请换一个", "Anybody would try this password first; choose another one";
    accounts_full: "这台机器上的账号满了（64 个）", "This machine has as many accounts as it can (64)";
    accounts_damaged: "账号文件坏了，页面暂时用不了。记录、同步都不受影响。请叫保管机器的人看程序的日志。",
        "The accounts file is damaged, so the pages cannot be used. Recording and syncing go on. Ask whoever keeps the machine to look at the program's log.";
    not_allowed: "您的账号不能做这件事。", "Your account may not do this.";
    not_found: "没有这一页。", "There is no such page.";
    cross_site: "这个请求是别的网站发来的，没有执行。", "This request came from another site and was not carried out.";
    wrong_host: "请用这台机器自己的地址打开。", "Open these pages under this machine's own address.";
    back_to_today: "回到今天", "Back to today";
    trouble: "现在办不了，什么都没有改动。", "This cannot be done now; nothing was changed.";

    today_from_township: "镇里带回来的", "From the township";
    today_nothing_new: "最近镇里没有新东西。", "Nothing new from the township of late.";
    today_open: "没办完的诉求", "Open requests";
    today_no_open: "没有没办完的诉求。", "No request is open.";
    today_quarter: "本季度走访", "Visits this quarter";
    today_just: "刚记的", "Just recorded";
    today_nothing_recorded: "这台机器上还没有记过。", "Nothing has been recorded on this machine.";
    today_due: "应办日", "Due";
    today_matter: "事项", "Matter";
    today_now: "现在", "Now";
    today_age: "历时", "Age";
    today_round: "轮次", "Round";
    visits_none: "无（没有应访户）", "None (no household in scope)";
    pending_here: " 条还在本机待传", " waiting on this machine";
    pending_apart: "没有算进上面的数。", "Not in the figure above.";
    confirmed_by_township: "镇里已确认。", "Confirmed by the township.";
    anonymous: "不记名", "no name";
    no_due: "没定", "not set";

    visit: "记一次走访", "Record a visit";
    visit_which: "哪一户", "Which household";
    visit_which_hint: "姓名、拼音首字母或门牌，如 qmc、三组14号", "Name, pinyin initials or address, e.g. qmc, 三组14号";
    visit_find: "查找", "Find";
    visit_other: "换一户", "Another one";
    visit_day: "哪一天", "Which day";
    visit_day_hint: "记得多细就写多细，不用凑钟点", "As exact as you remember; no need to invent a time";
    visit_today: "今天", "Today";
    visit_yesterday: "昨天", "Yesterday";
    visit_other_day: "别的日子", "Another day";
    visit_month: "月", "Month";
    visit_day_of_month: "日", "Day of the month";
    visit_when: "什么时候", "What time";
    visit_day_only: "只记那天", "That day only";
    visit_morning: "上午", "Morning";
    visit_afternoon: "下午", "Afternoon";
    visit_clock: "几点", "At";
    visit_hour: "时", "Hour";
    visit_minute: "分", "Minute";
    visit_outcome: "结果", "Outcome";
    visit_outcome_hint: "没见到也是如实记录，不影响谁", "Not meeting anyone is a true record and harms nobody";
    visit_met: "见到", "Met";
    visit_met_hint: "和家里人说上话", "Spoke with somebody of the household";
    visit_not_home: "不在家", "Not at home";
    visit_not_home_hint: "去了，没人应", "Went there, nobody answered";
    visit_declined: "婉拒", "Declined";
    visit_declined_hint: "今天不方便谈", "Not a good time to talk";
    visit_moved: "已搬", "Moved away";
    visit_moved_hint: "不住这里了", "They do not live here any more";
    visit_said: "说了什么，一句话也行", "What was said, one line will do";
    visit_said_hint: "只有「见到」要写；不写身份证号、病情、银行卡", "Needed only where somebody was met; no ID number, illness or bank card";
    visit_how: "怎么去的", "How";
    visit_save: "存好", "Save";
    visit_save_next: "存好，再记一户", "Save and next";
    visit_not_now: "先不记", "Not now";
    visit_keep: "留着不存", "Keep, do not save";
    visit_this_household: "这一户", "This household";
    visit_this_household_hint: "选好是哪一户，这里就显示上次走访和没办完的事，好核对。", "Once a household is chosen, its last visit and open matters stand here to check against.";
    visit_see_all: "看全部", "See everything";
    visit_last: "上次走访", "Last visit";
    visit_last_met: "上次见到", "Last met";
    visit_never: "还没有", "not yet";
    visit_open_matters: "没办完的事", "Open matters";
    visit_after: "存好以后", "Once saved";
    visit_after_text: "先落在本机硬盘上，再传给镇里。要改，就记一条更正，原来那条还留着。", "It is on this machine's disk first and goes to the township from there. To change it, a correction is recorded; the first one is kept.";
    visit_saved: "存好了，在本机硬盘上。联上就传给镇里。", "Saved on this machine's disk. It goes to the township when there is a link.";
    visit_known: "这条刚才已经存过了，没有重复记。", "This was already saved a moment ago; it was not recorded twice.";
    visit_not_saved: "没存成，什么都没记下。您写的还在，请再点一次。", "Not saved, nothing was recorded. What you typed is still here; press again.";
    visit_full: "硬盘满了，现在记不了，只能看。您写的还在页面上，腾出地方再点「存好」。", "The disk is full: you can read, not record. What you typed is still on the page; free some space and press Save again.";
    visit_unsure: "不知道存成没有，正在核对，请等一下再看。", "Not sure whether it was saved. Checking; please look again in a moment.";
    visit_choose: "请选是哪一户", "Choose the household";
    visit_gone: "这一户不在本村册上，请重选", "This household is not on the village's books; choose again";
    visit_no_day: "请写那天的月和日", "Enter month and day";
    visit_future: "这天还没到。请写那天的日期", "That day has not come yet. Enter the right day";
    visit_no_clock: "请写几点几分，如 14 和 05，或选别的", "Enter hour and minute, such as 14 and 05, or choose another one";
    visit_no_outcome: "请选见没见到", "Choose the outcome";
    visit_no_text: "见到了，请写一句说了什么", "You met them: write one line of what was said";
    visit_nobody: "请选谁去的", "Choose who went";
    visit_by_home: "上门", "At the home";
    visit_by_phone: "电话", "By telephone";
    visit_by_video: "视频", "By video";
    visit_by_elsewhere: "别处", "Elsewhere";

    find_household: "找一户", "Find a household";
    find_none: "写上名字、拼音或门牌再找；册上没有的，先建户。", "Enter a name, pinyin or an address; a household that is not on the books is registered first.";
    household_head: "户主", "Head";
    household_address: "地址", "Address";
    household_size: "人口", "Members";
    household_phone: "电话", "Telephone";
    household_status: "户情", "Status";
    household_requests: "诉求", "Requests";
    household_no_requests: "这一户没有诉求。", "This household has no request.";
    household_story: "来往记录", "Story";
    household_story_note: "新的在上；日期是事情发生的日子", "Newest first; dates are when things happened";
    household_no_story: "还没有记录。", "Nothing is recorded yet.";
    household_open: "没办完的诉求", "Open requests";
    household_nameless: "没有写名字的户", "A household without a name";
    household_first_raised: "首次受理", "Accepted";
    see_proof: "看凭证", "See the proof";
    corrected_before: "这是一条更正，原来那条还留着。", "This is a correction; what it corrects is kept.";

    delivery: "送达情况", "Delivery";
    delivery_on_disk: "都已落在本机硬盘上，断电也在。联上镇里会自己传，不用守着。", "All of it is on this machine's disk and survives a power cut. It is sent by itself when there is a link.";
    delivery_try: "现在试着传", "Try to send now";
    delivery_trying: "正在试。过一会儿再看这一页。", "Trying. Look at this page again in a moment.";
    delivery_no_waiting: "没有待传。", "Nothing is waiting.";
    delivery_here_only: "在本机，镇里还没有", "On this machine only";
    delivery_recorded_at: "记下的时间", "Recorded";
    delivery_content: "内容", "Entry";
    delivery_by: "谁记的", "By";
    delivery_state: "送达", "Delivery";
    delivery_effect: "效力", "Effect";
    delivery_receipt: "收据", "Receipt";
    delivery_received_at: "到镇里的时间", "Received";
    delivery_not_lost: "一条都没有丢，也不挡后面的", "None is lost, and none blocks the others";
    delivery_all_counted: "收到的都计入了。", "Everything received is counted.";
    delivery_recent: "最近送到的", "Received of late";
    delivery_none_recent: "还没有送到的。", "Nothing has been received yet.";
    delivery_why: "为什么：", "Why: ";
    delivery_what: "怎么办：", "What to do: ";
    delivery_link: "线路", "Link";
    delivery_now: "现在", "Now";
    delivery_last_contact: "上次联上", "Last contact";
    delivery_fetched: "从镇里取回", "Fetched from the township";
    delivery_machine: "本机", "This machine";
    delivery_clock: "钟", "Clock";
    delivery_disk: "硬盘", "Disk";
    delivery_log: "记录核对", "Check of the records";
    delivery_words: "这些字是什么意思", "What these words mean";
    delivery_evidence: "镇里签过名、却不能同时为真的东西", "What the township signed and cannot all be true";
    delivery_evidence_what: "证据都留在本机。先打电话问镇里，不要重装、不要删文件；也可以请审计来看（minqing village evidence）。",
        "The evidence is kept here. Call the township first; do not reinstall or delete anything; an auditor can look at it (`minqing village evidence`).";
    link_good: "联得上", "There is a link";
    link_none: "联不上", "No link";
    link_unknown: "还不知道", "not known yet";
    link_refused: "镇里没有收", "The township refused";
    clock_checked: "对过", "checked";
    clock_unchecked: "没对过", "not checked";
    log_ready: "全部完好", "all sound";
    log_verifying: "正在核对，可以照常用", "being checked; use it as usual";
    log_full: "硬盘满了", "the disk is full";
    log_damaged: "有损坏", "damaged";
    log_closed: "打不开", "not open";

    means_waiting: "只在本机，镇里还没有。", "Only on this machine.";
    means_received: "镇里硬盘上有了，给了收据。", "On the township's disk, with a receipt.";
    means_counted: "算进台账和数字了。", "It is in the ledgers and figures.";
    means_conflict: "收了，但跟已办的事对不上，不算数。", "Received, but does not fit what was already done; not counted.";
    means_held: "收了，等人复核。", "Received, waiting for review.";
    means_not_understood: "收了，这个版本还看不懂。", "Received, this version cannot read it yet.";

    do_conflict: "若情况有变，新登记一件；没变就不用管。原文还在。", "If things have changed, record it anew; if not, there is nothing to do. Its text is kept.";
    do_held: "不用重做。镇里放行或退回，会写明理由带回来。", "Nothing. The township releases it or sends it back, with the reason.";
    do_not_understood: "不用管。升级后会自己计入。", "Nothing. It will be counted after the upgrade.";
    do_no_effect: "不用重做。缺的那条到了，会自己算。", "Nothing needs to be done again. It takes effect when what it waits for arrives.";
    why_held: "这条要有人复核，镇里还没定。", "Somebody must review it; the township has not decided yet.";
    why_not_understood: "这条是用新版本记的，现在的版本还认不得。", "It was recorded by a newer version, which this one cannot read yet.";

    proof_title: "一条记录的凭证", "The proof of one entry";
    proof_pending: "这条只在本机，镇里还没有给收据，所以还没有凭证。", "This entry is on this machine only. The township has given no receipt, so there is no proof yet.";
    proof_good: "镇里收到了这一条，凭证在这台机器上验过。", "The township has received this entry; the proof was checked on this machine.";
    proof_entry: "这一条", "The entry";
    proof_log: "本机记录里的位置", "Place in this machine's log";
    proof_log_size: "收据盖到第几条", "The receipt covers entries up to";
    proof_journal: "镇里账本有几条", "Records in the township's journal";
    proof_no_journal: "账本证明还没取回来（要联上镇里）", "The journal's proof is not here yet (it takes a link)";
    proof_witnesses: "见证", "Witnesses";
    proof_no_witness: "没有见证人签字", "No witness has cosigned";
    proof_export: "凭证文件用 minqing village proof 导出，交给谁都能验。", "`minqing village proof` writes the proof to a file that anybody can check.";
    proof_unavailable: "凭证现在拿不出来：", "The proof cannot be shown now: ";
}

forms! {
    strip_oldest(ago: &str): "，最早 {ago}记的。", ", the oldest recorded {ago}.";
    strip_pending(pending: &str): "↑ {pending} 条待传", "↑ {pending} waiting";
    strip_all_sent(time: &str): "已全部送达（{time}）。", "Everything delivered ({time}).";
    requests_listed(shown: &str, all: &str): "一共 {all} 件，这里是前 {shown} 件；其余的在各户的页上都有。", "{all} in all; the first {shown} stand here. The others stand on their households' pages.";
    household_story_cut(shown: &str, all: &str): "一共 {all} 步，这里是最近的 {shown} 步；更早的都在，用 minqing village log 看。", "{all} steps in all; the newest {shown} stand here. The older ones are kept: minqing village log shows them.";
    strip_uncounted(count: &str): "没有待传；有 {count} 条没有计入，看看为什么。", "Nothing waiting; {count} not counted. See why.";
    strip_last_heard(moment: &str): "上次联上：{moment}。", "Last contact: {moment}.";
    local_time(moment: &str): "本机时间 {moment}", "This machine's time: {moment}";
    sign_in_place(name: &str): "{name} · 村办公室这台机器", "{name} · this office's machine";
    sign_in_wrong(left: u32): "名字或密码不对，请再试。还能试 {left} 次。", "Name or password is wrong. {left} tries left.";
    code_wrong(left: u32): "登录码不对，请再看一眼。还能试 {left} 次。", "The code is wrong. {left} tries left.";
    sign_in_wait(minutes: u64): "试得太多了，过 {minutes} 分钟再试。已经登录的人不受影响。", "Too many tries; wait {minutes} minutes. Who is signed in is not disturbed.";
    sign_in_limit(max: u32, minutes: u64): "连错 {max} 次，要等 {minutes} 分钟再试", "After {max} wrong tries you must wait {minutes} minutes";
    visits_met(of: &str, percent: &str): "／{of} 户见到，{percent}", " of {of} households met, {percent}";
    all_of(count: &str): "全部 {count} 件", "All {count}";
    overdue_by(days: &str): "超 {days} 天", "{days} days late";
    days(days: &str): "{days} 天", "{days} d";
    round(round: u16): "第 {round} 轮", "round {round}";
    people(size: u16): "{size} 口人", "{size} members";
    group(group: u16): "{group} 组", "group {group}";
    house_of(head: &str): "{head} 户", "{head}";
    found_several(query: &str, count: usize): "「{query}」有 {count} 户，请选是哪一户", "{count} households match \"{query}\". Choose one";
    found_none(query: &str): "没找到「{query}」。换个写法，或先给这户建档", "No household matches \"{query}\". Try another spelling, or register it";
    found_more(count: usize): "只列出 {count} 户，多写一点再找。", "Only {count} are listed; write more and search again.";
    no_such_day(month: u8, day: u8): "{month} 月没有 {day} 日，请改成那天的日期", "Month {month} has no day {day}. Enter the right date";
    too_long(over: usize): "太长了，还要去掉 {over} 个字节（一个汉字三个）", "Too long: take out {over} bytes";
    errors(count: usize): "还没有存，有 {count} 处要改", "Not saved yet: {count} to mend";
    who_went(actors: &str): "谁去的：{actors}", "Who went: {actors}";
    went(actors: &str, recorder: &str): "{actors} 去，{recorder} 记", "{actors} went, {recorder} recorded";
    recorded_by(recorder: &str): "{recorder} 记", "recorded by {recorder}";
    waiting_line(moment: &str): "{moment} 记在本机，镇里还没收到", "Recorded here {moment}; the township does not have it yet";
    received_line(position: &str, moment: &str): "第 {position} 号收据 · {moment} 到镇里", "Receipt {position} · received {moment}";
    delivery_waiting(count: &str): "待传 {count} 条", "Waiting: {count}";
    delivery_lead(count: &str, ago: &str): "{count} 条待传，最早 {ago}记的", "{count} waiting, the oldest recorded {ago}";
    delivery_uncounted(count: &str): "镇里收了，但没有计入 {count} 条", "Received, not counted: {count}";
    delivery_received_all(count: &str): "共收到 {count} 条", "{count} received in all";
    delivery_listed(count: &str): "只列出最早的 {count} 条。", "Only the oldest {count} are listed.";
    fetched_to(position: &str): "到第 {position} 号", "up to receipt {position}";
    disk_left(gib: &str): "还剩 {gib} GB", "{gib} GB free";
    evidence_one(moment: &str): "{moment} 发现：镇里给的两份账本不能同时为真。", "Found {moment}: two journals that the township showed cannot both be true.";
    printed(name: &str, moment: &str, person: &str): "{name} · {moment} 打印，{person}", "{name} · printed {moment} by {person}";
    also_pending(count: &str): "另有本机待传 {count} 条，在下面标明", "{count} more entries wait on this machine; they are marked below";
    conflict_why(reason: &str): "{reason}，所以没有算数。", "{reason}, so it is not counted.";
    proof_witness(name: &str, moment: &str): "{name}，{moment}", "{name}, {moment}";
    entry_place(origin: &str, sequence: &str): "{origin} 第 {sequence} 条", "{origin}, entry {sequence}";
}

impl Words {
    /// Why an attempt at the link came to nothing, by the node's own word for it.
    #[must_use]
    pub fn link_trouble(self, slug: &str) -> &'static str {
        match slug {
            "unreachable" => self.strip_unreachable(),
            "journal-parted" => self.strip_parted(),
            "revoked" | "not-enrolled" => self.strip_revoked(),
            "busy" => self.strip_not_heard(),
            _ => self.strip_refused(),
        }
    }

    /// What to do about an entry that was received and is not counted, by its effect's word.
    #[must_use]
    pub fn what_to_do(self, effect: &str) -> &'static str {
        match effect {
            "conflict" => self.do_conflict(),
            "held" => self.do_held(),
            "not_understood" => self.do_not_understood(),
            _ => self.do_no_effect(),
        }
    }

    /// Days of the week, from Monday.
    #[must_use]
    pub const fn weekday(self, from_monday: u8) -> &'static str {
        const ZH: [&str; 7] = ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"];
        const EN: [&str; 7] = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        let at = (from_monday % 7) as usize;
        match self.lang {
            Lang::Zh => ZH[at],
            Lang::En => EN[at],
        }
    }
}
