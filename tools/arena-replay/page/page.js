// Draws the page from its data, which page.c describes. Nothing is changed there; what can be changed is
// in `view`, and in the state of each table.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// ----- Numbers and names in words -----

const exact = (value) => Math.round(value).toLocaleString("en-US");

function short(value, base, units) {
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits) + units[unit];
}

const bytes = (value) => short(value, 1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((unit) => `\u00a0${unit}B`));
const thousands = (value) => short(value, 1000, ["", ..."kMGTPE"].map((unit) => unit && `\u00a0${unit}`));
const exactBytes = (value) => `${exact(value)}\u00a0B`;

// As many digits as `step` needs, so that neighbours differ, in the unit for `scale`.
function micros(value, step, scale = value) {
  const [size, unit] = scale >= 1e6 ? [1e6, "s"] : scale >= 1e3 ? [1e3, "ms"] : [1, "\u00b5s"];
  const digits = Math.max(0, Math.ceil(Math.log10(size / Math.max(step, 1)) - 1e-9));
  const least = scale === value ? 0 : digits;
  return (value / size).toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: digits }) + `\u00a0${unit}`;
}

const plural = (count, noun) => `${exact(count)} ${noun}${count === 1 ? "" : "s"}`;

// What would not be seen, or would turn the text around, is shown as what it is.
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f]/g, (c) => String.fromCharCode(c === "\u007f" ? 0x2421 : 0x2400 + c.charCodeAt(0)))
    .replace(/[\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

const shownName = (index) => visible(data.names[index].name) || "(no name)";

// ----- Elements -----

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ----- Headline -----

function showFigures() {
  byId("summary").textContent =
    `A trace of ${plural(data.events, "event")} by ${plural(Math.max(data.threads, 1), "thread")}.`;
  const figures = [
    ["Arenas", exact(data.arenas), `of ${plural(data.names.length, "name")}`],
    ["Allocations", exact(data.allocations), ""],
    ["Bytes handed out", bytes(data.bytes), exactBytes(data.bytes)],
    ["Peak used", bytes(data.most.used), exactBytes(data.most.used)],
    ["Peak reserved", bytes(data.most.reserved), exactBytes(data.most.reserved)],
    ["Duration", micros(data.micros, data.micros / 100), `${exact(data.micros)}\u00a0\u00b5s`],
  ];
  for (const [label, value, more] of figures) {
    const box = element("div", { "data-figure": label.toLowerCase() }, element("dt", {}, label), element("dd", {}, value));
    if (more) box.append(element("dd", {}, more));
    byId("figures").append(box);
  }
}

// ----- Lines -----

// Of each point the number of the event, the time and the value.
function decode(line) {
  const count = line.points.length / 3;
  const points = { changes: line.changes, count, events: new Float64Array(count), time: new Float64Array(count), values: new Float64Array(count) };
  let number = 0, time = 0, value = 0;
  for (let i = 0; i < count; i++) {
    points.events[i] = number += line.points[3 * i];
    points.time[i] = time += line.points[3 * i + 1];
    points.values[i] = value += line.points[3 * i + 2];
  }
  return points;
}

// Of two lines the sum, which changes where either does.
function added(one, other) {
  const sum = { changes: one.changes + other.changes, events: [], time: [], values: [] };
  for (let i = 0, k = 0; i < one.count || k < other.count;) {
    const next = Math.min(i < one.count ? one.events[i] : Infinity, k < other.count ? other.events[k] : Infinity);
    const from = i < one.count && one.events[i] === next ? one.time[i] : other.time[k];
    if (i < one.count && one.events[i] === next) i++;
    if (k < other.count && other.events[k] === next) k++;
    sum.events.push(next);
    sum.time.push(from);
    sum.values.push((i ? one.values[i - 1] : 0) + (k ? other.values[k - 1] : 0));
  }
  sum.count = sum.events.length;
  return sum;
}

// How many of the ascending numbers are not above the limit.
function countUpTo(numbers, limit) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const valueAt = (line, at) => {
  const count = countUpTo(line[view.axis], at);
  return count ? line.values[count - 1] : 0;
};

function historyName(history) {
  if (history.name !== null) return shownName(history.name);
  return history === data.histories[0] ? "all arenas" : plural(history.names, "other name");
}

// What a row draws: the outer line holds the inner one.
function makeHistory(history) {
  const lines = { used: decode(history.used), reserved: decode(history.reserved), large: decode(history.large) };
  lines.blocks = added(decode(history.blocks), lines.large);
  return { name: historyName(history), lines, falls: history.falls };
}

// One name is all there is to show.
const histories = (data.names.length > 1 ? data.histories : data.histories.slice(-1)).map(makeHistory);

const figures = {
  memory: { outer: ["reserved", "reserved"], inner: ["used", "used"], text: bytes, exact: exactBytes, base: 2 },
  blocks: { outer: ["blocks", "all blocks"], inner: ["large", "large objects"], text: exact, exact, base: 10 },
};

// ----- What of it is in view -----

const view = { axis: "time", figure: "memory", oneScale: false, low: 0, high: 1, cursor: null };

const end = (axis) => Math.max(axis === "time" ? data.micros : data.events, 1);
const least = () => Math.min(end(view.axis), 10);
const span = () => view.high - view.low;

function setRange(low, high) {
  const width = Math.min(Math.max(high - low, least()), end(view.axis));
  const middle = (low + high) / 2;
  view.low = Math.min(Math.max(high - low < width ? middle - width / 2 : low, 0), end(view.axis) - width);
  view.high = view.low + width;
  redraw();
}

const showWhole = () => setRange(0, end(view.axis));
const move = (part) => setRange(view.low + part * span(), view.high + part * span());

function zoom(factor, around) {
  const middle = around ?? (view.cursor !== null && view.cursor >= view.low && view.cursor <= view.high ? view.cursor : (view.low + view.high) / 2);
  const width = Math.min(Math.max(span() * factor, least()), end(view.axis));
  const low = middle - (middle - view.low) * (width / span());
  setRange(low, low + width);
}

// The same stretch along the other axis, as far as the points of the first row know.
function toOtherAxis(axis) {
  const line = histories.length ? histories[0].lines.used : { count: 0 };
  const from = view.axis;
  const convert = (at) => {
    if (at <= 0) return 0;
    if (at >= end(from)) return end(axis);
    const count = line.count ? countUpTo(line[from], at) : 0;
    return count ? line[axis][count - 1] : 0;
  };
  const [low, high] = [convert(view.low), convert(view.high)];
  const cursor = view.cursor === null ? null : convert(view.cursor);
  view.axis = axis;
  view.cursor = cursor;
  setRange(low, high);
}

// ----- Drawing -----

const TICK_HEIGHT = 20;
const FOOT = 10; // below a row, where triangles are
const rows = [];
const MARGIN = 5; // to the right
let plotWidth = 0; // of the lines, which are to the right of
let gutter = 0; // their labels

// A line within the view, as the corners of its steps; in a column of pixels it goes as far up and down as
// any of its points.
function steps(line, width, toY) {
  const at = line[view.axis];
  const scale = width / span();
  let i = countUpTo(at, view.low);
  const stop = countUpTo(at, view.high);
  let value = i ? line.values[i - 1] : 0;
  let path = `${toY(value)}`;
  while (i < stop) {
    const column = Math.floor((at[i] - view.low) * scale * 2);
    const x = (at[i] - view.low) * scale;
    let low = value, high = value;
    for (; i < stop && Math.floor((at[i] - view.low) * scale * 2) === column; i++) {
      value = line.values[i];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    path += `H${x.toFixed(1)}`;
    if (low < value && low < high) path += `V${toY(low)}`;
    if (high > value) path += `V${toY(high)}`;
    path += `V${toY(value)}`;
  }
  return path + `H${width}`;
}

function highestInView(line) {
  let i = countUpTo(line[view.axis], view.low);
  const stop = countUpTo(line[view.axis], view.high);
  let highest = i ? line.values[i - 1] : 0;
  for (; i < stop; i++) highest = Math.max(highest, line.values[i]);
  return highest;
}

// About `count` round numbers up to the limit.
function roundSteps(limit, count, base) {
  let step = base === 2 ? 2 ** Math.ceil(Math.log2(limit / count)) : 10 ** Math.floor(Math.log10(limit / count));
  if (base === 10) step *= [1, 2, 5, 10].find((factor) => limit / (step * factor) <= count) ?? 10;
  return Math.max(step, base === 2 ? 1 : 0);
}

function drawGrid(group, width, height, top) {
  const { text, base } = figures[view.figure];
  const step = Math.max(roundSteps(Math.max(top, 1), height > 100 ? 5 : 3, base), 1);
  for (let value = step; value <= top; value += step) {
    const y = Math.round(height - (value / top) * (height - 8)) + 0.5;
    if (y < 6) continue;
    group.append(drawn("path", { class: "grid", d: `M0 ${y}H${width}` }),
      drawn("text", { class: "tick", x: -6, y: y + 4, "text-anchor": "end" }, text(value)));
  }
}

// Triangles at the foot: where so much was given back that one sees it.
function drawFalls(row, width, height, top) {
  const key = view.axis === "time" ? 1 : 0;
  let path = "", last = -10;
  for (const fall of row.history.falls) {
    const x = ((fall[key] - view.low) / span()) * width;
    if (x < 0 || x > width || x - last < 6 || fall[3] < top / 50) continue;
    path += `M${x.toFixed(1)} ${height + 1.5}l-4 7.5h8z`;
    last = x;
  }
  return drawn("path", { class: "fall", d: path });
}

function drawRow(row, width, height, top) {
  const { outer, inner } = figures[view.figure];
  const toY = (value) => (height - (top ? (value / top) * (height - 8) : 0)).toFixed(1);
  const area = (key) => `M0 ${height}V${steps(row.history.lines[key], width, toY)}V${height}Z`;
  const group = drawn("g", { transform: `translate(${gutter} 0)` });
  drawGrid(group, width, height, top);
  row.cursor = drawn("path", { class: "cursor", d: "" });
  row.group = group;
  group.append(
    drawn("path", { class: "outer", d: area(outer[0]) }),
    drawn("path", { class: "inner", d: area(inner[0]) }),
    drawn("path", { class: "grid base", d: `M0 ${height}H${width}` }), row.cursor);
  if (view.figure === "memory") group.append(drawFalls(row, width, height, top));
  row.svg.setAttribute("viewBox", `0 0 ${gutter + width + MARGIN} ${height + FOOT}`);
  row.svg.replaceChildren(group);
}

const ticksStep = (width) => roundSteps(span(), Math.max(2, width / 130), 10);
const position = (at, step) => (view.axis === "time" ? micros(at, step, view.high + 0.1) : exact(at));

function drawTicks(width) {
  const svg = byId("ticks");
  const step = Math.max(ticksStep(width), 1);
  const group = drawn("g", { transform: `translate(${gutter} 0)` });
  svg.setAttribute("viewBox", `0 0 ${gutter + width + MARGIN} ${TICK_HEIGHT}`);
  svg.replaceChildren(group);
  for (let at = Math.ceil(view.low / step) * step; at <= view.high; at += step) {
    const x = ((at - view.low) / span()) * width;
    const anchor = x > width - 30 ? "end" : "middle";
    group.append(drawn("path", { class: "grid", d: `M${x.toFixed(1)} 0v5` }),
      drawn("text", { class: "tick", x: x.toFixed(1), y: 16, "text-anchor": anchor }, position(at, step)));
  }
}

function showRange() {
  const whole = span() >= end(view.axis);
  const step = span() / 1000;
  const unit = view.axis === "time" ? "" : "events ";
  const output = byId("range");
  output.textContent = `${unit}${position(view.low, step)} to ${position(view.high, step)}` +
    (whole ? ", the whole" : `, ${(100 * span() / end(view.axis)).toPrecision(2)} % of the whole`);
  output.dataset.low = view.low;
  output.dataset.high = view.high;
  byId("position").style.left = `${(100 * view.low) / end(view.axis)}%`;
  byId("position").style.width = `${(100 * span()) / end(view.axis)}%`;
  byId("zoom-in").disabled = span() <= least();
  byId("zoom-out").disabled = byId("whole").disabled = whole;
  byId("earlier").disabled = view.low <= 0;
  byId("later").disabled = view.high >= end(view.axis);
}

function drawAll() {
  const width = plotWidth;
  if (!width || !rows.length) return;
  const { outer } = figures[view.figure];
  const tops = rows.map((row) => highestInView(row.history.lines[outer[0]]));
  const highest = Math.max(...tops);
  rows.forEach((row, i) => drawRow(row, width, i === 0 ? 160 : 88, view.oneScale ? highest : tops[i]));
  drawTicks(width);
  showRange();
  showCursor();
}

let isPending = false;
function redraw() {
  if (isPending) return;
  isPending = true;
  requestAnimationFrame(() => {
    isPending = false;
    drawAll();
  });
}

// ----- The values at a point of time, or the highest -----

function showValues(row) {
  const { outer, inner, text, exact: full } = figures[view.figure];
  const at = view.cursor;
  const parts = [inner, outer].map(([key, label]) => {
    const line = row.history.lines[key];
    const value = at === null ? highestInView(line) : valueAt(line, at);
    return [label, at === null ? text(value) : full(value)];
  });
  const lead = at === null ? "peak " : "";
  row.values.replaceChildren(lead + parts[0][0] + " ", element("b", {}, parts[0][1]),
    ", " + parts[1][0] + " ", element("b", {}, parts[1][1]));
}

// The deepest fall that is closer than a few pixels.
function fallNear(at) {
  const key = view.axis === "time" ? 1 : 0;
  const near = (span() / Math.max(plotWidth, 1)) * 4;
  let found = null;
  for (const row of rows.length > 1 ? rows.slice(1) : rows)
    for (const fall of row.history.falls)
      if (Math.abs(fall[key] - at) <= near && (!found || fall[3] > found.fall[3])) found = { row, fall };
  return found;
}

function momentText(at) {
  const words = { rewind: "a rewind", reset: "a reset", destroy: "arena_destroy" };
  const where = view.axis === "time" ? `at ${position(at, 1)}` : `after event ${exact(at)}`;
  const near = view.figure === "memory" ? fallNear(at) : null;
  if (!near) return where;
  return `${where}; near it, ${words[near.fall[2]]} of ${near.row.history.name} gave back ${exactBytes(near.fall[3])}`;
}

function showCursor() {
  const isIn = view.cursor !== null && view.cursor >= view.low && view.cursor <= view.high;
  const x = isIn ? (((view.cursor - view.low) / span()) * plotWidth).toFixed(1) : 0;
  for (const row of rows) {
    row.cursor.setAttribute("d", isIn ? `M${x} 0V400` : "");
    showValues(row);
  }
  byId("moment").textContent = view.cursor === null ? "" : momentText(view.cursor);
}

function setCursor(at) {
  view.cursor = at === null ? null : Math.min(Math.max(at, 0), end(view.axis));
  showCursor();
}

// For who does not see it, what the first row is at a point that was chosen by key.
function speak() {
  if (view.cursor === null) return;
  const { outer, inner, exact: full } = figures[view.figure];
  const values = [inner, outer].map(([key, label]) => `${label} ${full(valueAt(rows[0].history.lines[key], view.cursor))}`);
  byId("spoken").textContent = `${rows[0].history.name}, ${momentText(view.cursor)}: ${values.join(", ")}`;
}

// To the next point of what the first row draws.
function stepCursor(direction) {
  const { outer, inner } = figures[view.figure];
  const from = view.cursor ?? (direction > 0 ? view.low - 1e-9 : view.high);
  let best = null;
  for (const [key] of [outer, inner]) {
    const at = rows[0].history.lines[key][view.axis];
    const index = direction > 0 ? countUpTo(at, from) : countUpTo(at, from - 1e-9) - 1;
    const next = at[index];
    if (next !== undefined && (best === null || (next - best) * direction < 0)) best = next;
  }
  if (best === null) return;
  view.cursor = best;
  if (best < view.low || best > view.high) move((best - (view.low + view.high) / 2) / span());
  showCursor();
  speak();
}

function cursorToPeak() {
  const line = rows[0].history.lines[figures[view.figure].inner[0]];
  let best = -1;
  for (let i = 0; i < line.count; i++) {
    const at = line[view.axis][i];
    if (at >= view.low && at <= view.high && (best < 0 || line.values[i] > line.values[best])) best = i;
  }
  if (best < 0) return;
  setCursor(line[view.axis][best]);
  speak();
}

// ----- Keys -----

const keys = {
  "+": () => zoom(1 / 2), "=": () => zoom(1 / 2),
  "-": () => zoom(2), "_": () => zoom(2),
  "0": showWhole, Home: showWhole,
  ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1),
  "shift ArrowLeft": () => stepCursor(-1), "shift ArrowRight": () => stepCursor(1),
  p: cursorToPeak, "shift P": cursorToPeak, P: cursorToPeak,
  Escape: () => setCursor(null),
};

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const action = (event.shiftKey && keys[`shift ${event.key}`]) || keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

// ----- Mouse and fingers -----

const pointers = new Map(); // by id, where each is
let gesture = null;

const plotX = (event) => event.clientX - rows[0].svg.getBoundingClientRect().left - gutter;
const timeAt = (x) => view.low + (Math.min(Math.max(x, 0), plotWidth) / plotWidth) * span();

function showSelection(from, to) {
  const [left, right] = [Math.min(from, to), Math.max(from, to)].map((x) => Math.min(Math.max(x, 0), plotWidth));
  for (const row of rows) {
    row.selection?.remove();
    row.selection = drawn("rect", { class: "selection", x: left, y: 0, width: right - left, height: 400 });
    row.group.append(row.selection);
  }
}

function hideSelection() {
  for (const row of rows) row.selection?.remove();
}

// With fingers, where the gesture began is kept below them.
function beginGesture() {
  const at = [...pointers.values()];
  gesture = { low: view.low, high: view.high, from: at.map((x) => x), isTouch: true };
}

function onDown(event) {
  if (event.button !== 0 || !rows.length) return;
  pointers.set(event.pointerId, plotX(event));
  byId("plot").setPointerCapture(event.pointerId);
  if (event.pointerType === "touch") beginGesture();
  else gesture = { start: plotX(event), isTouch: false };
  setCursor(timeAt(plotX(event)));
}

function followFingers() {
  const at = [...pointers.values()];
  const width = gesture.high - gesture.low;
  const time = (x) => gesture.low + (x / plotWidth) * width;
  if (at.length === 1) {
    const by = ((gesture.from[0] - at[0]) / plotWidth) * width;
    setRange(gesture.low + by, gesture.high + by);
    return;
  }
  const [a, b] = [time(gesture.from[0]), time(gesture.from[1])];
  const scale = (b - a) / (at[1] - at[0] || 1);
  if (scale > 0) setRange(a - at[0] * scale, a + (plotWidth - at[0]) * scale);
}

function onMove(event) {
  if (!rows.length) return;
  const x = plotX(event);
  if (gesture && pointers.has(event.pointerId)) pointers.set(event.pointerId, x);
  if (gesture?.isTouch) followFingers();
  else if (gesture) showSelection(gesture.start, x);
  if (!gesture?.isTouch) setCursor(timeAt(x));
}

function onUp(event) {
  if (!pointers.delete(event.pointerId) || !gesture) return;
  hideSelection();
  if (!gesture.isTouch && event.type === "pointerup" && Math.abs(plotX(event) - gesture.start) > 4) {
    const [from, to] = [timeAt(gesture.start), timeAt(plotX(event))];
    setRange(Math.min(from, to), Math.max(from, to));
  }
  gesture = null;
  if (pointers.size) beginGesture();
}

// Where there is nothing left to zoom out of, the page goes on.
function onWheel(event) {
  const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (isSideways) {
    if (span() >= end(view.axis)) return;
    move((event.deltaX || event.deltaY) / 1000);
  } else {
    if (event.deltaY > 0 && span() >= end(view.axis)) return;
    zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), timeAt(plotX(event)));
  }
  event.preventDefault();
}

