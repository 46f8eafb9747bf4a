// The front as it is predicted between the points of each sweep, with how far off that may be.

/** Which errors of a sweep's predictions tell of both axes: recorded ones, or else left-out ones. */
function errorsOf(predicted) {
  for (const kind of ["recorded", "left_out"]) {
    const [x, y] = [state.x, state.y].map((name) => predicted[kind][name]);
    if (x && y) return { kind, x, y };
  }
  return null;
}

/** The places of a sweep's predicted front in the two columns, as lines. */
function predictedLines(source) {
  const { predicted } = data.series[source];
  if (!predicted || state.hidden.has(source) || state.x === state.y) return [];
  const [xs, ys] = [state.x, state.y].map((name) => predicted.cells[name]);
  if (!xs || !ys) return [];
  const places = xs.map((x, index) => {
    return { x, y: ys[index], corners: predicted.corners[Math.floor(index / predicted.places)] };
  });
  return predicted.curve ? chained(places, predicted.places) : lowerEdge(places);
}

/** Lines through all places of each piece; one goes on where the next begins. */
function chained(places, count) {
  const lines = [];
  for (let start = 0; start < places.length; start += count) {
    const piece = places.slice(start, start + count);
    const before = lines.at(-1)?.at(-1);
    if (before?.corners[1] !== piece[0].corners[0]) lines.push([]);
    for (const place of piece) {
      if (place.x !== null) lines.at(-1).push(place);
      else if (lines.at(-1).length) lines.push([]); // nothing lands here
    }
  }
  return lines.filter((line) => line.length > 1);
}

/**
 * Of places that fill simplices, those that no other one beats in the two columns.
 *
 * A line goes on as long as the simplices of its places touch.
 */
function lowerEdge(places) {
  if (!haveSteps()) return [];
  const [x, y] = [columns.get(state.x), columns.get(state.y)];
  const lines = [];
  const known = places.filter((place) => place.x !== null);
  for (const place of nonDominated(known, (one) => one.x, (one) => one.y, x, y)) {
    const before = lines.at(-1)?.at(-1);
    const touch = before?.corners.some((corner) => place.corners.includes(corner));
    if (touch) lines.at(-1).push(place);
    else lines.push([place]);
  }
  return lines.filter((line) => line.length > 1);
}

/** The line of a sweep's predicted front. */
function predictedLine(source) {
  const lines = state.predicted ? predictedLines(source) : [];
  const open = lines.flatMap((line) => [...line, { x: null, y: null }]);
  return {
    ...coordinates(open),
    mode: "lines",
    hoverinfo: "skip",
    line: { width: 2, dash: "dot", color: inkOfLine(source) },
  };
}

/** The band around it: in each column as far as four of five points land from their prediction. */
function predictedBand(source) {
  const { predicted } = data.series[source];
  const errors = state.predicted && predicted ? errorsOf(predicted) : null;
  const lines = errors ? predictedLines(source) : [];
  const outlines = lines.flatMap(monotone).flatMap((line) => [...outline(line, errors), null]);
  return {
    ...coordinates(outlines.map((corner) => corner ?? { x: null, y: null })),
    mode: "lines",
    fill: "toself",
    fillcolor: theme("--band"),
    hoverinfo: "skip",
    line: { width: 0 },
  };
}

/** Cut a line where it turns from rising to falling. */
function monotone(line) {
  const parts = [];
  let way = 0;
  for (let i = 1; i < line.length; i++) {
    const turn = Math.sign((line[i].x - line[i - 1].x) * (line[i].y - line[i - 1].y));
    if (!parts.length || (turn && way && turn !== way)) parts.push([line[i - 1]]);
    if (turn) way = turn;
    parts.at(-1).push(line[i]);
  }
  return parts;
}

/** What rectangles cover that are moved along a line that only rises, or only falls. */
function outline(line, errors) {
  const forth = line.at(-1).x >= line[0].x ? line : [...line].reverse();
  const [first, last] = [forth[0], forth.at(-1)];
  const side = last.y <= first.y ? 1 : -1;
  const at = (place, dx, dy) => ({
    x: shifted(columns.get(state.x), place.x, dx, errors.x),
    y: shifted(columns.get(state.y), place.y, dy, errors.y),
  });
  return [
    at(first, -1, side),
    ...forth.map((place) => at(place, 1, side)),
    at(last, 1, -side),
    ...[...forth].reverse().map((place) => at(place, -1, -side)),
  ];
}

/** A value one error higher or lower, but not far beyond what the points have. */
function shifted(column, value, way, error) {
  const moved = error.factor ? value * error.size ** way : value + way * error.size;
  const room = column.log ? (column.high / column.low) ** 0.08 : 0.08 * (column.high - column.low);
  return column.log
    ? within(moved, column.low / room, column.high * room)
    : within(moved, column.low - room, column.high + room);
}

function coordinates(list) {
  return { x: list.map(({ x }) => x), y: list.map(({ y }) => y), type: "scatter" };
}

/** Say what the line and the band are, where there are any. */
function drawPredictedWords() {
  const there = data.series.some((series) => series.predicted);
  byId("predicted-label").hidden = !there || state.view !== "scatter";
  const said = new Map(); // names of sweeps by what is said of their bands
  data.series.forEach((series, source) => {
    if (!predictedLines(source).length) return;
    const words = bandWords(series.predicted);
    said.set(words, [...(said.get(words) ?? []), series.name]);
  });
  const sentences = [...said].map(([words, names]) =>
    data.series.length > 1 ? `${names.join("; ")}: ${words}` : words,
  );
  byId("predicted-words").textContent = sentences.join("; ") || "not in these columns";
  const drawn = data.series.some((series) => series.predicted && errorsOf(series.predicted));
  byId("predicted-band").style.display = drawn ? "" : "none";
}

function bandWords(predicted) {
  const errors = errorsOf(predicted);
  if (errors === null) return "too few points tell how far off it may be";
  const count = Math.min(errors.x.points, errors.y.points);
  const known =
    errors.kind === "recorded"
      ? `by ${count} predictions written down before the points were solved`
      : `by ${count} points predicted from the others`;
  return `in each column 4 of 5 points land within the band, ${known}`;
}
