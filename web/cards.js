// One card for each topic and key: a dashboard's panels, or the JSON of any other event. Cards are
// updated in place, and only while they can be seen. What they may have in the document is bounded
// (bounds.js), and a drawing takes no longer than a moment: what is left to draw waits for the next.

import {
  andMore, cutName, cutText, countText, kMaxElements, kMaxJsonChars,
} from "./bounds.js";
import { arrange, byId, compareNames, el, icon, setAttribute, setHidden, setText } from "./dom.js";
import { createPanelView, kRegions, StatusBadge } from "./panels.js";
import { formatAge, formatTime, timesOf } from "./units.js";

const kMaxDrawMs = 30;
const kStaleMs = 30000;

let nextHeadingId = 0;

// Panels stand in rows of equal length, as many as fit: 8 of them 4 + 4, not 5 + 3. The last one
// takes what is left of its row.
const kMinPanelWidths = { stats: 168, texts: 240, charts: 360, tables: 360 };
const kMinPanelWidthOnPhone = 140;

const regionObserver = new ResizeObserver((entries) => {
  for (const { target } of entries) setColumns(target);
});

function setColumns(region) {
  const count = region.childElementCount;
  const width = region.clientWidth;
  if (count === 0 || width === 0) return;
  const wanted = kMinPanelWidths[region.className];
  const min = width < 480 && wanted === kMinPanelWidths.stats ? kMinPanelWidthOnPhone : wanted;
  const rows = Math.ceil(count / Math.max(1, Math.floor(width / min)));
  const columns = Math.ceil(count / rows);
  region.style.setProperty("--columns", columns);
  region.style.setProperty("--last-span", columns * Math.ceil(count / columns) - count + 1);
}

class CardHead {
  #title = el("h3", { id: `card-${++nextHeadingId}` });
  #topic = el("code");
  #key = el("code", { class: "key" });
  #type = el("span", { class: "chip" });
  #labels = el("span", { class: "labels" });
  #badge = new StatusBadge();
  #clock = el("time");
  #age = el("span", { class: "age" });
  #since = 0;
  root = el("header", { class: "card-head" });

