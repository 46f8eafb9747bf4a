// The networks: onnxruntime-web, and what it makes of pictures.
"use strict";

const RUNS = 20; // of which the milliseconds are the mean

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// The runtime from what the page holds: nothing is asked for elsewhere.
async function startRuntime() {
  const script = new Blob([await inflated(RUNTIME.mjs)], { type: "text/javascript" });
  ort.env.wasm.wasmBinary = await inflated(RUNTIME.wasm);
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(script) };
  ort.env.wasm.numThreads = 1;
}

async function sessionOf(network) {
  const bytes = Uint8Array.from(atob(network.onnx), (letter) => letter.charCodeAt(0));
  return ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
}

// The outputs for one picture (size × size), a list of numbers for each task.
async function outputsOf(session, picture, form) {
  const input = new ort.Tensor("uint8", picture, [1, 1, form.size, form.size]);
  const found = await session.run({ [session.inputNames[0]]: input });
  return CONTENT.tasks.map((task) => Array.from(found[task].data));
}

async function timed(session, picture, form) {
  const outputs = await outputsOf(session, picture, form);
  const started = performance.now();
  for (let run = 0; run < RUNS; run += 1) await outputsOf(session, picture, form);
  return { outputs, milliseconds: (performance.now() - started) / RUNS };
}

function probabilities(logits) {
  const largest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - largest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
