// What the rules share. Each file of rules is put after this one and run in the page by the test, under no policy.
const found = [];
const show = (one) => one.outerHTML.replace(/\s+/g, ' ').slice(0, 160);
const wrong = (rule, what) => found.push(rule + ': ' + (what instanceof Element ? show(what) : what));
const all = (css, root = document) => [...root.querySelectorAll(css)];
const css = (one, pseudo) => getComputedStyle(one, pseudo);
const text = (one) => (one.textContent ?? '').replace(/\s+/g, ' ').trim();

// Hidden from eyes alone: one pixel, or cut away. A skip link out of the window is the same until it has the focus.
const unseen = (one) => {
  for (let at = one; at && at !== document.body; at = at.parentElement) {
    const style = css(at);
    const box = at.getBoundingClientRect();
    if (style.clipPath === 'inset(50%)' || (style.overflow === 'hidden' && box.width <= 1 && box.height <= 1)) return true;
    if (style.position === 'absolute' && box.right < 0) return true;
  }
  return false;
};
const rendered = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
const visible = (one) => rendered(one) && !unseen(one);

const CONTROLS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not(html)';
const focusable = (one) => rendered(one) && !one.disabled && one.tabIndex >= 0;

// Words that a reader hears for an element, by the short form of the rule: labels, its own, then its text.
const named = (one) => {
  const ids = (one.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
  const by = ids.map((id) => text(document.getElementById(id) ?? document.createElement('i'))).join(' ').trim();
  if (by) return by;
  const own = (one.getAttribute('aria-label') ?? '').trim();
  if (own) return own;
  const labels = [...(one.labels ?? [])].map(text).join(' ').trim();
  if (labels) return labels;
  if (one.matches('input:not([type=submit]):not([type=button]), select, textarea')) return '';
  const pictures = all('[aria-label], img[alt], svg title', one).map((it) => it.getAttribute('aria-label') ?? it.getAttribute('alt') ?? text(it));
  return (text(one) || pictures.join(' ') || (one.value ?? '')).trim();
};

// Colours as the browser computed them, on a scale of 0 to 1; the last is how much covers what is below.
const colour = (said) => {
  const numbers = (said.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
  if (said.startsWith('color(srgb ')) return [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
  if (said.startsWith('rgb')) return [numbers[0] / 255, numbers[1] / 255, numbers[2] / 255, numbers[3] ?? 1];
  return null;
};
const over = (top, below) => {
  const cover = top[3];
  return [0, 1, 2].map((at) => top[at] * cover + below[at] * (1 - cover)).concat(1);
};
// What lies behind an element: every ground up to the page, the nearest last.
const ground = (one) => {
  const grounds = [];
  for (let at = one; at; at = at.parentElement) {
    const style = css(at);
    if (style.backgroundImage !== 'none') return null;
    const own = colour(style.backgroundColor);
    if (!own) return null;
    grounds.unshift(own);
    if (own[3] === 1) break;
  }
  return grounds.reduce((below, top) => over(top, below), [1, 1, 1, 1]);
};
const light = (one) => {
  const [r, g, b] = one.slice(0, 3).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [less, more] = [light(one), light(other)].sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
};
