// The life of one connection as the gateway's log has it, also when the connection has closed.

import { byId, el, setHidden, setText } from "./dom.js";
import { Failure, findEvents } from "./operator_api.js";
import { formatAge, formatTime } from "./units.js";

// While it lives hardly anything comes; what has ended is told some seconds later.
const kEveryMs = 10_000;
const kEveryEndedMs = 2000;
const kMaxTries = 30;  // for the end of what is gone
const kMaxEvents = 50;

const days = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

// With the day where that is another one.
export function formatWhen(at, now = Date.now()) {
  if (Number.isNaN(at)) return "–";
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? formatTime(at) : `${days.format(at)}, ${formatTime(at)}`;
}

// How long a connection was there; "" where that is not known.
export function formatStay({ kind, at, connection }) {
  const stay = at - connection.openedAt;
  return kind !== "closed" || Number.isNaN(stay) ? "" : formatAge(stay);
}

// An event, as the life of the connection with that id has it.
export function describeEvent(event, id) {
  const { kind, reason, previousId, connection } = event;
  if (kind === "opened") return "Opened";
  if (kind === "closed") {
    const stay = formatStay(event);
    return `Closed: ${reason || "no reason told"}${stay === "" ? "" : `, after ${stay}`}`;
  }
  return id === previousId ? `Its browser went on as ${connection.id}`
    : `Opened, going on from ${previousId}`;
}

export class Life {
  #id = "";
  #askedAt = 0;
  #tries = 0;
  #events = [];
  #onOpen;

  // onOpen(id): a connection of its life was chosen.
  constructor(onOpen) {
    this.#onOpen = onOpen;
  }

  // The end, as the log tells it: a "closed" event, or the "resumed" of the one that goes on from
  // it; undefined: not told.
  get end() {
    return this.#events.find(({ kind, previousId }) => kind === "closed" ||
      (kind === "resumed" && previousId === this.#id));
  }
  // As the log knows the connection; null: it does not.
  get connection() {
    const own = this.#events.find(({ connection }) => connection.id === this.#id);
    return own?.connection ?? null;
  }

  begin(id) {
    this.#id = id;
    this.#askedAt = 0;
    this.#tries = 0;
    this.#events = [];
    byId("history").replaceChildren();
    setText(byId("history-note"), "Asking the gateway …");
    setHidden(byId("history-note"), false);
  }

  // Asks where it is time to. isEnded: the connection is no longer there.
  async look(isEnded) {
    if (this.end !== undefined || (isEnded && this.#tries >= kMaxTries)) return;
    const every = isEnded ? kEveryEndedMs : kEveryMs;
    if (this.#askedAt !== 0 && performance.now() - this.#askedAt < every - 500) return;
    this.#askedAt = performance.now();
    if (isEnded) ++this.#tries;
    const id = this.#id;
    try {
      const answer = await findEvents({ id }, "", kMaxEvents);
      if (id === this.#id) this.#show(answer);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (id === this.#id) setText(byId("history-note"), `Not known: ${error.message}.`);
    }
  }

  #show({ events, since }) {
    // What has not changed keeps the focus that is in it.
    if (events.length !== this.#events.length) {
      byId("history").replaceChildren(...events.map((event) => this.#entry(event)));
    }
    this.#events = events;
    const known = Number.isNaN(since) ? "" : `The gateway keeps such events since ${formatWhen(since)}. `;
    const isWhole = events.some(({ kind, connection }) => kind !== "closed" && connection.id === this.#id);
    setText(byId("history-note"), events.length === 0 ? `${known}Nothing of this connection is among them.`
      : isWhole ? "" : `${known}What was before is not known.`);
    setHidden(byId("history-note"), events.length > 0 && isWhole);
  }

  #entry(event) {
    const { at, connection, kind, previousId } = event;
    const text = el("span", { text: describeEvent(event, this.#id) });
    const entry = el("li", {}, el("time", { datetime: Number.isNaN(at) ? "" : new Date(at).toISOString(),
                                            text: formatWhen(at) }), text);
    if (kind === "resumed") {
      const other = previousId === this.#id ? connection.id : previousId;
      const button = el("button", { type: "button", class: "button small", title: other, text: "Show it" });
      button.addEventListener("click", () => this.#onOpen(other));
      text.append(" ", button);
    }
    return entry;
  }
}
