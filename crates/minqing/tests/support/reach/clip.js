// Words that do not fit where they stand: WCAG 1.4.12 when the test has raised the spacing, 1.4.4 otherwise.
const may_scroll = (one) => ['auto', 'scroll'].includes(css(one).overflowX) || ['auto', 'scroll'].includes(css(one).overflowY);
for (const one of all('body *')) {
  if (!visible(one) || one.closest('svg') || one.matches('input, select, textarea, option, br')) continue;
  if (!text(one) || may_scroll(one) || css(one).display === 'inline') continue;
  const style = css(one);
  const high = one.scrollHeight > one.clientHeight + 2 && one.clientHeight > 0;
  const wide = one.scrollWidth > one.clientWidth + 2 && one.clientWidth > 0;
  const cuts = [style.overflowX, style.overflowY].some((it) => it === 'hidden' || it === 'clip') || style.textOverflow === 'ellipsis';
  if ((high || wide) && cuts) wrong('clip', one);
  // A height that does not give way lets words run into what follows.
  // A height that does not give way lets words run into what follows.
  const words = [...one.childNodes].filter((it) => it.nodeType === Node.TEXT_NODE && it.data.trim());
  for (const it of high && !cuts ? words : []) {
    const range = document.createRange();
    range.selectNodeContents(it);
    if (range.getBoundingClientRect().bottom > one.getBoundingClientRect().bottom + 4) wrong('clip', one);
  }
}
const root = document.documentElement;
// One pixel is what rounding makes.
if (root.scrollWidth > root.clientWidth + 1) wrong('clip', 'wider than its window by ' + (root.scrollWidth - root.clientWidth));
return found;
