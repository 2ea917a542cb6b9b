//! A form in a real browser while the node is killed in the middle of it: what was typed is there again, and is saved once.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests may panic and speak")]

mod support;

use std::fs;
use std::path::Path;

use support::browser::*;
use support::office::*;
use support::*;

const NOTE: &str = "问起涵管，盼着换粗一点的管。";

fn drafts(dir: &Path) -> usize {
    let names = fs::read_dir(dir.join("drafts")).unwrap();
    names
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains('-'))
        .count()
}

#[test]
fn a_node_killed_in_the_middle_of_a_form_has_it_again_and_saves_it_once() {
    let name = "a_node_killed_in_the_middle_of_a_form_has_it_again_and_saves_it_once";
    let Some(mut browser) = Browser::start(name, true) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    first_time(&mut browser, &origin, &code);

    // Half a form; no button is pressed after the note.
    browser.alt('n');
    browser.says("记一次走访");
    browser.keys(&format!("qmc{ENTER}"));
    browser.says("换一户");
    browser.click("#met");
    browser.click("#t");
    browser.keys(NOTE);
    // The script has kept it: the draft on the disk holds the whole note.
    wait_for("the note is kept", || {
        let files = fs::read_dir(dir.join("drafts")).unwrap();
        let mut texts = files.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok());
        texts.any(|text| text.contains(NOTE)).then_some(())
    });
    sound(&mut browser, &origin, "a form with its draft kept");
    browser.picture("draft-kept");
    node.kill();
    assert_eq!(visits(&dir).len(), 0, "nothing was recorded");
    let (node, _) = start_pages(&dir, port_of(&origin));

    browser.open(&origin);
    browser.says("没写完的");
    browser.says("走访 · 乔满仓 户");
    sound(&mut browser, &origin, "today with a draft");
    browser.picture("today-draft");
    browser.click("section a[href^='/visit?draft=']");
    browser.says("您离开前写到一半的还在，接着写吧。");
    assert!(browser.source().contains(NOTE));
    sound(&mut browser, &origin, "a form with its draft");
    browser.picture("draft-back");
    browser.alt('s');
    browser.says("存好了，在本机硬盘上");
    let kept = visits(&dir);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["personal"]["text"], NOTE);
    assert_eq!(drafts(&dir), 0);
    browser.open(&origin);
    assert!(!browser.source().contains("没写完的"));

    // The other forms, and the page that mends what was just recorded.
    browser.alt('j');
    browser.says("写日记");
    sound(&mut browser, &origin, "diary");
    browser.picture("diary");
    browser.open(&format!("{origin}/talk"));
    browser.fill("#q", "qmc");
    browser.click("button[name=do][value=find]:not(.vh)");
    browser.says("还没有结对");
    sound(&mut browser, &origin, "talk");
    browser.picture("talk");
    browser.open(&origin);
    browser.click("aside a[href^='/correct/']");
    browser.says("现在记的是");
    browser.click("input[name=o][value=not_home]");
    browser.fill("#t", "当时随手点错了，本人说没见到");
    browser.alt('s');
    browser.says("会少 1 户");
    sound(&mut browser, &origin, "correct");
    browser.picture("correct");
    browser.alt('s');
    browser.says("原来那条还留着");
    browser.says("（更正过）");
    sound(&mut browser, &origin, "household with a correction");
    browser.picture("household-corrected");
    browser.open(&format!("{origin}/talk"));
    browser.says("您离开前写到一半的还在");
    browser.click("a[href^='/draft/']");
    browser.says("谁也找不回来");
    sound(&mut browser, &origin, "drop a draft");
    browser.picture("draft-drop");
    browser.click("form.acts button");
    browser.says("今天，");
    assert_eq!(drafts(&dir), 0);
    town.audited("auditor");
    node.stop();
    hub.stop();
}

#[test]
fn without_script_every_button_keeps_what_was_typed() {
    let Some(mut browser) = Browser::start("without_script_every_button_keeps_what_was_typed", false) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    first_time(&mut browser, &origin, &code);
    browser.open(&format!("{origin}/visit"));
    browser.fill("#hh", "qyz");
    browser.fill("#t", NOTE);
    browser.click("button[name=do][value=leave]");
    browser.says("关了页面、断了电都还在");
    browser.says("没写完的");
    node.kill();
    let (node, _) = start_pages(&dir, port_of(&origin));
    browser.open(&format!("{origin}/visit"));
    browser.says("您离开前写到一半的还在");
    assert!(browser.source().contains(NOTE) && browser.source().contains("value=\"qyz\""));
    node.stop();
    hub.stop();
}
