// What an operator can do: send to one connection, close it, publish a test event.

import { byId, setHidden, setText } from "./dom.js";
import { closeConnection, publishEvent, sendToConnection } from "./operator_api.js";

const kDisabledNote = "Disabled here: the gateway runs without --operator_actions. " +
  "It is off by default, as this port has no login.";
const kMaxRetrySeconds = 86_400;

function say(node, kind, text) {
  node.dataset.kind = kind;
  setText(node, text);
}

// What is wrong with a text as JSON; "": nothing. The gateway has the last word.
function faultOfJson(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}

const faultText = ({ status, message }) => (status === 0
  ? `The gateway gave ${message}: what became of it is not known.` : `${status}: ${message}`);

export class Actions {
  #inspector;
  #isAllowed = false;
  #onDone;

  // onDone(): something has changed that a new look would show.
  constructor(inspector, onDone) {
    this.#inspector = inspector;
    this.#onDone = onDone;
    byId("send").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("close-button").addEventListener("click", () => this.#askToClose());
    byId("close-cancel").addEventListener("click", () => byId("close-dialog").close());
    byId("close-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#close();
    });
    byId("publish-open").addEventListener("click", () => byId("publish-dialog").showModal());
    byId("publish-close").addEventListener("click", () => byId("publish-dialog").close());
    byId("publish").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#publish();
    });
    this.allow(false, "");
  }

  // isAllowed: the gateway takes actions. note: why it does not.
  allow(isAllowed, note = kDisabledNote) {
    this.#isAllowed = isAllowed;
    for (const name of ["actions-note", "publish-note"]) {
      setText(byId(name), note);
      setHidden(byId(name), isAllowed || note === "");
    }
    this.update();
  }

  // After the connection that is shown has changed, or ended.
  update() {
    const canReach = this.#isAllowed && !this.#inspector.isEnded;
    byId("send-fields").disabled = !canReach;
    byId("close-button").disabled = !canReach;
    byId("publish-fields").disabled = !this.#isAllowed;
    byId("publish-button").disabled = !this.#isAllowed;
  }

  async #send() {
    const result = byId("send-result");
    const json = byId("send-json").value;
    const fault = faultOfJson(json);
    if (fault !== "") return say(result, "error", fault);
    const { id } = this.#inspector;
    const type = byId("send-type").value.trim();
    say(result, "waiting", "Waiting for the answer …");
    byId("send-button").disabled = true;
    try {
      const answer = await sendToConnection(id, { type, json, wait: byId("send-wait").value });
      if (id !== this.#inspector.id) return undefined;
      const text = answer === "queued" ? "Queued." : "Delivered: its socket took it.";
      say(result, "done", text);
      this.#inspector.note(`Sent from here${type === "" ? "" : `, type ${type}`}: ${answer}`);
    } catch (error) {
      if (id === this.#inspector.id) say(result, "error", faultText(error));
    } finally {
      byId("send-button").disabled = false;
      this.#onDone();
    }
    return undefined;
  }

  #askToClose() {
    setText(byId("close-dialog-id"), this.#inspector.id);
    setText(byId("close-error"), "");
    byId("close-dialog").dataset.id = this.#inspector.id;
    byId("close-dialog").showModal();
    byId("close-cancel").focus();
  }

  async #close() {
    const { id } = byId("close-dialog").dataset;
    const field = byId("close-retry");
    const retry = field.value.trim();
    const isNumber = /^\d+$/.test(retry) && Number(retry) <= kMaxRetrySeconds;
    if (!field.validity.valid || (retry !== "" && !isNumber)) {
      setText(byId("close-error"), `Whole seconds, at most ${kMaxRetrySeconds.toLocaleString("en")}.`);
      field.focus();
      return;
    }
    byId("close-dialog").close();
    const result = byId("close-result");
    say(result, "waiting", "Waiting for the answer …");
    try {
      await closeConnection(id, retry);
      if (id !== this.#inspector.id) return;
      say(result, "done", "Closed.");
      this.#inspector.note("Closed from here");
    } catch (error) {
      if (id === this.#inspector.id) say(result, "error", faultText(error));
    } finally {
      this.#onDone();
    }
  }

  async #publish() {
    const result = byId("publish-result");
    const topic = byId("publish-topic").value.trim();
    const json = byId("publish-json").value;
    const fault = topic === "" ? "A topic is needed." : faultOfJson(json);
    if (fault !== "") {
      say(result, "error", fault);
      return;
    }
    say(result, "waiting", "Waiting for the answer …");
    byId("publish-button").disabled = true;
    try {
      const event = { topic, key: byId("publish-key").value, type: byId("publish-type").value.trim(), json };
      say(result, "done", `Published as ${await publishEvent(event)}.`);
    } catch (error) {
      say(result, "error", faultText(error));
    } finally {
      byId("publish-button").disabled = !this.#isAllowed;
      this.#onDone();
    }
  }
}