  constructor(card, onFrames) {
    const frames = el("button", { type: "button", class: "button small icon-only",
                                  "aria-label": `Frames of ${card.topic}`, title: "Frames" },
                      icon("frames"));
    frames.addEventListener("click", () => onFrames(card.topic));
    this.root.append(
      el("div", { class: "card-names" }, this.#title,
         el("p", { class: "card-sub" }, this.#topic, this.#key, this.#type, this.#labels)),
      el("div", { class: "card-meta" }, this.#badge.root,
         el("span", { class: "when" }, this.#clock, this.#age), frames));
    setText(this.#topic, card.topic);
  }

  get headingId() {
    return this.#title.id;
  }

  update(card) {
    const { dashboard } = card;
    setText(this.#title, dashboard?.title || cutName(card.key) || card.topic);
    // A dashboard's key is its id; it says something only where it differs.
    const key = card.key === (dashboard?.id ?? "") ? "" : cutName(card.key);
    setHidden(this.#key, key === "");
    setText(this.#key, key);
    setHidden(this.#type, card.type === "");
    setText(this.#type, cutName(card.type));
    const labels = (dashboard?.labels ?? []).map(([name, value]) => `${name}: ${value}`);
    if (dashboard !== null && dashboard.user > 0) labels.unshift(`user: ${dashboard.user}`);
    if (dashboard?.moreLabels > 0) labels.push(andMore(dashboard.moreLabels, "label"));
    while (this.#labels.children.length > labels.length) this.#labels.lastChild.remove();
    while (this.#labels.children.length < labels.length) {
      this.#labels.append(el("span", { class: "chip" }));
    }
    for (const [index, label] of labels.entries()) setText(this.#labels.children[index], label);
    this.#badge.update(dashboard?.status ?? "");
    this.#since = dashboard?.observedAt ?? card.time ?? card.receivedAt;
    setAttribute(this.#clock, "title", timesOf(card));
    setText(this.#clock, formatTime(this.#since));
    setAttribute(this.#clock, "datetime", new Date(this.#since).toISOString());
    this.tick();
  }

  tick() {
    const age = Date.now() - this.#since;
    setText(this.#age, `${formatAge(age)} ago`);
    this.#age.classList.toggle("stale", age > kStaleMs);
  }
}

class DashboardBody {
  #regions = {};
  #views = new Map();  // panel id -> {kind, view}
  #more = el("p", { class: "card-more", hidden: true });
  root = el("div", { class: "card-body" });

  constructor() {
    for (const name of Object.keys(kMinPanelWidths)) {
      this.#regions[name] = el("div", { class: name, hidden: true });
      this.root.append(this.#regions[name]);
      regionObserver.observe(this.#regions[name]);
    }
    this.root.append(this.#more);
  }

  get elements() {
    let sum = 0;
    for (const { view } of this.#views.values()) sum += view.elements;
    return sum;
  }

  update(card) {
    const { panels, morePanels } = card.dashboard;
    const wanted = new Set(panels.map((panel) => panel.id));
    for (const [id, entry] of this.#views) {
      const panel = wanted.has(id) ? panels.find((candidate) => candidate.id === id) : undefined;
      if (panel === undefined || panel.kind !== entry.kind) {
        entry.view.destroy();
        this.#views.delete(id);
      }
    }
    const placed = { stats: [], texts: [], charts: [], tables: [] };
    for (const panel of panels) {
      let entry = this.#views.get(panel.id);
      if (entry === undefined) {
        entry = { kind: panel.kind, view: createPanelView(panel.kind) };
        this.#views.set(panel.id, entry);
      }
      placed[kRegions[panel.kind]].push(entry.view.root);
    }
    for (const [name, nodes] of Object.entries(placed)) {
      setHidden(this.#regions[name], nodes.length === 0);
      const before = this.#regions[name].childElementCount;
      arrange(this.#regions[name], nodes);
      if (before !== nodes.length) setColumns(this.#regions[name]);
    }
    // After all is in its place: a chart measures where it stands.
    for (const panel of panels) {
      this.#views.get(panel.id).view.update(panel, card.histories.get(panel.id));
    }
    setHidden(this.#more, morePanels === 0);
    if (morePanels > 0) setText(this.#more, andMore(morePanels, "panel"));
  }

  destroy() {
    for (const { view } of this.#views.values()) view.destroy();
    for (const region of Object.values(this.#regions)) regionObserver.unobserve(region);
  }
}

class JsonBody {
  #text = el("pre", { class: "json", tabindex: "0", "aria-label": "JSON" });
  root = el("div", { class: "card-body" }, this.#text);

  update(card) {
    const text = JSON.stringify(card.json, null, 2) ?? "null";
    setText(this.#text, cutText(text, kMaxJsonChars));
  }

  // A line of text costs about as much as an element.
  get elements() {
    return 2 + this.#text.textContent.length / 50;
  }

  destroy() {}
}

// Folded: without its contents. It begins so.
class CardView {
  #head;
  #body = null;
  #isDashboard = null;
  root;

  constructor(card, onFrames) {
    this.#head = new CardHead(card, onFrames);
    this.root = el("article", { class: "card folded", "aria-labelledby": this.#head.headingId },
                   this.#head.root);
    this.root.dataset.topic = card.topic;
    this.root.dataset.key = card.key;
    this.#head.update(card);
  }

  get isFolded() {
    return this.#body === null;
  }

  get elements() {
    return this.#body?.elements ?? 0;
  }

  update(card) {
    const isDashboard = card.dashboard !== null;
    if (this.#body === null || isDashboard !== this.#isDashboard) {
      this.#removeBody();
      this.#body = isDashboard ? new DashboardBody() : new JsonBody();
      this.#isDashboard = isDashboard;
      this.root.append(this.#body.root);
      this.root.classList.toggle("card-json", !isDashboard);
      this.root.classList.remove("folded");
      this.root.style.removeProperty("min-height");
    }
    this.#head.update(card);
    this.#body.update(card);
  }

  // height: what it takes now, and goes on to take.
  fold(height) {
    this.#removeBody();
    this.root.style.setProperty("min-height", `${height}px`);
    this.root.classList.add("folded");
  }

  tick() {
    this.#head.tick();
  }

  destroy() {
    this.#removeBody();
    this.root.remove();
  }

  #removeBody() {
    this.#body?.destroy();
    this.#body?.root.remove();
    this.#body = null;
  }
}

export class Cards {
  #root = byId("cards");
  #more = byId("cards-more");
  #onFrames;
  #onVisible;
  #views = new Map();  // name -> CardView
  #names = new Map();  // root -> name
  #visible = new Set();
  #stale = new Set();  // names whose view is behind
  #elements = 0;       // of all views
  #observer;

  // onVisible(): a card came into view and may be behind.
  constructor(onFrames, onVisible) {
    this.#onFrames = onFrames;
    this.#onVisible = onVisible;
    this.#observer = new IntersectionObserver((entries) => this.#onIntersection(entries),
                                              { rootMargin: "300px" });
  }

  update(model) {
    for (const name of model.takeChangedCards()) this.#stale.add(name);
    let added = false;
    for (const name of this.#stale) {
      const card = model.cards.get(name);
      if (card === undefined) {
        this.#remove(name);
      } else if (!this.#views.has(name)) {
        this.#add(name, card);
        added = true;
      }
    }
    if (added) this.#sort();
    this.#draw(model);
    const { count, isMore } = model.cardsLeftOut;
    setHidden(this.#more, count === 0);
    if (count > 0) {
      setText(this.#more, `The first ${countText(model.cards.size)} are shown, ` +
              `${isMore ? "and more than" : "and"} ${countText(count)} more are not. A filter finds them.`);
    }
  }

  tick() {
    for (const name of this.#visible) this.#views.get(name)?.tick();
  }

  // Scrolls to the first card of a topic; false if there is none.
  reveal(topic) {
    for (const root of this.#root.children) {
      if (root.dataset.topic !== topic) continue;
      root.scrollIntoView({ block: "start" });
      return true;
    }
    return false;
  }

  // First what can be seen; then new cards, wherever they are, so that the page has its height.
  #draw(model) {
    const end = performance.now() + kMaxDrawMs;
    for (const isVisible of [true, false]) {
      for (const name of this.#stale) {
        const view = this.#views.get(name);
        if (this.#visible.has(name) !== isVisible) continue;
        if (!isVisible && (!view.isFolded || this.#elements >= kMaxElements)) continue;
        if (performance.now() > end) {
          this.#onVisible();
          return;
        }
        this.#elements -= view.elements;
        view.update(model.cards.get(name));
        this.#elements += view.elements;
        this.#stale.delete(name);
      }
    }
  }

  #add(name, card) {
    const view = new CardView(card, this.#onFrames);
    this.#views.set(name, view);
    this.#names.set(view.root, name);
    this.#observer.observe(view.root);
  }

  #remove(name) {
    this.#stale.delete(name);
    const view = this.#views.get(name);
    if (view === undefined) return;
    this.#observer.unobserve(view.root);
    this.#names.delete(view.root);
    this.#visible.delete(name);
    this.#views.delete(name);
    this.#elements -= view.elements;
    view.destroy();
  }

  // By name, so that a card's place is the same after every reload.
  #sort() {
    const names = [...this.#views.keys()].sort(compareNames);
    arrange(this.#root, names.map((name) => this.#views.get(name).root));
  }

  #onIntersection(entries) {
    let isBehind = false;
    for (const entry of entries) {
      const name = this.#names.get(entry.target);
      if (name === undefined) continue;
      if (entry.isIntersecting) {
        this.#visible.add(name);
        isBehind ||= this.#stale.has(name);
      } else {
        this.#visible.delete(name);
        this.#foldWhereFull(name, entry.boundingClientRect.height);
      }
    }
    if (isBehind) this.#onVisible();
  }

  #foldWhereFull(name, height) {
    const view = this.#views.get(name);
    if (view.isFolded || this.#elements < kMaxElements) return;
    this.#elements -= view.elements;
    view.fold(height);
    this.#stale.add(name);
  }
}
