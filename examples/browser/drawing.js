// From what is drawn to the picture that the networks get: as the digits of the data were made.
"use strict";

// How much of each place of a line (n) lies in each of `count` equal parts from `start` on: rows
// of weights that sum to at most 1, less where a part reaches beyond the line.
function shares(n, start, step, count) {
  return Array.from({ length: count }, (_, part) =>
    Array.from({ length: n }, (_, place) => {
      const from = Math.max(place, start + part * step);
      const to = Math.min(place + 1, start + (part + 1) * step);
      return Math.max(0, to - from) / step;
    }),
  );
}

// The edges of what has ink, null where nothing has.
function box(ink, side) {
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (ink[y * side + x] > 0.1) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}

// A digit (digit × digit), from ink between 0 and 1 (side × side): it fills a square, upright and in
// the middle, and each pixel is the ink in it, in as many levels as the data has. Null where nothing
// is drawn.
function digitOf(ink, side, form) {
  const edges = box(ink, side);
  if (edges === null) return null;
  const width = edges.right - edges.left;
  const height = edges.bottom - edges.top;
  // A dot stays one.
  const step = Math.max(width, height, side / 4) / form.digit;
  const start = (from, to) => (from + to - step * form.digit) / 2;
  const across = shares(side, start(edges.left, edges.right), step, form.digit);
  const down = shares(side, start(edges.top, edges.bottom), step, form.digit);
  const lines = down.map((weights) => {
    const line = new Float64Array(side);
    weights.forEach((weight, y) => {
      if (weight > 0) for (let x = 0; x < side; x += 1) line[x] += weight * ink[y * side + x];
    });
    return line;
  });
  const found = [];
  for (const line of lines) {
    for (const weights of across) {
      const share = weights.reduce((sum, weight, x) => sum + weight * line[x], 0);
      const level = Math.round(Math.min(1, share) * form.levels);
      found.push(Math.round((level * 255) / form.levels));
    }
  }
  return found;
}

// The picture (size × size) of two digits: the second lies further right and down, and where both
// have ink, the brighter one shows.
function overlaid(digits, form) {
  const picture = new Uint8Array(form.size * form.size);
  digits.forEach((digit, number) => {
    if (digit === null) return;
    digit.forEach((level, place) => {
      const y = Math.floor(place / form.digit) + number * form.shift;
      const x = (place % form.digit) + number * form.shift;
      const at = y * form.size + x;
      picture[at] = Math.max(picture[at], level);
    });
  });
  return picture;
}

// A square to draw in, with a pointer of any kind.
class Pad {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    Object.assign(this.context, { lineWidth: canvas.width / 9, lineCap: "round", lineJoin: "round" });
    let last = null;
    const place = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [
        ((event.clientX - frame.left) / frame.width) * canvas.width,
        ((event.clientY - frame.top) / frame.height) * canvas.height,
      ];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = place(event);
      this.line(last, last);
      changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (last === null) return;
      const next = place(event);
      this.line(last, next);
      last = next;
      changed();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        last = null;
      });
    }
  }

  line(from, to) {
    this.context.beginPath();
    this.context.moveTo(...from);
    this.context.lineTo(...to);
    this.context.stroke();
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // What is drawn, between 0 and 1.
  ink() {
    const { width, height } = this.canvas;
    const pixels = this.context.getImageData(0, 0, width, height).data;
    return Float32Array.from({ length: width * height }, (_, place) => pixels[4 * place + 3] / 255);
  }
}
