// One task's signal quality by series: the score, its interval, what ties leave open, and what noise
// alone would score.

// A line from low to high at each point that has them, [pixels] thick.
function whiskers(spans) {
  const draw = (chart, { low, high, y, colour, thick, alpha }) => {
    const { ctx: pen, scales } = chart;
    pen.save();
    Object.assign(pen, { strokeStyle: colour, lineWidth: thick, globalAlpha: alpha });
    pen.beginPath();
    pen.moveTo(scales.x.getPixelForValue(low), scales.y.getPixelForValue(y));
    pen.lineTo(Math.max(scales.x.getPixelForValue(high), scales.x.getPixelForValue(low) + 1), scales.y.getPixelForValue(y));
    pen.stroke();
    pen.restore();
  };
  return { id: "whiskers", beforeDatasetsDraw: (chart) => spans.forEach((span) => draw(chart, span)) };
}

const isRange = (pair) => Array.isArray(pair) && isNumber(pair[0]) && isNumber(pair[1]);

function qualityConfig(rows, palette) {
  const scored = rows.filter((row) => isNumber(row.signal_quality));
  if (scored.length === 0) return null;
  const spans = scored.flatMap((row, y) => {
    const colour = markOf(row.series, palette).colour;
    const span = (pair, thick, alpha) => (isRange(pair) ? [{ low: pair[0], high: pair[1], y, colour, thick, alpha }] : []);
    return [...span(row.tie_interval, 14, 0.25), ...span(row.interval, 2, 1)];
  });
  const points = (key) => scored.map((row, y) => ({ x: isNumber(row[key]) ? row[key] : NaN, y, row }));
  const marks = scored.map((row) => markOf(row.series, palette));
  const noise = (key, label, pointStyle) => ({ label, data: points(key), pointStyle, pointRadius: 6, borderWidth: 2,
    borderColor: palette.quiet, backgroundColor: "transparent" });
  const datasets = [
    { label: "signal quality", data: points("signal_quality"), clip: 8, pointRadius: 6, borderWidth: 2,
      pointStyle: marks.map((m) => m.shape), backgroundColor: marks.map((m) => m.colour), borderColor: marks.map((m) => m.colour) },
    noise("null_mean", "noise alone", "cross"),
    ...(scored.some((row) => isNumber(row.null_walk_mean)) ? [noise("null_walk_mean", "a random walk", "rectRot")] : []),
  ];
  const options = baseOptions(palette, {
    mode: "nearest",
    x: { label: "signal quality", min: 0, max: 1 },
    y: { reverse: true, min: -0.5, max: scored.length - 0.5, grid: { display: false },
         ticks: { callback: (v) => (Number.isInteger(v) && scored[v] ? short(scored[v].series, 20) : ""), autoSkip: false },
         afterBuildTicks: (scale) => { scale.ticks = scored.map((_, value) => ({ value })); } },
  });
  options.plugins.legend = legendOptions(palette);
  const hoverLines = ([{ raw: { row } }]) => ({ title: row.series, rows: [
    { name: "signal quality", value: decimals(row.signal_quality) }, { name: "95 % interval", value: range(row.interval) },
    { name: "by order of ties", value: range(row.tie_interval) }, { name: "noise alone", value: decimals(row.null_mean) },
    { name: "a random walk", value: decimals(row.null_walk_mean) }] });
  return { type: "scatter", data: { datasets }, options, hoverLines, plugins: [whiskers(spans)] };
}

// Lines of the signal table: name and text of a series' row. Those without any number are left out.
const SERIES_OF_A_TABLE = 8;
const SOURCES = { items: "over items", "standard errors": "of the standard errors" };
const tieText = (row, rule) => decimals(row.ties?.[rule]?.sq);
const SIGNAL_LINES = [
  ["n", (row) => whole(row.n)],
  ["lags", (row) => whole(row.lags)],
  ["rho", (row) => decimals(row.rho)],
  ["monotonicity", (row) => decimals(row.monotonicity)],
  ["autocorrelation", (row) => decimals(row.autocorrelation)],
  ["signal quality", (row) => decimals(row.signal_quality)],
  ["95 % interval", (row) => range(row.interval)],
  ["by order of ties", (row) => range(row.tie_interval)],
  ["tied points", (row) => whole(row.tied_points)],
  ["ties stable", (row) => tieText(row, "stable")],
  ["ties reversed", (row) => tieText(row, "reversed")],
  ["ties averaged (d²)", (row) => tieText(row, "average_d2")],
  ["ties averaged (Pearson)", (row) => tieText(row, "average_pearson")],
  ["noise alone", (row) => decimals(row.null_mean)],
  ["p", (row) => pValue(row.null_p)],
  ["random walk", (row) => decimals(row.null_walk_mean)],
  ["p of walk", (row) => pValue(row.null_walk_p)],
  ["share that is noise", (row) => decimals(row.null_share)],
  ["FineTasks monotonicity", (row) => decimals(row.finetasks?.monotonicity)],
  ["FineTasks SNR", (row) => figures(row.finetasks?.snr)],
  ["FineTasks non-randomness", (row) => figures(row.finetasks?.non_randomness)],
  ["total variation", (row) => figures(row.total_variation)],
  ["rises over falls", (row) => decimals(row.signal_and_noise?.monotonicity)],
];

function signalTable(rows) {
  return [["", ...rows.map((row) => row.series)],
    SIGNAL_LINES.map(([title, text]) => [title, ...rows.map(text)])
      .filter(([, ...texts]) => texts.some((text) => text !== "–"))];
}

// Of many series several tables: a wider one would not fit on paper.
function signalTables(rows) {
  const tables = [];
  for (let first = 0; first < rows.length; first += SERIES_OF_A_TABLE) {
    tables.push(tableOf(...signalTable(rows.slice(first, first + SERIES_OF_A_TABLE))));
  }
  return tables;
}

function qualityFigure(task, rows) {
  return makeFigure({
    title: "Signal quality by series", size: rows.length > 4 ? "wide" : "",
    height: rows.length > 15 ? 90 + 18 * rows.length : 0,  // a line of text for each
    picture: `${task.task}: signal quality by ${task.metric}`,
    describe: `Signal quality of ${rows.length} series on ${task.task}, with noise alone beside it.`,
    empty: "No series has a signal quality: it needs eight checkpoints of the early grid, not all equal.",
    config: (palette) => qualityConfig(rows, palette),
    values: () => signalTable(rows),
  });
}
