// Numbers for people: a value and its UCUM code become parts like [{number: "6.12", unit: "GiB"}].
// A duration has up to two parts: 3 d 4 h.

const kBinary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const kDecimal = ["", "k", "M", "G", "T", "P", "E"];
const kSeconds = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400, wk: 604800 };
const kScaled = new Set(["Hz", "W", "V", "A", "J", "Wh", "bit"]);
const kNames = { 1: "", Cel: "°C", "[degF]": "°F", deg: "°", "[ppm]": "ppm", By: "B" };

const formatters = new Map();
function format(value, minDecimals, maxDecimals) {
  const key = minDecimals * 32 + maxDecimals;
  if (!formatters.has(key)) {
    formatters.set(key, new Intl.NumberFormat("en", {
      minimumFractionDigits: minDecimals,
      maximumFractionDigits: maxDecimals,
    }));
  }
  return formatters.get(key).format(value);
}

// Three significant digits, and always as many decimals for one magnitude: a number that ticks does
// not change its width.
function threeDigits(value) {
  const size = Math.abs(value);
  if (size >= 99.95) return format(value, 0, 0);
  if (size >= 9.995) return format(value, 1, 1);
  if (size >= 0.0995 || size === 0) return format(value, 2, 2);
  if (size >= 0.001) return format(value, 3, 3);
  return value.toExponential(1);
}

function scaled(value, step, prefixes, unit) {
  let index = 0;
  while (Math.abs(value) >= step * 0.9995 && index < prefixes.length - 1) {
    value /= step;
    ++index;
  }
  const number = index === 0 && Number.isInteger(value) ? format(value, 0, 0) : threeDigits(value);
  return [{ number, unit: prefixes[index] + unit }];
}

function duration(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return [{ number: "0", unit: "s" }];
  if (size < 1e-6) return [{ number: threeDigits(seconds * 1e9), unit: "ns" }];
  if (size < 1e-3) return [{ number: threeDigits(seconds * 1e6), unit: "µs" }];
  if (size < 1) return [{ number: threeDigits(seconds * 1e3), unit: "ms" }];
  if (size < 120) {
    return [{ number: Number.isInteger(seconds) ? `${seconds}` : threeDigits(seconds), unit: "s" }];
  }
  const two = (large, largeUnit, small, smallUnit) => {
    const whole = Math.floor(size / large);
    return [
      { number: (seconds < 0 ? "-" : "") + format(whole, 0, 0), unit: largeUnit },
      { number: `${Math.floor((size - whole * large) / small)}`, unit: smallUnit },
    ];
  };
  if (size < 7200) return two(60, "min", 1, "s");
  if (size < 172800) return two(3600, "h", 60, "min");
  return two(86400, "d", 3600, "h");
}

// {factor, base}: "MiBy" is 1048576 of "By".
function withoutPrefix(code) {
  const match = /^(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)(By|bit|Hz|W|V|A|J|Wh)$/.exec(code);
  if (!match) return { factor: 1, base: code };
  const [, prefix, base] = match;
  const factor = prefix.length === 2 ? 1024 ** kBinary.indexOf(prefix)
                                     : 1000 ** kDecimal.indexOf(prefix);
  return { factor, base };
}

// value: a number, or a bigint as counters are. unit: a UCUM code, "" for none.
export function formatParts(value, unit = "") {
  value = Number(value);
  const [whole, ...divisors] = unit.split("/");
  const { factor, base } = withoutPrefix(whole);
  const per = divisors.map((divisor) => `/${nameOf(divisor)}`).join("");
  if (Number.isNaN(value)) return [{ number: "NaN", unit: nameOf(whole) + per }];
  if (!Number.isFinite(value)) {
    return [{ number: value > 0 ? "∞" : "−∞", unit: nameOf(whole) + per }];
  }
  if (base === "By") return scaled(value * factor, 1024, kBinary, `B${per}`);
  if (kScaled.has(base)) return scaled(value * factor, 1000, kDecimal, base + per);
  if (base in kSeconds && per === "") return duration(value * kSeconds[base]);
  if (base === "%") return [{ number: format(value, 1, 1), unit: `%${per}` }];
  const unitName = nameOf(whole) + per;
  if (Math.abs(value) >= 1e7) return compact(value, unitName);
  const number = Number.isInteger(value) ? format(value, 0, 0) : threeDigits(value);
  return [{ number, unit: unitName }];
}

// 182.74 M: what is longer does not fit a panel; its title has every digit.
function compact(value, unit) {
  const exponent = Math.min(Math.floor(Math.log10(Math.abs(value)) / 3), kDecimal.length - 1);
  const number = format(value / 1000 ** exponent, 2, 2);
  return [{ number, unit: `${kDecimal[exponent]} ${unit}`.trimEnd() }];
}

function nameOf(code) {
  if (code in kNames) return kNames[code];
  return code.replaceAll(/[{}]/g, "");
}

// For the ticks of an axis: without the zeros that keep a ticking number's width.
export function formatTick(value, unit) {
  return formatParts(value, unit)
    .map((part) => `${part.number.replace(/\.?0+$/, (zeros) => (zeros[0] === "." ? "" : zeros))
      .replace(/(\.\d*[1-9])0+$/, "$1")} ${part.unit}`.trimEnd())
    .join(" ");
}

// The largest factor of unit that a value of this size is written in: 1048576 for 3e6 "By".
export function tickBase(size, unit) {
  const { base } = withoutPrefix(unit.split("/")[0]);
  if (base !== "By") return 1;
  const { factor } = withoutPrefix(unit.split("/")[0]);
  let step = 1;
  while (size * factor >= step * 1024) step *= 1024;
  return step / factor;
}

export function formatText(value, unit) {
  return formatParts(value, unit)
    .map((part) => (part.unit === "" ? part.number : `${part.number} ${part.unit}`))
    .join(" ");
}

const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

// date: a Date or milliseconds.
export const formatTime = (date) => clock.format(date);

// Every time that is known of a card or a frame, a line each.
export function timesOf({ dashboard, time, receivedAt }) {
  const exact = (ms) => new Date(ms).toISOString();
  const lines = [`here ${exact(receivedAt)}`];
  if (time !== null) lines.unshift(`at the gateway ${exact(time)}`);
  if (dashboard?.observedAt) lines.unshift(`observed ${exact(dashboard.observedAt)}`);
  return lines.join("\n");
}

// A coarse age; it changes seldom once it is old.
export function formatAge(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

export function formatSize(bytes) {
  return formatText(bytes, "By");
}
