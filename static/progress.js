"use strict";
const bar = document.getElementById("progress");
const poll = async () => {
  try {
    const answer = await fetch(bar.dataset.address);
    const work = await answer.json();
    bar.max = work.total || 1;
    bar.value = work.done;
    for (const name of ["done", "total", "kept"]) document.getElementById(name).textContent = work[name];
    if (work.state === "done" || work.state === "failed") return location.reload();
  } catch (fault) {
    // The connection is gone for a moment; the import goes on without us.
  }
  setTimeout(poll, 700);
};
poll();
