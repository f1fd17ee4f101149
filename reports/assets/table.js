// Tables of the HTML made sortable, and filtered by metric and text.

// Numbers by their unrounded value, words as people count them (2 before 10); what has no value
// stays last either way.
function compareCells(a, b, down) {
  const value = (cell) => {
    if (cell.classList.contains("number")) return cell.dataset.sort === undefined ? null : Number(cell.dataset.sort);
    const text = cell.firstChild?.textContent ?? "";  // without the small print below it
    return text === "" || text === "–" ? null : text;
  };
  const x = value(a), y = value(b);
  if (x === null || y === null) return (x === null) - (y === null);
  const order = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
  return down ? -order : order;
}

function sortTable(table, column, header) {
  const sorted = header.getAttribute("aria-sort");
  const numeric = header.classList.contains("number");
  const down = sorted ? sorted === "ascending" : numeric;  // the largest number first, words from A
  for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compareCells(a.cells[column], b.cells[column], down));
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = element("button", { type: "button" }, ...header.childNodes);
    button.addEventListener("click", () => sortTable(table, column, header));
    header.replaceChildren(button);
  });
}

// Rows of tasks: those of the chosen metric (all when asked) whose name has the filter's text.
function filterTables() {
  const everyMetric = document.getElementById("every-metric").checked;
  for (const table of document.querySelectorAll("#leaderboard, #signal")) {
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const wanted = matchesFilter(row.dataset.task) && (everyMetric || row.dataset.metric === chosen.metric);
      row.hidden = !wanted;
      row.classList.toggle("chosen", row.dataset.task === chosen.task && row.dataset.metric === chosen.metric);
      row.classList.toggle("even", shown % 2 === 1);
      shown += wanted;
    }
    table.classList.toggle("one-metric", !everyMetric && metrics.length > 0);
  }
  const rows = document.querySelectorAll("#leaderboard tbody tr").length;
  const shown = document.querySelectorAll("#leaderboard tbody tr:not([hidden])").length;
  document.getElementById("shown").textContent = rows === 0 ? "No results yet." : shown === rows ? "" : `${shown} of ${rows} rows shown`;
}
