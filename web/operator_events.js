// The connections that came and went, the newest first: one row for each event.

import { cutName } from "./bounds.js";
import { arrange, byId, el } from "./dom.js";
import { formatStay, formatWhen } from "./operator_life.js";
import { focusRow, markRow, watchRows } from "./operator_rows.js";

const kMaxFilters = 2;

const keyOf = ({ kind, at, connection }) => `${kind} ${connection.id} ${at}`;

function whatText({ kind, reason, previousId }) {
  if (kind === "closed") return reason || "no reason told";
  return kind === "resumed" ? `from ${previousId}` : "";
}

function makeRow(event) {
  const { kind, at, connection } = event;
  const { id, subject, address, filters } = connection;
  const button = el("button", { type: "button", class: "row-button", "data-id": id },
                    el("span", { class: subject === "" ? "row-name absent" : "row-name",
                                 text: cutName(subject || "no subject") }),
                    el("code", { class: "row-id", text: id }));
  const shown = filters.slice(0, kMaxFilters).map((filter) => cutName(filter)).join(", ");
  const more = filters.length - kMaxFilters;
  return el("tr", { "data-key": keyOf(event), "data-id": id },
            el("td", { class: "event-when", text: formatWhen(at), title: new Date(at).toISOString() }),
            el("th", { scope: "row", class: "wide" }, button),
            el("td", {}, el("span", { class: `chip event-${kind}`, text: kind }), " ",
               el("span", { class: "event-what", text: whatText(event), title: whatText(event) })),
            el("td", { text: address || "–" }),
            el("td", { class: "col-filters" },
               el("span", { class: "row-filters", title: filters.join("\n"),
                            text: more > 0 ? `${shown} +${more}` : shown || "none" })),
            el("td", { class: "numeric", "data-label": "Was open", text: formatStay(event) }));
}

export class EventTable {
  #body = byId("event-rows");
  #rows = new Map();  // key -> row
  #selected = "";

  // onOpen(id): a connection was chosen.
  constructor(onOpen) {
    watchRows(this.#body, onOpen);
  }

  update(events) {
    const rows = new Map();
    // A close is told some seconds after it.
    for (const event of events.toSorted((a, b) => b.at - a.at)) {
      if (Number.isNaN(event.at)) continue;
      const key = keyOf(event);
      rows.set(key, this.#rows.get(key) ?? makeRow(event));
    }
    this.#rows = rows;
    arrange(this.#body, [...rows.values()]);
    this.select(this.#selected);
  }

  select(id) {
    this.#selected = id;
    for (const row of this.#rows.values()) markRow(row, row.dataset.id === id);
  }

  focus(id) {
    focusRow([...this.#rows.values()].find(({ dataset }) => dataset.id === id) ??
             this.#body.firstElementChild);
  }
}
