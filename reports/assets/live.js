// The page of a sweep that goes on reloads itself, though not under the reader's hands, and shows again
// what was chosen.

const KEPT = "e2lm choices " + location.pathname;

// Frames of other pages (notebooks, build servers) and strict browsers deny it: nothing is kept then.
function storage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function keepChoices() {
  const { metric, axis, filter, theme, hidden } = chosen;
  storage()?.setItem(KEPT, JSON.stringify({ metric, axis, filter, theme, hidden: [...hidden] }));
}

// What was kept and still is there; a page opened anew has kept nothing.
function restoreChoices() {
  const kept = JSON.parse(storage()?.getItem(KEPT) ?? "null");
  storage()?.removeItem(KEPT);
  if (!kept) return;
  const { metric, axis, filter, theme, hidden } = kept;
  Object.assign(chosen, { axis, filter, theme, hidden: new Set(hidden) });
  if (metrics.includes(metric)) chosen.metric = metric;
  document.getElementById("filter").value = filter;
}

function reloadWhileLive() {
  if (!report.live) return;
  const QUIET_SECONDS = 5;
  const opened = performance.now();
  let touched = -Infinity;
  for (const event of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(event, () => { touched = performance.now(); }, { passive: true });
  }
  setInterval(() => {
    const now = performance.now();
    const quiet = document.hidden || now - touched > QUIET_SECONDS * 1000;
    if (!quiet || now - opened < report.live.reload_seconds * 1000) return;
    keepChoices();
    location.reload();
  }, 500);
}
