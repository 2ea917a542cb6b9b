// Keeps what is being typed, so that a crash in the middle loses some seconds and no more. Everything works without it:
// every button of a form keeps what was typed as well. It sends nothing anywhere but to the form's own address.
"use strict";
(() => {
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  // Milliseconds without a key before the form is kept, and the longest that it waits while keys go on.
  const PAUSE = 1500;
  const LONGEST = 8000;
  const line = document.getElementById("kept");
  let composing = false;
  let leaving = false;
  let asking = false;
  let timer = 0;
  let since = 0;

  const typed = () => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) fields.append(name, value);
    fields.append("do", "note");
    return fields.toString();
  };
  let known = typed();

  const later = () => {
    if (leaving) return;
    const now = Date.now();
    if (!timer) since = now;
    clearTimeout(timer);
    timer = setTimeout(keep, Math.max(0, Math.min(PAUSE, since + LONGEST - now)));
  };

  const keep = async () => {
    timer = 0;
    if (leaving || asking || composing) {
      if (asking) later();
      return;
    }
    const now = typed();
    if (now === known) return;
    asking = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(now), credentials: "same-origin", redirect: "manual",
      });
      const said = await answer.text();
      if (answer.ok) known = now;
      if (line && said && !leaving) line.textContent = said;
    } catch {
      // The node is away. The next key tries again.
    }
    asking = false;
    if (typed() !== known) later();
  };

  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", () => { composing = false; later(); });
  form.addEventListener("input", (event) => { if (!event.isComposing) later(); });
  form.addEventListener("change", later);
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("pagehide", () => {
    if (leaving) return;
    const now = typed();
    if (now !== known && navigator.sendBeacon) navigator.sendBeacon(form.action, new URLSearchParams(now));
  });
})();
