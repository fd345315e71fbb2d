"use strict";
// The file stays in the browser: a worker digests it, and only the digest is asked about.
const zone = document.getElementById("drop");
const input = document.getElementById("file");
const bar = document.getElementById("bar");
const told = document.getElementById("told");
let worker = null;

const begin = (file) => {
  if (!file) return;
  if (worker) worker.terminate();
  worker = new Worker(zone.dataset.worker);
  bar.hidden = false;
  bar.max = file.size || 1;
  bar.value = 0;
  told.textContent = `${zone.dataset.reading} ${file.name}`;
  worker.onmessage = ({ data }) => {
    if (data.done) {
      bar.value = data.done;
      told.textContent = `${zone.dataset.reading} ${file.name} · ${Math.floor((100 * data.done) / file.size)} %`;
    }
    if (data.fault) told.textContent = zone.dataset.fault;
    if (!data.sha256) return;
    document.getElementById("sha256").textContent = data.sha256;
    document.getElementById("sm3").textContent = data.sm3;
    document.getElementById("digests").hidden = false;
    told.textContent = zone.dataset.asking;
    const target = new URL(zone.dataset.target, location.href);
    target.searchParams.set("digest", data.sha256);
    location.assign(target);
  };
  worker.onerror = () => (told.textContent = zone.dataset.fault);
  worker.postMessage(file);
};

zone.hidden = false;
input.addEventListener("change", () => begin(input.files[0]));
for (const name of ["dragenter", "dragover"]) {
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  begin(event.dataTransfer.files[0]);
});

// A camera where the browser reads codes itself; a photograph goes the ordinary way otherwise.
const camera = document.getElementById("camera");
const readable = async () =>
  "BarcodeDetector" in window && navigator.mediaDevices && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
const scan = async () => {
  const video = document.getElementById("video");
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const look = async () => {
    for (const code of await detector.detect(video)) {
      const found = /YB\d{4}-\d{7}-[0-9A-Z]/.exec(code.rawValue.toUpperCase());
      if (!found) continue;
      stream.getTracks().forEach((track) => track.stop());
      location.assign(`/verify/${found[0]}`);
      return;
    }
    setTimeout(look, 200);
  };
  look();
};
if (camera) {
  readable().then((can) => (camera.hidden = !can));
  camera.addEventListener("click", () => scan().catch(() => (camera.hidden = true)));
}
