// The network's own thread. A classic worker, since LiteRT.js loads its WebAssembly by importScripts.
importScripts("../files.js");

const modules = Promise.all([import("./runtime.js"), import("./paint.js"), import("./turns.js")]);
let opened;

// {open: url, wanted} loads a model; {paint: bitmap, mirror} paints a picture; {load} and {turn}, see js/turns.js. Answers:
// {progress}, {opened}; {band, share}, {painted, bitmap}: the picture comes back with its painting; {answer}; {error}.
self.onmessage = async ({ data }) => {
  try {
    const [{ open }, { paint }, { load, turn }] = await modules;
    if (data.open) {
      opened = await open(data.open, self.FILES, (progress) => self.postMessage({ progress }), data.wanted);
      self.postMessage({ opened: opened.model });
      await keep(opened.model.files).catch(() => {}); // a browser without room for it still paints
      return;
    }
    if (data.load) return self.postMessage({ answer: await load(opened.network, opened.model.facts, data.load) });
    if (data.turn) return self.postMessage({ answer: await turn(opened.network) });
    const { paint: bitmap, mirror } = data;
    const { width, height } = bitmap;
    const band = (top, rgba, rows, share) =>
      self.postMessage({ band: { top, rgba, width, height: rows }, share }, [rgba.buffer]);
    const times = await paint(opened.network, opened.model.facts, bitmap, width, height, band, mirror);
    self.postMessage({ painted: times, bitmap }, [bitmap]);
  } catch (error) {
    data.paint?.close();
    self.postMessage({ error: sentence(error) });
  }
};

// The service worker was not there yet when the first visit loaded these.
async function keep(files) {
  const cache = await self.caches?.open(self.VERSION);
  for (const file of files) if (cache && !(await cache.match(file))) await cache.add(file);
}

function sentence(error) {
  const text = (error?.message || String(error)).split("\n")[0];
  return /[.!]$/.test(text) ? text : `The model could not be run here: ${text}.`;
}
