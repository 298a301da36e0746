// The operator's page: asks for the connections every two seconds while somebody looks, and shows
// them. One question at a time, so that a page is one connection to the admin port.

import { countText } from "./bounds.js";
import { byId, setAttribute, setHidden, setIcon, setText } from "./dom.js";
import { parseFilters } from "./filters.js";
import { Actions } from "./operator_actions.js";
import {
  askOperator, Failure, findEvents, getConnection, listConnections, listSlowest,
} from "./operator_api.js";
import { EventTable } from "./operator_events.js";
import { Inspector } from "./operator_inspector.js";
import { formatStay, formatWhen, Life } from "./operator_life.js";
import { Rates } from "./operator_samples.js";
import { Table } from "./operator_table.js";
import { formatTime } from "./units.js";
import { watchVisibility } from "./visibility.js";

const kEveryMs = 2000;
const kPageSize = 100;
const kFields = ["subject", "address", "topic"];
const kViews = ["all", "slowest", "events"];
// Where the details lie over the list.
const kNarrow = matchMedia("(max-width: 72rem)");

const kStates = {
  loading: { label: "Loading", icon: "connecting", color: "loading" },
  live: { label: "Live", icon: "live", color: "live" },
  paused: { label: "Paused", icon: "pause", color: "paused" },
  stale: { label: "Out of date", icon: "warning", color: "stale" },
  away: { label: "Unreachable", icon: "closed", color: "closed" },
};

const query = { subject: "", address: "", topic: "" };
let view = "all";
let tokens = [""];  // of the pages up to this one
let nextToken = "";
let isPaused = false;
let isHidden = false;
let lastGood = 0;
let generation = 0;  // of what is asked: answers of another one come too late
let replica = "";

const rates = new Rates();
const table = new Table(openConnection);
const eventTable = new EventTable(openConnection);
const life = new Life(openConnection);
const inspector = new Inspector(closeInspector);
const actions = new Actions(inspector, refresh);

// ---- asking ----

let timer = 0;
let isAsking = false;
let isAskedAgain = false;

function refresh() {
  clearTimeout(timer);
  if (isAsking) {
    isAskedAgain = true;
    return;
  }
  look();
}

async function look() {
  isAsking = true;
  isAskedAgain = false;
  const asked = generation;
  try {
    const operator = await askOperator();
    showOperator(operator);
    const list = await askList();
    const { id } = inspector;
    const shown = id === "" || inspector.isEnded ? null : await lookAt(id, list.connections);
    if (asked === generation) showList(list, shown, id);
    if (inspector.id !== "") await lookBack();
    await beginEvents();
  } catch (error) {
    if (asked === generation) showFailure(error);
  }
  isAsking = false;
  if (isAskedAgain) refresh();
  else if (!isPaused && !isHidden) timer = setTimeout(refresh, kEveryMs);
}

async function askList() {
  if (view === "slowest") return listSlowest(kPageSize);
  if (view === "all") return listConnections(query, tokens.at(-1), kPageSize);
  const found = await findEvents({ subject: query.subject, address: query.address }, tokens.at(-1), kPageSize);
  return { ...found, connections: [], partial: false };
}

let hasBegun = false;

// The gateway keeps events from the first question for them on: the sooner the better.
async function beginEvents() {
  if (hasBegun) return;
  hasBegun = true;
  if (view !== "events") await findEvents({}, "", 1);
}

