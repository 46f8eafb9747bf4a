// The controls: what they offer, and what they change.

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
    if ((name === "x" || name === "y") && state.place) choose(null); // it was in other columns
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
  byId("colour").prepend(
    option("", data.series.length > 1 ? "By sweep" : "One colour"),
    option(data.rank, columns.get(data.rank).label),
  );
  byId("axes").append(...data.parallel.map((set, index) => option(index, set.name)));
  bind("x", "x");
  bind("y", "y");
  bind("colour", "colour", (name) => name || null);
  bind("axes", "axes", Number);
  byId("point").addEventListener("change", ({ target }) =>
    choose(target.value === "" ? null : points[Number(target.value)]),
  );
  byId("wish").addEventListener("click", () => wish(middlePlace()));
  byId("clear").addEventListener("click", () => {
    state.ranges.clear();
    refresh();
  });
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

/** The sweeps by line, marker and name; where there are several, each can be switched off. */
function buildLegend() {
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
  byId("sweeps").append(...entries);
  const dominated = points.filter((point) => point.onFront === false).length;
  byId("dominated-label").append(` (${dominated} by ${data.dominance})`);
  const outside = points.filter(isOutside).length;
  byId("outside").hidden = outside === 0;
  byId("outside-words").textContent = `Pale: a task has learned nothing, outside of the region of interest (${outside})`;
  byId("predicted").checked = state.predicted;
  byId("predicted").addEventListener("change", ({ target }) => {
    state.predicted = target.checked;
    refresh();
  });
  byId("dominated").checked = state.dominated; // some browsers keep it over a reload
  byId("dominated").addEventListener("change", ({ target }) => {
    state.dominated = target.checked;
    refresh();
  });
}
