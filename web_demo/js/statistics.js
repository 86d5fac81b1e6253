// The paper's mean, as in benchmarks/timing/statistics.py, and the fidelity of pictures. No browser API.

const TRIM = 0.05;

// How many of `count` samples are dropped at each end: 5 %, rounded down.
export function dropped(count) {
  return Math.floor(count * TRIM);
}

// Mean without the fastest 5 % and the slowest 5 %. Throws a RangeError without finite samples.
export function trimmedMean(samples) {
  if (!samples.length || !samples.every(Number.isFinite)) throw new RangeError("a trimmed mean needs finite samples");
  const ends = dropped(samples.length);
  const kept = [...samples].sort((a, b) => a - b).slice(ends, samples.length - ends);
  return kept.reduce((sum, sample) => sum + sample, 0) / kept.length;
}

// PSNR in dB of two lists of numbers whose largest is `peak`; Infinity if they are the same.
export function psnr(first, second, peak) {
  const squares = first.reduce((sum, value, index) => sum + (value - second[index]) ** 2, 0);
  return 10 * Math.log10(peak ** 2 / (squares / first.length));
}
