// The page as it is printed: what only a screen needs is gone, what counts keeps its word, mark and border.
for (const one of all('header .top, nav, .strip, .skip, footer')) if (rendered(one)) wrong('paper', one);
for (const one of all('main .acts, main .noprint')) if (rendered(one)) wrong('paper', one);
for (const one of all('main .tag')) {
  if (one.closest('.noprint, .acts') || one.closest('details:not([open])')) continue;
  const style = css(one);
  if (!rendered(one) || !text(one)) wrong('paper', one);
  const border = parseFloat(style.borderTopWidth) > 0 || parseFloat(style.borderLeftWidth) > 0;
  if (!border && !one.matches('.t-late')) wrong('paper', one);
  if (style.backgroundImage !== 'none') wrong('paper', one);
}
for (const one of all('main h1')) if (!rendered(one)) wrong('paper', one);
if (all('header form[action="/sign-out"]').length) {
  const line = document.querySelector('main p.ponly');
  if (!line || !rendered(line) || !text(line)) wrong('paper', 'no line that says what was printed, where, when and by whom');
}
for (const one of all('a')) {
  for (const side of ['::before', '::after']) if (/attr|http|url/.test(css(one, side).content)) wrong('paper', one);
}
return found;