// ----- The chart -----

function swatch(name) {
  return drawn("svg", { viewBox: "0 0 28 14", "aria-hidden": "true" },
    drawn("path", name === "fall" ? { class: name, d: "M14 13l-5 -10h10z" } : { class: name, d: "M1 1h26v12h-26z" }));
}

function showLegend() {
  const { outer, inner } = figures[view.figure];
  const entries = [["inner", inner[1]], ["outer", outer[1]]];
  if (view.figure === "memory") entries.push(["fall", "memory given back: rewind, reset or destroy"]);
  byId("legend").replaceChildren(...entries.map(([name, text]) => element("li", {}, swatch(name), text)));
}

function addRow(history) {
  const row = {
    history,
    values: element("span", { class: "row-values" }),
    svg: drawn("svg", { "aria-hidden": "true" }),
  };
  byId("plot").append(element("div", { class: "row" },
    element("div", { class: "row-head" }, element("bdi", { class: "row-name" }, history.name), row.values), row.svg));
  rows.push(row);
}

function showExactness() {
  const all = histories[0].lines.used;
  byId("exactness").textContent = all.changes === all.count
    ? `All ${exact(all.count)} changes of what is used are drawn.`
    : `Of ${exact(all.changes)} changes of what is used by all, ${exact(all.count)} are kept: of every stretch ` +
      "the first, the lowest, the highest and the last. So peaks are exact, however far away one looks.";
}

