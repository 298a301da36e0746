// The console: wires the stream to the model and the model to the page. Events change the model at
// once; the page is drawn at most ten times a second, in an animation frame, and not at all while
// it is hidden or paused.

import { cutText } from "./bounds.js";
import { byId, copyButton, el, setAttribute, setHidden, setIcon, setText } from "./dom.js";
import { Cards } from "./cards.js";
import { Frames } from "./frames.js";
import { Model } from "./model.js";
import { parseFilters, parseTypes, subscriptionFromUrl, urlWithSubscription } from "./filters.js";
import { Stream } from "./stream.js";
import { Topics } from "./topics.js";
import { formatAge, formatTime } from "./units.js";
import { watchVisibility } from "./visibility.js";

const kDrawIntervalMs = 100;
const kSlowConnectMs = 8000;
const kMaxLog = 12;
const kMaxAnswerChars = 500;

const kStateLabels = {
  connecting: "Connecting", loading: "Loading", live: "Live", stale: "Out of date",
  reconnecting: "Reconnecting", paused: "Paused while hidden", closed: "Closed",
};
const kStateIcons = { loading: "connecting", stale: "warning", paused: "pause" };
const kEmptyTexts = {
  connecting: "The dashboards appear here as soon as the stream is open.",
  loading: "The stream is open, and what there is is on its way.",
  stale: "The stream is open, and the gateway cannot reach its log.",
  reconnecting: "The dashboards appear here as soon as the stream is open again.",
  paused: "The stream is closed while nobody can see this page.",
  closed: "Nothing arrives until the subscription is put right.",
};
const kByeReasons = {
  drain: "the gateway is leaving and asks to reconnect",
  max_age: "the connection reached its age limit",
  auth_expired: "the authorization expired",
  closed: "the gateway closed it",
  busy: "the gateway is busy",
};
const kResetReasons = {
  unknown_id: "the last id is not known",
  other_epoch: "the gateway has a new log",
  expired: "the last id is too old",
};

const model = new Model();
const frames = new Frames(model, schedule);
const cards = new Cards((topic) => frames.open(topic), schedule);
const topics = new Topics((topic) => {
  if (!cards.reveal(topic)) frames.open(topic);
});
let paused = false;

// ---- drawing ----

let scheduled = false;
let lastDraw = 0;

function schedule() {
  if (scheduled) return;
  scheduled = true;
  const delay = Math.max(0, lastDraw + kDrawIntervalMs - Date.now());
  setTimeout(() => requestAnimationFrame(draw), delay);
}

function draw() {
  scheduled = false;
  lastDraw = Date.now();
  setText(byId("fact-events"), model.events.toLocaleString("en"));
  setText(byId("fact-id"), model.lastId || "none");
  if (!paused) {
    cards.update(model);
    topics.update(model);
  }
  frames.update();
  drawEmpty();
}

function drawEmpty() {
  const isEmpty = model.cards.size === 0;
  setHidden(byId("empty"), !isEmpty);
  if (!isEmpty) return;
  const { name } = stream.state;
  setHidden(byId("examples"), name !== "live");
  if (name === "live") {
    setText(byId("empty-title"), "Waiting for the first event");
    setText(byId("empty-text"), "The stream is open and nothing matches it yet. Publish a first " +
            "dashboard, and it appears here at once:");
  } else {
    setText(byId("empty-title"), kStateLabels[name]);
    setText(byId("empty-text"), kEmptyTexts[name]);
  }
}

// ---- stream ----

const stream = new Stream({
  onEvent(event) {
    frames.record(model.add(event), event);
    schedule();
  },
  onControl(event) {
    let topic = null;
    switch (event.type) {
      case "gateway.hello":
        setText(byId("connection-id"), event.value?.connection ?? "");
        setHidden(byId("connection"), false);
        if (event.value?.resumed === true) log("Resumed", "after the last id");
        break;
      case "gateway.reset":
        // The snapshot follows at once: in the next drawing most cards are there again.
        model.clear();
        log("Reset", kResetReasons[event.value?.reason] ?? "");
        break;
      case "gateway.deleted":
        topic = model.remove(event);
        break;
      case "gateway.bye":
        log("Goodbye", kByeReasons[event.value?.reason] ?? "");
        break;
    }
    frames.record(topic, event);
    schedule();
  },
  onState: showState,
});

function showState(state) {
  setAttribute(byId("state"), "data-state", state.name);
  setAttribute(byId("state-icon"), "href", `#icon-${kStateIcons[state.name] ?? state.name}`);
  setText(byId("state-label"), kStateLabels[state.name]);
  if (!isOpen(state)) setHidden(byId("connection"), state.name !== "loading");
  if (state.name !== "loading") log(kStateLabels[state.name], causeText(state));
  showSignIn();
  showSince();
  drawEmpty();
}

const isOpen = ({ name }) => name === "live" || name === "stale";

function causeText({ cause, text }) {
  switch (cause) {
    case "store": return `the gateway cannot reach its log since ${formatTime(Date.parse(text))}`;
    case "bye": return kByeReasons[text] ?? cutText(text, kMaxAnswerChars);
    case "silence": return "nothing came any more, not even a heartbeat";
    case "answer": return `the answer was ${cutText(text, kMaxAnswerChars)}`;
    case "refused": return cutText(text, kMaxAnswerChars);
    default: return "";
  }
}

