// Bytes of a picture into the numbers at a network's ends, and back. No browser API.

// RGBA bytes of `width` x `height` as RGB for a network of `type`, "uint8" or "float32" in [0, 1], padded below and on
// the right to `sides` [height, width] by the rule of convert/runtimes/face.py: mirrored where the picture is large
// enough for that, else its edge goes on.
export function toNetwork(rgba, width, height, sides, type) {
  const [high, wide] = sides;
  const mirrored = high - height < height && wide - width < width;
  const columns = sources(width, wide, mirrored);
  const rows = sources(height, high, mirrored);
  const scale = type === "float32" ? 1 / 255 : 1;
  const numbers = type === "float32" ? new Float32Array(high * wide * 3) : new Uint8Array(high * wide * 3);
  let to = 0;
  for (let y = 0; y < high; y++) {
    const row = rows[y] * width;
    for (let x = 0; x < wide; x++) {
      const from = (row + columns[x]) * 4;
      numbers[to++] = rgba[from] * scale;
      numbers[to++] = rgba[from + 1] * scale;
      numbers[to++] = rgba[from + 2] * scale;
    }
  }
  return numbers;
}

// Which of `length` pixels each of `padded` ones shows.
function sources(length, padded, mirrored) {
  const last = length - 1;
  return Int32Array.from({ length: padded }, (_, index) => (index <= last ? index : mirrored ? 2 * last - index : last));
}

// The upper left `width` x `height` of what a network gave, `wide` pixels across: RGBA bytes. NaN becomes black.
export function fromNetwork(numbers, wide, width, height) {
  const rgba = new Uint8ClampedArray(width * height * 4);
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
  return rgba;
}