// A trace that took hardly any time is drawn along its events.
function chooseAxis() {
  const { time, count } = histories[0].lines.used;
  if (count > 0 && new Set(time).size > Math.min(count / 2, 20)) return;
  view.axis = "events";
  document.querySelector("input[name=axis][value=events]").checked = true;
}

function measure() {
  const width = Math.floor(byId("plot").clientWidth);
  gutter = width < 600 ? 52 : 64;
  if (width - gutter - MARGIN === plotWidth) return;
  plotWidth = Math.max(width - gutter - MARGIN, 1);
  byId("plot").style.setProperty("--gutter", `${gutter}px`);
  redraw();
}

function listen() {
  const plot = byId("plot");
  plot.addEventListener("keydown", onKey);
  plot.addEventListener("pointerdown", onDown);
  plot.addEventListener("pointermove", onMove);
  plot.addEventListener("pointerup", onUp);
  plot.addEventListener("pointercancel", onUp);
  plot.addEventListener("pointerleave", () => gesture || setCursor(null));
  plot.addEventListener("wheel", onWheel, { passive: false });
  const buttons = {
    "zoom-in": () => zoom(1 / 2), "zoom-out": () => zoom(2), whole: showWhole,
    earlier: () => move(-0.25), later: () => move(0.25),
  };
  for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", action);
  for (const input of document.querySelectorAll("input[name=axis]"))
    input.addEventListener("change", () => toOtherAxis(input.value));
  for (const input of document.querySelectorAll("input[name=figure]"))
    input.addEventListener("change", () => {
      view.figure = input.value;
      showLegend();
      redraw();
    });
  byId("one-scale").addEventListener("change", (event) => {
    view.oneScale = event.target.checked;
    redraw();
  });
  new ResizeObserver(measure).observe(plot);
}

