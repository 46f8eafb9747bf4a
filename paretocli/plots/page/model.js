// The page's data, what the reader has chosen, and what follows from both.

const data = JSON.parse(document.getElementById("data").textContent);
const columns = new Map(data.columns.map((column) => [column.name, column]));
// Whether a point is on its sweep's front is null where a figure that decides is missing.
const points = data.series.flatMap((series, source) =>
  series.points.map((number, row) => ({ source, row, number, onFront: series.on_front[row] })),
);
points.forEach((point, index) => (point.index = index));

const state = {
  view: data.view,
  x: data.x,
  y: data.y,
  colour: data.colour, // the name of a column, or null: each sweep has its own
  axes: 0, // which set of parallel axes
  predicted: true, // whether the predicted front is shown
  dominated: true, // whether dominated points are shown
  hidden: new Set(), // numbers of sweeps
  ranges: new Map(), // by column, the two ends of what is kept, as heights on its axis
  chosen: null, // a point
  pair: null, // another one of its sweep
  place: null, // where a point is wished for: x and y in the columns of the axes
};

function cell(point, column) {
  return data.series[point.source].cells[column]?.[point.row] ?? null;
}

/** Whether a point is known to lie outside of its sweep's region of interest. */
function isOutside(point) {
  return data.series[point.source].inside?.[point.row] === false;
}

/** Whether a point belongs to what is shown; its figures may still lie outside of the ranges. */
function isShown(point) {
  return !state.hidden.has(point.source) && (state.dominated || point.onFront !== false);
}

function isInRanges(point) {
  return [...state.ranges].every(([name, [low, high]]) => {
    const value = cell(point, name);
    if (value === null) return false;
    const height = heightOf(columns.get(name), value);
    // A little more than the ends: the point at an end is meant to be kept.
    return low - 1e-9 <= height && height <= high + 1e-9;
  });
}

/** Where a value lies on an axis: from 0 at its worst end to 1 at its best. */
function heightOf(column, value) {
  const share = shareOf(column, value);
  return column.higher === false ? 1 - share : share;
}

/** The value at a height of an axis. */
function valueAt(column, height) {
  const share = column.higher === false ? 1 - height : height;
  if (!column.log) return column.low + share * (column.high - column.low);
  return column.low * (column.high / column.low) ** share;
}

/** Where a value lies between the smallest, 0, and the largest, 1; half-way if all are equal. */
function shareOf(column, value) {
  if (column.low === column.high) return 0.5;
  return column.log
    ? Math.log(value / column.low) / Math.log(column.high / column.low)
    : (value - column.low) / (column.high - column.low);
}

// Cividis: Nuñez, Anderton, Renslow, PLOS ONE 2018; without the end that is lost on the page.
const RAMPS = {
  light: ["#00224e", "#233e6c", "#575d6d", "#7d7c78", "#a59c74", "#bfae5c"],
  dark: ["#49598c", "#6d7aa0", "#8d93a0", "#b3ab8c", "#d8c560", "#fee838"],
};
const darkness = window.matchMedia("(prefers-color-scheme: dark)");

function ramp() {
  return RAMPS[darkness.matches ? "dark" : "light"];
}

/** The value of a custom property of the style sheet, which knows light and dark. */
function theme(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colourOfSweep(source) {
  const { colour } = data.series[source].style;
  return colour === "#000000" ? theme("--ink") : colour; // black is lost on a dark page
}

function colourOf(point) {
  if (state.colour === null) return colourOfSweep(point.source);
  const value = cell(point, state.colour);
  if (value === null) return theme("--faint");
  const stops = ramp();
  const place = shareOf(columns.get(state.colour), value) * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  return mixed(stops[first], stops[first + 1], place - first);
}

function mixed(one, other, share) {
  const parts = [1, 3, 5].map((start) => {
    const [a, b] = [one, other].map((colour) => parseInt(colour.slice(start, start + 2), 16));
    return Math.round(a + share * (b - a));
  });
  return `rgb(${parts.join(", ")})`;
}
