//! The words of drafts: what was typed and is not recorded. Numbers are those of the design's list of words.

use super::Words;
use crate::Lang;

sentences! {
    draft_back: "您离开前写到一半的还在，接着写吧。", "What you had half written is still here.";
    draft_fresh: "另开一张空的", "Open an empty form";
    draft_drop: "丢掉这份草稿", "Drop this draft";
    draft_go_on: "接着写", "Go on writing";
    draft_drop_title: "丢掉一份草稿", "Drop a draft";
    draft_drop_what: "丢掉以后就没有了，谁也找不回来。已经存好的记录不受影响。", "Once dropped it is gone; nobody can bring it back. Saved records are not touched.";
    draft_gone: "这份草稿已经不在了：存好了，丢掉了，或者放得太久了。", "This draft is no longer here: it was saved, dropped, or grew too old.";
    draft_not_kept: "草稿没能存到硬盘上。您写的还在这一页，先别关。", "The draft could not be kept on the disk. What you typed is still on this page; do not close it.";
    draft_too_long: "写得太长，草稿存不下。您写的还在这一页，请分成几条记。", "This is too long to be kept as a draft. What you typed is still on this page; split it into several records.";
    drafts: "没写完的", "Not finished";
    sign_in_kept: "登录过期了，请再登录一次。您写的都还在。", "You were signed out. Sign in again; what you typed is still here.";
}

forms! {
    draft_kept(moment: &str): "草稿已存在本机，{moment}。关了页面、断了电都还在。", "Draft kept on this machine, {moment}. It survives closing the page and a power cut.";
    draft_of(moment: &str): "{moment} 存的草稿", "draft, {moment}";
    drafts_full(max: usize): "您有 {max} 份草稿没写完，放不下了。这一份还在这一页：先存好它，或到「今天」丢掉几份。", "You have {max} drafts, which is the most. This one is still on the page: save it, or drop some under Today.";
    drafts_damaged(count: usize): "有 {count} 份草稿的文件坏了，读不出来。", "{count} drafts are damaged and cannot be read.";
    drafts_days(days: u64): "没写完的留 {days} 天，只有您自己看得到。", "Kept for {days} days; nobody but you gets to see them.";
}

codes! {
    /// What a form is called, by its word.
    form_name {
        "visit": "走访", "Visit"; "request": "登记诉求", "Request"; "household": "建户", "Household"; "household_change": "改户情", "Change of a household";
        "request_accept": "受理", "Acceptance"; "request_assign": "交办", "Assignment";
        "request_progress": "办理进展", "Progress"; "request_reply": "答复", "Answer";
        "talk": "谈心", "Talk"; "diary": "民情日记", "Diary"; "correct": "更正", "Correction";
    }
}

impl Words {
    /// A form's name, or its word where it has none.
    #[must_use]
    pub fn form(self, word: &str) -> String {
        self.form_name(word).map_or_else(|| word.to_owned(), str::to_owned)
    }
}