// The field for a token is there where one is needed or in use.
function showSignIn() {
  const isShown = stream.state.status === 401 || stream.hasToken;
  setHidden(byId("sign-in"), !isShown);
  setHidden(byId("token-note"), !isShown);
  setHidden(byId("forget-token"), !stream.hasToken);
}

function showSince() {
  const { state } = stream;
  const { name, since, cause } = state;
  const age = Date.now() - since;
  setText(byId("state-since"), name === "reconnecting"
    ? `since ${formatTime(since)} · ${formatAge(age)}`
    : "");
  let notice = "";
  if (cause === "refused") notice = `The gateway refused the stream. ${causeText(state)}`;
  if (name === "reconnecting") {
    notice = cause === "" ? "The connection was cut. What was missed is caught up on its return."
                          : `The stream ended: ${causeText(state)}.`;
  }
  if (name === "stale") notice = `What is shown may be out of date: ${causeText(state)}.`;
  if (name === "connecting" && age > kSlowConnectMs) {
    notice = "Still waiting for an answer. Over HTTP/1.1 a browser opens six connections to a " +
             "host at most: are there other tabs with streams?";
  }
  // A short cut is over before one can read about it.
  setHidden(byId("notice"), notice === "" || (name === "reconnecting" && age < 2000));
  setText(byId("notice-text"), notice);
  // There it is the gateway that waits, and the stream is open.
  setHidden(byId("reconnect"), name === "stale");
}

function log(what, detail) {
  const list = byId("log");
  list.prepend(el("li", {}, el("time", { text: formatTime(Date.now()) }),
                  el("span", { text: detail === "" ? what : `${what}: ${detail}` })));
  while (list.children.length > kMaxLog) list.lastElementChild.remove();
}

// ---- controls ----

function subscribe() {
  const { filters, error: filtersError } = parseFilters(byId("filters").value);
  const { types, error: typesError } = parseTypes(byId("types").value);
  setText(byId("subscribe-error"), filtersError || typesError);
  setAttribute(byId("filters"), "aria-invalid", `${filtersError !== ""}`);
  setAttribute(byId("types"), "aria-invalid", `${typesError !== ""}`);
  if (filtersError !== "" || typesError !== "") return false;
  history.replaceState(null, "", urlWithSubscription(location.href, filters, types));
  model.clear();
  schedule();
  stream.subscribe(filters, types);
  return true;
}

byId("subscribe").addEventListener("submit", (event) => {
  event.preventDefault();
  subscribe();
});

// What one user saw is not for the next, so the page begins anew.
function useToken(token) {
  byId("token").value = "";
  setText(byId("token-error"), "");
  stream.setToken(token);
  frames.clear();
  subscribe();
}

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = byId("token").value.trim().replace(/^bearer\s+/i, "");
  if (/^[A-Za-z0-9._~+/=-]+$/.test(token)) useToken(token);
  else setText(byId("token-error"), "That is no token: it has three parts with dots between them.");
});
byId("forget-token").addEventListener("click", () => useToken(""));

byId("pause").addEventListener("click", () => {
  paused = !paused;
  document.body.classList.toggle("paused", paused);
  setAttribute(byId("pause"), "aria-pressed", `${paused}`);
  setIcon(byId("pause"), paused ? "play" : "pause");
  setText(byId("pause").querySelector(".button-text"), paused ? "Resume" : "Pause");
  schedule();
});

byId("rail-toggle").addEventListener("click", () => {
  const open = byId("rail").classList.toggle("open");
  setAttribute(byId("rail-toggle"), "aria-expanded", `${open}`);
});

byId("reconnect").addEventListener("click", () => stream.reconnect());

const showTheme = () => {
  const isDark = document.documentElement.dataset.theme === "dark";
  setAttribute(byId("theme"), "aria-pressed", `${isDark}`);
};
byId("theme").addEventListener("click", () => globalThis.toggleTheme());
addEventListener("themechange", showTheme);
showTheme();

const host = location.hostname || "localhost";
setText(byId("example-grpcurl"), `\
grpcurl -plaintext -d '{"event":{"dashboard":{"id":"demo","title":"Demo",
  "panels":[{"id":"cpu","title":"CPU","unit":"%","gauge":42}]}}}' \\
  ${host}:50051 ssegateway.v1.PublisherService/Publish`);
setText(byId("example-python"), `\
import grpc
from ssegateway.v1 import dashboard_pb2 as d, publisher_pb2 as p, publisher_pb2_grpc as g

publisher = g.PublisherServiceStub(grpc.insecure_channel("${host}:50051"))
cpu = d.Panel(id="cpu", title="CPU", unit="%", gauge=42)
demo = d.Dashboard(id="demo", title="Demo", panels=[cpu])
print(publisher.Publish(p.PublishRequest(event=p.Event(dashboard=demo))).id)`);
for (const button of document.querySelectorAll("[data-copy]")) {
  copyButton(button, () => byId(button.dataset.copy).textContent);
}

setInterval(() => {
  setText(byId("fact-rate"), model.tickRate().toLocaleString("en", { maximumFractionDigits: 1 }));
  if (document.hidden) return;
  showSince();
  if (!paused) cards.tick();
}, 1000);

watchVisibility(() => stream.suspend(), () => stream.resume());
// The next try may be half a minute away, and this is when it will succeed.
addEventListener("online", () => {
  if (stream.state.name === "reconnecting") stream.reconnect();
});

const initial = subscriptionFromUrl(location.href);
byId("filters").value = initial.filters;
byId("types").value = initial.types;
// A filter from the address that is wrong leaves the page as it is, with the reason at the field.
if (!subscribe()) showState(stream.state);