function showHistory() {
  if (!data.names.length) {
    byId("plot").replaceWith(element("p", {}, "There are no arenas in this trace."));
    return;
  }
  histories.forEach(addRow);
  byId("plot").append(drawn("svg", { id: "ticks", "aria-hidden": "true" }),
    element("div", { class: "position", "aria-hidden": "true" }, element("span", { id: "position" })));
  showLegend();
  showExactness();
  listen();
  chooseAxis();
  view.high = end(view.axis);
  measure();
}

// ----- Tables -----

// A column has a label, a key to sort by, and a text; the first is what a row is about.
function makeTable(table, columns, options) {
  const state = { column: options.column, isDown: true };
  const head = element("tr", { role: "row" });
  const body = element("tbody", { role: "rowgroup" });
  table.className = "cards";
  table.setAttribute("role", "table");
  table.append(element("thead", { role: "rowgroup" }, head), body);
  columns.forEach((column, i) => {
    const button = element("button", { type: "button" }, column.label);
    button.addEventListener("click", () => {
      state.isDown = state.column === i ? !state.isDown : i > 0;
      state.column = i;
      show();
    });
    head.append(element("th", { scope: "col", role: "columnheader", title: column.title }, button));
  });
  const compare = (a, b) => {
    const [one, other] = [columns[state.column].key(a), columns[state.column].key(b)];
    const order = typeof one === "string" ? one.localeCompare(other) : one - other;
    return state.isDown ? -order : order;
  };
  function show() {
    [...head.children].forEach((cell, i) => {
      if (i === state.column) cell.setAttribute("aria-sort", state.isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    body.replaceChildren(...options.rows(compare));
  }
  return show;
}

function makeRow(columns, item) {
  return element("tr", { role: "row" }, ...columns.map((column) =>
    element("td", { role: "cell", "data-label": column.label }, column.cell(item))));
}

const counted = (label, key, title) => ({ label, title, key: (item) => item[key], cell: (item) => exact(item[key]) });

function sized(label, key, title) {
  return { label, title, key, cell: (item) => element("span", { title: exactBytes(key(item)) }, bytes(key(item))) };
}

const nameColumn = {
  label: "name",
  key: (name) => name.shown,
  cell: (name) => element("bdi", {}, name.shown),
};

function showNames(id, columns, column) {
  const names = data.names.map((name, i) => ({ ...name, shown: shownName(i) }));
  const all = [nameColumn, ...columns];
  makeTable(byId(id), all, { column, rows: (compare) => names.sort(compare).map((name) => makeRow(all, name)) })();
}

function showNameTables() {
  showNames("names", [
    { label: "source", key: (name) => name.sources.join(", "), cell: (name) => name.sources.join(", ") },
    counted("arenas", "arenas"),
    counted("allocations", "allocations"),
    sized("bytes", (name) => name.bytes, "of all allocations"),
    sized("peak used", (name) => name.most.used, "of all arenas of the name at once"),
    sized("peak reserved", (name) => name.most.reserved, "of all arenas of the name at once"),
    counted("resizes", "resizes"),
    counted("rewinds", "rewinds"),
    counted("resets", "resets"),
    counted("adopted", "adopted", "taken over by another arena"),
  ], 5);
  showNames("blocks", [
    counted("blocks", "blocks", "got in all, without those of large objects"),
    { label: "at once", title: "the most at a time", key: (name) => name.most.blocks, cell: (name) => exact(name.most.blocks) },
    counted("large objects", "large"),
    { label: "large at once", title: "the most at a time", key: (name) => name.most.large, cell: (name) => exact(name.most.large) },
    sized("largest", (name) => name.largest, "the largest piece got at a time"),
    sized("acquired", (name) => name.acquired),
    sized("released", (name) => name.released, "given back while the arenas were there"),
  ], 6);
}

// ----- Sizes -----

function fillFilter(id, listener) {
  const select = byId(id);
  select.append(element("option", { value: "" }, "all arenas"));
  data.names.map((_, i) => i).sort((a, b) => shownName(a).localeCompare(shownName(b)))
    .forEach((i) => select.append(element("option", { value: i }, shownName(i))));
  const chosen = () => (select.value === "" ? null : Number(select.value));
  select.addEventListener("change", () => listener(chosen()));
  return chosen;
}

// Without the unit where that is said anyway.
function classLabel(bits) {
  if (bits < 2) return `${bits}\u00a0B`;
  const [from, to] = [2 ** (bits - 1), 2 ** bits];
  if (bits <= 10) return `${exact(from)} to ${exactBytes(to - 1)}`;
  const unit = (text) => text.split("\u00a0")[1];
  return `${unit(bytes(from)) === unit(bytes(to)) ? bytes(from).split("\u00a0")[0] : bytes(from)} to ${bytes(to)}`;
}

function sumSizes(names) {
  const classes = new Map();
  for (const name of names)
    for (const [bits, count, size] of name.sizes) {
      const sum = classes.get(bits) ?? { bits, count: 0, bytes: 0 };
      sum.count += count;
      sum.bytes += size;
      classes.set(bits, sum);
    }
  const bits = [...classes.keys()];
  const all = [];
  for (let i = Math.min(...bits); i <= Math.max(...bits); i++) all.push(classes.get(i) ?? { bits: i, count: 0, bytes: 0 });
  return all;
}

const narrow = matchMedia("(max-width: 48rem)");

// From half to the first power of `base` that all fit below, so that one is seen.
function logScale(most, base) {
  const whole = Math.max(1, Math.ceil(Math.log(most) / Math.log(base) - 1e-9));
  const first = -0.3;
  const place = (value) => (Math.log(value) / Math.log(base) - first) / (whole - first);
  const step = Math.ceil(whole / (narrow.matches ? 2 : 5));
  const ticks = [];
  for (let i = 0; i <= whole; i += step) ticks.push(base ** i);
  return { place, ticks };
}

function axisCell(label, scale, text) {
  const axis = element("span", { class: "axis", "aria-hidden": "true" });
  for (const tick of scale.ticks) {
    const mark = element("span", {}, text(tick));
    mark.style.left = `${100 * scale.place(tick)}%`;
    if (scale.place(tick) > 0.9) mark.className = "last";
    axis.append(mark);
  }
  return element("th", { scope: "col" }, label, axis);
}

function barCell(value, scale, text, isOutlined) {
  const bar = element("span");
  bar.style.width = `${value ? 100 * scale.place(value) : 0}%`;
  if (!value) bar.style.border = "0";
  const line = element("i", {}, bar);
  return element("td", {}, element("span", { class: isOutlined ? "bar outlined" : "bar" }, line, element("b", {}, text)));
}

function showSizes(filter) {
  const names = filter === null ? data.names : [data.names[filter]];
  const table = byId("sizes");
  if (!names.some((name) => name.sizes.length)) {
    table.replaceChildren(element("tbody", {}, element("tr", {}, element("td", {}, "No allocations."))));
    return;
  }
  const classes = sumSizes(names);
  const counts = logScale(Math.max(...classes.map((sum) => sum.count)), 10);
  const sizes = logScale(Math.max(...classes.map((sum) => sum.bytes), 2), 4);
  table.replaceChildren(
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "size"),
      axisCell("allocations", counts, thousands), axisCell("bytes", sizes, bytes))),
    element("tbody", {}, ...classes.map((sum) =>
      element("tr", sum.count ? {} : { class: "none" }, element("td", {}, classLabel(sum.bits)),
        barCell(sum.count, counts, exact(sum.count), false), barCell(sum.bytes, sizes, bytes(sum.bytes), true)))));
}

