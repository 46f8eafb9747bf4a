// What is shown: the drawing, and beside each other what two networks say of it.
"use strict";

const { tasks, form, networks, samples } = CONTENT;
const said = document.getElementById("said");
const pads = [...document.querySelectorAll(".pad")].map((canvas) => new Pad(canvas, drawn));
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const cards = networks.map(cardOf);
let sessions = [];
let sample = -1; // which is shown, −1 where something is drawn
let asked = 0;
let waiting = false;

function element(tag, text = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function cardOf(network) {
  const card = element("article");
  const facts = element("dl");
  const weights = Object.entries(network.weights).map(([name, weight]) => `${name} ${weight}`);
  const accuracies = tasks.map((task) => `${task} ${percent(network.accuracy[task])}`);
  const time = element("dd", "–", "time");
  for (const [name, value] of [
    ["weights", weights.join(", ")],
    ["size", `${network.parameters.toLocaleString("en")} parameters`],
    ["file", `${(network.bytes / 1000).toFixed(1)} kB`],
    ["test accuracy", accuracies.join(", ")],
  ]) {
    facts.append(element("dt", name), element("dd", value));
  }
  facts.append(element("dt", "here"), time);
  const answers = element("div", "", "tasks");
  for (const task of tasks) {
    const part = element("div");
    part.append(element("div", task, "row"), element("p", "–", "answer"), element("div", "", "bars"));
    answers.append(part);
  }
  card.append(element("h2", `Point ${network.point}`), facts, answers);
  document.getElementById("networks").append(card);
  return card;
}

// One answer: the class, its probability, and a bar for each.
function show(part, logits) {
  const answer = part.querySelector(".answer");
  const bars = part.querySelector(".bars");
  bars.replaceChildren();
  if (logits === null) {
    answer.textContent = "–";
    return;
  }
  const found = probabilities(logits);
  const first = found.indexOf(Math.max(...found));
  answer.replaceChildren(`${first} `, element("small", percent(found[first])));
  found.forEach((share, label) => {
    const row = element("div", "", label === first ? "row first" : "row");
    const bar = element("div", "", "bar");
    bar.style.width = `${100 * share}%`;
    row.append(element("span", String(label)), bar);
    bars.append(row);
  });
}

// The picture, and which of its digits are there.
function seen() {
  if (sample >= 0) return { picture: Uint8Array.from(samples[sample].pixels), there: [true, true] };
  const digits = pads.map((pad) => digitOf(pad.ink(), pad.canvas.width, form));
  return { picture: overlaid(digits, form), there: digits.map((digit) => digit !== null) };
}

function paint(picture) {
  const context = document.getElementById("seen").getContext("2d");
  const pixels = new ImageData(form.size, form.size);
  picture.forEach((level, place) => pixels.data.set([0, 0, 0, level], 4 * place));
  context.putImageData(pixels, 0, 0);
}

async function answer() {
  asked += 1;
  const own = asked;
  const { picture, there } = seen();
  paint(picture);
  for (const [number, session] of sessions.entries()) {
    const found = there.includes(true) ? await timed(session, picture, form) : null;
    if (own !== asked) return; // something newer is drawn
    const time = cards[number].querySelector(".time");
    time.textContent = found === null ? "–" : `${found.milliseconds.toFixed(3)} ms a picture`;
    cards[number].querySelectorAll(".tasks > div").forEach((part, task) => {
      show(part, found !== null && there[task] ? found.outputs[task] : null);
    });
  }
  document.body.dataset.answered = String(own);
}

// Once a frame is enough, however fast the pointer moves.
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    answer().catch(failed);
  });
}

function drawn() {
  sample = -1;
  said.textContent = "";
  soon();
}

function failed(error) {
  said.textContent = `This browser cannot run the networks: ${error.message ?? error}`;
}

document.getElementById("clear").addEventListener("click", () => {
  pads.forEach((pad) => pad.clear());
  drawn();
});

document.getElementById("sample").addEventListener("click", () => {
  const next = (sample + 1) % samples.length;
  pads.forEach((pad) => pad.clear());
  drawn();
  sample = next;
  const labels = tasks.map((task, number) => `${task} ${samples[next].labels[number]}`);
  said.textContent = `Sample ${next + 1} of ${samples.length}, in truth ${labels.join(", ")}.`;
});

async function begin() {
  await startRuntime();
  sessions = await Promise.all(networks.map(sessionOf));
  said.textContent = "";
  soon();
}

begin().catch(failed);
