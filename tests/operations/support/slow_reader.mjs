// A browser on a slow link: takes 500 kB/s, and knows how old is what it reads.

import http from 'node:http';
import https from 'node:https';

const bytesPerMs = 500;

// Events have to have a title that begins with the time at which they were published.
export class SlowReader {
  #ages = [];
  #text = '';

  constructor(t, url, options = {}) {
    const request = (url.startsWith('https:') ? https : http).get(url, { agent: false, ...options }, (response) => {
      const began = Date.now();
      let taken = 0;
      response.setEncoding('latin1');
      response.on('error', () => {});
      response.on('data', (text) => {
        this.#take(text);
        taken += text.length;
        const aheadMs = taken / bytesPerMs - (Date.now() - began);
        if (aheadMs < 5) return;
        response.pause();
        setTimeout(() => response.resume(), aheadMs).unref();
      });
    });
    request.on('error', () => {});
    t.after(() => request.destroy());
  }

  // Of the second half: the first fills what there is on the way.
  medianAgeMs() {
    const later = this.#ages.slice(this.#ages.length / 2).sort((a, b) => a - b);
    return later[Math.floor(later.length / 2)];
  }

  #take(text) {
    this.#text += text;
    for (let end; (end = this.#text.indexOf('\n\n')) >= 0; this.#text = this.#text.slice(end + 2)) {
      const published = this.#text.slice(0, end).match(/"title":"(\d+) /);
      if (published) this.#ages.push(Date.now() - Number(published[1]));
    }
  }
}
