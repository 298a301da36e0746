// Numbered events: what was published, so that what arrived can be held against it.

export class Numbers {
  published = []; // [{number, type, id, text}]
  #publisher;

  constructor(publisher) {
    this.#publisher = publisher;
  }

  get last() {
    return this.published.length;
  }

  // What is in the event of this number, and in no other.
  static markOf(number) {
    return `"id":"number-${number}"`;
  }

  idOf(number) {
    return this.published[number - 1].id;
  }

  // What was published so far is none of them any more; the numbers begin again.
  forget() {
    this.published = [];
  }

  // Returns its number. Each has a key of its own.
  async publish({ type = 'message', text } = {}) {
    const number = this.last + 1;
    const event = { type, number, text, id: '' };
    this.published.push(event);
    event.id = await this.#publisher.publish({
      topic: 'numbers.all', dashboard: { id: `number-${number}`, user: number, title: text },
      ...(type === 'message' ? {} : { type }),
    });
    return number;
  }
}
