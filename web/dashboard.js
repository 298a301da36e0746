// From the proto3 JSON of ssegateway.v1.Dashboard to what the page draws. The gateway's --json_*
// options are all accepted: names in lowerCamelCase or as in the .proto, enums as names or numbers,
// 64-bit integers as strings or numbers, defaults there or not. What comes is not trusted to have
// the right shape or size: what is not drawn (bounds.js) is counted, and not read any further.

import {
  cutName, cutText, kMaxCells, kMaxCharts, kMaxColumns, kMaxLabels, kMaxPanels, kMaxPoints, kMaxRows,
  kMaxTextChars, kMaxUnitChars,
} from "./bounds.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const asText = (value) => (value === undefined || value === null ? "" : String(value));
const asArray = (value) => (Array.isArray(value) ? value : []);
const asObject = (value) => (isObject(value) ? value : {});

// A double may be "NaN", "Infinity" or "-Infinity"; Number() knows the three.
const asNumber = (value) => (value === undefined || value === "" ? 0 : Number(value));

// No 64-bit integer is longer; a BigInt of 250,000 digits would take seconds to write.
const kMaxCounterChars = 20;

function asCounter(value) {
  if (typeof value === "string" && value.length > kMaxCounterChars) return asNumber(value);
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

// Of all panels, drawn or not.
function worstStatus(panels) {
  let worst = 0;
  for (const panel of panels) worst = Math.max(worst, kStatuses.indexOf(asStatus(panel.status)));
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

// {id, title, user, observedAt, status: the worst of its panels', labels: [[name, value]],
// moreLabels, panels: [...], morePanels}; more…: how many are left out.
export function readDashboard(data) {
  const all = asArray(data.panels).filter(isObject);
  const panels = readPanels(all);
  const labels = asObject(data.labels);
  const names = Object.keys(labels);
  return {
    id: asText(data.id),
    title: cutName(asText(data.title) || asText(data.id)),
    user: asNumber(data.user),
    observedAt: asTime(field(data, "observedAt", "observed_at")),
    status: worstStatus(all),
    labels: readLabels(labels, names),
    moreLabels: Math.max(0, names.length - kMaxLabels),
    panels,
    morePanels: all.length - panels.length,
  };
}

// By name: a protobuf map has no order of its own, and may have another one in each event.
function readLabels(labels, names) {
  return names.sort().slice(0, kMaxLabels)
    .map((name) => [cutName(name), cutName(asText(labels[name]))]);
}

// The first panels, as far as there is room for them.
function readPanels(all) {
  const used = new Map();
  const room = { charts: kMaxCharts, cells: kMaxCells };
  const panels = [];
  for (const panel of all) {
    if (panels.length === kMaxPanels) break;
    const result = readPanel(panel, room);
    if (result === null) continue;
    // Ids should be unique; where they are not, the second is a panel of its own all the same.
    const repeat = used.get(result.id) ?? 0;
    used.set(result.id, repeat + 1);
    if (repeat > 0) result.id = `${result.id}#${repeat}`;
    panels.push(result);
  }
  return panels;
}

// kind: gauge, counter, text, series, table, or none where the panel has no value. null where there
// is no room for another chart.
function readPanel(panel, room) {
  const id = asText(panel.id);
  const result = {
    id,
    title: cutName(asText(panel.title) || id),
    unit: cutName(asText(panel.unit), kMaxUnitChars),
    status: asStatus(panel.status),
    kind: "none",
    value: null,
  };
  if (panel.gauge !== undefined) return { ...result, kind: "gauge", value: asNumber(panel.gauge) };
  if (panel.counter !== undefined) {
    return { ...result, kind: "counter", value: asCounter(panel.counter) };
  }
  if (panel.text !== undefined) {
    return { ...result, kind: "text", value: cutText(asText(panel.text), kMaxTextChars) };
  }
  if (isObject(panel.series)) {
    if (room.charts-- <= 0) return null;
    return { ...result, kind: "series", value: readSeries(panel.series) };
  }
  if (isObject(panel.table)) {
    return { ...result, kind: "table", value: readTable(panel.table, room) };
  }
  return result;
}

// {points: [{x: milliseconds, y: number}], more}: the newest; a point without a time stands at its
// position.
function readSeries(series) {
  const all = asArray(series.points).filter(isObject);
  return {
    points: all.slice(-kMaxPoints).map((point, index) => ({
      x: asTime(point.time) ?? index,
      y: asNumber(point.value),
    })),
    more: Math.max(0, all.length - kMaxPoints),
  };
}

// {columns: [...], rows: [[...]], moreRows, moreColumns}
function readTable(table, room) {
  const columns = asArray(table.columns);
  const rows = asArray(table.rows).filter(isObject).map((row) => asArray(row.cells));
  let width = columns.length;
  for (const cells of rows) width = Math.max(width, cells.length);
  const shownColumns = Math.min(width, kMaxColumns);
  const shownRows = Math.min(rows.length, kMaxRows, Math.floor(room.cells / Math.max(1, shownColumns)));
  room.cells -= shownRows * shownColumns;
  const read = (cells) => cells.slice(0, shownColumns).map((cell) => cutName(asText(cell)));
  return {
    columns: read(columns),
    rows: rows.slice(0, shownRows).map(read),
    moreRows: rows.length - shownRows,
    moreColumns: width - shownColumns,
  };
}
