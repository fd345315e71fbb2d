"use strict";
// Reads the file in pieces, so that 500 MB need no 500 MB of memory and the page stays alive.
importScripts("digests.js");
const PIECE = 4 * 1024 * 1024;
onmessage = async ({ data: file }) => {
  try {
    const sha256 = new Sha256(), sm3 = new Sm3();
    for (let at = 0; at < file.size; at += PIECE) {
      const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
      sha256.update(piece);
      sm3.update(piece);
      postMessage({ done: at + piece.length });
    }
    postMessage({ sha256: sha256.hex(), sm3: sm3.hex() });
  } catch (fault) {
    postMessage({ fault: String(fault) });
  }
};
