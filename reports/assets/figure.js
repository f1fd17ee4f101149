// A chart with its title, buttons and table of values. It is drawn when it comes into view.

const allFigures = new Set();

// what = { title, describe, config(palette, width), values() → [header, rows, left], and if need be
// size (a class), height [pixels], link (an address), picture (its title when saved), empty (said
// instead of it) }
// config gives Chart.js's configuration with hoverLines(items) → {title, rows [{series, name, value}]},
// or null when there is nothing to draw.
function makeFigure(what) {
  const heading = what.link
    ? element("a", { href: what.link }, what.title) : document.createTextNode(what.title);
  const caption = element("figcaption", {}, element("span", { className: "title" }, heading));
  const save = element("button", { type: "button", className: "quiet", title: "Save this chart as a PNG picture" }, "PNG");
  save.setAttribute("aria-label", `Save ${what.title} as a PNG picture`);
  caption.append(save);
  const box = element("div", { className: "canvas" });
  if (what.height) box.style.height = `${what.height}px`;
  const values = element("details", { className: "values" }, element("summary", {}, "Values"));
  const root = element("figure", { className: what.size ?? "" }, caption, box, values);
  const figure = { root, what, box, chart: null, visible: false };
  root.figure = figure;
  save.addEventListener("click", () => savePicture(what));
  values.addEventListener("toggle", () => showValues(figure, values));
  allFigures.add(figure);
  watcher.observe(root);
  return root;
}

function showValues(figure, values) {
  values.querySelector(".scroll")?.remove();
  if (values.open) values.append(tableOf(...figure.what.values()));
}

function drawFigure(figure) {
  figure.chart?.destroy();
  figure.chart = null;
  const config = figure.what.config(paletteNow(), figure.box.clientWidth);
  figure.root.classList.toggle("nothing", !config);
  if (!config) {
    figure.box.replaceChildren(element("p", { className: "empty" }, figure.what.empty ?? "Nothing to draw."));
    return;
  }
  const canvas = element("canvas", { tabIndex: 0 });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${figure.what.describe} Arrow keys read the values; a table of them is below.`);
  figure.box.replaceChildren(canvas);
  figure.chart = new Chart(canvas, config);
  figure.chart.hoverLines = config.hoverLines;
  canvas.addEventListener("keydown", (event) => {
    const active = figure.chart.getActiveElements();
    if (moveHover(figure.chart, event.key)) event.preventDefault();
    else if (event.key === "Escape") clearHover(figure.chart);
    else if (event.key === "Enter" && active.length > 0) figure.chart.options.onClick?.(event, active, figure.chart);
  });
  canvas.addEventListener("blur", () => figure.chart && clearHover(figure.chart));
}

// One chart that fails must not keep others from being drawn; the console tells why.
function tryToDraw(figure) {
  try {
    drawFigure(figure);
  } catch (error) {
    figure.box.replaceChildren(element("p", { className: "empty" }, "This chart could not be drawn."));
    reportError(error);
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const figure = target.figure;
    figure.visible = isIntersecting;
    if (isIntersecting && !figure.chart) tryToDraw(figure);
  }
}, { rootMargin: "200px" });

// Draws again what is in view; the rest when it comes into view.
function redrawFigures() {
  hover.hidden = true;
  for (const figure of allFigures) {
    if (!figure.root.isConnected) forget(figure);
    else if (figure.visible || printing) tryToDraw(figure);
    else if (figure.chart) {
      figure.chart.destroy();
      figure.chart = null;
    }
    const values = figure.root.querySelector("details.values");
    if (values.open) showValues(figure, values);
  }
}

function forget(figure) {
  figure.chart?.destroy();
  watcher.unobserve(figure.root);
  allFigures.delete(figure);
}

// Puts figures into a container, in place of those before.
function showFigures(container, roots) {
  container.replaceChildren(...roots);
  for (const figure of allFigures) if (!figure.root.isConnected) forget(figure);
}

// What all charts have in common.
function baseOptions(palette, { x, y, mode = "checkpoint" }) {
  const axis = (own) => ({
    ...own,
    ticks: { color: palette.quiet, maxRotation: 0, ...own.ticks },
    grid: { color: palette.line, borderColor: palette.line, ...own.grid },
    title: { display: Boolean(own.label), text: own.label, color: palette.quiet },
  });
  return {
    animation: false, maintainAspectRatio: false,
    color: palette.quiet, font: { family: "system-ui, sans-serif" },
    interaction: { mode, intersect: false, axis: "xy" },
    scales: { x: axis(x), y: axis(y) },
    plugins: {
      legend: { display: false },
      tooltip: { enabled: false, external: ({ chart, tooltip }) => showHover(chart, tooltip) },
    },
  };
}

// Printing shows everything, in light colours.
function printMode(on) {
  if (printing === on) return;
  printing = on;
  document.documentElement.classList.toggle("printing", on);
  for (const details of document.querySelectorAll("details:not(.values)")) {
    if (on) details.dataset.wasOpen = details.open;
    details.open = on || details.dataset.wasOpen === "true";
  }
  applyTheme();
  redrawMarks();
  redrawFigures();
}
addEventListener("beforeprint", () => printMode(true));
addEventListener("afterprint", () => printMode(false));
matchMedia("print").addEventListener("change", (event) => printMode(event.matches));
