// What is said of one point: a few figures where the pointer is, and all of them when it is chosen.

const SPLITS = [
  ["train", "Training"],
  ["val", "Validation"],
  ["test", "Test"],
];

const narrowness = window.matchMedia("(max-width: 860px)");

function showTooltip(point, event) {
  const box = byId("tooltip");
  box.replaceChildren(element("strong", {}, nameOf(point)), tasksTable(point), linesTable(point));
  if (!point.onFront) box.append(element("p", {}, verdictOn(point)));
  box.hidden = false;
  // Beside the pointer, on the side with more room, and within the window.
  const { clientWidth, clientHeight } = document.documentElement;
  const right = event.clientX > clientWidth / 2;
  const left = right ? event.clientX - box.offsetWidth - 14 : event.clientX + 14;
  const top = event.clientY - box.offsetHeight / 2;
  box.style.left = `${within(left, 4, clientWidth - box.offsetWidth - 4)}px`;
  box.style.top = `${within(top, 4, clientHeight - box.offsetHeight - 4)}px`;
}

function hideTooltip() {
  byId("tooltip").hidden = true;
}

function within(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

function verdictOn(point) {
  if (point.onFront === null) return "Not judged: a figure is missing.";
  return `${point.onFront ? "Not dominated" : "Dominated"} in the ${data.dominance}.`;
}

/** Weights, losses and metrics: a row an objective. */
function tasksTable(point) {
  const { heads, rows } = data.tasks;
  if (!rows.length) return "";
  // A column without any number, such as the weights of a sweep of another problem, is left out.
  const used = heads.map((_, j) => rows.some((row) => cell(point, row.columns[j]) !== null));
  const cells = (tag, list) => list.filter((_, j) => used[j]).map((text) => element(tag, {}, text));
  const body = rows.map((row) => {
    const figures = row.columns.map((name) => (name ? format(cell(point, name)) : ""));
    return element("tr", {}, element("th", {}, row.name), ...cells("td", figures));
  });
  const head = element("tr", {}, element("th"), ...cells("th", heads));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

/** Figures of the point as a whole, and those of the axes that are not in the table above. */
function linesTable(point) {
  const above = new Set(data.tasks.rows.flatMap((row) => row.columns));
  const axes = state.view === "scatter" ? [state.x, state.y] : [];
  const names = new Set([...data.whole, ...axes, state.colour]);
  const rows = [...names]
    .filter((name) => name && !above.has(name) && cell(point, name) !== null)
    .map((name) => figureRow(columns.get(name).label, format(cell(point, name))));
  return element("table", {}, element("tbody", {}, ...rows));
}

function figureRow(name, figure) {
  return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, figure));
}

function choose(point) {
  state.chosen = point;
  state.pair = state.place = null;
  hideTooltip();
  drawDetails();
  refresh();
  // On a narrow page the details stand below the view.
  if (point !== null && narrowness.matches) byId("details").scrollIntoView();
}

function drawDetails() {
  const panel = byId("details");
  const point = state.chosen;
  panel.hidden = point === null && state.place === null;
  if (panel.hidden) return panel.replaceChildren();
  const close = element("button", { type: "button", "aria-label": "Close the details" }, "×");
  close.addEventListener("click", () => choose(null));
  const heading = point === null ? "A point here" : nameOf(point);
  const header = element("header", {}, element("h2", {}, heading), close);
  if (point === null) return panel.replaceChildren(header, ...wishPanel());
  panel.replaceChildren(
    header,
    element("p", {}, verdictOn(point)),
    exportBox(data.series[point.source].export[point.row]),
    moreBox(point),
    costsBox(data.series[point.source].costs[point.row]),
    landingBox(data.series[point.source].landings?.[point.row] ?? null),
    ...allFigures(point),
  );
}

/** All columns of a point: a table of those of the splits, and one of the rest. */
function allFigures(point) {
  const rows = new Map();
  for (const column of data.columns.filter((one) => one.split !== null)) {
    if (cell(point, column.name) === null) continue;
    if (!rows.has(column.row)) rows.set(column.row, {});
    rows.get(column.row)[column.split] = format(cell(point, column.name));
  }
  const splits = SPLITS.filter(([split]) => [...rows.values()].some((row) => split in row));
  const heads = splits.map(([, word]) => element("th", { scope: "col" }, word));
  const measured = [...rows].map(([name, row]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...splits.map(([split]) => element("td", {}, row[split] ?? "–")),
    ),
  );
  const whole = data.columns
    .filter((column) => column.split === null && cell(point, column.name) !== null)
    .map((column) => figureRow(column.label, format(cell(point, column.name))));
  const words = data.words
    .filter((name) => cell(point, name) !== null)
    .map((name) => figureRow(name, cell(point, name)));
  const titles = element("tr", {}, element("th", {}, "Figure"), ...heads);
  const split = [element("thead", {}, titles), element("tbody", {}, ...measured)];
  return [
    measured.length ? element("table", { class: "splits" }, ...split) : "",
    element("table", {}, element("tbody", {}, ...whole), element("tbody", {}, ...words)),
  ];
}

/** What a step costs at the point, and what was measured at those beside it. */
function costsBox(costs) {
  if (costs === null) return "";
  const steps = costs.steps.map(([said, measured]) =>
    element("li", {}, said, measured === null ? "" : element("small", {}, measured)),
  );
  return element(
    "section",
    { class: "costs" },
    costs.heading ? element("h3", {}, costs.heading) : "",
    steps.length ? element("ul", {}, ...steps) : "",
    ...costs.notes.map((note) => element("p", {}, note)),
  );
}

/** Where the point was expected to land, and where it did. */
function landingBox(rows) {
  if (rows === null) return "";
  const head = ["Figure", "Expected", "Landed"].map((word) => element("th", { scope: "col" }, word));
  const body = rows.map(([name, expected, landed]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, columns.get(name)?.label ?? name),
      element("td", {}, format(expected)),
      element("td", {}, format(landed)),
    ),
  );
  return element(
    "section",
    { class: "landing" },
    element("h3", {}, "Expected before it was solved:"),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)),
  );
}

function exportBox(command) {
  return command === null ? "" : commandBox("To export its network:", command);
}

/** A command, with a button that copies it. */
function commandBox(words, command, ...more) {
  const code = element("code", { tabindex: "0" }, command);
  const button = element("button", { type: "button" }, "Copy");
  const said = element("span", { role: "status" });
  button.addEventListener("click", async () => {
    said.textContent = (await copied(code)) ? "Copied." : "Selected: press Ctrl+C or ⌘C.";
  });
  return element("div", { class: "command" }, element("p", {}, words), ...more, code, button, said);
}

/** Copy an element's text; where the browser forbids that, select it for the reader to copy. */
async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
