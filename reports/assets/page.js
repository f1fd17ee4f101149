// Puts everything together: the controls, and what is drawn again when they change.

// Changes what is chosen and draws what depends on it.
function choose(changes) {
  Object.assign(chosen, changes);
  const has = (...keys) => keys.some((key) => key in changes);
  if (has("metric") && !curvesOf(chosen.task, chosen.metric)) chosen.task = bestTask();
  if (has("metric")) document.getElementById("metric").value = chosen.metric;
  if (has("metric", "filter", "task")) filterTables();
  if (has("metric", "filter")) showCurves();
  if (has("metric", "task", "group")) showRanks();
  if (has("metric", "filter", "task")) showNoise();
  if (has("metric", "task")) showTask();
  if (has("theme")) {
    applyTheme();
    redrawMarks();
  }
  if (has("theme", "axis", "hidden")) redrawFigures();
  if (has("axis")) {
    document.getElementById("edge-note").hidden = chosen.axis === "steps" || (chosen.axis === "tokens" && allTokens);
  }
}

// The first of the leaderboard by the chosen metric.
function bestTask() {
  const row = [...document.querySelectorAll("#leaderboard tbody tr")]
    .find((r) => r.dataset.metric === chosen.metric && curvesOf(r.dataset.task, chosen.metric));
  return row?.dataset.task ?? tasksOf(chosen.metric)[0]?.task ?? "";
}

function makeLegend() {
  const legend = document.getElementById("legend");
  for (const name of seriesNames) {
    const button = element("button", { type: "button", title: name }, seriesMark(name),
      element("bdi", {}, short(name, 48)), ...(mixOf.get(name) === "web" ? [" (no science text)"] : []));
    button.setAttribute("aria-pressed", String(!chosen.hidden.has(name)));
    button.addEventListener("click", () => {
      const hidden = new Set(chosen.hidden);
      if (!hidden.delete(name)) hidden.add(name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      choose({ hidden });
    });
    legend.append(button);
  }
}

// What is scrolled to stands below the toolbar, which many series make tall.
function keepClearOfToolbar() {
  const toolbar = document.getElementById("toolbar");
  const update = () => {
    const sticks = getComputedStyle(toolbar).position === "sticky";
    document.documentElement.style.scrollPaddingTop = sticks ? `${toolbar.offsetHeight + 12}px` : "";
  };
  update();
  new ResizeObserver(update).observe(toolbar);
}

// Calls `then` with the control's value when it changes.
function onChange(id, then, event = "change") {
  const control = document.getElementById(id);
  control.addEventListener(event, () => then(control.type === "checkbox" ? control.checked : control.value));
}

function connectControls() {
  onChange("metric", (metric) => choose({ metric }));
  onChange("axis", (axis) => choose({ axis }));
  onChange("filter", (text) => choose({ filter: text.trim().toLowerCase() }), "input");
  onChange("every-metric", filterTables);
  onChange("white", (whitePictures) => Object.assign(chosen, { whitePictures }));
  onChange("group", (group) => choose({ group }));
  for (const id of ["task-select", "rank-task"]) onChange(id, (task) => choose({ task }));
  document.getElementById("task-before").addEventListener("click", () => stepTask(-1));
  document.getElementById("task-after").addEventListener("click", () => stepTask(1));
  for (const button of document.querySelectorAll("#theme button")) {
    button.addEventListener("click", () => choose({ theme: button.value }));
  }
  prefersDark.addEventListener("change", () => chosen.theme === "auto" && choose({ theme: "auto" }));
  addEventListener("hashchange", followAddress);
  addEventListener("click", followSameLink);
  addEventListener("scroll", () => { hover.hidden = true; }, { passive: true });
}

function start() {
  document.body.append(hover);
  restoreChoices();
  document.documentElement.classList.add("scripted");
  document.getElementById("metric").append(...metrics.map((metric) => new Option(metric, metric)));
  const axis = document.getElementById("axis");
  for (const option of axis.options) option.disabled = !anyTokens && option.value !== "steps";
  axis.value = chosen.axis;
  document.querySelectorAll("main table").forEach(makeSortable);
  document.getElementById("every-metric").parentElement.hidden = metrics.length < 2;
  makeLegend();
  connectControls();
  applyTheme();
  choose({ metric: chosen.metric });
  keepClearOfToolbar();
  followAddress();
  reloadWhileLive();
}
start();
