// WebDriver (W3C), whatever carries its commands. A session has one current window, so that what
// concerns a window is done one after the other.

export class WebDriver {
  #send;
  #first; // the window that the browser came with, and that stays
  #current;
  #last = Promise.resolve();

  // send(name, params) carries out one of the commands below.
  static async start(send) {
    const driver = new WebDriver();
    driver.#send = send;
    [driver.#first] = await send('GetWindowHandles');
    return driver;
  }

  async open(url) {
    // A window: the timers of a tab in the background are slowed down.
    const { handle } = await this.exclusively(() => this.#send('NewWindow', { type: 'window' }));
    const doInWindow = async (name, params = {}) => {
      if (this.#current !== handle) await this.#send('SwitchToWindow', { handle });
      this.#current = handle;
      return this.#send(name, params);
    };
    const inWindow = (name, params) => this.exclusively(() => doInWindow(name, params));
    await inWindow('Navigate', { url });
    return {
      evaluate: (code, ...args) => inWindow('ExecuteScript', { script: `return (${code})(...arguments)`, args }),
      close: () => this.exclusively(async () => {
        await doInWindow('CloseWindow');
        this.#current = this.#first;
        await this.#send('SwitchToWindow', { handle: this.#first });
      }),
    };
  }

  // Runs act when what was asked before is done.
  exclusively(act) {
    const result = this.#last.then(act);
    this.#last = result.catch(() => {});
    return result;
  }
}
