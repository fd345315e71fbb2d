"use strict";
{
  // The figure beside "Alerts" is asked for again every half minute while the page is looked at.
  const figure = document.getElementById("alert-count");
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(figure.dataset.address, { headers: { Accept: "application/json" } });
      if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/json")) return;
      const { open } = await answer.json();
      figure.textContent = open > 999 ? "999+" : open;
      figure.hidden = open === 0;
    } catch {
      // No connection for a moment; the next try comes by itself.
    }
  };
  if (figure) setInterval(ask, 30000);
}
