// From the proto3 JSON of ssegateway.v1.Dashboard to what the page draws. The gateway's --json_*
// options are all accepted: names in lowerCamelCase or as in the .proto, enums as names or numbers,
// 64-bit integers as strings or numbers, defaults there or not. What comes is not trusted to have
// the right shape.

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const asText = (value) => (value === undefined || value === null ? "" : String(value));
const asArray = (value) => (Array.isArray(value) ? value : []);
const asObject = (value) => (isObject(value) ? value : {});

// A double may be "NaN", "Infinity" or "-Infinity"; Number() knows the three.
const asNumber = (value) => (value === undefined || value === "" ? 0 : Number(value));

function asCounter(value) {
  try {
    return BigInt(value);
  } catch {
    return asNumber(value);
  }
}

const field = (object, camel, proto) => object[camel] ?? object[proto];

function asTime(value) {
  const time = Date.parse(asText(value));
  return Number.isNaN(time) ? null : time;
}

const kStatuses = ["", "ok", "warning", "critical"];

function asStatus(value) {
  if (typeof value === "number") return kStatuses[value] ?? "";
  const name = asText(value).replace(/^STATUS_/, "").toLowerCase();
  return kStatuses.includes(name) ? name : "";
}

export function worstStatus(panels) {
  const worst = Math.max(0, ...panels.map((panel) => kStatuses.indexOf(panel.status)));
  return kStatuses[worst];
}

export const kStatusLabels = { ok: "OK", warning: "Warning", critical: "Critical" };

// Whether an event's data is a dashboard: by its type if it came as an Any, by its shape otherwise.
export function isDashboard(topic, data) {
  if (!isObject(data)) return false;
  if (typeof data["@type"] === "string") return data["@type"].endsWith("/ssegateway.v1.Dashboard");
  if (Array.isArray(data.panels)) return data.panels.every(isObject);
  return topic.startsWith("dashboards.") && typeof data.id === "string";
}

// {id, title, user, observedAt, labels: [[name, value]], panels: [...]}
export function readDashboard(data) {
  const used = new Map();
  return {
    id: asText(data.id),
    title: asText(data.title) || asText(data.id),
    user: asNumber(data.user),
    observedAt: asTime(field(data, "observedAt", "observed_at")),
    labels: readLabels(asObject(data.labels)),
    panels: asArray(data.panels).filter(isObject).map((panel) => readPanel(panel, used)),
  };
}

// By name: a protobuf map has no order of its own, and may have another one in each event.
function readLabels(labels) {
  return Object.keys(labels).sort().map((name) => [name, asText(labels[name])]);
}

// kind: gauge, counter, text, series, table, or none where the panel has no value.
function readPanel(panel, used) {
  // Ids should be unique; where they are not, the second is a panel of its own all the same.
  const id = asText(panel.id);
  const repeat = used.get(id) ?? 0;
  used.set(id, repeat + 1);
  const result = {
    id: repeat === 0 ? id : `${id}#${repeat}`,
    title: asText(panel.title) || id,
    unit: asText(panel.unit),
    status: asStatus(panel.status),
    kind: "none",
    value: null,
  };
  if (panel.gauge !== undefined) return { ...result, kind: "gauge", value: asNumber(panel.gauge) };
  if (panel.counter !== undefined) {
    return { ...result, kind: "counter", value: asCounter(panel.counter) };
  }
  if (panel.text !== undefined) return { ...result, kind: "text", value: asText(panel.text) };
  if (isObject(panel.series)) return { ...result, kind: "series", value: readSeries(panel.series) };
  if (isObject(panel.table)) return { ...result, kind: "table", value: readTable(panel.table) };
  return result;
}

const kMaxPoints = 1000;

// [{x: milliseconds, y: number}]; a point without a time stands at its position.
function readSeries(series) {
  return asArray(series.points).filter(isObject).slice(-kMaxPoints).map((point, index) => ({
    x: asTime(point.time) ?? index,
    y: asNumber(point.value),
  }));
}

export const kMaxRows = 100;

// {columns: [...], rows: [[...]], more: rows left out}
function readTable(table) {
  const rows = asArray(table.rows).filter(isObject);
  return {
    columns: asArray(table.columns).map(asText),
    rows: rows.slice(0, kMaxRows).map((row) => asArray(row.cells).map(asText)),
    more: Math.max(0, rows.length - kMaxRows),
  };
}
