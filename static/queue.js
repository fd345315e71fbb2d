"use strict";
// Gmail's keys: j and k go through the rows, x chooses, Enter opens. Nothing moves by itself.
const rows = [...document.querySelectorAll(".caserow")];
let now = -1;
const go = (to) => {
  if (to < 0 || to >= rows.length) return;
  now = to;
  rows[now].querySelector("a").focus();
};
document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || key.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const held = rows.findIndex((row) => row.contains(document.activeElement));
  if (held >= 0) now = held;
  if (key.key === "j") go(now + 1);
  else if (key.key === "k") go(now - 1);
  else if (key.key === "x" && now >= 0) rows[now].querySelector("input").click();
});
const all = document.getElementById("all");
if (all) {
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const row of rows) row.querySelector("input").checked = all.checked;
  });
}
