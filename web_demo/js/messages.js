// The small line under the picture. No browser API.
import { trimmedMean } from "./statistics.js";

const WINDOW = 60; // frames
const ENOUGH = 30; // frames, to judge by
const LIVE = 1000 / 30; // milliseconds a frame, at most
export const DOT = "\u00a0· "; // it ends a line, and begins none
const unbroken = (text) => text.replaceAll(" ", "\u00a0"); // lines break between facts only
const milliseconds = (value) => `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`;

// Name, size and backend of the opened model (js/runtime.js).
export function modelWords({ facts, bytes, backend }) {
  return [`${facts.name}, ${Math.round(bytes / 1000)} kB`, backend].map(unbroken).join(DOT);
}

// How long one photo took.
export function photoWords({ capture, network, draw, tiles }) {
  return unbroken(`${milliseconds(capture + network + draw)} for this photo${tiles > 1 ? `, ${tiles} tiles` : ""}`);
}

// Milliseconds by part and frames per second over the last frames, by the paper's trimmed mean. `whole` is from the
// moment that a frame is taken until it is on the page.
export class FrameTally {
  frames = [];

  // `times` {capture, network, draw, whole} of a frame that came onto the page at `now`, all in milliseconds.
  add(times, now) {
    this.frames.push({ ...times, now });
    if (this.frames.length > WINDOW) this.frames.shift();
  }

  // {capture, network, draw, whole, rate}, or undefined before the second frame.
  get means() {
    if (this.frames.length < 2) return undefined;
    const mean = (part) => trimmedMean(this.frames.map((frame) => frame[part]));
    const gaps = this.frames.slice(1).map((frame, index) => frame.now - this.frames[index].now);
    const [capture, network, draw, whole] = ["capture", "network", "draw", "whole"].map(mean);
    return { capture, network, draw, whole, rate: 1000 / trimmedMean(gaps) };
  }

  // Whether frames take too long for 30 a second.
  get slow() {
    return this.frames.length >= ENOUGH && this.means.whole > LIVE;
  }

  toString() {
    const means = this.means;
    if (!means) return "";
    const parts = { capture: means.capture, network: means.network, drawing: means.draw };
    const said = Object.entries(parts).map(([part, value]) => unbroken(`${part} ${milliseconds(value)}`));
    return `${unbroken(`${milliseconds(means.whole)} a frame`)} (${said.join(", ")})${DOT}${unbroken(`${Math.round(means.rate)} frames/s`)}`;
  }
}
