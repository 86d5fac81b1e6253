// Pictures of any size through the network, whole or by tiles.
import { fromNetwork, toNetwork } from "./pixels.js";
import { blank, layAcross, layDown, planFor } from "./tiles.js";

// Paint `picture`, anything that a canvas draws, at `width` x `height`. `band(top, data, height, share)` gets the painted
// RGBA rows as they come, from `top` on, and which share of the work is done. {capture, network, draw} in milliseconds, and how many tiles it took.
export async function paint(network, facts, picture, width, height, band, mirror = false) {
  const times = { capture: 0, network: 0, draw: 0 };
  const { sides, rows, columns } = planFor(height, width, facts);
  await network.take(sides);
  let above;
  for (const [index, row] of rows.entries()) {
    const high = Math.min(sides[0], height - row.start);
    let strip = columns.length > 1 && blank(width, high);
    for (const column of columns) {
      const wide = Math.min(sides[1], width - column.start);
      const tile = await paintTile(network, picture, { x: column.start, y: row.start, wide, high, mirror }, times);
      if (strip) layAcross(strip, tile, column);
      else strip = tile;
    }
    above = rows.length > 1 ? layDown(above, strip, row) : strip;
    // The page gets the bytes themselves; the next strip needs its own copy.
    band(row.first, rows.length > 1 ? above.data.slice() : above.data, above.height, (index + 1) / rows.length);
  }
  return { ...times, tiles: rows.length * columns.length };
}

let canvas;

async function paintTile(network, picture, place, times) {
  const began = performance.now();
  const rgba = look(picture, place);
  const numbers = toNetwork(rgba, place.wide, place.high, network.sides, network.type);
  const captured = performance.now();
  const painted = await network.run(numbers);
  const ran = performance.now();
  const data = fromNetwork(painted, network.sides[1], place.wide, place.high);
  times.capture += captured - began;
  times.network += ran - captured;
  times.draw += performance.now() - ran;
  return { data, width: place.wide, height: place.high };
}

// The picture's RGBA bytes in that place; `mirror` turns left and right, as in a mirror.
function look(picture, { x, y, wide, high, mirror }) {
  if (canvas?.width !== wide || canvas.height !== high) canvas = new OffscreenCanvas(wide, high);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? wide : 0, 0);
  context.drawImage(picture, -x, -y);
  return context.getImageData(0, 0, wide, high).data;
}
