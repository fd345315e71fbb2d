"use strict";
// On a narrow screen the drawing is wider than the page: it begins where the case stands.
for (const place of document.querySelectorAll(".machine")) {
  const stands = place.querySelector(".stands");
  if (!stands) continue;
  const box = stands.getBoundingClientRect(), around = place.getBoundingClientRect();
  place.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
}
