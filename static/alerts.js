"use strict";
{
  // The keys of a queue: j and k move, c confirms, d dismisses, u undoes, x ticks, ? shows them. Off in fields.
  const items = [...document.querySelectorAll("[data-item]")];
  const title = (item) => item.querySelector(".pair-title");
  const MEMORY = "alert-at";
  let at = items.findIndex((item) => item.contains(document.activeElement));

  const go = (step) => {
    if (!items.length) return;
    at = Math.min(items.length - 1, Math.max(0, at + step));
    title(items[at]).focus();
    items[at].scrollIntoView({ block: "nearest" });
  };
  const send = (key) => {
    const within = items.length ? items[at] : document;
    const form = within && within.querySelector(`form[data-key="${key}"]`);
    if (!form) return;
    if (items.length) sessionStorage.setItem(MEMORY, at);
    form.requestSubmit();
  };
  const undo = () => document.querySelector('form[data-key="u"]')?.requestSubmit();
  const follow = (key) => document.querySelector(`a[data-key="${key}"]`)?.click();
  const tick = () => items[at]?.querySelector('input[type="checkbox"]').click();
  const help = () => document.getElementById("keys")?.toggleAttribute("open");
  const KEYS = {
    j: () => (items.length ? go(1) : follow("j")),
    k: () => (items.length ? go(-1) : follow("k")),
    c: () => send("c"),
    d: () => send("d"),
    u: undo,
    x: tick,
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    const field = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (field || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("focusin", (event) => {
    const found = items.findIndex((item) => item.contains(event.target));
    if (found >= 0) at = found;
  });
  // After a key acted the page is loaded anew: the reader goes on where he was.
  const before = sessionStorage.getItem(MEMORY);
  sessionStorage.removeItem(MEMORY);
  if (before !== null && items.length) {
    at = Number(before);
    go(0);
  }
}
