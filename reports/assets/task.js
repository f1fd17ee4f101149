// One task in detail: curves large, signal, ranking, compliance, findings, items.

// A heading with a table under it; nothing where there are no rows.
function part(title, header, rows, left = 1) {
  return rows.length === 0 ? [] : [element("h3", {}, title), tableOf(header, rows, left)];
}

function rankingTable(task) {
  const rows = rowsOf("ranking", task.task, task.metric);
  const interval = rows.some((row) => isRange(row.interval));
  return part("Ranking of pairs", ["group", "a", "b", "late checkpoints", "reference step", "agree", "tied", "consistency", ...(interval ? ["95 % interval"] : [])],
    rows.map((row) => [row.group, row.a, row.b, whole(row.n), whole(row.reference_step), whole(row.agree), whole(row.tied),
      decimals(row.ranking_consistency), ...(interval ? [range(row.interval)] : [])]), 3);
}

const COMPLIANCE_COLUMNS = [
  ["n", (row) => whole(row.n)], ["mean, science", (row) => scoreText(row.science_mean, 3)], ["mean, web", (row) => scoreText(row.web_mean, 3)],
  ["compliance", (row) => decimals(row.compliance)], ["95 % interval", (row) => range(row.interval)],
  ["gap over chance", (row) => decimals(row.gap_over_chance)], ["gap of areas", (row) => decimals(row.auc_gap)],
  ["effect size", (row) => decimals(row.effect_size)]];

function complianceTable(task) {
  const rows = rowsOf("compliance", task.task, task.metric);
  const columns = COMPLIANCE_COLUMNS.filter(([, text]) => rows.some((row) => text(row) !== "–"));
  return part(`Compliance (${rows[0]?.measure ?? "e2lm's own"}, not official)`, ["science", "web", ...columns.map(([title]) => title)],
    rows.map((row) => [row.science, row.web, ...columns.map(([, text]) => text(row))]), 2);
}

function findingsTable(task) {
  const rows = listOf("sanity").filter((row) => row.task === task.task && (!row.metric || row.metric === task.metric));
  return part("Findings", ["kind", "series", "step", "what"],
    rows.map((row) => [row.kind ?? "–", row.series || "–", whole(row.step), row.text ?? "–"]), 4);
}

// The task's numbers in one line of small boxes.
function taskTiles(task) {
  const row = rowsOf("leaderboard", task.task, task.metric)[0] ?? {};
  const ordering = rowsOf("task_signal", task.task, task.metric)[0]?.finetasks?.ordering_tau_b;
  const tile = (name, value, small) =>
    (value === "–" ? [] : [element("li", {}, element("b", {}, value), ` ${name}`, ...(small && small !== "–" ? [element("small", {}, small)] : []))]);
  return element("ul", { className: "tiles" },
    ...tile("signal", decimals(row.signal_quality), range(row.signal_interval)),
    ...tile("noise alone", decimals(row.null_mean)), ...tile("p", pValue(row.null_p)),
    ...tile("ranking", decimals(row.ranking_consistency), range(row.ranking_interval)),
    ...tile("compliance", decimals(row.compliance), range(row.compliance_interval)),
    ...tile("total", decimals(row.total), range(row.total_interval)),
    ...tile("chance", figures(task.chance)),
    ...tile("mean tau of neighbouring checkpoints", decimals(ordering)),
    ...tile("until the final order", row.early_enough_tokens > 0 ? `${count(row.early_enough_tokens)} tokens`
      : isNumber(row.early_enough_step) ? `step ${whole(row.early_enough_step)}` : "–"));
}

function taskNodes(task) {
  const signal = rowsOf("signal", task.task, task.metric);
  const grid = signal[0]?.grid;
  const source = SOURCES[signal.find((row) => SOURCES[row.interval_from])?.interval_from];
  const explained = "The pale bar is what the order of equal scores leaves open, the thin line the 95 % interval" +
    (source ? ` by draws ${source}.` : ".");
  return [
    taskTiles(task),
    curveFigure(task, "wide tall"),
    ...(signal.length === 0 ? [] : [
      element("h3", {}, "Signal quality"),
      ...(grid ? [element("p", { className: "note" }, `On ${grid}. ${explained}`)] : []),
      element("div", { className: signal.length > 4 ? "" : "charts" }, qualityFigure(task, signal), ...signalTables(signal)),
    ]),
    ...rankingTable(task), ...complianceTable(task), ...findingsTable(task), ...itemView(task),
  ];
}

function showTask() {
  const task = curvesOf(chosen.task, chosen.metric);
  document.getElementById("task-title").textContent = chosen.task ? `Task ${chosen.task}` : "Task";
  const names = tasksOf(chosen.metric).map((t) => t.task);
  for (const id of ["task-select", "rank-task"]) {
    document.getElementById(id).replaceChildren(
      ...names.map((name) => new Option(short(name, 60), name, false, name === chosen.task)));
  }
  const nodes = task ? taskNodes(task) : [element("p", { className: "empty" }, "No task has a curve by this metric.")];
  showFigures(document.getElementById("task-detail"), nodes);
}

// The neighbour of the chosen task in the list, around its ends.
function stepTask(by) {
  const names = tasksOf(chosen.metric).map((t) => t.task);
  if (names.length === 0) return;
  const at = names.indexOf(chosen.task);
  choose({ task: names[(at + by + names.length) % names.length] });
}

// Leads to a task's detail; the browser's Back leads back. An address that is there already
// changes nothing, so it is followed by hand: the reader may be elsewhere by now.
function openTask(task, metric) {
  const before = location.hash;
  location.hash = addressOf(task, metric);
  if (location.hash === before) followAddress();
}

function followSameLink(event) {
  const link = event.target.closest("a[href^='#task=']");
  if (link && link.hash === location.hash) followAddress();
}

function followAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const task = wanted.get("task"), metric = wanted.get("metric") ?? chosen.metric;
  if (!task || !curvesOf(task, metric)) return;
  choose({ task, metric });
  const title = document.getElementById("task-title");
  title.focus({ preventScroll: true });
  document.getElementById("task").scrollIntoView();
}
