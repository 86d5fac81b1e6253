// Pictures of any size through the network, whole or by tiles.
import { look, lookAtFrame, sidesOf } from "./look.js";
import { crop, fromNetwork, toNetwork } from "./pixels.js";
import { blank, layAcross, layDown, planFor } from "./tiles.js";

// Paint an ImageBitmap. `band(top, data, height, share)` gets the painted RGBA rows as they come, from `top` on, and
// which share of the work is done. {capture, network, draw} in milliseconds, and how many tiles it took.
export function paintPhoto(network, facts, photo, band) {
  return paint(network, facts, (place) => look(photo, place), sidesOf(photo), band);
}

// Paint a frame of the camera, a VideoFrame or an ImageBitmap, and close it: {seen, painted}, RGBA bytes of its
// {width, height}, and its {times} as above. `mirror` and `room`: see js/look.js.
export async function paintFrame(network, facts, frame, mirror, room) {
  const began = performance.now();
  const sides = sidesOf(frame);
  const seen = await lookAtFrame(frame, mirror, room);
  frame.close();
  const looked = performance.now() - began;
  const painted = room(seen.length);
  const band = (top, rows) => rows !== painted && painted.set(rows, top * sides.width * 4);
  const times = await paint(network, facts, (place) => crop(seen, sides, place), sides, band, painted);
  times.capture += looked;
  return { seen, painted, ...sides, times };
}

// `cut(place)` gives the RGBA bytes of a piece of the picture; one that goes whole is painted `into` those bytes.
async function paint(network, facts, cut, { width, height }, band, into) {
  const times = { capture: 0, network: 0, draw: 0 };
  const { sides, rows, columns } = planFor(height, width, facts);
  const tiles = rows.length * columns.length;
  await network.take(sides);
  let above;
  for (const [index, row] of rows.entries()) {
    const high = Math.min(sides[0], height - row.start);
    let strip = columns.length > 1 && blank(width, high);
    for (const column of columns) {
      const wide = Math.min(sides[1], width - column.start);
      const place = { x: column.start, y: row.start, wide, high };
      const tile = await paintTile(network, cut, place, times, tiles === 1 ? into : undefined);
      if (strip) layAcross(strip, tile, column);
      else strip = tile;
    }
    above = rows.length > 1 ? layDown(above, strip, row) : strip;
    // The page gets the bytes themselves; the next strip needs its own copy.
    band(row.first, rows.length > 1 ? above.data.slice() : above.data, above.height, (index + 1) / rows.length);
  }
  return { ...times, tiles };
}

async function paintTile(network, cut, place, times, into) {
  const { wide, high } = place;
  const began = performance.now();
  toNetwork(cut(place), wide, high, network.sides, network.numbers);
  const captured = performance.now();
  const painted = await network.run();
  const ran = performance.now();
  const data = fromNetwork(painted, network.sides[1], wide, high, into);
  times.capture += captured - began;
  times.network += ran - captured;
  times.draw += performance.now() - ran;
  return { data, width: wide, height: high };
}
