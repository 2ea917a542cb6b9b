// What eyes and hands meet at this width: WCAG 1.4.3 and 1.4.6 (7:1), 1.4.10, 1.4.11 (3:1), 2.5.5 and 2.5.8.
const TEXT_CONTRAST_MIN = 7;
const EDGE_CONTRAST_MIN = 3;
const TARGET_PX_MIN = 44;
const PRIMARY_LARGE_PX_MIN = 60;
// Half a pixel of rounding.
const SLACK = 0.5;
const floor = (number) => Math.floor(number * 10) / 10;

for (const one of all('body *')) {
  const own = [...one.childNodes].some((it) => it.nodeType === Node.TEXT_NODE && it.data.trim());
  const typed = one.matches('input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea, select');
  if ((!own && !typed) || !visible(one) || one.closest('svg [aria-hidden], svg[aria-hidden], option')) continue;
  const behind = ground(one);
  const front = colour(css(one).color);
  if (!behind || !front) { wrong('contrast', 'a ground or colour that cannot be computed: ' + show(one)); continue; }
  let dim = 1;
  for (let at = one; at; at = at.parentElement) dim *= Number(css(at).opacity);
  const ratio = contrast(over([...front.slice(0, 3), front[3] * dim], behind), behind);
  if (ratio < TEXT_CONTRAST_MIN) wrong('contrast', floor(ratio) + ' ' + show(one));
  if (parseFloat(css(one).fontSize) < 13) wrong('small', css(one).fontSize + ' ' + show(one));
  if (typed && one.placeholder) wrong('placeholder', one);
}

// The edge of what may be used: a line around it, or its ground against the ground around it.
for (const one of all('input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea, select, button, .btn, label:has(> input)')) {
  if (!visible(one)) continue;
  const style = css(one);
  const around = ground(one.parentElement);
  const within = ground(one);
  if (!around || !within) { wrong('edge', one); continue; }
  const sides = ['Top', 'Right', 'Bottom', 'Left'].map((side) => [style['border' + side + 'Style'] === 'none' ? 0 : parseFloat(style['border' + side + 'Width']), colour(style['border' + side + 'Color'])]);
  const lines = sides.map(([width, of]) => (width >= 1 && of ? contrast(over(of, around), around) : 0));
  const best = Math.max(Math.min(...lines), contrast(within, around));
  const as_text = one.matches('button, .btn') ? style.textDecorationLine.includes('underline') : one.matches('label');
  // A line that cannot be seen is none: then words that are underlined say that one may press.
  const plain = Math.max(...lines) < 1.05 && contrast(within, around) < 1.05;
  if (best < EDGE_CONTRAST_MIN && !(plain && as_text)) wrong('edge', floor(best) + ' ' + show(one));
}

const block = (one) => { let at = one.parentElement; while (at && css(at).display === 'inline') at = at.parentElement; return at; };
const in_a_sentence = (one) => {
  if (!one.matches('a') || css(one).display !== 'inline') return false;
  return text(block(one)).length > text(one).length;
};
const box_of = (one) => {
  const boxes = [one, ...(one.matches('input[type=radio], input[type=checkbox]') ? one.labels : [])].map((it) => it.getBoundingClientRect());
  const [left, top] = [Math.min(...boxes.map((it) => it.left)), Math.min(...boxes.map((it) => it.top))];
  return { width: Math.max(...boxes.map((it) => it.right)) - left, height: Math.max(...boxes.map((it) => it.bottom)) - top };
};
const is_large = document.documentElement.classList.contains('large');
for (const one of all(CONTROLS)) {
  if (!focusable(one) || !visible(one) || one.matches('main, [role=region], [role=group]')) continue;
  const box = box_of(one);
  const size = Math.round(box.width) + ' × ' + Math.round(box.height) + ' ' + show(one);
  // 2.5.8: a link in a sentence is bound to its line.
  if (in_a_sentence(one)) continue;
  const least = is_large && one.matches('.pri') ? PRIMARY_LARGE_PX_MIN : TARGET_PX_MIN;
  if (box.height < least - SLACK || box.width < TARGET_PX_MIN - SLACK) wrong('target', size);
}

const scrolls = (one) => {
  for (let at = one; at && at !== document.documentElement; at = at.parentElement) {
    if (['auto', 'scroll'].includes(css(at).overflowX)) return at;
  }
  return null;
};
const root = document.documentElement;
const wide = root.scrollWidth - root.clientWidth;
if (wide > 0) {
  const out = all('body *').filter((one) => visible(one) && !scrolls(one) && one.getBoundingClientRect().right > root.clientWidth + 1);
  wrong('wide', 'by ' + wide + ' px: ' + (out.length ? show(out[out.length - 1]) : ''));
}
for (const one of all('body *')) {
  if (!visible(one) || !['auto', 'scroll'].includes(css(one).overflowX)) continue;
  if (one.scrollWidth <= one.clientWidth + 1 || one.matches('textarea, input, select')) continue;
  const region = one.closest('[tabindex="0"]');
  const menu = one.closest('nav');
  if (!(region && named(region)) && !(menu && named(menu))) wrong('wide', 'it scrolls, and is neither named nor a stop: ' + show(one));
}
return found;
