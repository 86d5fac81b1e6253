// The small line under the picture. No browser API.
import { trimmedMean } from "./statistics.js";

const WINDOW = 60; // frames
const whole = (text) => text.replaceAll(" ", "\u00a0"); // lines break between facts only
const milliseconds = (value) => `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`;

// Name, size and backend of the opened model (js/runtime.js).
export function modelWords({ facts, bytes, backend }) {
  return whole(`${facts.name}, ${Math.ceil(bytes / 1000)} kB`) + ` · ${whole(backend)}`;
}

// How long one photo took.
export function photoWords({ capture, network, draw, tiles }) {
  return whole(`${milliseconds(capture + network + draw)} for this photo${tiles > 1 ? `, ${tiles} tiles` : ""}`);
}

// Milliseconds by part and frames per second over the last frames, by the paper's trimmed mean.
export class FrameTally {
  frames = [];

  // `times` as js/paint.js gives them, at `now` in milliseconds.
  add(times, now) {
    this.frames.push({ ...times, now });
    if (this.frames.length > WINDOW) this.frames.shift();
  }

  // {capture, network, draw, rate}, or undefined before the second frame.
  get means() {
    if (this.frames.length < 2) return undefined;
    const mean = (part) => trimmedMean(this.frames.map((frame) => frame[part]));
    const gaps = this.frames.slice(1).map((frame, index) => frame.now - this.frames[index].now);
    return { capture: mean("capture"), network: mean("network"), draw: mean("draw"), rate: 1000 / trimmedMean(gaps) };
  }

  toString() {
    const means = this.means;
    if (!means) return "";
    const { capture, network, draw, rate } = means;
    const parts = { capture, network, drawing: draw };
    const said = Object.entries(parts).map(([part, value]) => whole(`${part} ${milliseconds(value)}`));
    return `${whole(`${milliseconds(capture + network + draw)} a frame`)} (${said.join(", ")}) · ${whole(`${Math.round(rate)} frames/s`)}`;
  }
}