// ----- Sites -----

const FEW_SITES = 20;
const sites = { filter: null, all: false, nodes: [], show: null };

// A function that calls the library in several places is one function here.
const frameNumbers = new Map();
data.frames.forEach((name, i) => frameNumbers.has(name) || frameNumbers.set(name, i));
const sameFrame = data.frames.map((name) => frameNumbers.get(name));

// Sites that agree so far, by the function that called next; those that end here have none.
function byCaller(list, level) {
  const nodes = new Map();
  for (const site of list) {
    const stack = data.stacks[site[0]];
    const frame = level < stack.length ? sameFrame[stack[level]] : -1;
    if (frame < 0 && level > 0) continue;
    const node = nodes.get(frame) ?? { frame, level, sites: [], count: 0, bytes: 0, isOpen: false, callers: null };
    node.sites.push(site);
    node.count += site[2];
    node.bytes += site[3];
    nodes.set(frame, node);
  }
  return [...nodes.values()];
}

const siteName = (node) => (node.frame < 0 ? "(unknown)" : visible(data.frames[node.frame]));

function callers(node) {
  node.callers ??= node.frame < 0 ? [] : byCaller(node.sites, node.level + 1);
  return node.callers;
}

// What was called from one place only unfolds further, up to where there is a choice.
function unfold(node) {
  node.isOpen = true;
  if (callers(node).length === 1) unfold(node.callers[0]);
}

