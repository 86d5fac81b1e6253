// LiteRT.js for one model: loads the one WebAssembly variant that this browser needs, and gives the network for a size.
import { loadAndCompile, loadLiteRt, supportsFeature, Tensor } from "../vendor/litert.js";
import { parse, resized } from "./tflite.js";

const VENDOR = new URL("../vendor/wasm/", import.meta.url).href;

// Load everything; `progress(share)` from 0 to 1. `model` is a URL, `sizes` file name to bytes (a server that compresses
// does not say). {model, network}: see `parse`, and below. Throws an Error in one sentence.
export async function open(model, sizes, progress) {
  const bytes = await download(model, sizes, (share) => progress(share * 0.05));
  const parsed = parse(bytes);
  const { threads, files } = await loadWasm(sizes, (share) => progress(0.05 + share * 0.95));
  const network = new Network(bytes, parsed);
  await network.take([parsed.height, parsed.width]); // what cannot be run is known now
  const backend = threads > 1 ? `WebAssembly, ${threads} threads` : "WebAssembly, 1 thread";
  return { network, model: { ...parsed, bytes: bytes.length, backend, files: [model, ...files] } };
}

// Threads need the headers that make a page isolated; the variant without needs nothing. Offline, or on a host whose
// headers changed, one of the two may not be at hand: then the other serves.
async function loadWasm(sizes, progress) {
  if (!(await supportsFeature("relaxedSimd"))) return start("litert_wasm_compat_internal", 1, sizes, progress);
  if (self.crossOriginIsolated && (await supportsFeature("threads")))
    try {
      return await start("litert_wasm_threaded_internal", navigator.hardwareConcurrency, sizes, progress);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
    }
  return start("litert_wasm_internal", 1, sizes, progress);
}

async function start(name, threads, sizes, progress) {
  const wasmBinary = await download(`${VENDOR}${name}.wasm`, sizes, progress);
  const script = `${VENDOR}${name}.js`;
  // LiteRT.js hands `self.Module` to its WebAssembly loader. Its log goes to stderr, facts and errors alike.
  const printErr = (line) => /^(INFO|WARNING|VERBOSE)\b/.test(line) || console.warn(line);
  self.Module = { wasmBinary, mainScriptUrlOrBlob: script, printErr };
  await loadLiteRt(script);
  return { threads, files: [script, `${VENDOR}${name}.wasm`] };
}

class Missing extends Error {}

async function download(url, sizes, progress) {
  const file = Object.keys(sizes).find((name) => new URL(url, import.meta.url).pathname.endsWith(`/${name}`));
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Missing(`${file ?? url} could not be loaded; look at your connection and load the page again.`);
  const chunks = [];
  let length = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (sizes[file]) progress(Math.min(1, length / sizes[file]));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

// The network at one size at a time: LiteRT.js cannot resize, so a new size is a new compilation, some milliseconds.
class Network {
  constructor(bytes, parsed) {
    this.bytes = bytes;
    this.type = parsed.type;
    this.sides = [];
  }

  // Be ready for `sides` [height, width].
  async take([height, width]) {
    if (this.sides[0] === height && this.sides[1] === width) return;
    this.compiled?.delete();
    this.sides = [];
    const compiled = await loadAndCompile(resized(this.bytes, height, width), { accelerator: "wasm" });
    const shape = compiled.getOutputDetails()[0].shape;
    if (shape[1] !== height || shape[2] !== width) {
      compiled.delete();
      throw new Error("This model gives a picture of another size than it takes.");
    }
    [this.compiled, this.sides] = [compiled, [height, width]];
  }

  // `numbers` in, as js/pixels.js makes them for the sides taken; numbers out.
  async run(numbers) {
    const input = new Tensor(numbers, [1, ...this.sides, 3]);
    let output;
    try {
      [output] = await this.compiled.run(input);
      return output.toTypedArray();
    } finally {
      input.delete();
      output?.delete();
    }
  }
}
