// One view for each kind of panel. A view has `root`, update(panel, history), and destroy().

import { andMore, countText } from "./bounds.js";
import { el, icon, setAttribute, setHidden, setIcon, setText } from "./dom.js";
import { SeriesChart, Sparkline } from "./charts.js";
import { formatParts, formatText } from "./units.js";
import { kStatusLabels } from "./dashboard.js";

// A status is an icon and a word, and only then a colour.
export class StatusBadge {
  #icon = icon("ok");
  #label = el("span");
  root = el("span", { class: "status", hidden: true }, this.#icon, this.#label);

  update(status) {
    setHidden(this.root, status === "");
    if (status === "") return;
    setIcon(this.root, status);
    setAttribute(this.root, "data-status", status);
    setText(this.#label, kStatusLabels[status]);
  }
}

class PanelView {
  #title = el("h4");
  #badge = new StatusBadge();
  root;
  // How many elements it has, roughly; what varies adds to it.
  elements = 12;

  constructor(kind) {
    this.root = el("section", { class: `panel panel-${kind}` },
                   el("header", { class: "panel-head" }, this.#title, this.#badge.root));
  }

  update(panel) {
    setText(this.#title, panel.title);
    setAttribute(this.#title, "title", panel.title);
    setAttribute(this.root, "data-status", panel.status);
    this.#badge.update(panel.status);
  }

  destroy() {}
}

// A number as its parts: 3 d 4 h.
class NumberView {
  #parts = [];
  root = el("p", { class: "value" });

  update(value, unit) {
    const parts = formatParts(value, unit);
    while (this.#parts.length > parts.length) {
      const { number, unit: name } = this.#parts.pop();
      number.remove();
      name.remove();
    }
    while (this.#parts.length < parts.length) {
      const part = { number: el("span", { class: "number" }), unit: el("span", { class: "unit" }) };
      this.#parts.push(part);
      this.root.append(part.number, part.unit);
    }
    for (const [index, part] of parts.entries()) {
      setText(this.#parts[index].number, part.number);
      setText(this.#parts[index].unit, part.unit);
    }
    setAttribute(this.root, "title", `${value}${unit === "" ? "" : ` ${unit}`}`);
  }
}

class StatView extends PanelView {
  #number = new NumberView();
  #rate = el("span", { class: "rate", hidden: true });
  #spark = new Sparkline();

  constructor() {
    super("stat");
    this.root.append(this.#number.root, el("div", { class: "foot" }, this.#rate, this.#spark.root));
  }

  update(panel, history) {
    super.update(panel);
    this.#number.update(panel.value, panel.unit);
    const values = history?.values ?? [];
    // A duration that counts up, such as an uptime, goes at one second a second: no news.
    const isClock = /^(ns|us|ms|s|min|h|d)$/.test(panel.unit);
    const showsRate = panel.kind === "counter" && values.length > 0 && !isClock;
    setHidden(this.#rate, !showsRate);
    setText(this.#rate, showsRate ? `+${formatText(values.at(-1), rateUnit(panel.unit))}` : "");
    this.#spark.update(panel.kind === "counter" && isClock ? [] : values, panel.unit);
  }
}

const rateUnit = (unit) => `${unit === "1" ? "" : unit}/s`;

class TextView extends PanelView {
  #text = el("p", { class: "text" });

  constructor() {
    super("text");
    this.root.append(this.#text);
  }

  update(panel) {
    super.update(panel);
    const text = panel.kind === "none" ? "no value" : panel.value;
    setText(this.#text, text === "" ? "(empty)" : text);
    setAttribute(this.#text, "title", text);
    this.#text.classList.toggle("absent", text === "" || panel.kind === "none");
  }
}

class SeriesView extends PanelView {
  #canvas = el("canvas", { role: "img" });
  #latest = new NumberView();
  #more = el("p", { class: "panel-more", hidden: true });
  #chart = null;
  elements = 100;  // a canvas takes the memory of many

  constructor() {
    super("series");
    this.root.append(this.#latest.root, el("div", { class: "chart" }, this.#canvas), this.#more);
  }

  update(panel) {
    super.update(panel);
    const { points, more } = panel.value;
    const latest = points.at(-1);
    setHidden(this.#latest.root, latest === undefined);
    if (latest !== undefined) this.#latest.update(latest.y, panel.unit);
    this.#chart ??= new SeriesChart(this.#canvas);
    this.#chart.update(points, panel.unit);
    const now = latest === undefined ? "" : `, latest ${formatText(latest.y, panel.unit)}`;
    const readings = `${countText(points.length)} readings`;
    setAttribute(this.#canvas, "aria-label", `${panel.title}: ${readings}${now}`);
    setHidden(this.#more, more === 0);
    if (more > 0) setText(this.#more, `the newest ${readings}, ${andMore(more, "reading")}`);
  }

  destroy() {
    this.#chart?.destroy();
  }
}

const kNumeric = /^-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?\s*(%|[KMGTP]?i?B(\/s)?|s|ms)?$/i;

class TableView extends PanelView {
  #head = el("tr");
  #body = el("tbody");
  #more = el("p", { class: "panel-more", hidden: true });
  #scroller = el("div", { class: "scroller", tabindex: "0", role: "region" },
                 el("table", {}, el("thead", {}, this.#head), this.#body));

  constructor() {
    super("table");
    this.root.append(this.#scroller, this.#more);
  }

  update(panel) {
    super.update(panel);
    const { columns, rows, moreRows, moreColumns } = panel.value;
    setAttribute(this.#scroller, "aria-label", panel.title);
    setAttribute(this.#scroller, "data-columns", `${columns.length}`);
    const width = Math.max(columns.length, ...rows.map((row) => row.length));
    const numeric = [];
    for (let i = 0; i < width; ++i) {
      // The first column names the row, even where the name is a number.
      const isNumeric = (row) => kNumeric.test((row[i] ?? "").trim());
      numeric.push(i > 0 && rows.length > 0 && rows.every(isNumeric));
    }
    resize(this.#head, width, () => el("th", { scope: "col" }));
    for (let i = 0; i < width; ++i) {
      setText(this.#head.children[i], columns[i] ?? "");
      this.#head.children[i].classList.toggle("numeric", numeric[i]);
    }
    resize(this.#body, rows.length, () => el("tr"));
    for (const [index, row] of rows.entries()) {
      const tr = this.#body.children[index];
      resize(tr, width, () => el("td"));
      for (let i = 0; i < width; ++i) {
        const td = tr.children[i];
        const text = row[i] ?? "";
        setText(td, text);
        td.classList.toggle("numeric", numeric[i]);
        const isShare = numeric[i] && (/%/.test(columns[i] ?? "") || /%/.test(text));
        td.classList.toggle("share", isShare);
        if (isShare) {
          const share = Math.min(100, Math.max(0, Number.parseFloat(text)));
          td.style.setProperty("--share", `${share}%`);
        }
      }
    }
    this.elements = 12 + width * (rows.length + 1);
    const more = [[moreRows, "row"], [moreColumns, "column"]].filter(([count]) => count > 0)
      .map(([count, what]) => andMore(count, what)).join(", ");
    setHidden(this.#more, more === "");
    setText(this.#more, more);
  }
}

function resize(parent, count, create) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(create());
}

const kViews = {
  gauge: StatView, counter: StatView, text: TextView, none: TextView, series: SeriesView,
  table: TableView,
};

// In which part of a card a kind of panel stands: numbers first, then texts, charts, tables, each
// in the publisher's order. Mixed, tiles of such different heights leave holes.
export const kRegions = {
  gauge: "stats", counter: "stats", text: "texts", none: "texts", series: "charts", table: "tables",
};

export function createPanelView(kind) {
  return new kViews[kind]();
}