function siteCell(node) {
  const line = element("span", { class: "site", style: `--level:${node.level}` });
  const name = element("bdi", {}, siteName(node));
  if (callers(node).length === 0) {
    line.append(element("span", { class: "end" }, name));
    return line;
  }
  const button = element("button", { type: "button", class: "unfold", "aria-expanded": node.isOpen }, name);
  button.addEventListener("click", () => {
    if (node.isOpen) node.isOpen = false;
    else unfold(node);
    const index = [...byId("sites").querySelectorAll(".unfold")].indexOf(button);
    sites.show();
    byId("sites").querySelectorAll(".unfold")[index].focus();
  });
  line.append(button);
  return line;
}

function shareCell(node) {
  const part = data.bytes ? node.bytes / data.bytes : 0;
  const bar = element("span");
  bar.style.width = `${100 * part}%`;
  return element("span", {}, `${(100 * part).toFixed(1)} %`, element("span", { class: "share", "aria-hidden": "true" }, bar));
}

const siteColumns = [
  { label: "function", key: siteName, cell: siteCell },
  sized("bytes", (node) => node.bytes),
  { label: "share", title: "of all bytes in the trace", key: (node) => node.bytes, cell: shareCell },
  { label: "allocations", key: (node) => node.count, cell: (node) => exact(node.count) },
  sized("mean size", (node) => Math.round(node.bytes / node.count)),
];

