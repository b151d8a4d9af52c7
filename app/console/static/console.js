"use strict";

// The menu folds on a small screen; without a script it stays open.
for (const button of document.querySelectorAll("[data-folds]")) {
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") === "false"));
  });
}

// Boxes that tick all others of their form.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && box.dataset.all) {
    for (const each of box.form.querySelectorAll(`input[type=checkbox][name="${box.dataset.all}"]`)) {
      each.checked = box.checked;
    }
  }
});
