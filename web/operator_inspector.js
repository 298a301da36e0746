// The details of one connection: what is known of it, how it goes, and what can be done to it.

import { cutName, cutText } from "./bounds.js";
import { Sparkline } from "./charts.js";
import { byId, copyButton, el, setHidden, setText } from "./dom.js";
import { History } from "./operator_samples.js";
import { formatByteRate, formatLag, formatRate } from "./operator_table.js";
import { formatAge, formatSize, formatTime } from "./units.js";

const kMaxLife = 60;
const kMaxFiltersText = 4000;

const formatMoment = (at) => (Number.isNaN(at) ? "–" : `${formatTime(at)}, ${formatAge(Date.now() - at)} ago`);

// What a definition list has, in its order. value(connection): text, or "" to leave it out.
const kDetails = [
  ["Subject", (c) => c.subject || "nobody has said"],
  ["Address", (c) => c.address],
  ["User agent", (c) => c.userAgent],
  ["Filters", (c) => cutText(c.filters.join("\n") || "none", kMaxFiltersText)],
  ["Mode", (c) => c.mode],
  ["Opened", (c) => formatMoment(c.openedAt)],
  ["Last write", (c) => formatMoment(c.lastWriteAt)],
  ["Cursor", (c) => c.cursor || "nothing yet"],
  ["Events sent", (c) => c.frames.toLocaleString("en")],
  ["Bytes sent", (c) => `${formatSize(c.bytes)} (${c.bytes.toLocaleString("en")})`],
  ["Gateway", (c) => c.replica],
];

export class Inspector {
  #root = byId("inspector");
  #lagSpark = new Sparkline();
  #rateSpark = new Sparkline();
  #details = new Map();  // term -> {row, text}
  #history = new History();
  #connection = null;
  #isEnded = false;
  #isBehind = false;
  #id = "";

  // onClose(): it was closed by its button or by Escape.
  constructor(onClose) {
    byId("lag-spark").append(this.#lagSpark.root);
    byId("rate-spark").append(this.#rateSpark.root);
    for (const [term] of kDetails) {
      const text = el("dd");
      const row = el("div", {}, el("dt", { text: term }), text);
      this.#details.set(term, { row, text });
      byId("details").append(row);
    }
    copyButton(byId("copy-id"), () => this.#id);
    byId("inspector-close").addEventListener("click", onClose);
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") onClose();
    });
  }

  get id() { return this.#id; }
  get isEnded() { return this.#isEnded; }
  // As it was seen last; null: not yet.
  get connection() { return this.#connection; }

  open(id) {
    if (this.#id !== id) this.#begin(id);
    setHidden(this.#root, false);
    byId("inspector-title").focus({ preventScroll: true });
  }

  close() {
    this.#id = "";
    setHidden(this.#root, true);
  }

  // A new look at it. connection: with its rates.
  update(connection) {
    if (this.#connection === null) {
      if (!Number.isNaN(connection.openedAt)) this.note("Opened", connection.openedAt);
      this.note("First looked at here");
    }
    this.#connection = connection;
    this.#history.add(connection);
    this.#tellLag(connection.lag);
    setText(byId("inspector-title"), cutName(connection.subject || connection.address || "Connection"));
    setText(byId("lag-value"), connection.lag === 1 ? "1 event" : `${formatLag(connection.lag)} events`);
    byId("lag-value").classList.toggle("behind", connection.lag > 0);
    setText(byId("lag-more"), `peak ${formatLag(Math.max(...this.#history.lags))} so far`);
    setText(byId("rate-value"), `${formatRate(connection.eventRate)} events/s`);
    setText(byId("rate-more"), formatByteRate(connection.byteRate));
    this.#lagSpark.update(this.#history.lags, "");
    this.#rateSpark.update(this.#history.eventRates, "");
    this.#drawDetails();
  }

  // As the log knows it, which is no longer there.
  recall(connection) {
    if (this.#connection !== null) return;
    this.#connection = connection;
    setText(byId("inspector-title"), cutName(connection.subject || connection.address || "Connection"));
    this.#drawDetails();
  }

  // It is no longer there.
  end() {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#root.classList.add("ended");
    this.note(this.#connection === null ? "Not there" : "Ended");
    this.#root.classList.toggle("never", this.#connection === null);
    this.tellEnd(this.#connection === null
      ? "There is no such connection now." : "This connection has ended. What is shown is from before.");
    setHidden(byId("ended"), false);
  }

  tellEnd(text) {
    setText(byId("ended-text"), text);
  }

  // It seems to go on as another one, which open shows.
  offer(id, open) {
    const button = el("button", { type: "button", class: "button small", text: "Show it" });
    button.addEventListener("click", () => open(id));
    byId("ended-offer").replaceChildren(" The same browser seems to have come back. ", button);
    this.note(`Perhaps came back as ${id}`);
  }

  // Adds to its life, the newest first.
  note(text, at = Date.now()) {
    const time = el("time", { datetime: new Date(at).toISOString(), text: formatTime(at) });
    byId("life").prepend(el("li", {}, time, el("span", { text })));
    while (byId("life").childElementCount > kMaxLife) byId("life").lastElementChild.remove();
  }

  #begin(id) {
    this.#id = id;
    this.#connection = null;
    this.#history = new History();
    this.#isEnded = false;
    this.#isBehind = false;
    this.#root.classList.remove("ended", "never");
    setText(byId("inspector-id"), id);
    setText(byId("inspector-title"), "Connection");
    for (const name of ["lag-value", "rate-value"]) setText(byId(name), "–");
    for (const name of ["lag-more", "rate-more", "send-result", "close-result", "ended-text", "ended-offer"]) {
      setText(byId(name), "");
    }
    setHidden(byId("ended"), true);
    byId("life").replaceChildren();
    this.#lagSpark.update([], "");
    this.#rateSpark.update([], "");
    for (const { row } of this.#details.values()) setHidden(row, true);
    this.#root.scrollTop = 0;
  }

  #drawDetails() {
    for (const [term, value] of kDetails) {
      const { row, text } = this.#details.get(term);
      const shown = value(this.#connection);
      setHidden(row, shown === "");
      setText(text, shown);
    }
  }

  // A lag of one look is an event on its way.
  #tellLag(lag) {
    const { lags } = this.#history;
    const isBehind = lag > 0 && (lags.at(-2) ?? 0) > 0;
    if (isBehind && !this.#isBehind) {
      this.#isBehind = true;
      this.note(`Behind: ${formatLag(lag)} events`);
    } else if (lag === 0 && this.#isBehind) {
      this.#isBehind = false;
      this.note("Has caught up");
    }
  }
}
