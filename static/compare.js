"use strict";
// Zoom, mirror and reveal for two pictures; without this script both pictures and the laid-over one are simply shown.
for (const place of document.querySelectorAll("[data-compare]")) {
  const pictures = [...place.querySelectorAll(".side-by-side img")];
  const seen = place.querySelector("[data-side=seen] img");
  const zoom = place.querySelector("[data-zoom]");
  const flip = place.querySelector("[data-flip]");
  const over = place.querySelector("[data-over]");
  const reveal = place.querySelector("[data-reveal]");
  for (const hidden of place.querySelectorAll("[data-tools], [data-slider]")) hidden.hidden = false;
  let at = [50, 50];
  const show = () => {
    for (const one of pictures) {
      const mirror = one === seen && flip && flip.getAttribute("aria-pressed") === "true" ? -1 : 1;
      one.style.transform = `scale(${mirror * zoom.value}, ${zoom.value})`;
      one.style.transformOrigin = `${at[0]}% ${at[1]}%`;
    }
  };
  if (zoom) {
    zoom.addEventListener("input", show);
    flip.addEventListener("click", () => {
      flip.setAttribute("aria-pressed", String(flip.getAttribute("aria-pressed") !== "true"));
      show();
    });
    for (const one of pictures) {
      // Both move together: the same detail stays in view on either side.
      one.parentElement.addEventListener("pointermove", (move) => {
        if (zoom.value <= 1) return;
        const box = one.parentElement.getBoundingClientRect();
        at = [((move.clientX - box.left) / box.width) * 100, ((move.clientY - box.top) / box.height) * 100];
        show();
      });
    }
  }
  if (reveal && over) {
    over.style.opacity = 1; // without the script it lies half clear over the other
    const cut = () => { over.style.clipPath = `inset(0 0 0 ${100 - reveal.value}%)`; };
    reveal.addEventListener("input", cut);
    cut();
  }
}
