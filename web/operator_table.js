// The list of connections: one row each, kept while it is in the list, so that a selection, the
// focus and the place that was scrolled to stay where they are when new numbers come.

import { cutName } from "./bounds.js";
import { arrange, byId, compareNames, el, setAttribute, setHidden, setText } from "./dom.js";
import { focusRow, markRow, watchRows } from "./operator_rows.js";
import { formatAge, formatSize, formatText } from "./units.js";

const kMaxFilters = 2;
// Where a column is sorted for the first time: what is largest is looked for, or the first name.
const kAscendingFirst = new Set(["subject", "address"]);

export const formatRate = (rate) => (Number.isNaN(rate) ? "–" : formatText(rate < 0.05 ? 0 : rate));
export const formatByteRate = (rate) => (Number.isNaN(rate) ? "–" : `${formatSize(Math.round(rate))}/s`);
export const formatSince = (at, now) => (Number.isNaN(at) ? "–" : formatAge(now - at));
export const formatLag = (lag) => lag.toLocaleString("en");

const kOrders = {
  subject: (a, b) => compareNames(a.subject, b.subject),
  address: (a, b) => compareNames(a.address, b.address),
  lag: (a, b) => a.lag - b.lag,
  eventRate: (a, b) => (a.eventRate || 0) - (b.eventRate || 0),
  byteRate: (a, b) => (a.byteRate || 0) - (b.byteRate || 0),
  age: (a, b) => (b.openedAt || 0) - (a.openedAt || 0),
  quiet: (a, b) => (b.lastWriteAt || 0) - (a.lastWriteAt || 0),
};

class Row {
  #name = el("span", { class: "row-name" });
  #id = el("code", { class: "row-id" });
  #replica = el("span", { class: "chip row-replica", title: "The gateway that holds it, which is another one" });
  #address = el("td", { "data-label": "Address" });
  #filters = el("span", { class: "row-filters" });
  #mode = el("span", { class: "chip" });
  #numbers = {};
  root;

  constructor(connection) {
    const button = el("button", { type: "button", class: "row-button", "data-id": connection.id },
                     el("span", { class: "row-names" }, this.#name, this.#replica), this.#id);
    setText(this.#id, connection.id);
    const cells = ["Lag", "Events/s", "Bytes/s", "Age", "Last write"].map((label) => {
      this.#numbers[label] = el("td", { class: "numeric", "data-label": label });
      return this.#numbers[label];
    });
    this.root = el("tr", { "data-id": connection.id },
                   el("th", { scope: "row", class: "wide" }, button), this.#address,
                   el("td", { class: "col-filters", "data-label": "Filters" },
                      el("span", { class: "filters-cell" }, this.#filters, this.#mode)),
                   ...cells);
  }

  // own: the name of the gateway that was asked.
  update(connection, now, own) {
    const isOther = connection.replica !== "" && connection.replica !== own;
    setText(this.#replica, isOther ? `at ${connection.replica}` : "");
    setHidden(this.#replica, !isOther);
    const { subject, address, filters, filterCount, mode, lag } = connection;
    setText(this.#name, cutName(subject || "no subject"));
    setAttribute(this.#name, "title", subject);
    this.#name.classList.toggle("absent", subject === "");
    setText(this.#address, address || "–");
    const shown = filters.slice(0, kMaxFilters).map((filter) => cutName(filter)).join(", ");
    const more = filterCount - Math.min(filters.length, kMaxFilters);
    setText(this.#filters, more > 0 ? `${shown} +${more}` : shown || "none");
    setAttribute(this.#filters, "title", filters.join("\n"));
    setText(this.#mode, mode);
    setHidden(this.#mode, mode === "");
    setText(this.#numbers.Lag, formatLag(lag));
    this.#numbers.Lag.classList.toggle("behind", lag > 0);
    setText(this.#numbers["Events/s"], formatRate(connection.eventRate));
    setText(this.#numbers["Bytes/s"], formatByteRate(connection.byteRate));
    setText(this.#numbers.Age, formatSince(connection.openedAt, now));
    setText(this.#numbers["Last write"], formatSince(connection.lastWriteAt, now));
  }
}

export class Table {
  #body = byId("rows");
  #rows = new Map();  // id -> Row
  #connections = [];
  #sort = { key: "lag", descending: true };
  #selected = "";
  #own = "";

  // onOpen(id): a connection was chosen.
  constructor(onOpen) {
    watchRows(this.#body, onOpen);
    for (const head of document.querySelectorAll("#table th[data-sort]")) {
      head.querySelector("button").addEventListener("click", () => this.#sortBy(head.dataset.sort));
    }
    this.#showSort();
  }

  // Ids in their places may stay as they are: nobody wants a row to move from under the pointer.
  update(connections, own) {
    const isHeld = this.#body.matches(":hover") || this.#body.contains(document.activeElement);
    this.#connections = connections;
    this.#own = own;
    this.#draw(isHeld);
  }

  select(id) {
    this.#selected = id;
    for (const [rowId, { root }] of this.#rows) markRow(root, rowId === id);
  }

  // To where the focus was before the details were opened.
  focus(id) {
    focusRow((this.#rows.get(id) ?? this.#rows.values().next().value)?.root);
  }

  #draw(isHeld) {
    const now = Date.now();
    const present = new Set(this.#connections.map(({ id }) => id));
    for (const id of this.#rows.keys()) {
      if (!present.has(id)) this.#rows.delete(id);
    }
    const known = new Map([...this.#body.children].map((node, index) => [node.dataset.id, index]));
    for (const connection of this.#connections) {
      let row = this.#rows.get(connection.id);
      if (row === undefined) {
        row = new Row(connection);
        this.#rows.set(connection.id, row);
        markRow(row.root, connection.id === this.#selected);
      }
      row.update(connection, now, this.#own);
    }
    const placeOf = ({ id }) => known.get(id) ?? Number.MAX_SAFE_INTEGER;
    const sorted = isHeld
      ? this.#connections.toSorted((a, b) => placeOf(a) - placeOf(b) || this.#compare(a, b))
      : this.#connections.toSorted((a, b) => this.#compare(a, b));
    arrange(this.#body, sorted.map(({ id }) => this.#rows.get(id).root));
  }

  // Of equal ones the order by id, so that they do not change places at every look.
  #compare(a, b) {
    const { key, descending } = this.#sort;
    const order = kOrders[key](a, b);
    return (descending ? -order : order) || compareNames(a.id, b.id);
  }

  #sortBy(key) {
    const { key: before, descending } = this.#sort;
    this.#sort = { key, descending: key === before ? !descending : !kAscendingFirst.has(key) };
    this.#showSort();
    this.#draw(false);
  }

  #showSort() {
    for (const head of document.querySelectorAll("#table th[data-sort]")) {
      const isSorted = head.dataset.sort === this.#sort.key;
      if (isSorted) head.ariaSort = this.#sort.descending ? "descending" : "ascending";
      else head.removeAttribute("aria-sort");
    }
  }
}
