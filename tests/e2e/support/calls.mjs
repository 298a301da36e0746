// Calls over a stream: each has a number, and the answer with that number ends it.

const kPatienceMs = 30_000;

export class Calls {
  #send;
  #waiting = new Map();
  #count = 0;

  // send(number, name, params) writes one call.
  constructor(send) {
    this.#send = send;
  }

  call(name, params = {}) {
    this.#count += 1;
    const number = this.#count;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.answer(number, { message: `no answer in ${kPatienceMs} ms` }), kPatienceMs);
      this.#waiting.set(number, { name, resolve, reject, timer });
      this.#send(number, name, params);
    });
  }

  answer(number, error, result) {
    const call = this.#waiting.get(number);
    if (!call) return;
    this.#waiting.delete(number);
    clearTimeout(call.timer);
    if (error) call.reject(new Error(`${call.name}: ${error.message}`));
    else call.resolve(result);
  }
}

// Takes bytes as they come; read(bytes) returns [a message, the bytes behind it], or nothing while
// the message is not complete.
export function readMessages(stream, read, take) {
  let bytes = Buffer.alloc(0);
  stream.on("error", () => {});
  stream.on("data", (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (let found; (found = read(bytes));) {
      bytes = found[1];
      take(JSON.parse(found[0]));
    }
  });
}
