// Ranks of a group's series over training, and how well the order of each checkpoint agrees with
// the reference.

const EVERYONE = "all series";

// Groups that have something to rank.
function rankGroups(task) {
  const names = task.series.map((s) => s.series);
  const groups = unique(names.map((name) => groupOf.get(name)))
    .filter((group) => names.filter((name) => groupOf.get(name) === group).length > 1);
  return names.length > 1 && groups.length !== 1 ? [...groups, EVERYONE] : groups;
}

function membersOf(task, group) {
  return task.series.filter((s) => group === EVERYONE || s.group === group);
}

// [{point, ranks: Map(series → rank)}] of the checkpoints all members have a value at; equal values
// share the mean of their ranks.
function ranksOver(task, members) {
  const maps = members.map((s) => new Map(s.points.filter((p) => isNumber(p.value)).map((p) => [p.step, p])));
  const steps = [...(maps[0]?.keys() ?? [])].filter((step) => maps.every((map) => map.has(step)));
  const sign = task.higher_is_better === false ? 1 : -1;
  return steps.sort((a, b) => a - b).map((step) => {
    const values = maps.map((map) => sign * map.get(step).value);
    const rank = (value) => values.filter((v) => v < value).length +
      (values.filter((v) => v === value).length + 1) / 2;
    return { point: maps[0].get(step), ranks: new Map(members.map((s, i) => [s.series, rank(values[i])])) };
  });
}

// Names at the right end of each line.
function endLabels(palette) {
  return {
    id: "endLabels",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      pen.save();
      pen.font = "12px system-ui, sans-serif";
      pen.fillStyle = palette.text;
      pen.textBaseline = "middle";
      chart.data.datasets.forEach((dataset, d) => {
        const last = chart.getDatasetMeta(d).data.at(-1);
        if (chart.isDatasetVisible(d) && last) pen.fillText(short(dataset.label, 16), last.x + 10, last.y);
      });
      pen.restore();
    },
  };
}

function rankConfig(task, group, palette, width) {
  const members = membersOf(task, group);
  const checkpoints = ranksOver(task, members);
  if (members.length < 2 || checkpoints.length === 0) return null;
  const axis = axisOf(task);
  const datasets = members.map((s) => {
    const mark = markOf(s.series, palette);
    return {
      label: s.series, hidden: chosen.hidden.has(s.series), borderColor: mark.colour, borderWidth: 3,
      backgroundColor: mark.colour, borderDash: mark.dash, pointStyle: mark.shape,
      pointRadius: 4 * mark.size, pointHoverRadius: 7 * mark.size, pointBorderWidth: 2, borderJoinStyle: "round", clip: false,
      data: checkpoints.map(({ point, ranks }) => ({ x: axis.at(point), y: ranks.get(s.series), point })),
    };
  });
  const ticks = { stepSize: 1, precision: 0, callback: (v) => (Number.isInteger(v) ? v : "") };
  const options = baseOptions(palette, {
    x: trainingScale(axis, datasets, width),
    y: { label: "rank (1 is best)", reverse: true, min: 0.5, max: members.length + 0.5, ticks,
         afterBuildTicks: (scale) => { scale.ticks = members.map((_, i) => ({ value: i + 1 })); } },
  });
  options.layout = { padding: { right: 24 + 7.5 * Math.max(...members.map((s) => Math.min(16, s.series.length))) } };
  const hoverLines = (items) => ({
    title: placeName([items[0].raw.point]),
    rows: [...items].sort((a, b) => a.raw.y - b.raw.y).map(({ raw, dataset }) =>
      ({ series: dataset.label, name: dataset.label, value: figures(raw.y) })),
  });
  return { type: "line", data: { datasets }, options, hoverLines,
           plugins: [phasesPlugin(phasesOf(task, axis), palette), endLabels(palette)] };
}

function rankValues(task, group) {
  const members = membersOf(task, group);
  return [["step", "tokens", ...members.map((s) => s.series)],
    ranksOver(task, members).map(({ point, ranks }) =>
      [whole(point.step), tokensOf([point]), ...members.map((s) => figures(ranks.get(s.series)))]), 0];
}

