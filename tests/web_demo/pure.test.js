// The modules without a browser API, in node, on what Python makes of the same inputs (tests/golden/write.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { crop, fromNetwork, toNetwork } from "../../web_demo/js/pixels.js";
import { dropped, psnr, trimmedMean } from "../../web_demo/js/statistics.js";
import { parse } from "../../web_demo/js/tflite.js";
import { FrameTally } from "../../web_demo/js/messages.js";
import { blank, layAcross, layDown, plan, planFor } from "../../web_demo/js/tiles.js";

const golden = (name) => JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url)));
const asLists = (spans) => spans.map(({ start, first, full, end }) => [start, first, full, end]);

test("tiles are planned as in Python", () => {
  const { plans } = golden("tiles.json");
  assert.ok(plans.length > 20);
  for (const { height, width, facts, sides, rows, columns } of plans) {
    const found = planFor(height, width, facts);
    assert.deepEqual([found.sides, asLists(found.rows), asLists(found.columns)], [sides, rows, columns], `${height} x ${width}`);
  }
});

test("a model that looks at the whole picture is never painted by tiles", () => {
  const { refused } = golden("tiles.json");
  assert.ok(refused.length > 0);
  for (const { height, width, facts } of refused)
    assert.throws(() => planFor(height, width, facts), /^Error: This model looks at the whole picture .+\.$/, `${height} x ${width}`);
});

test("tiles are laid over each other as in Python", () => {
  for (const { height, width, sides, reach, grid, row, column } of golden("tiles.json").blends) {
    const { rows, columns } = plan(height, width, sides, reach, grid);
    let value = 7;
    let laid;
    const picture = [];
    for (const down of rows) {
      const strip = blank(width, Math.min(sides[0], height - down.start));
      for (const across of columns) {
        const tile = blank(Math.min(sides[1], width - across.start), strip.height);
        tile.data.fill(value);
        layAcross(strip, tile, across);
        value += 40;
      }
      laid = layDown(laid, strip, down);
      for (let y = down.first; y < down.end; y++)
        picture[y] = laid.data.subarray((y - down.first) * width * 4, (y - down.first + 1) * width * 4);
    }
    assert.deepEqual(Array.from({ length: width }, (_, x) => picture[height >> 1][x * 4]), row);
    assert.deepEqual(Array.from({ length: height }, (_, y) => picture[y][(width >> 1) * 4]), column);
  }
});

test("the paper's mean is Python's", () => {
  for (const { samples, dropped: ends, mean } of golden("statistics.json").means) {
    assert.equal(dropped(samples.length), ends);
    assert.ok(Math.abs(trimmedMean(samples) - mean) < 1e-9);
  }
  for (const bad of [[], [1, NaN]]) assert.throws(() => trimmedMean(bad), RangeError);
});

test("PSNR of two pictures", () => {
  assert.equal(psnr(Uint8Array.of(1, 2), Uint8Array.of(1, 2), 255), Infinity);
  assert.ok(Math.abs(psnr(Uint8Array.of(0, 0), Uint8Array.of(1, 1), 255) - 48.1308) < 1e-3);
});

test("pictures are padded by mirroring, or by their edge where they are too small, and cropped back", () => {
  const grey = (...values) => Uint8ClampedArray.from(values.flatMap((value) => [value, value, value, 255]));
  const reds = (numbers) => Array.from(numbers).filter((_, index) => index % 3 === 0);
  const put = (rgba, width, height, sides, Type) => {
    const numbers = new Type(sides[0] * sides[1] * 3);
    toNetwork(rgba, width, height, sides, numbers);
    return numbers;
  };
  assert.deepEqual(reds(put(grey(1, 2, 3, 4, 5, 6), 3, 2, [2, 4], Uint8Array)), [1, 2, 3, 2, 4, 5, 6, 5]);
  assert.deepEqual(reds(put(grey(9), 1, 1, [2, 2], Uint8Array)), [9, 9, 9, 9]);
  const numbers = put(grey(0, 51, 255), 3, 1, [1, 4], Float32Array);
  assert.ok(Math.abs(numbers[3] - 0.2) < 1e-6);
  assert.deepEqual(fromNetwork(numbers, 4, 3, 1), grey(0, 51, 255));
  assert.deepEqual([...fromNetwork(Float32Array.of(NaN, 2, -1), 1, 1, 1)], [0, 255, 0, 255]);
});

test("four pixels at a time are the same as one", () => {
  for (const [width, wide] of [[8, 8], [5, 8], [6, 6], [4, 12]]) {
    const rgba = Uint8ClampedArray.from({ length: width * 3 * 4 }, (_, index) => (index % 4 === 3 ? 255 : (index * 89) % 256));
    const [bytes, floats] = [new Uint8Array(wide * 4 * 3), new Float32Array(wide * 4 * 3)];
    for (const numbers of [bytes, floats]) toNetwork(rgba, width, 3, [4, wide], numbers);
    assert.deepEqual([...bytes], Array.from(floats, (value) => Math.round(value * 255)));
    assert.deepEqual(fromNetwork(bytes, wide, width, 3), rgba);
    const into = new Uint8ClampedArray(rgba.length);
    assert.equal(fromNetwork(bytes, wide, width, 3, into), into);
    assert.deepEqual(into, rgba);
  }
});

test("a piece of a picture", () => {
  const rgba = Uint8ClampedArray.from({ length: 3 * 2 * 4 }, (_, index) => index);
  assert.equal(crop(rgba, { width: 3, height: 2 }, { x: 0, y: 0, wide: 3, high: 2 }), rgba);
  assert.deepEqual([...crop(rgba, { width: 3, height: 2 }, { x: 1, y: 1, wide: 2, high: 1 })], [16, 17, 18, 19, 20, 21, 22, 23]);
});

test("the line under the picture", () => {
  const tally = new FrameTally();
  assert.equal(String(tally), "");
  for (let now = 0; now <= 1000; now += 40) tally.add({ capture: 1, network: 20, draw: 2, whole: 24 }, now);
  assert.deepEqual(tally.means, { capture: 1, network: 20, draw: 2, whole: 24, rate: 25 });
  assert.match(String(tally).replaceAll("\u00a0", " "), /^24 ms a frame \(capture 1.0 ms, network 20 ms, drawing 2.0 ms\) · 25 frames\/s$/);
});

test("frames are slow when a second's worth took too long for thirty a second", () => {
  const tally = (whole, count) => {
    const made = new FrameTally();
    for (let index = 0; index < count; index++) made.add({ capture: 1, network: whole - 2, draw: 1, whole }, index * whole);
    return made;
  };
  assert.deepEqual([tally(40, 29), tally(40, 30), tally(33, 60)].map(({ slow }) => slow), [false, true, false]);
});

test("whatever is no model is refused in a sentence", () => {
  const text = new TextEncoder().encode("a text file, named model.tflite");
  const marked = new Uint8Array(64).fill(255);
  marked.set(new TextEncoder().encode("TFL3"), 4);
  for (const bytes of [new Uint8Array(0), text, marked]) assert.throws(() => parse(bytes), /^Error: This is no .tflite file.*\.$/);
});
