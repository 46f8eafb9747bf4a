// Two columns as a scatter, drawn by plotly.

function drawScatter() {
  const host = byId("scatter");
  const first = !host.classList.contains("js-plotly-plot");
  const predicted = data.series.flatMap((_, source) => [predictedBand(source), predictedLine(source)]);
  const drawn = predicted.filter((trace) => trace.x.length);
  const traces = data.series.flatMap((_, source) => [
    marks(source, false),
    steps(source),
    marks(source, true),
  ]);
  Plotly.react(host, [...drawn, ...traces, ...rings()], layout(), {
    displaylogo: false,
    plotlyServerURL: "",
    // No other buttons: plotly's own choice has one that sends the data to a server.
    modeBarButtons: [
      ["zoom2d", "pan2d"],
      ["zoomIn2d", "zoomOut2d", "resetScale2d"],
    ],
  });
  if (!first) return;
  host.on("plotly_hover", ({ points: [mark], event }) =>
    showTooltip(points[mark.customdata], event),
  );
  host.on("plotly_unhover", hideTooltip);
  host.on("plotly_click", ({ points: [mark], event }) =>
    chooseOrPair(points[mark.customdata], event.shiftKey),
  );
  catchPlaces(host);
}

/** The points that the scatter shows: those within the ranges that have both figures. */
function scattered(source) {
  return points.filter(
    (point) =>
      (source === undefined || point.source === source) &&
      isShown(point) &&
      isInRanges(point) &&
      cell(point, state.x) !== null &&
      cell(point, state.y) !== null,
  );
}

function places(chosen) {
  return {
    x: chosen.map((point) => cell(point, state.x)),
    y: chosen.map((point) => cell(point, state.y)),
    type: "scatter",
  };
}

/** A sweep's points of the front, or its others: these smaller and pale. */
function marks(source, onFront) {
  const { marker, hollow } = data.series[source].style;
  const chosen = scattered(source).filter((point) => Boolean(point.onFront) === onFront);
  const crowd = chosen.length > 200;
  const open = hollow && onFront;
  return {
    ...places(chosen),
    mode: "markers",
    customdata: chosen.map((point) => point.index),
    hoverinfo: "none",
    marker: {
      symbol: open ? `${marker}-open` : marker,
      size: (onFront ? 11 : 8) - (crowd ? 3 : 0),
      opacity: chosen.map((point) => opacityOf(point, onFront, crowd)),
      color: chosen.map(colourOf),
      line: open ? { width: crowd ? 1.2 : 2 } : { width: onFront ? 1 : 0, color: theme("--paper") },
    },
  };
}

function opacityOf(point, onFront, crowd) {
  if (isOutside(point)) return 0.25;
  return onFront ? 1 : crowd ? 0.35 : 0.5;
}

/** Whether the axes are two columns of which it is known which values are better. */
function haveSteps() {
  const [x, y] = [columns.get(state.x), columns.get(state.y)];
  return x.higher !== null && y.higher !== null && x !== y;
}

/**
 * The border of what a sweep attains in the two columns, if there is one.
 *
 * Between two neighbours the corner lies on their worse side: nothing was found on the better one.
 */
function steps(source) {
  const { dashes } = data.series[source].style;
  const [x, y] = [columns.get(state.x), columns.get(state.y)];
  const front = nonDominated(
    haveSteps() ? scattered(source) : [],
    (point) => cell(point, x.name),
    (point) => cell(point, y.name),
    x,
    y,
  );
  return {
    ...places(front),
    mode: "lines",
    hoverinfo: "skip",
    line: {
      shape: "hv",
      width: 1.5,
      color: inkOfLine(source),
      dash: dashes.length ? dashes.map((length) => `${1.5 * length}px`).join(",") : "solid",
    },
  };
}

/** A line of a sweep has its colour, unless colours say something else. */
function inkOfLine(source) {
  return state.colour === null ? colourOfSweep(source) : theme("--faint");
}

/** Those that no other one beats in two columns, by the first; of equal ones, the first. */
function nonDominated(list, xOf, yOf, x, y) {
  const costs = list.map((one) => ({
    one,
    x: xOf(one) * (x.higher ? -1 : 1),
    y: yOf(one) * (y.higher ? -1 : 1),
  }));
  costs.sort((one, other) => one.x - other.x || one.y - other.y);
  const front = [];
  for (const cost of costs) {
    if (cost.y < (front.at(-1)?.y ?? Infinity)) front.push(cost);
  }
  return front.map((cost) => cost.one);
}

/** Rings around the chosen point and the other one of a pair, and a cross at a chosen place. */
function rings() {
  const chosen = scattered().filter((point) => point === state.chosen || point === state.pair);
  const look = { size: 22, color: theme("--ink"), line: { width: 2.5 } };
  const cross = { symbol: "cross-thin-open", size: 16, color: theme("--ink"), line: { width: 2.5 } };
  const still = { mode: "markers", hoverinfo: "skip" };
  const place = state.place ? [state.place] : [];
  return [
    { ...places(chosen), ...still, marker: { symbol: "circle-open", ...look } },
    ...(place.length ? [{ ...coordinates(place), ...still, marker: cross }] : []),
  ];
}

function layout() {
  const { clientWidth, clientHeight } = byId("scatter");
  return {
    width: Math.max(clientWidth, 200),
    height: Math.max(clientHeight, 200),
    uirevision: JSON.stringify([state.x, state.y]), // other axes, another zoom
    margin: { l: 64, r: 12, t: 34, b: 56 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 13, color: theme("--ink") },
    modebar: { bgcolor: "transparent", color: theme("--faint"), activecolor: theme("--ink") },
    showlegend: false,
    hovermode: "closest",
    // On a touch screen a drag scrolls the page.
    dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
    xaxis: axis(columns.get(state.x), (clientWidth - 90) / 7.5),
    yaxis: axis(columns.get(state.y), (clientHeight - 90) / 7.5),
  };
}

function axis(column, letters) {
  // The label of the y axis stands upright, turned by 90° to the left, and its arrow with it.
  const arrow = { true: " (better\u00a0→)", false: " (better\u00a0←)" }[column.higher] ?? "";
  const words = `${column.label}${column.log ? ", log scale" : ""}${arrow}`;
  return {
    type: column.log ? "log" : "linear",
    title: {
      text: wrapped(words, letters).map(plain).join("<br>"),
      standoff: 10,
      font: { size: 14 },
    },
    automargin: true,
    exponentformat: "SI",
    // Else ticks between two powers of ten say their first digit alone.
    tickformat: column.log ? (column.low < 1 ? "~g" : "~s") : "",
    gridcolor: theme("--grid"),
    linecolor: theme("--faint"),
    zeroline: false,
  };
}
