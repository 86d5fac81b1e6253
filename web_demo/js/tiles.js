// Pictures too large for one piece, painted tile by tile: the sums of convert/runtimes/tiles.py, where they are explained, and
// of convert/runtimes/base.py, in whole numbers, so that the same bytes come out. tests/golden/tiles.json holds both to
// the same results. No browser API.

export const WHOLE = 1920 * 1088; // pixels: a larger picture goes by tiles
export const LARGEST_SIDE = 4096; // pixels: likewise
export const TILE = 1024; // pixels a side at most, or the next multiple of the network's grid
const RAMP = 32; // pixels, at least, across which one tile fades into the next

const up = (length, grid) => Math.ceil(length / grid) * grid;

// How a picture of `height` x `width` goes through a file of these facts (convert/plan/model_card.py): {sides, rows, columns},
// with a single row and column when it goes in one piece, padded to `sides`. Throws an Error in one sentence for what would
// take tiles of a network that looks at the whole picture.
export function planFor(height, width, facts) {
  const found = planAnyway(height, width, facts);
  if (facts.tiling === "global" && found.rows.length * found.columns.length > 1) throw new Error(inOnePiece(facts));
  return found;
}

function inOnePiece({ sizes = [] }) {
  const largest = [...sizes].sort((a, b) => b[0] * b[1] - a[0] * a[1])[0];
  const most = largest ? `${largest[1]} × ${largest[0]} pixels` : "2 megapixels";
  return `This model looks at the whole picture and paints it in one piece, up to ${most}: choose a smaller one.`;
}

function planAnyway(height, width, { multiple, reach = 64, sizes = [] }) {
  if (sizes.length) {
    const bySize = [...sizes].sort((a, b) => a[0] * a[1] - b[0] * b[1]);
    const fitting = bySize.find(([high, wide]) => high >= height && wide >= width);
    if (fitting) return plan(height, width, fitting, reach, multiple);
    const plans = bySize.map((size) => plan(height, width, size, reach, multiple));
    const cost = ({ rows, columns, sides }) => rows.length * columns.length * sides[0] * sides[1];
    return plans.reduce((best, next) => (cost(next) < cost(best) ? next : best));
  }
  if (height * width <= WHOLE && Math.max(height, width) <= LARGEST_SIDE)
    return plan(height, width, [up(height, multiple), up(width, multiple)], reach, multiple);
  return evenPlan(height, width, up(TILE, multiple), reach, multiple);
}

// Cut a picture into tiles of `sides` [height, width]: along each axis spans {start, first, full, end}, in pixels of the
// picture. A tile begins at `start`, counts more and more from `first`, wholly from `full` to `end`.
export function plan(height, width, sides, reach, grid) {
  return { sides, rows: spans(height, sides[0], reach, grid), columns: spans(width, sides[1], reach, grid) };
}

// The fewest tiles whose sides are at most `most`, a multiple of `grid`, and those no larger than it takes.
export function evenPlan(height, width, most, reach, grid) {
  return plan(height, width, [height, width].map((length) => evenSide(length, most, reach, grid)), reach, grid);
}

function evenSide(length, most, reach, grid) {
  if (length <= most) return up(length, grid);
  const overlap = Math.min(up(2 * reach + RAMP, grid), Math.floor(most / 2));
  const count = Math.ceil((length - overlap) / (most - overlap));
  return up(Math.ceil((length + (count - 1) * overlap) / count), grid);
}

function spans(length, side, reach, grid) {
  if (length <= side) return [{ start: 0, first: 0, full: 0, end: length }];
  const room = Math.floor((Math.floor(side / 2) - RAMP) / 2);
  const margin = Math.max(0, Math.min(reach, room, Math.floor((side - grid) / 2)));
  const step = Math.max(grid, Math.floor((side - 2 * margin - RAMP) / grid) * grid);
  const ramp = side - 2 * margin - step;
  const last = up(length - side, grid);
  const found = [];
  for (let start = 0; ; start = Math.min(start + step, last)) {
    const full = found.length ? found[found.length - 1].end : 0;
    const end = start === last ? length : start + side - margin;
    found.push({ start, first: found.length ? full - ramp : 0, full, end });
    if (start === last) return found;
  }
}

// A piece of a picture in bytes, RGBA: {data, width, height}, as ImageData is.
export function blank(width, height) {
  return { data: new Uint8ClampedArray(width * height * 4), width, height };
}

// Lay `tile` over `strip` from left to right, fading in from span.first to span.full. Their heights are the same.
export function layAcross(strip, tile, { start, first, full, end }) {
  const whole = full - first + 1;
  for (let y = 0; y < strip.height; y++)
    for (let x = first; x < end; x++) {
      const share = x < full ? x - first + 1 : whole;
      mix(strip.data, (y * strip.width + x) * 4, tile.data, (y * tile.width + x - start) * 4, share, whole);
    }
}

// Likewise from top to bottom: the picture's rows from span.first to span.end. `above` is what came back for the strip
// before, whose last rows this one fades in over; undefined for the first.
export function layDown(above, strip, { start, first, full, end }) {
  const whole = full - first + 1;
  const laid = blank(strip.width, end - first);
  if (above) laid.data.set(above.data.subarray(above.data.length - (full - first) * strip.width * 4));
  for (let y = first; y < end; y++) {
    const share = y < full ? y - first + 1 : whole;
    const to = (y - first) * strip.width * 4;
    const from = (y - start) * strip.width * 4;
    if (share === whole) laid.data.set(strip.data.subarray(from, from + strip.width * 4), to);
    else for (let x = 0; x < strip.width * 4; x += 4) mix(laid.data, to + x, strip.data, from + x, share, whole);
  }
  return laid;
}

function mix(onto, to, pixels, from, share, whole) {
  for (let channel = 0; channel < 3; channel++) {
    const sum = onto[to + channel] * (whole - share) + pixels[from + channel] * share;
    onto[to + channel] = Math.floor((sum + Math.floor(whole / 2)) / whole);
  }
  onto[to + 3] = 255;
}
