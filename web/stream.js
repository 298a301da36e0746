// The EventSource and its life.
//
//   closed ──subscribe──► connecting
//   connecting ──open──► live ──cut──► reconnecting ──open──► live
//        └──────refused──────┴─────────────┴──► closed
//
// The browser reconnects by itself, with Last-Event-ID, as long as the answer is an event stream.
// It gives up for good on anything else, such as a proxy's 502 during a deploy: then this does the
// reconnecting, with the id in the query, unless the gateway says that the request itself is wrong.

const kFirstRetryMs = 2000;
const kLastRetryMs = 30000;

export class Stream {
  #source = null;
  #subscription = { filters: [], types: [] };
  #listener;
  #lastId = "";
  #state = { name: "closed", since: Date.now(), detail: "" };
  #byeReason = "";
  #retryMs = kFirstRetryMs;
  #retryTimer = 0;

  // listener: {onState(state), onEvent({id, type, data}), onControl({id, type, data})}
  constructor(listener) {
    this.#listener = listener;
  }

  get lastId() {
    return this.#lastId;
  }

  get state() {
    return this.#state;
  }

  // Begins anew with a snapshot.
  subscribe(filters, types) {
    this.#subscription = { filters, types };
    this.#lastId = "";
    this.#retryMs = kFirstRetryMs;
    this.#connect("connecting");
  }

  // Goes on after the last id, at once.
  reconnect() {
    this.#connect("connecting");
  }

  #url() {
    // Relative to the page, so that a proxy may serve the gateway below a path of its own.
    const url = new URL("v1/events", document.baseURI);
    for (const filter of this.#subscription.filters) url.searchParams.append("topic", filter);
    url.searchParams.append("envelope", "1");
    if (this.#lastId !== "") url.searchParams.append("lastEventId", this.#lastId);
    return url.href;
  }

  #connect(stateName) {
    clearTimeout(this.#retryTimer);
    this.#source?.close();
    const source = new EventSource(this.#url());
    this.#source = source;
    this.#setState(stateName, "");
    source.onopen = () => {
      this.#retryMs = kFirstRetryMs;
      this.#byeReason = "";
      this.#setState("live", "");
    };
    source.onerror = () => this.#onError(source);

    const control = (event) => {
      this.#lastId = event.lastEventId || this.#lastId;
      if (event.type === "gateway.bye") this.#byeReason = reasonOf(event.data);
      this.#listener.onControl({ id: event.lastEventId, type: event.type, data: event.data });
    };
    for (const type of ["gateway.reset", "gateway.deleted", "gateway.bye"]) {
      source.addEventListener(type, control);
    }
    const onEvent = (event) => {
      this.#lastId = event.lastEventId || this.#lastId;
      const type = event.type === "message" ? "" : event.type;
      this.#listener.onEvent({ id: event.lastEventId, type, data: event.data });
    };
    for (const type of new Set(["message", ...this.#subscription.types])) {
      source.addEventListener(type, onEvent);
    }
  }

  #onError(source) {
    if (source !== this.#source) return;
    if (source.readyState === EventSource.CONNECTING) {
      this.#setState("reconnecting", this.#byeReason);
      return;
    }
    this.#explain(source);
  }

  // An EventSource does not tell why it was refused; a plain request for the same thing does.
  async #explain(source) {
    let fault = "";
    const abort = new AbortController();
    try {
      const response = await fetch(this.#url(), {
        headers: { Accept: "text/event-stream" },
        signal: abort.signal,
      });
      if (response.status >= 400 && response.status < 500) {
        fault = `${response.status} ${response.statusText}`;
        if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
          const problem = await response.json();
          fault = `${problem.status} ${problem.title}: ${problem.detail ?? ""}`;
        }
      }
    } catch {
      // Nobody there, or not JSON: what is known of the fault is all there is.
    } finally {
      abort.abort();
    }
    if (source !== this.#source) return;
    if (fault !== "") {
      this.#setState("closed", fault);
      return;
    }
    this.#setState("reconnecting", this.#byeReason);
    this.#retryTimer = setTimeout(() => this.#connect("reconnecting"),
                                  this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(this.#retryMs * 2, kLastRetryMs);
  }

  #setState(name, detail) {
    if (name === this.#state.name && detail === this.#state.detail) return;
    const since = name === this.#state.name ? this.#state.since : Date.now();
    this.#state = { name, since, detail };
    this.#listener.onState(this.#state);
  }
}

function reasonOf(data) {
  try {
    return String(JSON.parse(data).reason ?? "");
  } catch {
    return "";
  }
}
