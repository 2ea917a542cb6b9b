// The stops that Tab must come to, in the order of reading: of a set of radio buttons one.
const stops = all(CONTROLS).filter(focusable).filter((one) => {
  if (one.type !== 'radio') return true;
  const set = all('input[type=radio]').filter((it) => it.name === one.name && it.form === one.form && focusable(it));
  return one === (set.find((it) => it.checked) ?? set[0]);
});
window.reached = { stops, names: stops.map(show) };
const html = document.documentElement;
html.setAttribute('tabindex', '-1');
html.focus();
html.removeAttribute('tabindex');
return stops.length;
