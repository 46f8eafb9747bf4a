// Ranges to keep on the axes of parallel coordinates, dragged or moved by keys.

function rangeOf(column) {
  return state.ranges.get(column.name) ?? [0, 1];
}

/** Keep what lies between two heights of an axis; the whole axis is no range. */
function setRange(column, one, other) {
  const [low, high] = [one, other].map((height) => within(height, 0, 1)).sort((a, b) => a - b);
  if (low <= 0 && high >= 1) state.ranges.delete(column.name);
  else state.ranges.set(column.name, [low, high]);
  redrawLines();
  offerPoints();
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
    const moved = Math.round(100 * (range[end] + step)) / 100;
    range[end] = end ? Math.max(range[0], moved) : Math.min(moved, range[1]);
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
