// How much of an event the page draws. A publisher decides what comes, and an event of 256 KB can be
// a table row of 120,000 cells: drawn in full it would freeze the page at every visit. What is left
// out is counted, and the page says so.

export const kMaxPanels = 60;    // of a dashboard
export const kMaxCharts = 24;    // among them: each is a canvas
export const kMaxPoints = 1000;  // of a series
export const kMaxRows = 100;     // of a table
export const kMaxColumns = 30;
export const kMaxCells = 2000;   // of all tables of a dashboard
export const kMaxLabels = 20;
export const kMaxNameChars = 200;   // titles, labels, types, cells
export const kMaxUnitChars = 30;
export const kMaxTextChars = 2000;  // the value of a text panel
export const kMaxJsonChars = 20_000;

// How much all cards may have in the document at once, as elements, roughly. Beyond it a card has
// its contents only while it can be seen.
export const kMaxElements = 20_000;

export const countText = (count) => count.toLocaleString("en");

// "and 3 more rows", "and 1 more column"
export function andMore(count, what) {
  return `and ${countText(count)} more ${what}${count === 1 ? "" : "s"}`;
}

// The first `max` UTF-16 units, never half of a pair.
export function cut(text, max) {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max);
}

// Where there is no room for more than a mark that something is left out.
export function cutName(text, max = kMaxNameChars) {
  return text.length <= max ? text : `${cut(text, max)}…`;
}

// Where there is room to say how much is left out.
export function cutText(text, max) {
  if (text.length <= max) return text;
  const shown = cut(text, max);
  return `${shown}… ${andMore(text.length - shown.length, "character")}`;
}
