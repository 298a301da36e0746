// What the page asks the admin port. Paths are relative, so that they work below a proxy's prefix.

const kPatienceMs = 8000;
// The gateway waits up to ten seconds for a slow browser.
const kSendPatienceMs = 15_000;

// Why something was not answered as asked. status: 0 where no answer came at all.
export class Failure extends Error {
  constructor(status, detail, parameter = "") {
    super(detail);
    this.status = status;
    this.parameter = parameter;
  }
}

async function ask(path, { method = "GET", query = {}, body, patienceMs = kPatienceMs } = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "") url.searchParams.set(name, value);
  }
  const headers = {};
  // No page of another origin can send this one without being asked first.
  if (method !== "GET") headers["X-Operator"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(url, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store", signal: AbortSignal.timeout(patienceMs),
    });
    text = await response.text();
  } catch (error) {
    throw new Failure(0, error.name === "TimeoutError" ? "no answer in time" : "no answer");
  }
  let value = null;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    // A proxy's page.
    throw new Failure(response.status, `${response.status} ${response.statusText}`.trim());
  }
  if (response.ok) return value;
  throw new Failure(response.status, value?.detail ?? `${response.status} ${response.statusText}`,
                    value?.parameter ?? "");
}

// uint64 is a string in ProtoJSON; times are milliseconds here, NaN where there is none.
function readConnection(json) {
  return {
    id: json.id ?? "",
    replica: json.replica ?? "",
    subject: json.subject ?? "",
    address: json.address ?? "",
    userAgent: json.userAgent ?? "",
    filters: json.filters ?? [],
    filterCount: json.filters?.length ?? 0,
    mode: json.mode ?? "",
    openedAt: Date.parse(json.openedAt ?? ""),
    lastWriteAt: Date.parse(json.lastWriteAt ?? ""),
    cursor: json.cursor ?? "",
    lag: Number(json.lagEvents ?? 0),
    frames: Number(json.frames ?? 0),
    bytes: Number(json.bytes ?? 0),
  };
}

// The same of an entry of /debug/connections, which knows less and tells ages.
function readSlow(json, now) {
  return {
    id: json.id,
    replica: "",
    subject: json.identity ?? "",
    address: json.address,
    userAgent: "",
    filters: json.filters,
    filterCount: json.filter_count,
    mode: json.mode,
    openedAt: now - json.age_seconds * 1000,
    lastWriteAt: Number.NaN,
    cursor: "",
    lag: json.lag_events,
    frames: json.frames_delivered,
    bytes: json.bytes_sent,
  };
}

const ofConnection = (id) => `v1/connections/${encodeURIComponent(id)}`;

// {replica, open, operatorActions}
export async function askOperator() {
  const { replica = "", open = 0, operatorActions = false } = await ask("v1/operator");
  return { replica, open: Number(open), operatorActions };
}

// query: {subject, address, topic}. {connections, nextToken, partial}
export async function listConnections(query, token, pageSize) {
  const json = await ask("v1/connections",
                         { query: { ...query, page_size: `${pageSize}`, page_token: token } });
  return {
    connections: (json.connections ?? []).map(readConnection),
    nextToken: json.nextPageToken ?? "",
    partial: json.partial ?? false,
  };
}

export async function listSlowest(count) {
  const json = await ask("debug/connections", { query: { k: `${count}` } });
  const now = Date.now();
  return {
    connections: json.connections.map((entry) => readSlow(entry, now)),
    nextToken: "",
    partial: json.unanswered_shards.length > 0,
  };
}

export async function getConnection(id) {
  return readConnection(await ask(ofConnection(id)));
}

// The kinds of events, by the field that they have.
const kKinds = ["opened", "resumed", "closed"];

// {kind, at, connection, reason, previousId}; undefined: of a kind that this page does not know.
function readEvent(json) {
  const kind = kKinds.find((name) => json[name] !== undefined);
  if (kind === undefined) return undefined;
  const { connection = {}, reason = "", previousId = "", closedAt = "" } = json[kind];
  const read = readConnection(connection);
  const at = kind === "closed" ? Date.parse(closedAt) : read.openedAt;
  return { kind, at: Number.isNaN(at) ? Date.parse(json.toldAt) : at, connection: read, reason, previousId };
}

// Who came and went, the newest first. wanted: {id} or {subject, address}; before: as an answer has
// it, "" for the newest. {events, since, nextToken}
export async function findEvents({ id = "", subject = "", address = "" }, before, count) {
  const path = id === "" ? "v1/lifecycle" : `${ofConnection(id)}/events`;
  const json = await ask(path, { query: { subject, address, before, limit: `${count}` } });
  return {
    events: json.events.map(readEvent).filter((event) => event !== undefined),
    since: Date.parse(json.since ?? ""),
    nextToken: json.before ?? "",
  };
}

// message: {type, json, wait}. "delivered" or "queued".
export async function sendToConnection(id, message) {
  const { result } = await ask(ofConnection(id),
                               { method: "POST", body: message, patienceMs: kSendPatienceMs });
  return result;
}

// retry: in seconds; empty: the gateway's.
export const closeConnection = (id, retry) =>
  ask(ofConnection(id), { method: "DELETE", query: { retry } });

// event: {topic, key, type, json}. The id that it got.
export async function publishEvent(event) {
  const { id } = await ask("v1/publish", { method: "POST", body: event, patienceMs: kSendPatienceMs });
  return id;
}
