// The list of topics seen, each with its number of events. A click brings its card into view.

import { arrange, byId, compareNames, el, setHidden, setText } from "./dom.js";

const kMaxRows = 300;

export class Topics {
  #list = byId("topics");
  #empty = byId("topics-empty");
  #more = byId("topics-more");
  #count = byId("topic-count");
  #rows = new Map();
  #onSelect;

  constructor(onSelect) {
    this.#onSelect = onSelect;
  }

  update(model) {
    const { topics } = model;
    for (const [topic, row] of this.#rows) {
      if (topics.has(topic)) continue;
      row.root.remove();
      this.#rows.delete(topic);
    }
    let added = false;
    for (const [topic, { count }] of topics) {
      let row = this.#rows.get(topic);
      if (row === undefined) {
        if (this.#rows.size >= kMaxRows) continue;
        row = this.#create(topic);
        this.#rows.set(topic, row);
        added = true;
      }
      setText(row.count, count.toLocaleString("en"));
    }
    if (added) {
      const names = [...this.#rows.keys()].sort(compareNames);
      arrange(this.#list, names.map((topic) => this.#rows.get(topic).root));
    }
    setText(this.#count, `${topics.size}${model.topicsLeftOut ? "+" : ""}`);
    setHidden(this.#empty, topics.size > 0);
    setHidden(this.#more, topics.size <= this.#rows.size);
    setText(this.#more, `and ${topics.size - this.#rows.size} more`);
  }

  #create(topic) {
    const count = el("span", { class: "topic-events" });
    const button = el("button", { type: "button", class: "topic", title: topic },
                      el("span", { class: "topic-name", text: topic }), count);
    button.addEventListener("click", () => this.#onSelect(topic));
    return { root: el("li", {}, button), count };
  }
}
