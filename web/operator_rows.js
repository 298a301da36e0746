// What both lists have: a row is chosen by a click or by its button, and the arrows go from row to
// row.

import { setAttribute } from "./dom.js";

// onOpen(id): the row of that connection was chosen.
export function watchRows(body, onOpen) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    // Whoever marks text to copy it has not chosen.
    if (row !== null && getSelection().isCollapsed) onOpen(row.dataset.id);
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("tr");
    if (step === undefined || row === null) return;
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    if (next === null) return;
    event.preventDefault();
    focusRow(next);
  });
}

export function markRow(row, isSelected) {
  row.classList.toggle("selected", isSelected);
  setAttribute(row.querySelector("button"), "aria-expanded", `${isSelected}`);
}

export function focusRow(row) {
  row?.querySelector("button").focus();
}
