"use strict";
// The report's data, what the reader has chosen, and numbers as text. All text of files reaches the
// page through textContent or as a value, never as markup.

// Lists of objects come packed as columns (reports/page_data.h).
function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== "object") return value;
  if (Number.isInteger(value.rows) && value.columns) {
    const columns = Object.entries(value.columns).map(([key, column]) =>
      [key, unpack("same" in column ? column.same : column.values), "same" in column]);
    return Array.from({ length: value.rows }, (_, row) =>
      Object.fromEntries(columns.map(([key, held, same]) => [key, same ? held : held[row]])));
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unpack(member)]));
}

const report = unpack(JSON.parse(document.getElementById("report").textContent));
const listOf = (key) => (Array.isArray(report[key]) ? report[key] : []);
const curves = listOf("curves");
const unique = (list) => [...new Set(list)];

const seriesNames = unique(curves.flatMap((task) => task.series.map((s) => s.series)));
const metrics = unique(curves.map((task) => task.metric));
const groupOf = new Map(curves.flatMap((task) => task.series.map((s) => [s.series, s.group])));
const mixOf = new Map(curves.flatMap((task) => task.series.map((s) => [s.series, s.mix])));
const allPoints = curves.flatMap((task) => task.series.flatMap((s) => s.points));
const anyTokens = allPoints.some((p) => p.tokens > 0);
const tokensKnown = (point) => anyTokens && (point.tokens > 0 || point.step === 0);  // 0 is unknown
const allTokens = anyTokens && allPoints.every(tokensKnown);

// What the reader has chosen. Charts are drawn from this; choose() changes it and redraws them.
const chosen = {
  metric: metrics[0] ?? "", task: "", group: "", axis: allTokens ? "tokens" : "steps", filter: "",
  hidden: new Set(), theme: "auto", whitePictures: true,
};

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const known = (list) => list.filter(isNumber);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;

function decimals(value, digits = 3) {
  return isNumber(value) ? value.toFixed(digits) : "–";
}

// Four significant digits, however large or small.
function figures(value) {
  return isNumber(value) ? String(Number(value.toPrecision(4))) : "–";
}

// A score of any metric: decimals as accuracies have them, unless these hide it (probabilities of
// long answers) or say more than is known (perplexities: the page has six digits of each value).
function scoreText(value, digits = 4) {
  const size = Math.abs(value);
  if (size >= 100) return String(Number(value.toPrecision(6)));
  return size > 0 && size < 10 ** (1 - digits) ? figures(value) : decimals(value, digits);
}

function count(number) {
  if (!isNumber(number)) return "–";
  for (const [size, unit] of [[1e12, " T"], [1e9, " B"], [1e6, " M"], [1e3, " k"]]) {
    if (number >= size) return Number((number / size).toPrecision(3)) + unit;
  }
  return String(Number(number.toPrecision(3)));
}

const whole = (number) => (isNumber(number) ? number.toLocaleString("en") : "–");

// Where checkpoints of several series are: at one step these may have seen different tokens.
const tokensOf = (points) => unique(points.filter(tokensKnown).map((p) => count(p.tokens))).join(" / ") || "–";
const placeName = (points) => `step ${unique(points.map((p) => whole(p.step))).join(" / ")}` +
  (points.some(tokensKnown) ? `, ${tokensOf(points)} tokens` : "");

const range = (pair, digits = 3) =>
  Array.isArray(pair) && isNumber(pair[0]) && isNumber(pair[1])
    ? `${decimals(pair[0], digits)} to ${decimals(pair[1], digits)}` : "–";
const pValue = (p) => (isNumber(p) && p < 0.001 ? "<0.001" : decimals(p));

function twoEnds(text, length) {
  const characters = [...text];
  if (characters.length <= length) return text;
  const tail = Math.ceil((length - 1) / 2);
  return [...characters.slice(0, length - 1 - tail), "…", ...characters.slice(-tail)].join("");
}

// Where there is no room for a long name, its two ends: names often begin alike. Where another
// series has these ends, its beginning and what follows where they part.
function short(text, length = 24) {
  const ends = twoEnds(text, length), characters = [...text];
  const alike = seriesNames.filter((name) => name !== text && twoEnds(name, length) === ends).map((name) => [...name]);
  if (ends === text || alike.length === 0 || !seriesNames.includes(text)) return ends;
  const parting = (other) => characters.findIndex((character, at) => character !== other[at]);
  const at = Math.min(...alike.map(parting).filter((place) => place >= 0), characters.length);
  const head = Math.floor(length / 3), from = Math.min(at, characters.length - (length - 1 - head));
  const rest = characters.slice(from, from + length - 1 - head);
  if (from + rest.length < characters.length) rest[rest.length - 1] = "…";
  return [...characters.slice(0, head), "…", ...rest].join("");
}

const curvesOf = (task, metric) => curves.find((c) => c.task === task && c.metric === metric);
const rowsOf = (key, task, metric) =>
  listOf(key).filter((row) => row.task === task && row.metric === metric);
const tasksOf = (metric) => curves.filter((c) => c.metric === metric);
const matchesFilter = (task) => task.toLowerCase().includes(chosen.filter);

// An element with properties and children; text children are text, never markup.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// A table of texts and numbers; the first `left` columns are words.
function tableOf(header, rows, left = 1) {
  const kind = (c) => ({ className: c < left ? "words" : "number" });
  const cell = (text, c) => element("td", kind(c), text instanceof Node ? text : String(text));
  const head = element("tr", {}, ...header.map((text, c) =>
    element("th", { ...kind(c), scope: "col", title: text }, short(text, 40))));
  return element("div", { className: "scroll" },
    element("table", {},
      element("thead", {}, head),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell))))));
}

const addressOf = (task, metric) =>
  `#task=${encodeURIComponent(task)}&metric=${encodeURIComponent(metric)}`;
