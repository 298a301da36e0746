// The frames as they came, of one topic or of all, newest first; kept while the drawer is open.

import { cutText } from "./bounds.js";
import {
  byId, compareNames, copyButton, copyText, el, icon, setAttribute, setHidden, setIcon, setText,
} from "./dom.js";
import { asFrame } from "./model.js";
import { formatSize, formatTime, timesOf } from "./units.js";

const kMaxFrames = 100;
const kMaxChars = 2_000_000;
const kMaxShownChars = 20000;
const kShortChars = 700;

// An event without an id has that of the one before it in the page; a deletion always has its own.
const idOf = ({ id, type }) => (type.startsWith("gateway.") && type !== "gateway.deleted" ? "" : id);

// An EventSource hands out a frame's fields, not its bytes; these are the lines they came as.
function wireText(frame) {
  const event = frame.type === "" ? "" : `event: ${frame.type}\n`;
  const data = frame.data.split("\n").map((line) => `data: ${line}\n`).join("");
  const id = idOf(frame);
  return `${event}${data}${id === "" ? "" : `id: ${id}\n`}`;
}

export class Frames {
  #root = byId("frames");
  #list = byId("frames-list");
  #empty = byId("frames-empty");
  #select = byId("frames-topic");
  #count = byId("frames-count");
  #pause = byId("frames-pause");
  #toggle = byId("frames-toggle");
  #model;
  #onChange;
  #frames = [];  // oldest first
  #chars = 0;
  #pending = [];  // not yet in the list
  #dropped = 0;   // still in the list, no longer in #frames
  #paused = false;
  #knownTopics = 0;
  #opener = null;

  // onChange(): there is something to draw.
  constructor(model, onChange) {
    this.#model = model;
    this.#onChange = onChange;
    this.#toggle.addEventListener("click", () => (this.isOpen ? this.close() : this.open("")));
    byId("frames-close").addEventListener("click", () => this.close());
    byId("frames-clear").addEventListener("click", () => this.clear());
    this.#pause.addEventListener("click", () => this.#setPaused(!this.#paused));
    this.#select.addEventListener("change", () => this.#choose(this.#select.value));
    copyButton(byId("frames-copy"),
               () => [...this.#frames].reverse().map((frame) => wireText(frame)).join("\n"));
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  open(topic) {
    this.#opener = document.activeElement;
    this.#root.hidden = false;
    document.body.classList.add("frames-open");
    setAttribute(this.#toggle, "aria-expanded", "true");
    this.#setPaused(false);
    this.#fillTopics();
    this.#choose(topic);
    this.#select.focus();
  }

  close() {
    this.#root.hidden = true;
    document.body.classList.remove("frames-open");
    setAttribute(this.#toggle, "aria-expanded", "false");
    this.clear();
    this.#opener?.focus();
  }

  // topic: null where the event has none.
  record(topic, event) {
    if (!this.isOpen || this.#paused) return;
    if (this.#select.value !== "" && this.#select.value !== topic) return;
    this.#push(asFrame(event));
  }

  update() {
    if (!this.isOpen) return;
    if (this.#model.topics.size !== this.#knownTopics) this.#fillTopics();
    while (this.#dropped > 0) {
      this.#list.lastElementChild?.remove();
      --this.#dropped;
    }
    this.#list.prepend(...this.#pending.reverse().map((frame) => this.#row(frame)));
    this.#pending = [];
    setText(this.#count, `${this.#frames.length}`);
    setHidden(this.#empty, this.#frames.length > 0);
  }

  #choose(topic) {
    if (![...this.#select.options].some((option) => option.value === topic)) {
      this.#select.append(el("option", { value: topic, text: topic }));
    }
    this.#select.value = topic;
    this.clear();
    // The newest frame is known already: nobody has to wait for the next.
    const last = this.#model.topics.get(topic)?.last;
    if (last) this.#push(last);
  }

  #push(frame) {
    this.#frames.push(frame);
    this.#pending.push(frame);
    this.#chars += frame.data.length;
    while (this.#frames.length > 1 &&
           (this.#frames.length > kMaxFrames || this.#chars > kMaxChars)) {
      const gone = this.#frames.shift();
      this.#chars -= gone.data.length;
      if (this.#pending[0] === gone) this.#pending.shift();
      else ++this.#dropped;
    }
    this.#onChange();
  }

  clear() {
    this.#frames = [];
    this.#pending = [];
    this.#dropped = 0;
    this.#chars = 0;
    this.#list.replaceChildren();
    this.#onChange();
  }

  #setPaused(paused) {
    this.#paused = paused;
    setAttribute(this.#pause, "aria-pressed", `${paused}`);
    setIcon(this.#pause, paused ? "play" : "pause");
    setText(this.#pause.querySelector("span"), paused ? "Resume" : "Pause");
  }

  #fillTopics() {
    const chosen = this.#select.value;
    const topics = [...this.#model.topics.keys()].sort(compareNames);
    if (chosen !== "" && !this.#model.topics.has(chosen)) topics.push(chosen);
    const options = topics.map((topic) => el("option", { value: topic, text: topic }));
    this.#select.replaceChildren(el("option", { value: "", text: "All topics" }), ...options);
    this.#select.value = chosen;
    this.#knownTopics = this.#model.topics.size;
  }

  #row(frame) {
    const copy = el("button", { type: "button", class: "button small icon-only",
                                "aria-label": `Copy frame ${frame.id}`, title: "Copy" },
                    icon("copy"));
    copy.addEventListener("click", () => copyText(wireText(frame)));
    const text = wireText(frame);
    const row = el("li", { class: "frame" });
    const buttons = el("span", { class: "frame-buttons" }, copy);
    if (text.length > kShortChars) {
      row.classList.add("long");
      const more = el("button", { type: "button", class: "button small", "aria-expanded": "false",
                                  text: "More" });
      more.addEventListener("click", () => {
        const isOpen = row.classList.toggle("open");
        setAttribute(more, "aria-expanded", `${isOpen}`);
        setText(more, isOpen ? "Less" : "More");
      });
      buttons.append(more);
    }
    row.append(el("div", { class: "frame-head" },
                  el("time", { text: formatTime(frame.time ?? frame.receivedAt),
                               title: timesOf(frame) }),
                  el("code", { class: "frame-id", text: idOf(frame) }),
                  el("span", { class: "frame-size", text: formatSize(text.length) }), buttons),
               el("pre", { text: cutText(text, kMaxShownChars) }));
    return row;
  }
}
