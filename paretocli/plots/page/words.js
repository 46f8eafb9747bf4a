// Numbers, labels and elements. Whatever comes from a file becomes text, never markup.

function byId(id) {
  return document.getElementById(id);
}

/** Make an element; children are elements or text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function format(value) {
  if (value === null) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e12) {
    return Math.abs(value) < 1e4 ? String(value) : value.toLocaleString("en");
  }
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return size >= 1e3 ? value.toFixed(0) : value.toPrecision(4);
}

function nameOf(point) {
  const { name } = data.series[point.source];
  return data.series.length > 1 ? `${name}, point ${point.number}` : `Point ${point.number}`;
}

/**
 * Break a text into lines of at most so many letters (8 at least), longer words included.
 *
 * A no-break space keeps its neighbours together, although it counts as \s.
 */
function wrapped(text, room) {
  const letters = Math.max(8, Math.floor(room));
  const lines = [""];
  for (const word of text.split(/[^\S\u00a0]+/)) {
    for (let rest = word; rest; rest = rest.slice(letters)) {
      const piece = rest.slice(0, letters);
      const longer = `${lines.at(-1)} ${piece}`.trim();
      if (longer.length <= letters) lines[lines.length - 1] = longer;
      else lines.push(piece);
    }
  }
  return lines;
}

/** Plotly reads a little markup in its texts: spell what would be read so. */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// Shapes of markers around the origin, 10 wide.
const SHAPES = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  square: "M-4.5 -4.5h9v9h-9z",
  diamond: "M0 -6l6 6l-6 6l-6 -6z",
  "triangle-up": "M0 -5.5l5.5 10h-11z",
  "triangle-down": "M0 5.5l5.5 -10h-11z",
};

/** A sweep's line and marker, as in the plots. */
function swatch(source) {
  const { marker, dashes, hollow } = data.series[source].style;
  const own = data.series[source].style.colour;
  const colour = own === "#000000" ? "var(--ink)" : own;
  const line = {
    d: "M0 8h36",
    stroke: colour,
    "stroke-width": 2,
    "stroke-dasharray": dashed(dashes),
  };
  const look = { fill: hollow ? "var(--paper)" : colour, stroke: colour, "stroke-width": 1.6 };
  return svgElement(
    "svg",
    { width: 36, height: 16, "aria-hidden": "true" },
    svgElement("path", line),
    svgElement("path", { d: SHAPES[marker], transform: "translate(18 8)", ...look }),
  );
}

/** Lengths of dashes in pixels, for a line two pixels wide. */
function dashed(dashes) {
  return dashes.length ? dashes.map((length) => 2 * length).join(" ") : "none";
}
