// One timed iteration at a time, for python -m benchmarks --device web, which decides whose turn it is.
import { toNetwork } from "./pixels.js";
import { planFor } from "./tiles.js";

// Put RGBA bytes of `width` x `height` into the network and run it once: its milliseconds, with all that only a first
// run does. Throws an Error when the file takes such a picture by tiles only.
export async function load(network, facts, { rgba, width, height }) {
  const { sides, rows, columns } = planFor(height, width, facts);
  if (rows.length * columns.length > 1) throw new Error(`${width} x ${height} goes by tiles, which are not timed.`);
  await network.take(sides);
  toNetwork(rgba, width, height, sides, network.numbers);
  network.load();
  return turn(network);
}

// Milliseconds of the network alone, on what was loaded. On a GPU its picture is waited for, and fetched.
export async function turn(network) {
  const began = performance.now();
  await network.invoke();
  if (network.accelerator === "webgpu") await network.read();
  return performance.now() - began;
}
