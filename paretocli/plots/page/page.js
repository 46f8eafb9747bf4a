// The controls, and the page as a whole.

const GROUPS = [
  ["test", "Test"],
  ["val", "Validation"],
  ["train", "Training"],
  ["weights", "Weights"],
  ["point", "The point"],
];

function option(value, text) {
  return element("option", { value }, text);
}

/** Fill a menu with all columns, those of a kind together. */
function offerColumns(menu) {
  for (const [group, words] of GROUPS) {
    const theirs = data.columns.filter((column) => column.group === group);
    const options = theirs.map((column) => option(column.name, column.label));
    if (options.length) menu.append(element("optgroup", { label: words }, ...options));
  }
}

/** Let a control change one thing, and show what it is now. */
function bind(id, name, parse = (text) => text) {
  const control = byId(id);
  control.value = state[name] ?? "";
  control.addEventListener("change", () => {
    state[name] = parse(control.value);
    refresh();
  });
}

function buildControls() {
  for (const radio of document.querySelectorAll("[name=view]")) {
    radio.checked = radio.value === state.view;
    radio.addEventListener("change", () => {
      state.view = radio.value;
      refresh();
    });
  }
  byId("views").hidden = data.parallel.length === 0;
  for (const id of ["x", "y", "colour"]) offerColumns(byId(id));
  byId("colour").prepend(option("", data.series.length > 1 ? "By sweep" : "One colour"));
  byId("axes").append(...data.parallel.map((set, index) => option(index, set.name)));
  bind("x", "x");
  bind("y", "y");
  bind("colour", "colour", (name) => name || null);
  bind("axes", "axes", Number);
  byId("point").addEventListener("change", ({ target }) =>
    choose(target.value === "" ? null : points[Number(target.value)]),
  );
  const dominated = points.filter((point) => !point.onFront).length;
  byId("dominated-label").append(` (${dominated}, ${data.dominance})`);
  byId("dominated").addEventListener("change", ({ target }) => {
    state.dominated = target.checked;
    refresh();
  });
  byId("clear").addEventListener("click", () => {
    state.ranges.clear();
    refresh();
  });
}

/** The sweeps by line, marker and name; where there are several, each can be switched off. */
function drawLegend() {
  const entries = data.series.map((series, source) => {
    const front = series.on_front.filter(Boolean).length;
    const words = `${series.name}: ${front} of ${series.points.length} on the front`;
    if (data.series.length === 1) return element("span", {}, swatch(source), ` ${words}`);
    const box = element("input", { type: "checkbox" });
    box.checked = !state.hidden.has(source);
    box.addEventListener("change", () => {
      if (box.checked) state.hidden.delete(source);
      else state.hidden.add(source);
      refresh();
    });
    return element("label", {}, box, swatch(source), ` ${words}`);
  });
  byId("sweeps").replaceChildren(...entries);
}

function drawRamp() {
  byId("ramp").hidden = state.colour === null;
  if (state.colour === null) return;
  const column = columns.get(state.colour);
  byId("ramp-low").textContent = format(column.low);
  byId("ramp-high").textContent = format(column.high);
  byId("ramp-name").textContent = `${column.label}${column.log ? ", log scale" : ""}`;
  byId("ramp-bar").style.background = `linear-gradient(to right, ${ramp().join(", ")})`;
}

/** The menu of points, which reaches them without a mouse. */
function offerPoints() {
  const listed = points.filter(
    (point) => point === state.chosen || (isShown(point) && isInRanges(point)),
  );
  const groups = data.series.map((series, source) => {
    const options = listed
      .filter((one) => one.source === source)
      .map((one) => option(one.index, String(one.number)));
    return element("optgroup", { label: series.name }, ...options);
  });
  byId("point").replaceChildren(option("", "none"), ...groups);
  byId("point").value = state.chosen ? String(state.chosen.index) : "";
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
}

function drawNotes() {
  const said = data.series
    .filter((series) => series.failed)
    .map((series) => `${series.name}: ${series.failed} unfinished or failed left out.`);
  if (state.view === "parallel") {
    said.push("The best value is at the top of each axis, or at its right where it lies.");
    said.push("Drag over an axis to keep a range of it, and click on it to keep all.");
  } else {
    said.push("Steps bound what each sweep attains in the two columns.");
  }
  said.push("Click on a point for all its figures.");
  byId("notes").textContent = said.join(" ");
}

/** Draw everything from the data and the state. */
function refresh() {
  const parallel = state.view === "parallel";
  for (const part of document.querySelectorAll("label.scatter")) part.hidden = parallel;
  for (const part of document.querySelectorAll("label.parallel")) part.hidden = !parallel;
  byId("scatter").hidden = parallel;
  byId("parallel").hidden = !parallel;
  drawLegend();
  drawRamp();
  offerPoints();
  drawDetails();
  drawStatus();
  drawNotes();
  drawView();
}

function drawView() {
  if (state.view === "parallel") drawParallel();
  else drawScatter();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.chosen !== null) choose(null);
});
darkness.addEventListener("change", refresh);
buildControls();
refresh();
// The window and the details beside it change the width of the view.
let width = byId("view").clientWidth;
new ResizeObserver(([{ target }]) => {
  if (target.clientWidth !== width) drawView();
  width = target.clientWidth;
}).observe(byId("view"));
