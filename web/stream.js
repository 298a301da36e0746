// The EventSource and its life.
//
//   closed ──subscribe──► connecting ──hello──► loading ──gateway.live──► live ◄──► stale
//                           ▲  │                   └────cut, bye, silence────┤
//                           │  └──cut──► reconnecting ◄──────────────────────┘
//                           │                 └──hello──► loading
//   any but closed ──suspend──► paused ──resume──┘
//   refused by the gateway ──► closed
//
// It is stale between gateway.stale and gateway.fresh: the gateway is there, and its log away.
//
// With a token each EventSource needs a ticket (tickets.js), which is fetched before it and serves all
// its reconnects. A ticket that is refused is replaced once, as its key may have gone; then the token
// is at fault.
//
// The browser reconnects by itself, with Last-Event-ID, as long as the answer is an event stream.
// It gives up for good on anything else, such as a proxy's 502 during a deploy, and Firefox on a
// network error while offline. And it does not see a link that has died without a word. In both
// cases this makes a new EventSource, with the last id in the query.

import { Refusal, Tickets } from "./tickets.js";

const kFirstRetryMs = 2000;
const kLastRetryMs = 30_000;

// The gateway says something at least this often; a stream that is silent for two and a half times
// as long is dead.
const kHeartbeatSeconds = 10;
const kSilenceMs = 2.5 * kHeartbeatSeconds * 1000;
// A connection that is kept for the next request may have died as silently: an answer is not waited
// for as long.
const kConnectMs = 10_000;
// gateway.bye tells the browser when to come back, and the page does not see the time.
const kSilenceAfterByeMs = 300_000;

const kExplainMs = 10_000;

export class Stream {
  #source = null;
  #subscription = { filters: [], types: [] };
  #listener;
  #lastId = "";
  #state = { name: "closed", since: Date.now(), cause: "", text: "" };
  #byeReason = "";
  #retryMs = kFirstRetryMs;
  #retryTimer = 0;
  #silenceTimer = 0;
  #isSuspended = false;
  #tickets = new Tickets();
  // Since the last hello.
  #hasNewTicket = false;
  #staleSince = "";

  // listener: {onState(state), onEvent(event), onControl(event)}; an event is {id, type, data,
  // value}, value: the parsed data, undefined where it is not JSON.
  constructor(listener) {
    this.#listener = listener;
  }

  get lastId() {
    return this.#lastId;
  }

  // {name, since, cause, text, status}; cause: "" (cut), "bye" (text: its reason), "silence",
  // "store" (text: since when, as the gateway says), "answer" or "refused" (text: what was answered;
  // status: 401 where a token is needed).
  get state() {
    return this.#state;
  }

  // Begins again with a snapshot.
  subscribe(filters, types) {
    this.#subscription = { filters, types };
    this.#lastId = "";
    this.#retryMs = kFirstRetryMs;
    this.#connect("connecting");
  }

  get hasToken() {
    return this.#tickets.hasToken;
  }

  // For the next subscribe(); "": without.
  setToken(token) {
    this.#tickets.setToken(token);
    this.#hasNewTicket = false;
  }

  // Goes on after the last id, at once.
  reconnect() {
    this.#connect("connecting");
  }

