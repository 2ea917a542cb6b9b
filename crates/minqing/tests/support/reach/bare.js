// The page without its sheet: everything that could be read can be read, and every state is a word.
const words = (one) => (one.innerText ?? '').replace(/\s+/g, '');
const seen = all('main p, main h1, main h2, main td, main th, main li, main dd, main dt, main label, main legend, main .tag').filter(visible);
const kept = seen.map((one) => [one, words(one)]);
const sheets = [...document.styleSheets, ...document.adoptedStyleSheets];
for (const one of sheets) one.disabled = true;
for (const [one, before] of kept) {
  // A place where news will be said stands empty until there are some.
  if (!before && one.getAttribute('role') === 'status') continue;
  if (!rendered(one) || (before && !words(one))) wrong('bare', one);
  const size = one.getBoundingClientRect();
  if (size.width < 1 || size.height < 1) wrong('bare', one);
}
for (const one of all('.tag')) if (!text(one)) wrong('bare', 'a state without a word: ' + show(one));
for (const one of all('button, a[href], summary')) if (rendered(one) && !named(one)) wrong('bare', one);
for (const one of sheets) one.disabled = false;
return found;
