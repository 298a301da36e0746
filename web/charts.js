// Two kinds of chart: a sparkline in SVG, cheap enough for hundreds, and a chart with axes for a
// series, by Chart.js.

import { svg, setAttribute } from "./dom.js";
import { formatText, formatTick, formatTime, tickBase } from "./units.js";

const kSparkWidth = 100;
const kSparkHeight = 28;
const kMinSlots = 30;

export class Sparkline {
  #area = svg("path", { class: "spark-area" });
  #line = svg("path", { class: "spark-line" });
  root = svg("svg", {
    class: "spark",
    viewBox: `0 0 ${kSparkWidth} ${kSparkHeight}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  }, this.#area, this.#line);

  // unit "%" never zooms in below 10 points, so that a calm machine looks calm.
  update(values, unit) {
    const finite = values.filter(Number.isFinite);
    if (finite.length < 2) {
      setAttribute(this.#line, "d", "");
      setAttribute(this.#area, "d", "");
      return;
    }
    const [low, high] = range(Math.min(...finite), Math.max(...finite), unit === "%" ? 10 : 0);
    // It grows from the right until it is full, rather than being stretched.
    const slots = Math.max(values.length, kMinSlots);
    const step = kSparkWidth / (slots - 1);
    const offset = slots - values.length;
    const top = 2;
    const scale = (kSparkHeight - 2 * top) / (high - low);
    let line = "";
    let pen = "M";
    let first = null;
    let last = null;
    for (const [index, value] of values.entries()) {
      if (!Number.isFinite(value)) {
        pen = "M";
        continue;
      }
      const x = ((offset + index) * step).toFixed(2);
      line += `${pen}${x} ${(kSparkHeight - top - (value - low) * scale).toFixed(2)}`;
      first ??= x;
      last = x;
      pen = "L";
    }
    setAttribute(this.#line, "d", line);
    const closed = line.replaceAll(/(?!^)M/g, "L");
    setAttribute(this.#area, "d", `${closed}L${last} ${kSparkHeight}L${first} ${kSparkHeight}Z`);
  }
}

// From zero where the values are not far from it; around the values otherwise.
function range(min, max, minSpan) {
  if (min >= 0 && min <= max * 0.6) return [0, Math.max(max * 1.1, minSpan, 1e-9)];
  const span = Math.max(max - min, minSpan, Math.abs(max) * 0.02, 1e-9);
  const middle = (min + max) / 2;
  return [middle - span * 0.75, middle + span * 0.75];
}

// {min, max, step} with zero in it and in round numbers of the unit as it is written: 2 MiB, not
// 1.91 MiB.
function axisOf(points, unit) {
  const values = points.map((point) => point.y).filter(Number.isFinite);
  const high = Math.max(unit === "%" ? 10 : 0, ...values);
  const low = Math.min(0, ...values);
  const span = high - low || 1;
  const base = tickBase(span, unit);
  const rough = span / base / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power * base;
  const max = Math.ceil((high + span * 0.04) / step) * step;
  return {
    min: Math.floor(low / step) * step,
    max: unit === "%" && high <= 100 ? Math.min(max, 100) : max,
    step,
  };
}

const charts = new Set();

// Chart.js draws on a canvas and so cannot follow the style sheet by itself.
function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    line: read("--accent"),
    fill: read("--accent-fill"),
    grid: read("--grid"),
    text: read("--muted"),
    surface: read("--tooltip"),
    onSurface: read("--on-tooltip"),
    font: style.fontFamily,
  };
}

addEventListener("themechange", () => {
  for (const chart of charts) chart.applyColours();
});

export class SeriesChart {
  #chart;
  #unit = "";
  #relative = false;
  #canvas;

  // canvas is in the document already: Chart.js measures its parent.
  constructor(canvas) {
    this.#canvas = canvas;
    const value = (y) => formatText(y, this.#unit);
    const moment = (x) => (this.#relative ? `${x}` : formatTime(x));
    this.#chart = new globalThis.Chart(canvas, {
      type: "line",
      data: { datasets: [{ data: [], borderWidth: 1.75, pointRadius: 0, pointHitRadius: 12,
                           pointHoverRadius: 4, fill: "origin",
                           cubicInterpolationMode: "monotone" }] },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        layout: { padding: { top: 4, right: 8 } },
        plugins: {
          legend: { display: false },
          tooltip: {
            displayColors: false,
            padding: 8,
            callbacks: {
              title: (items) => moment(items[0].parsed.x),
              label: (item) => value(item.parsed.y),
            },
          },
        },
        scales: {
          x: {
            type: "linear",
            bounds: "data",
            grid: { display: false, drawBorder: false },
            ticks: { maxRotation: 0, align: "inner", callback: (x) => moment(x) },
            afterBuildTicks: (axis) => {
              const { min, max } = axis;
              axis.ticks = [min, (min + max) / 2, max].map((x) => ({ value: x }));
            },
          },
          y: {
            grid: { drawBorder: false },
            ticks: { callback: (y) => formatTick(y, this.#unit) },
            // One width for the axis, whatever the labels: the line does not jump sideways.
            afterFit: (axis) => { axis.width = 72; },
          },
        },
      },
    });
    charts.add(this);
    this.applyColours();
  }

  // points: [{x, y}], x in milliseconds or, where all are small, positions.
  update(points, unit) {
    this.#unit = unit;
    this.#relative = points.length > 0 && points.at(-1).x < 1e6;
    this.#chart.data.datasets[0].data = points;
    const { min, max, step } = axisOf(points, unit);
    const { y } = this.#chart.options.scales;
    y.min = min;
    y.max = max;
    y.ticks.stepSize = step;
    this.#chart.update("none");
  }

  applyColours() {
    const c = colours();
    const { options, data } = this.#chart;
    data.datasets[0].borderColor = c.line;
    data.datasets[0].backgroundColor = c.fill;
    data.datasets[0].pointHoverBackgroundColor = c.line;
    options.font = { family: c.font, size: 11 };
    options.scales.x.ticks.color = c.text;
    options.scales.y.ticks.color = c.text;
    options.scales.y.grid.color = c.grid;
    Object.assign(options.plugins.tooltip, {
      backgroundColor: c.surface, titleColor: c.onSurface, bodyColor: c.onSurface,
    });
    this.#chart.update("none");
  }

  destroy() {
    charts.delete(this);
    this.#chart.destroy();
    this.#canvas.remove();
  }
}
