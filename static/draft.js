"use strict";
// The wizard without it: forms and buttons. With it: files go up one by one, what is typed is saved, rows are dragged.
const told = document.getElementById("saved");
const say = (text) => { if (told) told.textContent = text; };
const parsed = (html) => [...new DOMParser().parseFromString(html, "text/html").body.childNodes];

// --- What is typed is saved; what can't be saved now is kept in this browser and put back.
const form = document.querySelector("form[data-autosave]");
if (form) {
  const key = "draft " + location.pathname;
  const named = (name) => [...form.elements].filter((field) => field.name === name);
  const put = () => {
    try {
      const held = {};
      for (const [name, value] of new FormData(form)) if (!["csrf_token", "revision", "order"].includes(name)) (held[name] ??= []).push(value);
      sessionStorage.setItem(key, JSON.stringify(held));
    } catch (fault) { /* a full or forbidden store: the server has what was saved */ }
  };
  let timer, running = false, again = false;
  const save = async () => {
    if (running) { again = true; return; }
    running = true;
    say(form.dataset.saving);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Autosave": "1" } });
      if (answer.redirected || !(answer.headers.get("Content-Type") || "").includes("json")) say(form.dataset.signedOut);
      else {
        const found = await answer.json();
        if (answer.ok) {
          if (form.elements.revision && found.revision !== undefined) form.elements.revision.value = found.revision;
          sessionStorage.removeItem(key);
          say(form.dataset.saved);
        } else say(found.fault);
      }
    } catch (fault) {
      say(form.dataset.offline);
    }
    running = false;
    if (again) { again = false; save(); }
  };
  const soon = () => { put(); clearTimeout(timer); timer = setTimeout(save, 700); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  addEventListener("online", () => { if (sessionStorage.getItem(key)) save(); });
  form.addEventListener("submit", () => clearTimeout(timer));
  // Rows that were added and not saved yet come back with what was typed into them.
  const add_rows = (held) => {
    const wanted = Math.max(...["creator", "share"].map((name) => (held[name] || []).findLastIndex(Boolean))) + 1;
    for (let rows = form.querySelectorAll("[data-row]"); rows.length && rows.length < wanted; rows = form.querySelectorAll("[data-row]")) {
      const last = rows[rows.length - 1], made = last.cloneNode(true);
      for (const field of made.querySelectorAll("input")) {
        field.value = "";
        field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+/, rows.length + 1));
        if (field.id) field.id = `${field.name}-${rows.length + 1}`;
      }
      last.after(made);
    }
  };
  try {
    const held = JSON.parse(sessionStorage.getItem(key) || "null");
    let restored = false;
    if (held) add_rows(held);
    const put_back = (field, property, value) => { if (field[property] !== value) { field[property] = value; restored = true; } };
    for (const field of held ? form.elements : []) if (["checkbox", "radio"].includes(field.type)) put_back(field, "checked", (held[field.name] || []).includes(field.value));
    for (const [name, values] of Object.entries(held || {})) {
      const fields = named(name).filter((field) => !["checkbox", "radio", "hidden"].includes(field.type));
      fields.forEach((field, place) => { if (place < values.length) put_back(field, "value", values[place]); });
    }
    if (restored) save(); else sessionStorage.removeItem(key);
  } catch (fault) { /* nothing of ours */ }
}

// --- Files, one request each, so that one bad file or a lost connection takes no other with it.
const upload = document.getElementById("upload");
if (upload) {
  const queue = [], lines = document.getElementById("uploads"), list = document.getElementById("files-list");
  let busy = false;
  const send = (job) => new Promise((done) => {
    const body = new FormData(), request = new XMLHttpRequest();
    body.append("csrf_token", upload.elements.csrf_token.value);
    body.append("files", job.file, job.file.name);
    request.open("POST", upload.action);
    request.setRequestHeader("X-Autosave", "1");
    request.responseType = "json";
    request.upload.onprogress = (event) => { job.bar.max = event.total; job.bar.value = event.loaded; };
    request.onload = () => done({ ok: request.status === 200 && request.response?.files !== undefined, answer: request.response });
    request.onerror = request.ontimeout = () => done({ lost: true });
    request.send(body);
  });
  const next = async () => {
    if (busy || !queue.length) return;
    busy = true;
    const job = queue.shift(), found = await send(job);
    busy = false;
    if (found.lost) {
      job.text.textContent = job.file.name + " " + upload.dataset.failed;
      queue.unshift(job);
      setTimeout(next, 3000);
      return;
    }
    if (found.answer?.files) list.replaceChildren(...parsed(found.answer.files));
    if (found.ok) job.line.remove();
    else {
      job.bar.remove();
      job.text.className = "text-danger fw-semibold";
      job.text.textContent = job.file.name + ": " + (found.answer?.faults?.join(" ") || upload.dataset.signedOut);
    }
    next();
  };
  const take = (files) => {
    for (const file of files) {
      const line = document.createElement("li"), text = document.createElement("span"), bar = document.createElement("progress");
      text.textContent = file.name;
      bar.max = file.size; bar.value = 0; bar.className = "w-100";
      bar.setAttribute("aria-label", file.name);
      line.append(text, bar);
      lines.append(line);
      queue.push({ file, line, text, bar });
    }
    next();
  };
  upload.classList.add("scripted");
  for (const input of upload.querySelectorAll("input[type=file]")) input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  for (const kind of ["dragenter", "dragover"]) upload.addEventListener(kind, (event) => { event.preventDefault(); upload.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) upload.addEventListener(kind, () => upload.classList.remove("over"));
  upload.addEventListener("drop", (event) => { event.preventDefault(); take([...event.dataTransfer.files]); });
  addEventListener("paste", (event) => { if (event.clipboardData?.files.length) take([...event.clipboardData.files]); });
  addEventListener("online", next);
  addEventListener("beforeunload", (event) => { if (busy || queue.length) event.preventDefault(); });

  // Dragging a row by its grip, with mouse, pen or finger; the buttons do the same.
  let held = null;
  const let_go = () => {
    if (!held) return;
    held.classList.remove("held");
    held = null;
    form.dispatchEvent(new Event("change"));
  };
  list.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".grip") || event.button) return;
    event.preventDefault();
    held = event.target.closest("li");
    held.classList.add("held");
    list.setPointerCapture(event.pointerId);
  });
  list.addEventListener("pointermove", (event) => {
    if (!held) return;
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest(".draft-file");
    if (!over || over === held || !list.contains(over)) return;
    const rows = [...over.parentNode.children];
    over[rows.indexOf(held) < rows.indexOf(over) ? "after" : "before"](held);
  });
  for (const kind of ["pointerup", "pointercancel"]) list.addEventListener(kind, let_go);
}

// --- The comparing goes on while the last step is read.
const alike = document.getElementById("alike");
if (alike) {
  const poll = async () => {
    if (!alike.querySelector("[data-waiting]")) return;
    try {
      const answer = await fetch(alike.dataset.address);
      if (answer.ok && !answer.redirected) alike.replaceChildren(...parsed(await answer.text()));
    } catch (fault) { /* asked again */ }
    setTimeout(poll, 1500);
  };
  setTimeout(poll, 1000);
}
