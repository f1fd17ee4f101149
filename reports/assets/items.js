// What single items of a task tell, where the report has them: difficulty, discrimination, and items
// that look wrong.

const BINS = 20;
const SHOWN = 60;  // items listed of each kind

// The flagged items of a row by kind: [{item, why}]; entries are numbers or objects with an item.
const KINDS = [["dead", "Dead", "the same in every row"], ["falling", "Falling", "worse while the rest improves"],
  ["suspect_key", "Suspected key errors", "strong models agree on another answer"]];

// Members of an entry as words: "q 0.003, slope -0.2".
function evidence(entry, prefix = "") {
  if (entry === null || typeof entry !== "object") return "";
  return Object.entries(entry).filter(([key, value]) => key !== "item" && value !== null)
    .map(([key, value]) => (typeof value === "object" ? evidence(value, `${key} `)
      : `${prefix}${key.replaceAll("_", " ")} ${isNumber(value) ? figures(value) : value}`))
    .filter((text) => text !== "").join(", ");
}

const flagged = (row, kind) => (Array.isArray(row[kind]) ? row[kind] : [])
  .map((entry) => ({ item: entry?.item ?? entry, why: evidence(entry) }))
  .filter(({ item }) => isNumber(item));

const kindOf = (row) => new Map(KINDS.flatMap(([kind]) => flagged(row, kind).map(({ item }) => [item, kind])));
const difficultyOf = (row) => (Array.isArray(row.difficulty) ? row.difficulty : []);
// Items go by their documents' numbers, which are their places where the row lists none.
const numberOfItem = (row, place) => row.documents?.[place] ?? place;
const placeOfItem = (row, item) => row.documents?.indexOf(item) ?? item;
const discriminationOf = (row) => (Array.isArray(row.discrimination) ? row.discrimination : []);

function bins(row) {
  const values = known(difficultyOf(row));
  const low = Math.min(0, ...values), high = Math.max(1, ...values);
  const width = (high - low) / BINS;
  const counts = Array(BINS).fill(0);
  // Scores of 20 checkpoints lie on the edges: 0.15 / 0.05 is a little less than 3.
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - low) / width + 1e-9))] += 1;
  return counts.map((number, i) => ({ from: low + i * width, to: low + (i + 1) * width, number }));
}

function histogramFigure(task, row) {
  const label = (bin) => `${figures(bin.from)} to ${figures(bin.to)}`;
  return makeFigure({
    title: "Difficulty of items", picture: `${task.task}: difficulty of items by ${task.metric}`,
    describe: `Histogram of the mean ${task.metric} of ${row.items} items of ${task.task}.`,
    values: () => [["mean score", "items"], bins(row).map((bin) => [label(bin), whole(bin.number)])],
    config(palette) {
      const all = bins(row);
      if (known(difficultyOf(row)).length === 0) return null;
      const options = baseOptions(palette, {
        mode: "nearest",
        x: { type: "category", label: `mean ${task.metric} over checkpoints`, grid: { display: false },
             ticks: { callback: (v) => figures(all[v].from), maxTicksLimit: 11 } },
        y: { label: "items", ticks: { precision: 0 } },
      });
      const hoverLines = ([{ dataIndex }]) => ({ title: label(all[dataIndex]), rows: [{ name: "items", value: whole(all[dataIndex].number) }] });
      return { type: "bar", options, hoverLines, data: { labels: all.map((_, i) => i), datasets: [{
        label: "", data: all.map((bin, i) => ({ x: i, y: bin.number })), backgroundColor: COLOURS[0],
        barPercentage: 1, categoryPercentage: 0.94 }] } };
    },
  });
}

function discriminationFigure(task, row) {
  const difficulty = difficultyOf(row), discrimination = discriminationOf(row), kinds = kindOf(row);
  const points = difficulty.map((x, place) => ({ x, y: discrimination[place], item: numberOfItem(row, place) }))
    .filter((p) => isNumber(p.x) && isNumber(p.y));
  const looks = [["", "items", COLOURS[0], "circle", 2.5], ["falling", "falling", COLOURS[3], "triangle", 5],
    ["suspect_key", "suspected key", COLOURS[4], "rectRot", 6], ["dead", "dead", COLOURS[7], "crossRot", 5]];
  return makeFigure({
    title: "Difficulty and discrimination", picture: `${task.task}: difficulty and discrimination of items by ${task.metric}`,
    describe: `Mean score against discrimination of ${points.length} items of ${task.task}.`,
    empty: "No item has a discrimination.",
    values: () => [["item", "mean score", "discrimination", "flag"], points.slice(0, 500).map((p) =>
      [p.item, figures(p.x), figures(p.y), kinds.get(p.item)?.replaceAll("_", " ") ?? "–"]), 0],
    config(palette) {
      if (points.length === 0) return null;
      const datasets = looks.map(([kind, label, colour, pointStyle, pointRadius]) => ({
        label, pointStyle, pointRadius, backgroundColor: colour + "99", borderColor: colour, borderWidth: pointRadius > 3 ? 2 : 0,
        data: points.filter((p) => (kinds.get(p.item) ?? "") === kind) })).filter((d) => d.data.length > 0);
      const options = baseOptions(palette, { mode: "nearest",
        x: { label: `mean ${task.metric} over checkpoints` }, y: { label: "discrimination" } });
      options.plugins.legend = legendOptions(palette);
      const hoverLines = ([{ raw }]) => ({ title: `item ${raw.item}`, rows: [
        { name: "mean score", value: figures(raw.x) }, { name: "discrimination", value: figures(raw.y) }] });
      return { type: "scatter", data: { datasets }, options, hoverLines };
    },
  });
}

function flaggedList(row, [kind, title, meaning]) {
  const list = flagged(row, kind);
  const total = isNumber(row[`${kind}_count`]) ? row[`${kind}_count`] : list.length;
  const details = element("details", {}, element("summary", {}, `${title}: ${whole(total)} (${meaning})`));
  if (list.length === 0) return element("p", { className: "note" }, `${title}: none (${meaning})`);
  details.append(tableOf(["item", "evidence", "difficulty", "discrimination"], list.slice(0, SHOWN).map(({ item, why }) =>
    [String(item), why || "–", figures(difficultyOf(row)[placeOfItem(row, item)]),
      figures(discriminationOf(row)[placeOfItem(row, item)])]), 2));
  if (total > Math.min(SHOWN, list.length)) {
    details.append(element("p", { className: "note" }, `${whole(total - Math.min(SHOWN, list.length))} more are not listed.`));
  }
  return details;
}

// The item part of a task's detail: nodes, none where the report has no items.
function itemView(task) {
  const row = rowsOf("items", task.task, task.metric)[0];
  if (!row) return [];
  return [
    element("h3", {}, "Items"),
    element("p", { className: "note" }, `${whole(row.items)} items over ${whole(row.checkpoints)} checkpoints.`),
    element("div", { className: "charts" }, histogramFigure(task, row), discriminationFigure(task, row)),
    ...KINDS.map((kind) => flaggedList(row, kind)),
  ];
}
