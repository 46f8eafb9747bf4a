// The words around the view, and the page as a whole.

function drawRamp() {
  byId("ramp").hidden = state.colour === null;
  if (state.colour === null) return;
  const column = columns.get(state.colour);
  byId("ramp-low").textContent = format(column.low);
  byId("ramp-high").textContent = format(column.high);
  byId("ramp-name").textContent = `${column.label}${column.log ? ", log scale" : ""}`;
  byId("ramp-bar").style.background = `linear-gradient(to right, ${ramp().join(", ")})`;
}

function drawStatus() {
  const shown = points.filter(isShown);
  const kept = shown.filter(isInRanges);
  const drawn = state.view === "scatter" ? scattered() : kept;
  const said = [`${drawn.length} of ${points.length} points shown.`];
  if (state.ranges.size) {
    const names = [...state.ranges.keys()].map((name) => columns.get(name).label);
    said.push(`${shown.length - kept.length} left out by ranges of: ${names.join("; ")}.`);
  }
  const empty = kept.length - drawn.length;
  if (empty) said.push(`${empty} ${empty === 1 ? "has" : "have"} no figure for one of the axes.`);
  byId("count").textContent = said.join(" ");
  byId("clear").hidden = state.ranges.size === 0;
  byId("wish").hidden = !canWish();
}

function drawNotes() {
  const said = data.series
    .filter((series) => series.failed)
    .map((series) => `${series.name}: ${series.failed} unfinished or failed left out.`);
  for (const { name, not_judged: points } of data.series) {
    if (points.length) said.push(`${name}: ${points.length} not judged, for want of finite ${data.dominance}.`);
  }
  for (const { name, landed } of data.series) {
    if (landed) said.push(data.series.length > 1 ? `${name}: ${landed}` : landed);
  }
  if (state.view === "parallel") {
    const best = byId("parallel").querySelector(".upright") ? "at the top" : "on the right";
    const unknown = parallelAxes().filter(({ column }) => column.higher === null);
    said.push(`The best value of each axis is ${best}.`);
    if (unknown.length) {
      const names = unknown.map(({ label }) => label).join(", ");
      said.push(`Of ${names} it is the largest: nobody said whether that is better.`);
    }
    said.push("Drag over an axis to keep a range of it, and click on it to keep all.");
  } else if (haveSteps()) {
    said.push("Steps bound what each sweep attains in the two columns.");
  }
  said.push("Click on a point for all its figures.");
  if (data.reload) said.push("The page reloads itself while the sweep runs.");
  if (canWish()) said.push("Click on an empty place for the command that asks for a point there.");
  byId("notes").textContent = said.join(" ");
}

/** Draw everything from the data and the state. */
function refresh() {
  const parallel = state.view === "parallel";
  for (const part of document.querySelectorAll("label.scatter")) part.hidden = parallel;
  for (const part of document.querySelectorAll("label.parallel")) part.hidden = !parallel;
  byId("scatter").hidden = parallel;
  byId("parallel").hidden = !parallel;
  drawRamp();
  drawPredictedWords();
  offerPoints();
  drawStatus();
  drawView();
}

function drawView() {
  if (state.view === "parallel") drawParallel();
  else drawScatter();
  drawNotes();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (state.chosen !== null || state.place !== null)) choose(null);
});
darkness.addEventListener("change", refresh);
const kept = takeUp();
buildControls();
buildLegend();
drawDetails();
refresh();
zoomTo(kept?.zoom ?? []);
document.getElementById(kept?.focus)?.focus({ preventScroll: true });
follow();
// The window and the details beside it change the width of the view.
let width = byId("view").clientWidth;
new ResizeObserver(([{ target }]) => {
  if (target.clientWidth !== width) drawView();
  width = target.clientWidth;
}).observe(byId("view"));
