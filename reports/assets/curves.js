// A task's curves: score against training, with bands, chance, and the early and late phase.

const BAND = 1.96;  // standard errors on either side: 95 % of a normal distribution

// Where a checkpoint stands on the axis. A logarithm has no 0: such checkpoints stand at the left
// edge, below the smallest positive ones.
function axisOf(task) {
  const points = task.series.flatMap((s) => s.points);
  if (chosen.axis === "steps") return { type: "linear", label: "training steps", at: (p) => p.step };
  const linear = { type: "linear", label: "training tokens", at: (p) => p.tokens };
  if (chosen.axis === "tokens") return linear;
  const positive = points.map((p) => p.tokens).filter((tokens) => tokens > 0);
  if (positive.length === 0) return linear;
  const edge = Math.min(...positive) / 2;
  return {
    type: "logarithmic", label: "training tokens (logarithmic)",
    at: (p) => (p.tokens > 0 ? p.tokens : edge),
    edge: points.some((p) => !(p.tokens > 0)) ? edge : null,
  };
}

// Chart.js's axis for it, ending at the last checkpoint.
function trainingScale(axis, datasets, width) {
  const places = known(datasets.flatMap((d) => d.data.map((p) => p.x)));
  const low = Math.min(...places), high = Math.max(...places);
  const scale = {
    type: axis.type, label: axis.label, grid: { display: false },
    ticks: { maxTicksLimit: width < 600 ? 6 : 10, includeBounds: false, callback: tickText(axis) },
  };
  if (low === high) return { ...scale, min: high / 2, max: high * 1.5 || 1 };  // one checkpoint
  scale.max = high;
  scale.min = axis.edge ?? (axis.type === "linear" && low > 0 && low < high / 4 ? 0 : low);
  return scale;
}

// Labels of a logarithmic axis: 1, 2 and 5 times powers of ten.
function tickText(axis) {
  return (value) => {
    if (axis.type === "linear") return count(value);
    if (axis.edge && Math.abs(value / axis.edge - 1) < 1e-6) return "0";
    const lead = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
    return [1, 2, 5].some((digit) => Math.abs(lead - digit) < 1e-6) ? count(value) : "";
  };
}

// A number of steps or of tokens on the chosen axis; between checkpoints by a straight line.
function placeOf(value, by, task, axis) {
  const other = chosen.axis === "steps" ? "step" : "tokens";
  if (by === other) return axis.at({ [by]: value });
  const points = task.series.flatMap((s) => s.points).sort((a, b) => a[by] - b[by]);
  const after = points.find((p) => p[by] >= value), before = points.findLast((p) => p[by] <= value);
  if (!after || !before) return axis.at(before ?? after);
  const share = after[by] === before[by] ? 0 : (value - before[by]) / (after[by] - before[by]);
  return axis.at({ [other]: before[other] + share * (after[other] - before[other]) });
}

// The shaded phases: [{name, from, to}] on the chosen axis; open ends are null. A phase without any
// end is everything and not shaded.
function phasesOf(task, axis) {
  if (!task.series.some((s) => s.points.some((p) => isNumber(p.step) && isNumber(p.tokens)))) return [];
  return ["early", "late"].flatMap((name) => {
    const grid = report.grids?.[name] ?? {};
    const place = (key, by) => (isNumber(grid[key]) && (grid[key] > 0 || key.startsWith("max"))
      ? [placeOf(grid[key], by, task, axis)] : []);
    const from = known([...place("min_tokens", "tokens"), ...place("min_step", "step")]);
    const to = known([...place("max_tokens", "tokens"), ...place("max_step", "step")]);
    if (from.length + to.length === 0) return [];
    return [{ name, from: from.length > 0 ? Math.max(...from) : null, to: to.length > 0 ? Math.min(...to) : null }];
  });
}

function phasesPlugin(list, palette) {
  const shade = (chart, { name, from, to }) => {
    const { ctx: pen, chartArea: area, scales: { x } } = chart;
    const pixel = (value, end) =>
      Math.min(Math.max(isNumber(value) ? x.getPixelForValue(value) : end, area.left), area.right);
    const left = pixel(from, area.left), right = pixel(to, area.right);
    if (right - left < 1) return;
    pen.save();
    pen.fillStyle = palette[name];
    pen.fillRect(left, area.top, right - left, area.bottom - area.top);
    pen.fillStyle = palette.quiet;
    pen.font = "11px system-ui, sans-serif";
    if (right - left > 34) pen.fillText(name, left + 5, area.top + 13);
    pen.restore();
  };
  return { id: "phases", beforeDatasetsDraw: (chart) => list.forEach((phase) => shade(chart, phase)) };
}