  // Closes the stream until resume(): what is not seen needs no connection.
  suspend() {
    if (this.#isSuspended) return;
    this.#isSuspended = true;
    if (this.#source === null) return;  // refused, or nothing asked for yet
    this.#close();
    this.#setState("paused");
  }

  resume() {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    if (this.#state.name === "paused") this.#connect("connecting");
  }

  #url() {
    // Relative to the page, so that a proxy may serve the gateway below a path of its own.
    const url = new URL("v1/events", document.baseURI);
    for (const filter of this.#subscription.filters) url.searchParams.append("topic", filter);
    url.searchParams.append("envelope", "1");
    url.searchParams.append("heartbeat", "event");
    url.searchParams.append("heartbeatInterval", kHeartbeatSeconds);
    if (this.#lastId !== "") url.searchParams.append("lastEventId", this.#lastId);
    if (this.#tickets.ticket !== "") url.searchParams.append("ticket", this.#tickets.ticket);
    return url.href;
  }

  #close() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#source?.close();
    this.#source = null;
  }

  #connect(stateName, cause = "", text = "") {
    this.#close();
    if (this.#isSuspended) {
      this.#setState("paused");
      return;
    }
    this.#setState(stateName, cause, text);
    if (this.#tickets.hasToken && this.#tickets.ticket === "") {
      this.#connectWithTicket();
      return;
    }
    const source = new EventSource(this.#url());
    this.#source = source;
    this.#watch(kConnectMs);
    source.onopen = () => this.#watch(kSilenceMs);
    source.onerror = () => this.#onError(source);
    for (const type of ["hello", "live", "heartbeat", "reset", "deleted", "stale", "fresh",
                        "bye"]) {
      source.addEventListener(`gateway.${type}`, (event) => this.#onControl(this.#take(event)));
    }
    for (const type of new Set(["message", ...this.#subscription.types])) {
      source.addEventListener(type, (event) => this.#listener.onEvent(this.#take(event)));
    }
  }

  async #connectWithTicket() {
    const asking = { close() {} };
    this.#source = asking;
    try {
      await this.#tickets.fetch();
    } catch (error) {
      if (asking !== this.#source) return;
      if (error instanceof Refusal) this.#refuse(error);
      else this.#connectLater("");
      return;
    }
    if (asking !== this.#source) return;
    this.#hasNewTicket = true;
    this.#connect(this.#state.name, this.#state.cause, this.#state.text);
  }

  // What cannot be read was not taken: its id does not count.
  #take({ lastEventId: id, type, data }) {
    this.#watch(kSilenceMs);
    let value;
    try {
      value = JSON.parse(data);
    } catch {
      value = undefined;
    }
    if (value !== undefined && id !== "") this.#lastId = id;
    return { id, type: type === "message" ? "" : type, data, value };
  }

  #onControl(event) {
    switch (event.type) {
      case "gateway.heartbeat":
        return;
      case "gateway.hello":
        this.#retryMs = kFirstRetryMs;
        this.#hasNewTicket = false;
        this.#byeReason = "";
        this.#staleSince = "";
        this.#setState("loading");
        break;
      case "gateway.stale":
      case "gateway.fresh":
        this.#staleSince = String(event.value?.since ?? "");
        if (this.#state.name !== "loading") this.#setOpen();
        break;
      case "gateway.bye":
        this.#byeReason = String(event.value?.reason ?? "");
        this.#watch(kSilenceAfterByeMs);
        break;
    }
    this.#listener.onControl(event);
    if (event.type === "gateway.live") this.#setOpen();
  }

  #setOpen() {
    if (this.#staleSince === "") this.#setState("live");
    else this.#setState("stale", "store", this.#staleSince);
  }

  #watch(ms) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      const isWaiting = ["connecting", "reconnecting"].includes(this.#state.name);
      if (isWaiting) this.#connect(this.#state.name, this.#state.cause, this.#state.text);
      else this.#connect("reconnecting", "silence");
    }, ms);
  }

  #onError(source) {
    if (source !== this.#source) return;
    if (source.readyState === EventSource.CONNECTING) {
      this.#watch(this.#byeReason === "" ? kSilenceMs : kSilenceAfterByeMs);
      this.#setReconnecting();
      return;
    }
    clearTimeout(this.#silenceTimer);
    this.#explain(source);
  }

  #setReconnecting() {
    if (this.#byeReason !== "") this.#setState("reconnecting", "bye", this.#byeReason);
    else this.#setState("reconnecting");
  }

  // An EventSource does not tell why it was refused; a plain request for the same thing does. What
  // the gateway itself refuses stays refused; anything else may be a proxy's word and pass.
  async #explain(source) {
    let answer = "";
    let refusal = null;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), kExplainMs);
    try {
      const response = await fetch(this.#url(), {
        headers: { Accept: "text/event-stream" },
        signal: abort.signal,
      });
      const type = response.headers.get("Content-Type") ?? "";
      if (!response.ok) answer = `${response.status} ${response.statusText}`.trim();
      else if (!type.startsWith("text/event-stream")) answer = `not an event stream: ${type}`;
      refusal = await Refusal.of(response);
    } catch {
      // Nobody there, or not JSON: what is known of the answer is all there is.
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    if (source !== this.#source) return;
    if (refusal?.status === 401 && this.#tickets.hasToken && !this.#hasNewTicket) {
      this.#tickets.dropTicket();
      this.#connect("reconnecting", "answer", refusal.message);
      return;
    }
    if (refusal !== null) this.#refuse(refusal);
    else this.#connectLater(answer);
  }

  #refuse(refusal) {
    this.#close();
    this.#setState("closed", "refused", refusal.message, refusal.status);
  }

  #connectLater(answer) {
    if (answer !== "") this.#setState("reconnecting", "answer", answer);
    else this.#setReconnecting();
    const { cause, text } = this.#state;
    this.#retryTimer = setTimeout(() => this.#connect("reconnecting", cause, text),
                                  this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(this.#retryMs * 2, kLastRetryMs);
  }

  #setState(name, cause = "", text = "", status = 0) {
    const { name: nameBefore, since, cause: causeBefore, text: textBefore } = this.#state;
    if (name === nameBefore && cause === causeBefore && text === textBefore) return;
    this.#state = { name, since: name === nameBefore ? since : Date.now(), cause, text, status };
    this.#listener.onState(this.#state);
  }
}
