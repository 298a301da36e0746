// Bar and line charts as SVG: the same data gives the same bytes.

// Okabe and Ito's colours, which those with a colour vision deficiency can tell apart too.
const palette = ['#0072b2', '#999999', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9'];

const width = 860;
const height = 380;
const area = { left: 80, right: 20, top: 76, bottom: 52 };

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const fixed = (value) => String(Math.round(value * 10) / 10);
const label = (value) =>
  value >= 1e6 ? `${fixed(value / 1e6)} M` : value >= 10_000 ? `${fixed(value / 1000)} k` : String(Number(value.toPrecision(3)));

// Round steps that make four to eight lines, from 0.
function linearTicks(largest) {
  const magnitude = 10 ** Math.floor(Math.log10(largest));
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map((s) => s * magnitude).find((s) => largest / s <= 6);
  const ticks = [];
  for (let i = 0; i * step < largest + step * 0.999; ++i) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

function logTicks(smallest, largest) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(smallest)); power <= Math.ceil(Math.log10(largest)); ++power) ticks.push(10 ** power);
  return ticks;
}

// Where a value is drawn, and the lines across.
function scale(values, log) {
  const ticks = log ? logTicks(Math.min(...values), Math.max(...values)) : linearTicks(Math.max(...values));
  const place = log ? Math.log10 : (value) => value;
  const [low, high] = [place(ticks[0]), place(ticks.at(-1))];
  const plot = height - area.top - area.bottom;
  return { ticks, y: (value) => height - area.bottom - (plot * (place(value) - low)) / (high - low) };
}

function frame({ title, unit, series }, { ticks, y }, inside) {
  const across = ticks.map(
    (tick) =>
      `<line x1="${area.left}" x2="${width - area.right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}" stroke="#ddd"/>` +
      `<text x="${area.left - 8}" y="${fixed(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
  );
  let x = area.left;
  const legend = series.map((name, i) => {
    const entry = `<rect x="${x}" y="48" width="12" height="12" fill="${palette[i]}"/><text x="${x + 17}" y="58">${escape(name)}</text>`;
    x += 40 + name.length * 7;
    return entry;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${area.left}" y="20" font-size="16" font-weight="bold">${escape(title)}</text>`,
    `<text x="${area.left}" y="38" fill="#555">${escape(unit)}</text>`,
    ...legend,
    ...across,
    ...inside,
    '</svg>',
    '',
  ].join('\n');
}

// groups: {name, values: {series name: number}}; what a group lacks is left out. Each part of a name, by
// its underscores, has a line of its own.
export function bars({ title, unit, series, groups, log = false }) {
  const values = groups.flatMap((group) => Object.values(group.values));
  const { ticks, y } = scale(values, log);
  const slot = (width - area.left - area.right) / groups.length;
  const inside = groups.flatMap((group, g) => {
    const present = series.filter((name) => group.values[name] !== undefined);
    const bar = Math.min(44, (slot * 0.84) / present.length);
    const left = area.left + slot * g + (slot - bar * present.length) / 2;
    const drawn = present.map((name, i) => {
      const value = group.values[name];
      const x = left + bar * i;
      return (
        `<rect x="${fixed(x)}" y="${fixed(y(value))}" width="${fixed(bar - 2)}" height="${fixed(height - area.bottom - y(value))}" fill="${palette[series.indexOf(name)]}">` +
        `<title>${escape(`${group.name}, ${name}: ${label(value)}`)}</title></rect>` +
        `<text x="${fixed(x + bar / 2 - 1)}" y="${fixed(y(value) - 4)}" text-anchor="middle" font-size="10">${label(value)}</text>`
      );
    });
    const below = group.name.split('_').map(
      (part, line) => `<text x="${fixed(area.left + slot * (g + 0.5))}" y="${height - area.bottom + 18 + 15 * line}" text-anchor="middle">${escape(part)}</text>`,
    );
    return [...drawn, ...below];
  });
  return frame({ title, unit, series }, { ticks, y }, inside);
}

// lines: {series name: [[x, y], …]}, drawn over the x that occur, each at the same distance.
export function lines({ title, unit, across, lines: drawn }) {
  const series = Object.keys(drawn);
  const { ticks, y } = scale(series.flatMap((name) => drawn[name].map((point) => point[1])), false);
  const steps = [...new Set(series.flatMap((name) => drawn[name].map((point) => point[0])))].sort((a, b) => a - b);
  const slot = (width - area.left - area.right) / steps.length;
  const x = (value) => area.left + slot * (steps.indexOf(value) + 0.5);
  const inside = series.flatMap((name, i) => {
    const points = drawn[name].map(([px, py]) => `${fixed(x(px))},${fixed(y(py))}`);
    return [
      `<polyline points="${points.join(' ')}" fill="none" stroke="${palette[i]}" stroke-width="2.5"/>`,
      ...drawn[name].map(
        ([px, py]) => `<circle cx="${fixed(x(px))}" cy="${fixed(y(py))}" r="4" fill="${palette[i]}"><title>${escape(`${name}: ${label(py)}`)}</title></circle>`,
      ),
    ];
  });
  const below = steps.map((step) => `<text x="${fixed(x(step))}" y="${height - area.bottom + 20}" text-anchor="middle">${step.toLocaleString('en-US')}</text>`);
  const caption = `<text x="${fixed((area.left + width - area.right) / 2)}" y="${height - 12}" text-anchor="middle" fill="#555">${escape(across)}</text>`;
  return frame({ title, unit, series }, { ticks, y }, [...inside, ...below, caption]);
}
