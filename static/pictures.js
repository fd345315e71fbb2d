"use strict";
for (const input of document.querySelectorAll("[data-preview]")) {
  input.addEventListener("change", () => {
    const shown = input.nextElementSibling;
    shown.replaceChildren();
    for (const file of input.files) {
      const image = document.createElement("img");
      image.alt = file.name;
      image.onload = () => URL.revokeObjectURL(image.src);
      image.onerror = () => image.replaceWith(file.name);
      image.src = URL.createObjectURL(file);
      shown.append(image);
    }
  });
}
