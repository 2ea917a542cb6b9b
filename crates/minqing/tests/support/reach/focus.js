// What has the focus now: which stop it is, and whether that can be seen.
const FOCUS_CONTRAST_MIN = 3;
const at = document.activeElement;
if (!at || at === document.body || at === document.documentElement) return { at: null, found };
const style = css(at);
const width = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
const shadow = /(?:rgba?|color)\([^)]*\)/.exec(style.boxShadow);
const behind = ground(at.parentElement) ?? [1, 1, 1, 1];
const rings = [width >= 2 ? colour(style.outlineColor) : null, shadow ? colour(shadow[0]) : null].filter(Boolean);
const best = Math.max(0, ...rings.map((ring) => contrast(over(ring, behind), behind)));
if (width < 2 || best < FOCUS_CONTRAST_MIN) wrong('focus', Math.floor(best * 10) / 10 + ' ' + show(at));
const box = at.getBoundingClientRect();
// What is larger than the window is looked at where it is in it.
const [left, upper] = [Math.max(box.left, 0), Math.max(box.top, 0)];
const [x, y] = [left + Math.min(box.right - left, 40) / 2, upper + Math.min(box.bottom - upper, 40) / 2];
const top = document.elementFromPoint(x, y);
if (!top || !(top === at || at.contains(top) || top.contains(at) || [...(at.labels ?? [])].some((label) => label.contains(top)))) {
  wrong('hidden-focus', show(at) + ' is under ' + (top ? show(top) : 'nothing of the window'));
}
return { at: window.reached.stops.indexOf(at), found };
