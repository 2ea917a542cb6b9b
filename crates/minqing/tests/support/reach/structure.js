// How the page is built: WCAG 1.3.1, 1.3.2, 2.4.1, 2.4.2, 2.4.3, 2.4.6, 3.1.1, 3.3.1, 4.1.2, and what the policy of the pages asks.
const BRAND = { 'zh-CN': '民情', zh: '民情', en: 'Minqing' };
const REFUSED = ['错误：', 'Error: '];

for (const one of all('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=radiogroup], [role=group], nav, aside, [tabindex="0"]')) {
  const is_named = named(one) || (one.matches('nav, aside') && (all('nav').length === 1 && one.matches('nav')));
  if (!is_named && !(one.matches('aside') && all('h2, h3', one).length > 0)) wrong('name', one);
}
for (const one of all('[placeholder]')) if (!one.labels?.length && !one.getAttribute('aria-label')) wrong('name', one);

// A set of choices says what is chosen.
for (const one of all('input[type=radio]')) {
  const group = one.closest('fieldset, [role=radiogroup], [role=group]');
  const legend = group?.matches('fieldset') ? text(group.querySelector(':scope > legend') ?? document.createElement('i')) : group && named(group);
  if (!legend) wrong('group', one);
}
for (const one of all('fieldset')) if (one.firstElementChild?.tagName !== 'LEGEND' || !text(one.firstElementChild)) wrong('group', one);

for (const attribute of ['aria-describedby', 'aria-labelledby', 'aria-controls', 'aria-owns', 'for', 'headers']) {
  for (const one of all('[' + attribute + ']')) {
    for (const id of one.getAttribute(attribute).split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) wrong('reference', attribute + ' ' + id + ' of ' + show(one));
    }
  }
}
for (const one of all('a[href^="#"]')) if (!document.getElementById(one.getAttribute('href').slice(1))) wrong('reference', one);
const ids = all('[id]').map((one) => one.id);
for (const id of new Set(ids.filter((id, at) => !id || ids.indexOf(id) !== at))) wrong('id', '"' + id + '" stands more than once, or is empty');

// What is wrong with a field is said beside it, and the field says so.
for (const one of all('[aria-invalid]')) {
  const words = (one.getAttribute('aria-describedby') ?? '').split(/\s+/).map((id) => document.getElementById(id));
  if (!words.some((it) => it && it.matches('.em') && text(it))) wrong('error-beside', one);
}
for (const one of all('p.em')) if (!one.id || !document.querySelector('[aria-describedby~="' + CSS.escape(one.id) + '"]')) wrong('error-beside', one);

const headings = all('h1, h2, h3, h4, h5, h6').filter(rendered);
if (headings.filter((one) => one.tagName === 'H1').length !== 1) wrong('heading', 'not exactly one h1');
let level = 0;
for (const one of headings) {
  const own = Number(one.tagName[1]);
  if (!text(one)) wrong('heading', one);
  if (level > 0 && own > level + 1) wrong('heading', 'h' + level + ' is followed by ' + show(one));
  level = own;
}
// A refusal may stand before the h1, as the first thing of the page; nothing else may.
const before = headings.slice(0, headings.findIndex((one) => one.tagName === 'H1'));
for (const one of before) if (!one.closest('[role=alert], [role=status]')) wrong('heading', 'before the h1: ' + show(one));

for (const part of ['header', 'main', 'footer']) {
  if (all(part).filter((one) => !one.parentElement.closest('main, article, section')).length !== 1) wrong('landmark', 'not exactly one ' + part);
}
for (const one of document.body.children) {
  if (!one.matches('header, nav, main, footer, aside, a[href^="#"]')) wrong('landmark', one);
}
const marks = all('nav, aside').map((one) => one.tagName + ' ' + named(one));
for (const one of new Set(marks.filter((it, at) => marks.indexOf(it) !== at))) wrong('landmark', 'two of one name: ' + one);

const skip = all(CONTROLS).find(focusable);
if (!skip?.matches('a[href^="#"]') || !document.querySelector('main' + skip.getAttribute('href'))) wrong('skip', skip ?? 'nothing to focus');

const lang = document.documentElement.lang;
if (!BRAND[lang]) wrong('lang', '"' + lang + '"');
for (const one of all('[lang]')) if (!BRAND[one.lang]) wrong('lang', one);
for (const one of all('button[name=lang]')) if (one.lang === lang || !one.lang) wrong('lang', one);

