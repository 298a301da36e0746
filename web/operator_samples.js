// What only several looks at a connection tell: rates, and how they and the lag went.

const kMaxSamples = 120;

// The rates of connections, each from the last two looks at it.
export class Rates {
  #last = new Map();  // id -> {frames, bytes, at}

  // Adds eventRate and byteRate, NaN at the first look, to each of connections. at: milliseconds of
  // a clock that only goes on. What is neither there nor kept is forgotten.
  add(connections, at, kept = "") {
    const now = new Map();
    for (const connection of connections) {
      const { id, frames, bytes } = connection;
      const before = this.#last.get(id);
      const seconds = before ? (at - before.at) / 1000 : 0;
      // Two answers of one moment tell nothing.
      const isRate = seconds > 0.2 && frames >= before.frames && bytes >= before.bytes;
      connection.eventRate = isRate ? (frames - before.frames) / seconds : before?.eventRate ?? Number.NaN;
      connection.byteRate = isRate ? (bytes - before.bytes) / seconds : before?.byteRate ?? Number.NaN;
      const { eventRate, byteRate } = connection;
      now.set(id, seconds > 0 && !isRate && frames >= before.frames
        ? before : { frames, bytes, at, eventRate, byteRate });
    }
    if (kept !== "" && !now.has(kept) && this.#last.has(kept)) now.set(kept, this.#last.get(kept));
    this.#last = now;
  }
}

// How one connection went while somebody looked at it.
export class History {
  lags = [];
  eventRates = [];

  add({ lag, eventRate }) {
    this.lags.push(lag);
    this.eventRates.push(eventRate);
    if (this.lags.length > kMaxSamples) this.lags.shift();
    if (this.eventRates.length > kMaxSamples) this.eventRates.shift();
  }
}