function siteRows(nodes, compare) {
  return [...nodes].sort(compare).flatMap((node) =>
    [makeRow(siteColumns, node), ...(node.isOpen ? siteRows(callers(node), compare) : [])]);
}

function shownSites(compare) {
  const sorted = [...sites.nodes].sort(compare);
  const more = byId("more-sites");
  more.hidden = sorted.length <= FEW_SITES;
  more.textContent = sites.all ? "Show fewer" : `Show all ${exact(sorted.length)}`;
  return siteRows(sites.all ? sorted : sorted.slice(0, FEW_SITES), compare);
}

function filterSites(filter) {
  sites.nodes = byCaller(data.sites.filter((site) => filter === null || site[1] === filter), 0);
  sites.show();
}

function showSites() {
  sites.show = makeTable(byId("sites"), siteColumns, { column: 1, rows: shownSites });
  filterSites(null);
  byId("more-sites").addEventListener("click", () => {
    sites.all = !sites.all;
    sites.show();
  });
  if (data.rest.sites)
    byId("rest").textContent = `${plural(data.rest.sites, "stack")} with the fewest bytes are left out: ` +
      `${exactBytes(data.rest.bytes)} in ${plural(data.rest.allocations, "allocation")}.`;
}

showFigures();
showHistory();
showNameTables();
const sizesFilter = fillFilter("sizes-filter", showSizes);
narrow.addEventListener("change", () => showSizes(sizesFilter()));
showSizes(null);
fillFilter("sites-filter", filterSites);
showSites();
