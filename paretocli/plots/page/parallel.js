// Parallel coordinates: a line a point, an axis a column, and on each axis a range to keep.
//
// Drawn as SVG by hand: plotly's own need WebGL, which many machines without a graphics card lack,
// and their lines have no dashes and cannot be chosen.

const ROOM = 58; // pixels that an upright axis needs for its label
let redrawLines = () => {}; // adapts what is drawn to the ranges, without drawing all anew

function drawParallel() {
  const host = byId("parallel");
  const axes = data.parallel[state.axes].axes.map((one) => ({
    ...one,
    column: columns.get(one.column),
  }));
  const frame = frameOf(host.clientWidth, axes);
  const lines = points.filter(isShown).map((point) => lineOf(point, axes, frame));
  const drawn = axes.map((one, index) => axisOf(one, index, frame));
  const over = svgElement("path", { class: "over" });
  const chosen = lines.find((line) => line.point === state.chosen);
  const mark = svgElement("path", { class: "chosen", d: chosen?.d ?? "" });
  for (const line of lines) {
    line.catcher.addEventListener("pointermove", (event) => {
      over.setAttribute("d", line.d);
      showTooltip(line.point, event);
    });
    line.catcher.addEventListener("pointerleave", () => {
      over.setAttribute("d", "");
      hideTooltip();
    });
    line.catcher.addEventListener("click", () => choose(line.point));
  }
  redrawLines = () => {
    for (const line of lines) line.group.classList.toggle("out", !isInRanges(line.point));
    for (const one of drawn) one.update();
  };
  redrawLines();
  host.replaceChildren(
    svgElement(
      "svg",
      { width: frame.width, height: frame.height, class: frame.upright ? "upright" : "lying" },
      svgElement(
        "g",
        { class: lines.length > 200 ? "crowd" : "" },
        ...lines.map((line) => line.group),
      ),
      mark,
      over,
      ...drawn.map((one) => one.group),
    ),
  );
}

/** Where things lie: axes upright beside each other, or lying below each other where it is narrow. */
function frameOf(width, axes) {
  const upright = width >= ROOM * axes.length;
  if (!upright) {
    const [left, right] = [14, width - 14];
    const at = (index, height) => [left + height * (right - left), 40 + 62 * index];
    const heightAt = (x) => (x - left) / (right - left);
    return { upright, width, height: 62 * axes.length + 20, at, heightAt };
  }
  const gap = width / axes.length;
  const letters = Math.floor((gap - 4) / 6.9);
  const labels = axes.map((one) => wrapped(one.label, letters));
  const top = 34 + 16 * Math.max(...labels.map((lines) => lines.length));
  const bottom = top + within(0.55 * window.innerHeight, 280, 560);
  const at = (index, height) => [(index + 0.5) * gap, bottom - height * (bottom - top)];
  const heightAt = (x, y) => (bottom - y) / (bottom - top);
  return { upright, width, height: bottom + 30, at, heightAt, labels };
}

/** A point's line, interrupted where it has no figure, and a wider one that catches the pointer. */
function lineOf(point, axes, frame) {
  let pen = "M";
  let d = "";
  axes.forEach(({ column }, index) => {
    const value = cell(point, column.name);
    if (value !== null) d += `${pen}${frame.at(index, heightOf(column, value)).join(" ")}`;
    pen = value === null ? "M" : "L";
  });
  const { dashes } = data.series[point.source].style;
  const look = { d, stroke: colourOf(point), "stroke-dasharray": dashed(dashes) };
  const catcher = svgElement("path", { d, class: "catcher" });
  const kind = point.onFront ? "line" : "line dominated";
  const group = svgElement("g", { class: kind }, svgElement("path", look), catcher);
  return { point, d, group, catcher };
}

