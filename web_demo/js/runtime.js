// LiteRT.js for one model: loads the one WebAssembly variant that this browser needs, and gives the network for a size.
import { loadLiteRt, supportsFeature } from "../vendor/litert.js";
import { Network } from "./network.js";
import { psnr } from "./statistics.js";
import { parse } from "./tflite.js";

const TRIAL = 256; // pixels a side
const SAME = 40; // dB
const VENDOR = new URL("../vendor/wasm/", import.meta.url).href;

// Load everything; `progress(share)` from 0 to 1. `model` is a URL, `sizes` file name to bytes (a server that compresses
// does not say). `wanted`: "wasm", "webgpu", or "fastest": the faster of both, if they paint the same; by default that
// where there is a GPU, else "wasm". {model, network}: see `parse`, and Network; `light` likewise, of the lighter file beside
// it, if there is one. Throws an Error in one sentence.
export async function open(model, sizes, progress, wanted) {
  wanted ??= (await hasGpu()) ? "fastest" : "wasm";
  const bytes = await download(model, sizes, (share) => progress(share * 0.05));
  const parsed = parse(bytes);
  const { threads, files } = await loadWasm(wanted, sizes, (share) => progress(0.05 + share * 0.95));
  const network = await choose(wanted, bytes, parsed);
  const cpu = threads > 1 ? `WebAssembly, ${threads} threads` : "WebAssembly, 1 thread";
  const backend = network.accelerator === "webgpu" ? "WebGPU" : cpu;
  const opened = { network, model: { ...parsed, bytes: bytes.length, backend, threads, files: [model, ...files] } };
  return { ...opened, light: await openLight(opened, new URL("light.tflite", model).href, sizes) };
}

// {network, model} of the lighter file at `url`, on the backend of the model's; it is compiled when its first picture
// comes. Undefined if there is none, or it is broken or of another look: the model alone will do.
async function openLight({ network, model }, url, sizes) {
  if (!("light.tflite" in sizes)) return undefined;
  try {
    const bytes = await download(url, sizes, () => {});
    const parsed = parse(bytes);
    if (!model.facts.styles?.length || String(parsed.facts.styles) !== String(model.facts.styles)) return undefined;
    model.files.push(url);
    return { network: new Network(bytes, parsed, network.accelerator), model: { ...model, ...parsed, bytes: bytes.length } };
  } catch {
    return undefined;
  }
}

// LiteRT.js reads what a GPU made only where WebAssembly can wait for a promise (JSPI).
async function hasGpu() {
  const adapter = "Suspending" in WebAssembly && (await navigator.gpu?.requestAdapter().catch(() => null));
  return Boolean(adapter) && !adapter.info?.isFallbackAdapter;
}

async function choose(wanted, bytes, parsed) {
  const candidates = wanted === "fastest" ? ["wasm", "webgpu"] : [wanted];
  const networks = candidates.map((accelerator) => new Network(bytes, parsed, accelerator));
  if (networks.length === 1) {
    await networks[0].take([parsed.height, parsed.width]); // what cannot be run is known now
    return networks[0];
  }
  const [cpu, gpu] = networks;
  const onCpu = await trial(cpu, parsed);
  const onGpu = await trial(gpu, parsed).catch(() => undefined);
  const better = onGpu && onGpu.time < onCpu.time && psnr(onCpu.made, onGpu.made, parsed.type === "uint8" ? 255 : 1) > SAME;
  return better ? gpu : cpu;
}

// A small picture of noise, the second time that it is painted: {time, made}.
async function trial(network, { facts, type, height, width }) {
  const side = Math.ceil(TRIAL / facts.multiple) * facts.multiple;
  await network.take(facts.sizes?.length ? [height, width] : [side, side]);
  const { numbers } = network;
  for (let index = 0; index < numbers.length; index++) numbers[index] = ((index * 7919) % 256) / (type === "uint8" ? 1 : 255);
  await network.run();
  const began = performance.now();
  const made = await network.run();
  return { time: performance.now() - began, made };
}

// Threads need the headers that make a page isolated; the variant without needs nothing. Offline, or on a host whose
// headers changed, one of the two may not be at hand: then the other serves.
async function loadWasm(wanted, sizes, progress) {
  if (wanted !== "wasm") return start("litert_wasm_jspi_internal", 1, sizes, progress);
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
  self.Module = { wasmBinary, mainScriptUrlOrBlob: script, print: () => {}, printErr };
  await loadLiteRt(script).catch((error) => {
    throw error.name === "NetworkError" ? new Missing(`${name}.js`) : error;
  });
  return { threads, files: [script, `${VENDOR}${name}.wasm`] };
}

class Missing extends Error {
  constructor(name) {
    super(`${name} could not be loaded; look at your connection and load the page again.`);
  }
}

async function download(url, sizes, progress) {
  const file = Object.keys(sizes).find((name) => new URL(url, import.meta.url).pathname.endsWith(`/${name}`));
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Missing(file ?? url);
  const chunks = [];
  let length = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read().catch(() => {
      throw new Missing(file ?? url); // cut off on the way
    });
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (sizes[file]) progress(Math.min(1, length / sizes[file]));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