// The value moved by so many half bands; NaN, a gap, where either is not known.
function valueAt(point, offset) {
  if (!isNumber(point.value)) return NaN;
  return offset === 0 ? point.value : point.value + offset * BAND * (point.standard_error ?? NaN);
}

// A band is two invisible lines with the room between them filled, then the curve itself.
function curveDatasets(series, axis, palette) {
  const mark = markOf(series.series, palette);
  const points = series.points.filter((p) => isNumber(axis.at(p)));
  const line = (offset, extra) => ({
    label: series.series, hidden: chosen.hidden.has(series.series), borderColor: mark.colour,
    data: points.map((p) => ({ x: axis.at(p), point: p, y: valueAt(p, offset) })),
    ...extra,
  });
  const edge = { order: 2, borderWidth: 0, silent: true, pointRadius: 0, pointHitRadius: 0 };
  const curve = line(0, {
    order: 1, borderWidth: 2, borderDash: mark.dash, backgroundColor: mark.colour, pointStyle: mark.shape,
    pointRadius: (points.length > 40 ? 1.5 : 2.5) * mark.size, pointBorderWidth: 1.5,
    pointHoverRadius: 5 * mark.size, borderJoinStyle: "round", clip: 8,
  });
  if (!points.some((p) => p.standard_error > 0)) return [curve];
  return [line(-1, edge), line(1, { ...edge, fill: "-1", backgroundColor: mark.colour + "26" }), curve];
}

function chanceDataset(task, scale, palette) {
  if (!isNumber(task.chance)) return [];
  return [{
    label: "chance", silent: true, named: true, order: 1, pointStyle: "line", borderColor: palette.quiet, borderDash: [2, 3], borderWidth: 1.5,
    data: [scale.min, scale.max].map((x) => ({ x, y: task.chance })),
    pointRadius: 0, pointHitRadius: 0,
  }];
}

function curveLines(items) {
  return {
    title: placeName(items.map(({ raw }) => raw.point)),
    rows: items.map(({ raw, dataset }) => ({ raw, series: dataset.label, name: dataset.label,
      value: scoreText(raw.point.value) +
        (isNumber(raw.point.standard_error) ? ` ± ${scoreText(BAND * raw.point.standard_error)}` : "") }))
      .sort((a, b) => b.raw.y - a.raw.y),
  };
}

// Chart.js writes tiny numbers with nine decimals.
function scoreTick(value, index, ticks) {
  const tiny = ticks.every((tick) => Math.abs(tick.value) < 1e-3);
  return tiny ? figures(value) : Chart.Ticks.formatters.numeric.call(this, value, index, ticks);
}

function curveConfig(task, palette, width) {
  const axis = axisOf(task);
  const datasets = task.series.flatMap((s) => curveDatasets(s, axis, palette));
  if (!datasets.some((d) => d.data.some((p) => isNumber(p.y)))) return null;
  const x = trainingScale(axis, datasets, width);
  datasets.push(...chanceDataset(task, x, palette));
  return {
    type: "line", data: { datasets }, hoverLines: curveLines,
    options: baseOptions(palette, { x, y: { label: task.metric, grace: "4%", ticks: { callback: scoreTick } } }),
    plugins: [phasesPlugin(phasesOf(task, axis), palette)],
  };
}

function curveValues(task) {
  const shown = task.series.filter((s) => !chosen.hidden.has(s.series));
  const byStep = new Map();
  for (const series of shown) {
    for (const point of series.points) {
      if (!byStep.has(point.step)) byStep.set(point.step, new Map());
      byStep.get(point.step).set(series.series, point);
    }
  }
  const text = (p) => (p ? scoreText(p.value) + (isNumber(p.standard_error) ? ` (${scoreText(p.standard_error)})` : "") : "–");
  const rows = [...byStep].sort(([a], [b]) => a - b).map(([step, values]) =>
    [whole(step), tokensOf([...values.values()]), ...shown.map((s) => text(values.get(s.series)))]);
  return [["step", "tokens", ...shown.map((s) => `${short(s.series, 23)} (standard error)`)], rows, 0];
}

function curveFigure(task, size) {
  return makeFigure({
    title: size ? `${task.metric} over training` : task.task, size,
    picture: `${task.task}: ${task.metric}`,
    link: size ? null : addressOf(task.task, task.metric),
    describe: `${task.metric} of ${task.task} against training, ${task.series.length} series.`,
    empty: "No checkpoint has a value yet.",
    config: (palette, width) => curveConfig(task, palette, width),
    values: () => curveValues(task),
  });
}

function showCurves() {
  const tasks = tasksOf(chosen.metric).filter((task) => matchesFilter(task.task));
  const charts = document.getElementById("charts");
  showFigures(charts, tasks.map((task) => curveFigure(task)));
  if (tasks.length === 0) charts.append(element("p", { className: "empty" }, "No task to show."));
}