/** An axis: its name, a band to drag a range on, and a handle at either end of the range. */
function axisOf({ column, label }, index, frame) {
  const [[x0, y0], [x1, y1]] = [frame.at(index, 0), frame.at(index, 1)];
  const line = svgElement("path", { class: "axis", d: `M${x0} ${y0}L${x1} ${y1}` });
  const kept = svgElement("path", { class: "kept" });
  const box = frame.upright
    ? { x: x0 - 14, y: y1 - 16, width: 28, height: y0 - y1 + 32 }
    : { x: x0 - 14, y: y0 - 14, width: x1 - x0 + 28, height: 28 };
  const band = svgElement("rect", { class: "band", ...box });
  const handles = [0, 1].map((end) => handleOf(column, label, end));
  const group = svgElement("g", {}, axisLabel(label, index, frame), line, kept, band);
  group.append(...handles.flatMap((handle) => [handle.grip, handle.text]));
  catchDrags(band, column, frame);
  const update = () => {
    const range = rangeOf(column);
    const [from, to] = range.map((height) => frame.at(index, height));
    const whole = range[0] === 0 && range[1] === 1;
    kept.setAttribute("d", whole ? "" : `M${from.join(" ")}L${to.join(" ")}`);
    handles.forEach((handle, end) => handle.update(range[end], frame.at(index, range[end]), frame));
  };
  return { group, update };
}

function axisLabel(label, index, frame) {
  if (!frame.upright) {
    const [x, y] = frame.at(index, 0);
    return svgElement("text", { class: "label", x: x - 8, y: y - 12 }, label);
  }
  const [x, y] = frame.at(index, 1);
  const lines = frame.labels[index].map((text, place, { length }) =>
    svgElement("tspan", { x, y: y - 34 - 16 * (length - 1 - place) }, text),
  );
  return svgElement("text", { class: "label" }, ...lines);
}

function rangeOf(column) {
  return state.ranges.get(column.name) ?? [0, 1];
}

/** Keep what lies between two heights of an axis; the whole axis is no range. */
function setRange(column, one, other) {
  const [low, high] = [one, other].map((height) => within(height, 0, 1)).sort((a, b) => a - b);
  if (low <= 0 && high >= 1) state.ranges.delete(column.name);
  else state.ranges.set(column.name, [low, high]);
  redrawLines();
  drawStatus();
}

/** Drag over the axis for a new range, or from a handle to move it; a click keeps the whole axis. */
function catchDrags(band, column, frame) {
  let start = null;
  const heightOfEvent = (event) => {
    const { left, top } = band.ownerSVGElement.getBoundingClientRect();
    return frame.heightAt(event.clientX - left, event.clientY - top);
  };
  let moved = false;
  band.addEventListener("pointerdown", (event) => {
    const [low, high] = rangeOf(column);
    const height = heightOfEvent(event);
    const near = 0.04;
    start = Math.abs(height - high) < near ? low : Math.abs(height - low) < near ? high : height;
    moved = false;
    band.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  band.addEventListener("pointermove", (event) => {
    if (start === null) return;
    moved = true;
    setRange(column, start, heightOfEvent(event));
  });
  const end = () => {
    if (start === null) return;
    start = null;
    const [low, high] = rangeOf(column);
    if (!moved || high - low < 0.01) setRange(column, 0, 1);
    refresh();
  };
  band.addEventListener("pointerup", end);
  band.addEventListener("pointercancel", end);
}

/** One end of a range: it prints its value and moves by the arrow keys. */
function handleOf(column, label, end) {
  const grip = svgElement("path", {
    class: "grip",
    tabindex: 0,
    role: "slider",
    "aria-label": `${label}: ${end ? "best" : "worst"} value to keep`,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  const text = svgElement("text", { class: "value" });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 0.02, ArrowRight: 0.02, ArrowDown: -0.02, ArrowLeft: -0.02 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const range = [...rangeOf(column)];
    range[end] = end ? Math.max(range[0], range[1] + step) : Math.min(range[0] + step, range[1]);
    setRange(column, ...range);
  });
  const update = (height, [x, y], frame) => {
    const value = format(valueAt(column, height));
    const way = end ? -1 : 1;
    grip.setAttribute(
      "d",
      frame.upright ? `M${x - 9} ${y}h18l-9 ${8 * way}z` : `M${x} ${y - 9}v18l${-8 * way} -9z`,
    );
    grip.setAttribute("aria-valuenow", Math.round(100 * height));
    grip.setAttribute("aria-valuetext", value);
    text.textContent = value;
    text.setAttribute("x", x);
    text.setAttribute("y", frame.upright ? y + (end ? -12 : 22) : y + 22);
    // Lying, the text goes outwards, or else two that are close would overlap.
    const outwards = end ? x < frame.width - 70 : x < 70;
    if (!frame.upright) text.setAttribute("text-anchor", outwards ? "start" : "end");
  };
  return { grip, text, update };
}
