// Parallel coordinates: a line a point, an axis a column, and on each axis a range to keep.
//
// Drawn as SVG by hand: plotly's own need WebGL, which many machines without a graphics card lack,
// and their lines have no dashes and cannot be chosen.

const ROOM = 58; // pixels that an upright axis needs for its label
let redrawLines = () => {}; // adapts what is drawn to the ranges, without drawing all anew

/** The axes of the chosen set: a label and a column each. */
function parallelAxes() {
  const { axes } = data.parallel[state.axes];
  return axes.map(({ label, column }) => ({ label, column: columns.get(column) }));
}

function drawParallel() {
  const host = byId("parallel");
  const axes = parallelAxes();
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
  const kind = point.onFront && !isOutside(point) ? "line" : "line pale";
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
