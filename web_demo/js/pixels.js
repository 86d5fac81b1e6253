// Bytes of a picture into the numbers at a network's ends, and back. No browser API.
//
// Bytes go four pixels at a time, which are three or four whole words: a third of the time that single bytes take. The
// lowest byte of a word comes first on every machine that has a browser.

const OPAQUE = 0xff000000;

// Put RGBA bytes of `width` x `height` into `numbers`, bytes or float32 in [0, 1], as RGB, padded below and on the right
// to `sides` [height, width] by the rule of convert/runtimes/base.py: mirrored where the picture is large enough for
// that, else its edge goes on.
export function toNetwork(rgba, width, height, sides, numbers) {
  const [high, wide] = sides;
  const mirrored = high - height < height && wide - width < width;
  const columns = sources(width, wide, mirrored);
  const rows = sources(height, high, mirrored);
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  const starts = rows.map((row) => row * width);
  if (numbers instanceof Float32Array) putNumbers(pixels, starts, columns, numbers, 1 / 255);
  else if (wide % 4) putNumbers(pixels, starts, columns, numbers, 1);
  else putWords(pixels, starts, columns, numbers);
}

function putNumbers(pixels, rows, columns, numbers, scale) {
  let to = 0;
  for (const row of rows)
    for (let x = 0; x < columns.length; x++) {
      const pixel = pixels[row + columns[x]];
      numbers[to++] = (pixel & 255) * scale;
      numbers[to++] = ((pixel >>> 8) & 255) * scale;
      numbers[to++] = ((pixel >>> 16) & 255) * scale;
    }
}

function putWords(pixels, rows, columns, numbers) {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length / 4);
  let to = 0;
  for (const row of rows)
    for (let x = 0; x < columns.length; x += 4) {
      const second = pixels[row + columns[x + 1]];
      const third = pixels[row + columns[x + 2]];
      words[to++] = (pixels[row + columns[x]] & 0xffffff) | (second << 24);
      words[to++] = ((second >>> 8) & 0xffff) | (third << 16);
      words[to++] = ((third >>> 16) & 0xff) | (pixels[row + columns[x + 3]] << 8);
    }
}

// Which of `length` pixels each of `padded` ones shows.
function sources(length, padded, mirrored) {
  const last = length - 1;
  return Int32Array.from({ length: padded }, (_, index) => (index <= last ? index : mirrored ? 2 * last - index : last));
}

// The upper left `width` x `height` of what a network gave, `wide` pixels across, as RGBA bytes: `rgba`, or new ones. NaN
// becomes black.
export function fromNetwork(numbers, wide, width, height, rgba = new Uint8ClampedArray(width * height * 4)) {
  if (numbers instanceof Uint8Array && wide % 4 === 0 && width % 4 === 0) takeWords(numbers, wide, width, height, rgba);
  else takeNumbers(numbers, wide, width, height, rgba);
  return rgba;
}

function takeNumbers(numbers, wide, width, height, rgba) {
  const scale = numbers instanceof Float32Array ? 255 : 1; // a clamped array rounds, and clips, by itself
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = y * wide * 3;
    for (let x = 0; x < width; x++) {
      rgba[to++] = numbers[from++] * scale;
      rgba[to++] = numbers[from++] * scale;
      rgba[to++] = numbers[from++] * scale;
      rgba[to++] = 255;
    }
  }
}

function takeWords(numbers, wide, width, height, rgba) {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length / 4);
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = (y * wide * 3) / 4;
    for (let x = 0; x < width; x += 4) {
      const first = words[from++];
      const second = words[from++];
      const third = words[from++];
      pixels[to++] = first | OPAQUE;
      pixels[to++] = (first >>> 24) | (second << 8) | OPAQUE;
      pixels[to++] = (second >>> 16) | (third << 16) | OPAQUE;
      pixels[to++] = (third >>> 8) | OPAQUE;
    }
  }
}

// The piece at `place` {x, y, wide, high} of RGBA bytes of `width` x `height`; all of it is the bytes themselves.
export function crop(rgba, { width, height }, { x, y, wide, high }) {
  if (wide === width && high === height) return rgba;
  const piece = new Uint8ClampedArray(wide * high * 4);
  for (let row = 0; row < high; row++) {
    const from = ((y + row) * width + x) * 4;
    piece.set(rgba.subarray(from, from + wide * 4), row * wide * 4);
  }
  return piece;
}
