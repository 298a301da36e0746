// What the page knows, apart from how it looks. Everything in here is bounded: a gateway may have
// far more topics and keys than a page can show.

import { isDashboard, readDashboard } from "./dashboard.js";

const kMaxCards = 200;
const kMaxTopics = 1000;
const kMaxHistory = 90;
const kMaxHistoriesPerCard = 100;
// Names of cards without room, to count them.
const kMaxLeftOut = 10_000;
// Of the newest events of all topics, which the drawer shows when it opens.
const kMaxFrameChars = 20_000_000;
const kRateSeconds = 5;

export class Model {
  // "topic\0key" -> card: {topic, key, type, id, time, receivedAt, dashboard | json, histories};
  // time: when the gateway got it, or null
  cards = new Map();
  // topic -> {count, last: the newest event}
  topics = new Map();
  events = 0;
  lastId = "";
  // Topics and keys for which there was no room.
  topicsLeftOut = false;
  #cardsLeftOut = new Set();
  #frameChars = 0;
  // Since the page last asked.
  #changedCards = new Set();
  #seconds = new Array(kRateSeconds + 1).fill(0);

  // event: {id, type, data, value} as received with envelope=1. Returns its topic, or null where
  // the data is not an envelope.
  add(event) {
    ++this.events;
    ++this.#seconds[0];
    const envelope = event.value;
    if (envelope !== undefined && event.id !== "") this.lastId = event.id;
    if (typeof envelope?.topic !== "string") return null;
    const { topic, data } = envelope;
    const key = typeof envelope.key === "string" ? envelope.key : "";
    this.#countTopic(topic, event);
    this.#putCard(topic, key, event, data);
    return topic;
  }

  // Removes what a gateway.deleted names; returns its topic, or null.
  remove(event) {
    if (typeof event.value?.topic !== "string") return null;
    if (event.id !== "") this.lastId = event.id;
    const { topic, key = "" } = event.value;
    const name = `${topic}\0${key}`;
    this.#cardsLeftOut.delete(name);
    if (this.cards.delete(name)) this.#changedCards.add(name);
    return topic;
  }

  // After gateway.reset or another subscription: nothing earlier counts.
  clear() {
    for (const name of this.cards.keys()) this.#changedCards.add(name);
    this.cards.clear();
    this.topics.clear();
    this.topicsLeftOut = false;
    this.#cardsLeftOut.clear();
    this.#frameChars = 0;
  }

  // How many cards there would be with more room; it counts no further than kMaxLeftOut.
  get cardsLeftOut() {
    return { count: this.#cardsLeftOut.size, isMore: this.#cardsLeftOut.size >= kMaxLeftOut };
  }

  takeChangedCards() {
    const changed = this.#changedCards;
    this.#changedCards = new Set();
    return changed;
  }

  // To be called every second. The mean over the last whole seconds.
  tickRate() {
    this.#seconds.pop();
    this.#seconds.unshift(0);
    return this.#seconds.slice(1).reduce((sum, count) => sum + count, 0) / kRateSeconds;
  }

  #countTopic(topic, event) {
    let entry = this.topics.get(topic);
    if (entry === undefined) {
      if (this.topics.size >= kMaxTopics) {
        this.topicsLeftOut = true;
        return;
      }
      entry = { count: 0, last: null };  // last: null too where it would be too much to keep
      this.topics.set(topic, entry);
    }
    ++entry.count;
    this.#frameChars -= entry.last?.data.length ?? 0;
    entry.last = null;
    if (this.#frameChars + event.data.length > kMaxFrameChars) return;
    entry.last = asFrame(event);
    this.#frameChars += event.data.length;
  }

  #putCard(topic, key, event, data) {
    const name = `${topic}\0${key}`;
    let card = this.cards.get(name);
    if (card === undefined) {
      if (this.cards.size >= kMaxCards) {
        if (this.#cardsLeftOut.size < kMaxLeftOut) this.#cardsLeftOut.add(name);
        return;
      }
      this.#cardsLeftOut.delete(name);
      card = { name, topic, key, histories: new Map() };
      this.cards.set(name, card);
    }
    card.type = event.type;
    card.id = event.id;
    card.time = timeOf(event);
    card.receivedAt = Date.now();
    card.dashboard = isDashboard(topic, data) ? readDashboard(data) : null;
    card.json = card.dashboard === null ? data : undefined;
    if (card.dashboard !== null) remember(card);
    this.#changedCards.add(name);
  }
}

// When the gateway got the event, or null.
export function timeOf(event) {
  const time = Date.parse(event.value?.time ?? "");
  return Number.isNaN(time) ? null : time;
}

// What is kept of an event to show it as it came: the parsed data would take its memory again.
export function asFrame(event) {
  const { id, type, data } = event;
  return { id, type, data, time: timeOf(event), receivedAt: Date.now() };
}

// Keeps the last values of each gauge, and of each counter its rate: a number that only goes up has
// no interesting shape.
function remember(card) {
  const time = card.dashboard.observedAt ?? card.time ?? card.receivedAt;
  const present = new Set();
  for (const panel of card.dashboard.panels) {
    if (panel.kind !== "gauge" && panel.kind !== "counter") continue;
    present.add(panel.id);
    let history = card.histories.get(panel.id);
    if (history === undefined || history.kind !== panel.kind) {
      if (card.histories.size >= kMaxHistoriesPerCard) continue;
      history = { kind: panel.kind, values: [], last: null };
      card.histories.set(panel.id, history);
    }
    const value = Number(panel.value);
    if (panel.kind === "gauge") {
      history.values.push(value);
    } else {
      const last = history.last;
      // A counter that goes down has begun again.
      if (last !== null && time > last.time && value >= last.value) {
        history.values.push(((value - last.value) * 1000) / (time - last.time));
      }
      history.last = { time, value };
    }
    if (history.values.length > kMaxHistory) history.values.shift();
  }
  for (const id of card.histories.keys()) {
    if (!present.has(id)) card.histories.delete(id);
  }
}
