// Commands that add points to a sweep: around one, between two, or at a place of the scatter.

/** A word of a command as a POSIX shell reads it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** Around the chosen point, and between it and another one of its sweep. */
function moreBox(point) {
  const { refine, points: numbers } = data.series[point.source];
  if (!refine) return "";
  const count = numbers.length === 2 ? " --points 1" : "";
  const menu = element("select", { id: "pair" }, option("", "another point"));
  const others = points.filter((one) => one.source === point.source && one !== point);
  menu.append(...others.map((one) => option(one.index, String(one.number))));
  menu.value = state.pair ? String(state.pair.index) : "";
  menu.addEventListener("change", () => pair(menu.value === "" ? null : points[menu.value]));
  const choice = element("label", {}, "Between it and ", menu);
  const between = state.pair ? `${refine} --between ${point.number},${state.pair.number}` : null;
  return element(
    "section",
    { class: "more" },
    commandBox("For more points around it:", `${refine} --around ${point.number}${count}`),
    between === null
      ? element("p", {}, choice, " (or shift-click on it)")
      : commandBox(choice, between),
  );
}

/** Choose the other point of a pair, of the same sweep as the first. */
function pair(point) {
  state.pair = point;
  hideTooltip();
  drawDetails();
  refresh();
  byId("pair")?.focus();
}

/** A click on a point with the shift key makes a pair of it and the chosen one, if they can be. */
function chooseOrPair(point, isShift) {
  const first = state.chosen;
  const isPair = isShift && first && first !== point && first.source === point.source;
  if (isPair && data.series[point.source].refine) pair(point);
  else choose(point);
}

/** The sweeps that a wish in the columns of the axes can be asked of. */
function wishable() {
  const axes = [columns.get(state.x), columns.get(state.y)];
  // A condition ends a column's name where it finds a space or a sign.
  if (axes.some(({ name, higher }) => higher === null || /[\s<>=]/.test(name))) return [];
  return data.series.flatMap((series, source) => {
    const known = axes.every(({ name }) => series.cells[name]?.some((value) => value !== null));
    return series.refine && known && !state.hidden.has(source) ? [source] : [];
  });
}

function canWish() {
  return state.view === "scatter" && wishable().length > 0;
}

/** Ask for a point at a place: what it should be at least as good as, in both columns. */
function wish(place) {
  state.chosen = state.pair = null;
  state.place = place;
  drawDetails();
  refresh();
  if (narrowness.matches) byId("details").scrollIntoView();
}

/** A number as the command has it: as many digits as a place on the screen tells. */
function written(column, value) {
  if (Number.isInteger(column.low) && Number.isInteger(column.high) && Math.abs(value) >= 1) {
    return String(Number(Math.round(value).toPrecision(3)));
  }
  return String(Number(value.toPrecision(3)));
}

/** The column that a wish is about: points are chosen by validation, whatever the axes show. */
function chosenBy(column) {
  const stem = column.name.slice(0, -(column.split?.length ?? 0));
  return (column.split === "test" && columns.get(`${stem}val`)) || column;
}

/** Whether a column is offered for one split because it is the same on all. */
function isSameOnAll({ name, split }) {
  const twin = columns.get(`${name.slice(0, -split.length)}val`);
  return twin !== undefined && twin.group === null;
}

function wishPanel() {
  const sources = wishable();
  const { x, y } = state.place;
  const fields = [
    [chosenBy(columns.get(state.x)), x],
    [chosenBy(columns.get(state.y)), y],
  ].filter(([column], index, all) => index === 0 || column !== all[0][0]);
  const host = element("div");
  const menu = element("select", {});
  menu.append(...sources.map((source) => option(source, data.series[source].name)));
  const rows = fields.map(([column, value]) => {
    const input = element("input", { type: "number", step: "any" });
    input.value = written(column, value);
    const words = `${column.label} ${column.higher ? "at least" : "at most"} `;
    return { column, input, label: element("label", {}, words, input) };
  });
  const update = () => {
    rows.forEach(({ input }, index) => {
      if (input.value !== "") state.place[index ? "y" : "x"] = Number(input.value);
    });
    const wanted = rows.map(({ column, input }) =>
      quoted(`${column.name} ${column.higher ? ">=" : "<="} ${input.value}`),
    );
    const complete = rows.every(({ input }) => input.value !== "");
    const command = [data.series[menu.value].refine, ...wanted.map((one) => `--want ${one}`)];
    host.replaceChildren(
      complete
        ? commandBox("To ask for such a point:", command.join(" "))
        : element("p", {}, "Give both numbers."),
    );
  };
  for (const control of [menu, ...rows.map(({ input }) => input)]) {
    control.addEventListener("input", update);
  }
  update();
  return [
    ...(sources.length > 1 ? [element("label", {}, "Of the sweep ", menu)] : []),
    ...rows.map(({ label }) => label),
    host,
    fields.some(([column]) => column.split === "test" && !isSameOnAll(column))
      ? element("p", {}, "This chooses by test figures; choose axes of validation to keep those apart.")
      : "",
  ];
}

/** Catch clicks on places of the scatter where no point is. */
function catchPlaces(host) {
  let over = false;
  let start = null;
  host.on("plotly_hover", () => (over = true));
  host.on("plotly_unhover", () => (over = false));
  host.addEventListener("pointerdown", (event) => (start = [event.clientX, event.clientY]), true);
  document.addEventListener("pointerup", (event) => {
    const from = start;
    start = null;
    if (from === null || over || event.button !== 0 || !canWish()) return;
    if (Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4) return;
    const box = host.querySelector(".nsewdrag").getBoundingClientRect();
    const shares = [
      (event.clientX - box.left) / box.width,
      (box.bottom - event.clientY) / box.height,
    ];
    if (shares.some((share) => share < 0 || share > 1)) return;
    const { xaxis, yaxis } = host._fullLayout;
    const [x, y] = [xaxis, yaxis].map(({ range, type }, index) => {
      const value = range[0] + shares[index] * (range[1] - range[0]);
      return type === "log" ? 10 ** value : value;
    });
    wish({ x, y });
  });
}

/** The middle of the axes, from which a place is chosen without a pointer. */
function middlePlace() {
  const [x, y] = [state.x, state.y].map((name) => valueAt(columns.get(name), 0.5));
  return { x, y };
}
