// Tickets for streams. An EventSource has no headers, so it cannot carry a token: the gateway gives a
// ticket for one, which goes into the stream's address. The token stays in this object's memory: it
// is in no address, no storage and no frame, and a reload forgets it.

const kAskMs = 10_000;

// What the gateway answered, where that is final: {status, text}.
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }

  // null where the answer is not the gateway's own word: a proxy's may pass.
  static async of(response) {
    const type = response.headers.get("Content-Type") ?? "";
    if (response.status >= 500 || !type.startsWith("application/problem+json")) return null;
    const problem = await response.json();
    return new Refusal(problem.status, `${problem.status} ${problem.title}: ${problem.detail ?? ""}`);
  }
}

export class Tickets {
  #token = "";
  #ticket = "";

  get hasToken() {
    return this.#token !== "";
  }

  // "" where there is none now.
  get ticket() {
    return this.#ticket;
  }

  // "": forgets it.
  setToken(token) {
    this.#token = token;
    this.#ticket = "";
  }

  dropTicket() {
    this.#ticket = "";
  }

  // Fetches a ticket. Throws a Refusal, or another error where an answer may still come.
  async fetch() {
    const token = this.#token;
    const response = await fetch(new URL("v1/tickets", document.baseURI), {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(kAskMs),
    });
    if (!response.ok) {
      throw await Refusal.of(response) ?? new Error(`the answer was ${response.status}`);
    }
    const { ticket } = await response.json();
    if (token === this.#token) this.#ticket = ticket;
  }
}
