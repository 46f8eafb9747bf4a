// A page that is rewritten while a sweep runs reloads itself, and keeps what the reader has chosen.

const KEPT = `paretocli ${location.pathname}`;
const AT_EASE = 2000; // milliseconds after the reader's last move
const CHOICES = ["view", "x", "y", "colour"];
let lastMove = 0;

/** A point by what stays the same when more points come. */
function identity(point) {
  return point && [data.series[point.source].name, point.number];
}

function pointOf(known) {
  if (!known) return null;
  const [name, number] = known;
  return (
    points.find((one) => data.series[one.source].name === name && one.number === number) ?? null
  );
}

/** What differs from how the page opens: the rest may open otherwise the next time. */
function choices() {
  const chosen = CHOICES.filter((name) => state[name] !== data[name]);
  return {
    ...Object.fromEntries(chosen.map((name) => [name, state[name]])),
    axes: state.axes,
    predicted: state.predicted,
    dominated: state.dominated,
    hidden: [...state.hidden].map((source) => data.series[source].name),
    ranges: [...state.ranges],
    chosen: identity(state.chosen),
    pair: identity(state.pair),
    place: state.place,
    zoom: zoom(),
    focus: document.activeElement?.id,
  };
}

/** Take up what was chosen before the page reloaded itself, as far as it is still there. */
function takeUp() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept === null) return null;
  const found = JSON.parse(kept);
  for (const name of ["x", "y", "colour"]) {
    if (name in found && (found[name] === null || columns.has(found[name]))) {
      state[name] = found[name];
    }
  }
  if (found.view === "scatter" || data.parallel.length) state.view = found.view ?? state.view;
  if (found.axes < data.parallel.length) state.axes = found.axes;
  state.predicted = found.predicted;
  state.dominated = found.dominated;
  data.series.forEach(({ name }, source) => {
    if (found.hidden.includes(name)) state.hidden.add(source);
  });
  state.ranges = new Map(found.ranges.filter(([name]) => columns.has(name)));
  state.chosen = pointOf(found.chosen);
  state.pair = pointOf(found.pair);
  const isHere = [state.x, state.y].every((name, i) => name === (found[CHOICES[i + 1]] ?? name));
  state.place = isHere && canWish() ? found.place : null;
  if (!isHere) found.zoom = [];
  return found;
}

/** Where the axes of the scatter end, if the reader has zoomed: as plotly has them. */
function zoom() {
  const axes = byId("scatter").layout ?? {};
  return ["xaxis", "yaxis"]
    .filter((name) => axes[name] && !axes[name].autorange)
    .map((name) => ({ name, type: axes[name].type, range: axes[name].range }));
}

/** Zoom to where the reader was, unless more points have changed what the axes are like. */
function zoomTo(kept) {
  const host = byId("scatter");
  const alike = kept.filter(({ name, type }) => host.layout?.[name].type === type);
  if (alike.length) {
    Plotly.relayout(
      host,
      Object.fromEntries(alike.map(({ name, range }) => [`${name}.range`, range])),
    );
  }
}

/** Reload when the reader is at ease, and keep the choices. */
function reloadLater(milliseconds) {
  setTimeout(() => {
    const rest = lastMove + AT_EASE - Date.now();
    if (lastMove && rest > 0) reloadLater(rest);
    else location.reload();
  }, milliseconds);
}

function follow() {
  if (!data.reload) return;
  const moved = () => (lastMove = Date.now());
  for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
    document.addEventListener(kind, moved, { passive: true, capture: true });
  }
  addEventListener("pagehide", () => sessionStorage.setItem(KEPT, JSON.stringify(choices())));
  reloadLater(1000 * data.reload);
}