// The details may be of a connection that is on another page; null: it is gone.
async function lookAt(id, listed) {
  const found = view === "all" && listed.find((connection) => connection.id === id);
  if (found) return found;
  try {
    return await getConnection(id);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

// ---- showing ----

function showState(name, since = "") {
  const { label, icon, color } = kStates[name];
  byId("state").dataset.state = color;
  setIcon(byId("state"), icon);
  setText(byId("state-label"), label);
  setText(byId("state-since"), since);
}

function showOperator(operator) {
  replica = operator.replica;
  setText(byId("fact-open"), countText(operator.open));
  setText(byId("fact-replica"), replica || "–");
  actions.allow(operator.operatorActions);
}

// shown: the connection with that id, whose details are open; null: it is gone.
function showList(list, shown, shownId) {
  lastGood = Date.now();
  nextToken = list.nextToken;
  showState(isPaused ? "paused" : "live", formatTime(lastGood));
  setHidden(byId("unreachable"), true);
  setText(byId("search-error"), "");
  byId("operator").classList.remove("old");
  const { id } = inspector;
  const all = shown === null || list.connections.includes(shown)
    ? list.connections : [...list.connections, shown];
  rates.add(all, performance.now(), id);
  table.update(list.connections, replica);
  eventTable.update(list.events ?? []);
  showCounts(list);
  showBanner(list.partial);
  if (id === "" || id !== shownId || inspector.isEnded) return;
  if (shown !== null) inspector.update(shown);
  else showEnd();
}

function showCounts({ connections, events, since }) {
  const isEvents = view === "events";
  setHidden(byId("table-box"), isEvents);
  setHidden(byId("events-box"), !isEvents);
  setText(byId("list-name"), isEvents ? "Came and went" : "Open connections");
  const count = (isEvents ? events : connections).length;
  const page = tokens.length;
  const isOnePage = nextToken === "" && page === 1;
  setText(byId("list-count"), `${countText(count)}${isOnePage || view === "slowest" ? "" : " on this page"}`);
  setHidden(byId("list-empty"), count > 0);
  if (count === 0) showEmpty(isEvents, since);
  byId("previous").disabled = page === 1;
  byId("next").disabled = nextToken === "";
  const known = isEvents && !Number.isNaN(since) ? `, known since ${formatWhen(since)}` : "";
  setText(byId("page-label"), `${view === "slowest" ? `The slowest ${countText(count)}`
    : isOnePage ? "All on one page" : `Page ${countText(page)}`}${known}`);
}

function showEmpty(isEvents, since) {
  const isSearched = kFields.some((name) => query[name] !== "");
  const text = tokens.length > 1 ? "Nothing is left on this page."
    : isEvents ? `${isSearched ? "Nothing that fits" : "No connection"} came or went since ${formatWhen(since)}, ` +
      "when the gateway began to keep it."
    : isSearched ? "No open connection fits." : "No connection is open.";
  setText(byId("list-empty-text"), text);
  setHidden(byId("look-back"), isEvents || !isSearched);
}

function showBanner(isPartial) {
  const text = view === "events" && query.topic !== ""
    ? "Who came and went is found by subject and address: the topic is left out."
    : !isPartial ? ""
    : view === "slowest" ? "Some shards of this gateway did not answer: their connections are missing."
    : `The other gateways could not be asked: here are only the connections of ${replica || "this one"}.`;
  setText(byId("partial"), text);
  setHidden(byId("partial"), text === "");
}

function showFailure(error) {
  if (!(error instanceof Failure)) throw error;
  byId("operator").classList.add("old");
  if (error.status === 400 && tokens.length > 1) {
    // A page from before a change of what is asked.
    tokens = [""];
    isAskedAgain = true;
    return;
  }
  if (error.status === 400) {
    showState("stale");
    setText(byId("search-error"), `${error.message}.`.replace(/\.\.$/, "."));
    return;
  }
  const since = lastGood === 0 ? "" : `since ${formatTime(lastGood)}`;
  showState(error.status === 0 ? "away" : "stale", since);
  const what = error.status === 0 ? `The gateway cannot be reached: ${error.message}.`
    : `The gateway answered ${error.status}: ${error.message}.`;
  setText(byId("unreachable"), `${what}${lastGood === 0 ? "" : " What is shown is from before."}` +
          " It is asked again every two seconds.");
  setHidden(byId("unreachable"), false);
}

// ---- one connection ----

function openConnection(id) {
  const url = new URL(location.href);
  url.hash = encodeURIComponent(id);
  history.replaceState(null, "", url);
  if (id !== inspector.id) life.begin(id);
  inspector.open(id);
  table.select(id);
  eventTable.select(id);
  byId("operator").classList.add("inspecting");
  actions.update();
  covers();
  refresh();
}

function closeInspector() {
  const { id } = inspector;
  history.replaceState(null, "", location.href.replace(/#.*$/, ""));
  inspector.close();
  byId("operator").classList.remove("inspecting");
  covers();
  table.select("");
  eventTable.select("");
  (view === "events" ? eventTable : table).focus(id);
}

// What lies under the details is not there for the keyboard either.
function covers() {
  byId("main").inert = inspector.id !== "" && kNarrow.matches;
}

// What the log has of the connection that is shown.
async function lookBack() {
  await life.look(inspector.isEnded);
  const { end } = life;
  if (!inspector.isEnded) return;
  if (life.connection !== null) inspector.recall(life.connection);
  if (end?.kind === "closed") {
    const stay = formatStay(end);
    inspector.tellEnd(`This connection closed at ${formatWhen(end.at)} (${end.reason})` +
                      `${stay === "" ? "" : `, after ${stay}`}.`);
  } else if (end !== undefined) {
    inspector.tellEnd("This connection has ended, and its browser went on with another one.");
  }
}

async function showEnd() {
  const before = inspector.connection;
  inspector.end();
  actions.update();
  if (before === null) return;
  const { id } = inspector;
  try {
    const { subject, address } = before;
    const { connections } = await listConnections({ subject, address, topic: "" }, "", kPageSize);
    const isSame = (other) => other.id !== id && other.userAgent === before.userAgent &&
      other.filters.join() === before.filters.join() && other.openedAt > before.openedAt;
    const next = connections.filter(isSame).sort((a, b) => b.openedAt - a.openedAt)[0];
    if (next !== undefined && id === inspector.id && life.end?.kind !== "resumed") inspector.offer(next.id, openConnection);
  } catch {
    // It was a courtesy.
  }
}

// ---- what is asked ----

function askAnew() {
  ++generation;
  tokens = [""];
  nextToken = "";
  const url = new URL(location.href);
  for (const name of kFields) {
    if (query[name] === "") url.searchParams.delete(name);
    else url.searchParams.set(name, query[name]);
  }
  if (view === "all") url.searchParams.delete("show");
  else url.searchParams.set("show", view);
  history.replaceState(null, "", url);
  showState("loading");
  refresh();
}

function turn(newTokens) {
  ++generation;
  tokens = newTokens;
  showState("loading");
  byId("list-title").scrollIntoView({ block: "nearest" });
  refresh();
}

function show(name) {
  view = name;
  byId("view").value = view;
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const topic = byId("topic").value.trim();
  const { filters, error } = parseFilters(topic);
  const fault = error || (filters.length > 1 ? "One topic or filter at a time." : "");
  byId("topic").setAttribute("aria-invalid", `${fault !== ""}`);
  setText(byId("search-error"), fault);
  if (fault !== "") return;
  for (const name of kFields) query[name] = byId(name).value.trim();
  if (view === "slowest") show("all");
  askAnew();
  const id = byId("find-id").value.trim();
  if (id !== "") openConnection(id);
});

byId("clear").addEventListener("click", () => {
  byId("search").reset();
  for (const name of kFields) query[name] = "";
  setAttribute(byId("topic"), "aria-invalid", "false");
  setText(byId("search-error"), "");
  askAnew();
});

byId("view").addEventListener("change", () => {
  view = byId("view").value;
  askAnew();
});
byId("look-back").addEventListener("click", () => {
  show("events");
  askAnew();
  byId("view").focus();
});
byId("next").addEventListener("click", () => turn([...tokens, nextToken]));
byId("previous").addEventListener("click", () => turn(tokens.slice(0, -1)));

byId("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  setAttribute(byId("pause"), "aria-pressed", `${isPaused}`);
  setIcon(byId("pause"), isPaused ? "play" : "pause");
  setText(byId("pause").querySelector(".button-text"), isPaused ? "Go on" : "Pause");
  if (isPaused) {
    clearTimeout(timer);
    if (lastGood > 0) showState("paused", formatTime(lastGood));
  } else {
    refresh();
  }
});

byId("theme").addEventListener("click", () => globalThis.toggleTheme());
const showTheme = () => {
  setAttribute(byId("theme"), "aria-pressed",
               `${document.documentElement.dataset.theme === "dark"}`);
};
addEventListener("themechange", showTheme);
showTheme();
kNarrow.addEventListener("change", covers);

const given = new URL(location.href);
if (kViews.includes(given.searchParams.get("show"))) show(given.searchParams.get("show"));
for (const name of kFields) {
  query[name] = given.searchParams.get(name) ?? "";
  byId(name).value = query[name];
}
if (given.hash.length > 1) openConnection(decodeURIComponent(given.hash.slice(1)));
watchVisibility(() => {
  isHidden = true;
  clearTimeout(timer);
}, () => {
  isHidden = false;
  if (!isPaused) refresh();
});
refresh();
