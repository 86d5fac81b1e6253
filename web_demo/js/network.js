// One model in LiteRT.js, once that is loaded (js/runtime.js).
import { loadAndCompile, Tensor } from "../vendor/litert.js";
import { resized } from "./tflite.js";

// The network at one size at a time: LiteRT.js cannot resize, so a new size is a new compilation, some milliseconds.
// What is put into its `numbers`, as js/pixels.js does, is what it runs on.
export class Network {
  constructor(bytes, parsed, accelerator) {
    Object.assign(this, { bytes, accelerator, type: parsed.type });
    this.sides = [];
  }

  // Be ready for `sides` [height, width].
  async take([height, width]) {
    if (this.sides[0] === height && this.sides[1] === width) return;
    this.compiled?.delete();
    this.sides = [];
    const compiled = await loadAndCompile(resized(this.bytes, height, width), { accelerator: this.accelerator });
    const shape = compiled.getOutputDetails()[0].shape;
    if (shape[1] !== height || shape[2] !== width) {
      compiled.delete();
      throw new Error("This model gives a picture of another size than it takes.");
    }
    [this.compiled, this.sides] = [compiled, [height, width]];
    this.numbers = new (this.type === "uint8" ? Uint8Array : Float32Array)(height * width * 3);
  }

  // Put `numbers` into its input.
  load() {
    this.input?.delete();
    this.input = new Tensor(this.numbers, [1, ...this.sides, 3]);
  }

  // Run the network on what was loaded, and nothing else.
  async invoke() {
    this.output?.delete();
    this.output = undefined;
    [this.output] = await this.compiled.run(this.input);
  }

  // The numbers that it gave.
  read() {
    return this.output.data();
  }

  async run() {
    this.load();
    await this.invoke();
    return this.read();
  }
}