function rankFigure(task, group, size) {
  return makeFigure({
    title: `Rank over training, ${group === EVERYONE ? EVERYONE : `group ${group}`}`, size,
    picture: `${task.task}: rank by ${task.metric}, ${group}`,
    describe: `Rank of each series by ${task.metric} on ${task.task} at every checkpoint they share.`,
    empty: "The series share no checkpoint with values, or one series stands alone.",
    config: (palette, width) => rankConfig(task, group, palette, width),
    values: () => rankValues(task, group),
  });
}

// Agreement of each checkpoint's order with the reference.
const AGREEMENTS = [["decision_accuracy", "decision accuracy", 0], ["kendall_tau_b", "Kendall's tau-b", 1], ["spearman", "Spearman", 2]];

// None of all series: the report compares those of a group alone.
function stepsOf(task, group) {
  return rowsOf("ranking_steps", task.task, task.metric)
    .filter((row) => row.group === group).sort((a, b) => a.step - b.step);
}

function agreementConfig(task, group, palette, width) {
  const rows = stepsOf(task, group), axis = axisOf(task);
  const line = (key) => rows.map((row) => ({ x: axis.at(row), y: isNumber(key(row)) ? key(row) : NaN, point: row }));
  const lines = AGREEMENTS.filter(([key]) => rows.some((row) => isNumber(row[key]))).map(([key, label, index]) => ({
    label, borderColor: COLOURS[index], backgroundColor: COLOURS[index], borderWidth: 2, pointRadius: 3,
    pointStyle: SHAPES[index], borderDash: DASHES[index], borderJoinStyle: "round", clip: 8, order: 1,
    data: line((row) => row[key]),
  }));
  if (lines.length === 0) return null;
  const edge = { label: "", order: 2, silent: true, borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
  const band = rows.some((row) => isRange(row.interval)) ? [
    { ...edge, data: line((row) => row.interval?.[0]) },
    { ...edge, data: line((row) => row.interval?.[1]), fill: "-1", backgroundColor: COLOURS[0] + "26" }] : [];
  const datasets = [...band, ...lines];
  const hoverLines = (items) => ({
    title: placeName([items[0].raw.point]),
    rows: items.map(({ raw, dataset }) => ({ name: dataset.label, value: decimals(raw.y) +
      (dataset.label === "decision accuracy" && Array.isArray(raw.point.interval) ? ` (${range(raw.point.interval)})` : "") })),
  });
  const options = baseOptions(palette, {
    x: trainingScale(axis, datasets, width),
    y: { label: "agreement with the reference", suggestedMin: 0, max: 1, ticks: { maxTicksLimit: 5 } },
  });
  options.plugins.legend = legendOptions(palette);
  return { type: "line", data: { datasets }, options, hoverLines, plugins: [phasesPlugin(phasesOf(task, axis), palette)] };
}

function agreementFigure(task, group) {
  return makeFigure({
    title: "Agreement with the reference order",
    picture: `${task.task}: agreement of ranks by ${task.metric} with the reference, ${group}`,
    describe: `Agreement of every checkpoint's order on ${task.task} with the reference order.`,
    config: (palette, width) => agreementConfig(task, group, palette, width),
    values: () => [["step", "tokens", ...AGREEMENTS.map(([, label]) => label), "95 % interval of decision accuracy (the band)"],
      stepsOf(task, group).map((row) => [whole(row.step), tokensOf([row]),
        ...AGREEMENTS.map(([key]) => decimals(row[key])), range(row.interval)]), 0],
  });
}

function fillGroups(task) {
  const groups = task ? rankGroups(task) : [];
  if (!groups.includes(chosen.group)) chosen.group = groups[0] ?? "";
  const select = document.getElementById("group");
  select.replaceChildren(...groups.map((group) => new Option(group, group, false, group === chosen.group)));
  select.parentElement.hidden = groups.length < 2;
}

function showRanks() {
  const task = curvesOf(chosen.task, chosen.metric);
  fillGroups(task);
  const box = document.getElementById("rank-charts");
  if (!task || chosen.group === "") {
    showFigures(box, [element("p", { className: "empty" }, "Ranks need two series of one group on the same task.")]);
    return;
  }
  const agreement = stepsOf(task, chosen.group).length > 0 ? [agreementFigure(task, chosen.group)] : [];
  showFigures(box, [rankFigure(task, chosen.group, agreement.length > 0 ? "" : "wide"), ...agreement]);
}
