// A .tflite file as far as this page needs it: what it says of itself, and its tensors' shapes. No browser API.
//
// FlatBuffers: a table starts with its distance back to a vtable, which says where each field lies in the table, 0 for
// one that is not there. Field numbers are those of TensorFlow's schema.fbs, in the order they are declared.

const METADATA_NAME = "pix2phone"; // convert/metadata.py
const MODEL = { subgraphs: 2, buffers: 4, metadata: 6 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2 };
const TENSOR = { shape: 0, type: 1, buffer: 2 };
const METADATA = { name: 0, buffer: 1 };
const BUFFER = { data: 0 };
const TYPES = { 0: "float32", 3: "uint8" };

// Reads little-endian numbers; a broken file throws a RangeError, which `whole` turns into one sentence.
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  // Where field `number` of the table at `table` lies; 0 for none.
  field(table, number) {
    const vtable = table - this.view.getInt32(table, true);
    const place = 4 + 2 * number;
    if (place >= this.view.getUint16(vtable, true)) return 0;
    const distance = this.view.getUint16(vtable + place, true);
    return distance && table + distance;
  }
  target(place) {
    return place + this.view.getUint32(place, true);
  }
  // A vector's first element and its length.
  vector(table, number) {
    const place = this.field(table, number);
    if (!place) return { start: 0, length: 0 };
    const vector = this.target(place);
    const length = this.view.getUint32(vector, true);
    if (length > this.bytes.length) throw new RangeError("a vector longer than the file");
    return { start: vector + 4, length };
  }
  tables(table, number) {
    const { start, length } = this.vector(table, number);
    return Array.from({ length }, (_, index) => this.target(start + 4 * index));
  }
  integers(table, number) {
    const { start, length } = this.vector(table, number);
    return Array.from({ length }, (_, index) => this.view.getInt32(start + 4 * index, true));
  }
  content(table, number) {
    const { start, length } = this.vector(table, number);
    if (start + length > this.bytes.length) throw new RangeError("a vector beyond the file");
    return this.bytes.subarray(start, start + length);
  }
  text(table, number) {
    return new TextDecoder().decode(this.content(table, number));
  }
  byte(table, number) {
    const place = this.field(table, number);
    return place ? this.view.getUint8(place) : 0;
  }
  unsigned(table, number) {
    const place = this.field(table, number);
    return place ? this.view.getUint32(place, true) : 0;
  }
}

// {facts, type, height, width} of the file `bytes`: `facts` as convert/plan/model_card.py gathers them, `type` of the numbers at
// its ends, "uint8" or "float32", and the sides that it was written for. Throws an Error in one sentence.
export function parse(bytes) {
  const found = whole(() => {
    if (new TextDecoder().decode(bytes.subarray(4, 8)) !== "TFL3") throw new RangeError("no TFL3 mark");
    return read(new Reader(bytes));
  });
  check(found);
  return found;
}

function whole(task) {
  try {
    return task();
  } catch (error) {
    throw new Error(`This is no .tflite file, or a broken one (${error.message}).`);
  }
}

function read(reader) {
  const model = reader.target(0);
  const [subgraph] = reader.tables(model, MODEL.subgraphs);
  const tensors = reader.tables(subgraph, SUBGRAPH.tensors);
  const buffers = reader.tables(model, MODEL.buffers);
  const ends = [SUBGRAPH.inputs, SUBGRAPH.outputs].map((end) => tensors[reader.integers(subgraph, end)[0]]);
  const entry = reader.tables(model, MODEL.metadata).find((table) => reader.text(table, METADATA.name) === METADATA_NAME);
  const text = entry && reader.text(buffers[reader.unsigned(entry, METADATA.buffer)], BUFFER.data);
  const [input, output] = ends.map((tensor) => ({
    shape: reader.integers(tensor, TENSOR.shape),
    type: TYPES[reader.byte(tensor, TENSOR.type)],
  }));
  return { facts: text && JSON.parse(text), type: input.type, height: input.shape[1], width: input.shape[2], input, output };
}

function check({ facts, input, output }) {
  if (!saysSizes(facts ?? {})) throw new Error("This file does not say which sizes it takes; make it with python -m convert.");
  for (const end of [input, output])
    if (!end.type || end.type !== input.type || end.shape.length !== 4 || end.shape[3] !== 3)
      throw new Error("This file is not for pictures: it must take and give 1 × height × width × 3, as bytes or float32.");
}

// What js/tiles.js needs: anything else could send it in circles.
function saysSizes({ multiple, reach = 0, sizes = [] }) {
  const isCount = (value) => Number.isInteger(value) && value > 0;
  const isSize = (size) => Array.isArray(size) && size.length === 2 && size.every(isCount);
  return isCount(multiple) && (reach === 0 || isCount(reach)) && Array.isArray(sizes) && sizes.every(isSize);
}

// A copy of the file that takes `height` x `width`, multiples of facts.multiple. LiteRT.js cannot resize an input, so
// every tensor that holds part of the picture gets its new sides here; constants, which have a buffer, keep theirs.
// Throws an Error in one sentence.
export function resized(bytes, height, width) {
  const copy = bytes.slice();
  whole(() => resize(copy, height, width));
  return copy;
}

function resize(copy, height, width) {
  const reader = new Reader(copy);
  const model = reader.target(0);
  const [subgraph] = reader.tables(model, MODEL.subgraphs);
  const tensors = reader.tables(subgraph, SUBGRAPH.tensors);
  const buffers = reader.tables(model, MODEL.buffers);
  const input = reader.integers(tensors[reader.integers(subgraph, SUBGRAPH.inputs)[0]], TENSOR.shape);
  for (const tensor of tensors) {
    const shape = reader.vector(tensor, TENSOR.shape);
    const constant = reader.vector(buffers[reader.unsigned(tensor, TENSOR.buffer)], BUFFER.data).length > 0;
    if (shape.length !== 4 || constant) continue;
    for (const [axis, side] of [[1, height], [2, width]]) {
      const place = shape.start + 4 * axis;
      reader.view.setInt32(place, (reader.view.getInt32(place, true) * side) / input[axis], true);
    }
  }
}