const brand = ' · ' + BRAND[lang];
const title = document.title;
const alerts = all('[role=alert]');
const refused = REFUSED.some((it) => title.startsWith(it));
const own_title = refused ? title.slice(REFUSED.find((it) => title.startsWith(it)).length) : title;
if (!own_title.endsWith(brand) || own_title.length <= brand.length) wrong('title', '"' + title + '"');
if (refused && alerts.length === 0) wrong('title', 'a refusal without an alert: "' + title + '"');
for (const one of alerts) {
  // What stops the work is told at once; what merely happened is a status.
  if (!text(one) || !(refused || one.matches('.stop'))) wrong('alert', one);
}
for (const one of all('.strip, .say:not(.stop)')) if (one.getAttribute('role') !== 'status') wrong('status', one);
for (const one of all('[aria-live=assertive], [role=alertdialog], dialog')) wrong('alert', one);

for (const one of all('table')) {
  const section = one.closest('section, figure');
  const region = one.closest('[role=region]');
  const heading = section && text(section.querySelector('h2, h3, figcaption') ?? document.createElement('i'));
  const only = !section && all('main table').length === 1 && text(document.querySelector('h1') ?? document.createElement('i'));
  if (!text(one.caption ?? document.createElement('i')) && !named_by(one) && !heading && !only && !(region && named(region))) wrong('table', one);
  const heads = all('th', one);
  if (heads.length === 0) wrong('table', 'no heads: ' + show(one));
  for (const head of heads) if (!['col', 'row', 'colgroup', 'rowgroup'].includes(head.scope)) wrong('scope', head);
  const width = (row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
  const first = one.tHead?.rows[0];
  if (first && ![...one.rows].some((row) => [...row.cells].some((cell) => cell.rowSpan > 1))) {
    for (const row of one.rows) if (width(row) !== width(first)) wrong('table', 'a row of another width: ' + show(row));
  }
}
function named_by(one) {
  return one.getAttribute('aria-label')?.trim() || (one.getAttribute('aria-labelledby') && named(one));
}

for (const one of all('svg')) {
  const words = one.getAttribute('aria-label')?.trim() || text(one.querySelector('title') ?? document.createElement('i'));
  if (one.getAttribute('aria-hidden') !== 'true' && !(one.getAttribute('role') === 'img' && words)) wrong('svg', one);
}
for (const one of all('[aria-hidden=true]')) if (one.matches(CONTROLS) || all(CONTROLS, one).some(focusable)) wrong('svg', 'hidden and focusable: ' + show(one));
for (const one of all('img')) if (!one.hasAttribute('alt')) wrong('svg', one);

for (const one of all('[tabindex]')) if (one.tabIndex > 0) wrong('tabindex', one);
// A box that can be scrolled sideways is a stop of its own and says what it holds; a menu's links scroll it by themselves.
for (const one of all('main [tabindex="0"]')) if (!named(one) || !one.matches('[role=region], [role=group], table')) wrong('name', one);
for (const one of all('audio, video, embed, object, iframe, marquee, blink, canvas, meta[http-equiv=refresh]')) wrong('autoplay', one);
for (const one of all('*')) {
  const style = css(one);
  if (style.animationName !== 'none') wrong('autoplay', one);
  if (style.order !== '0' || /reverse/.test(style.flexDirection) || style.float !== 'none') wrong('order', one);
}

for (const one of all('script:not([src]), style, [style], template')) wrong('inline', one);
for (const one of all('*')) {
  for (const { name, value } of one.attributes) {
    if (/^on/.test(name) || /^\s*javascript:/i.test(value)) wrong('inline', one);
    if (!['href', 'src', 'action', 'formaction', 'data', 'poster', 'srcset', 'background', 'ping'].includes(name)) continue;
    if (name === 'href' && value === 'data:,' && one.matches('link[rel=icon]')) continue;
    const url = new URL(value || '/', location.href);
    if (url.origin !== location.origin) wrong('outside', one);
    // No name and no wording in an address: what stands there is ASCII.
    if (/%[89a-f]/i.test(url.pathname + url.search)) wrong('outside', one);
  }
}
for (const one of all('link[rel=stylesheet]')) if (!one.sheet || one.sheet.cssRules.length === 0) wrong('sheet', one);
for (const one of all('form')) if (!['get', 'post'].includes(one.method) || (one.method === 'get' && all('input[type=text], input:not([type]), textarea', one).some((it) => it.inputMode !== 'numeric'))) wrong('outside', 'what is typed would stand in an address: ' + show(one));
for (const one of all('[disabled]')) wrong('disabled', one);
return found;
