// The page: what its buttons do, and what it says.
import { Camera, hasTwoCameras } from "./frames.js";
import { Painter } from "./painter.js";
import { fetchPhoto, listen, readPhoto } from "./photos.js";
import { save } from "./save.js";
import { Slider } from "./slider.js";
import { Stage } from "./stage.js";
import { DOT, FrameTally, modelWords, photoWords } from "./messages.js";

const READABLE = 500; // milliseconds for which the line stays as it is

const $ = (id) => document.getElementById(id);
const samples = [...document.querySelectorAll("[data-photo]")];
const stage = new Stage($("stage"), $("photo"), $("painted"), $("progress"));
const painter = new Painter((share) => stage.progress(share));
const camera = new Camera((frame, mirror) => painter.paintFrame(frame, mirror, lightened), showFrame, loseCamera);
new Slider($("stage"), $("split"), $("hold"));
let name = "photo";
let tally = new FrameTally();
let lightened = false; // whether the lighter model paints the camera's frames, since the other took too long
let said = 0; // when the line was last written
let turn = Promise.resolve(); // photos are painted one after the other
let wish = 0; // the number of the last one that was asked for; what was asked before it and has not begun is dropped

const liveText = () => (lightened ? lightText : modelText);

function say(text, wrong = false) {
  $("message").textContent = text;
  $("message").classList.toggle("wrong", wrong);
}

// Run `task`; whatever goes wrong is one sentence on the page, which lives on.
async function attempt(task) {
  stage.busy(1);
  try {
    await task();
  } catch (error) {
    stage.progress(1);
    say(error.message, true);
  }
  stage.busy(-1);
}

// A frame of the camera; see js/frames.js and paintFrame in js/paint.js.
function showFrame(made, began) {
  const drawn = performance.now();
  stage.showFrame(made);
  painter.reuse(made);
  const now = performance.now();
  const times = { ...made.times, draw: made.times.draw + now - drawn, whole: now - began };
  tally.add(times, now);
  $("stage").dispatchEvent(new CustomEvent("frame", { detail: times })); // python -m web_demo.live listens
  if (tally.slow && lightText && !lightened) {
    lightened = true;
    tally = new FrameTally();
  }
  if (now - said < READABLE || !tally.means) return;
  said = now;
  $("facts").textContent = liveText() + DOT + tally;
}

function loseCamera(error) {
  stopCamera();
  $("facts").textContent = liveText(); // without the rate of what is no longer live
  say(error.message, true);
}

// Paint the picture that `read` gives, under `title`; an answer for the eyes and one for the screen reader.
function show(title, read) {
  const mine = (wish += 1);
  turn = turn.then(() => mine === wish && attempt(async () => {
    const bitmap = await read();
    stopCamera(); // and not for a file that is no photo
    while (painter.busy) await new Promise((resolve) => setTimeout(resolve, 10)); // the camera's last frame
    $("save").disabled = true; // half a painting is none
    stage.take(bitmap);
    say("Painting…");
    const { times, bitmap: done } = await painter.paint(bitmap, (band, share) => stage.addBand(band, share));
    done.close();
    name = title;
    say("");
    $("facts").textContent = modelText + DOT + photoWords(times);
    $("save").disabled = false;
  }));
  return turn;
}

function showSample(button) {
  const file = `${button.dataset.photo}.webp`;
  return show(file, async () => {
    const picture = await fetchPhoto(`photos/${file}`);
    for (const other of samples) other.setAttribute("aria-pressed", String(other === button));
    return picture;
  });
}

function showFile(file) {
  if (!modelText) return $("message").classList.contains("wrong") || say("The network is not loaded yet; a moment.");
  return show(file.name || "pasted", async () => {
    const picture = await readPhoto(file);
    for (const other of samples) other.setAttribute("aria-pressed", "false");
    return picture;
  });
}

// `begin` is one of Camera's.
async function startCamera(begin) {
  const mine = (wish += 1);
  await turn;
  if (mine !== wish || !(await begin.call(camera).catch(loseCamera))) return;
  tally = new FrameTally();
  $("facts").textContent = liveText();
  name = "camera";
  for (const button of samples) button.setAttribute("aria-pressed", "false");
  $("camera").setAttribute("aria-pressed", "true");
  $("flip").hidden = !(await hasTwoCameras());
  $("save").disabled = false;
  say("");
}

function stopCamera() {
  camera.stop();
  $("camera").setAttribute("aria-pressed", "false");
  $("flip").hidden = true;
}

$("camera").onclick = () => (camera.live ? stopCamera() : attempt(() => startCamera(camera.start)));
$("flip").onclick = () => attempt(() => startCamera(camera.turn));
$("open").onclick = () => $("file").click();
$("save").onclick = () => attempt(() => save($("painted"), name));
for (const button of samples) button.onclick = () => showSample(button);
listen($("file"), showFile);
navigator.serviceWorker?.register("sw.js");

let modelText = "";
let lightText = "";
await attempt(async () => {
  for (const button of samples) button.disabled = true;
  const { light, ...model } = await painter.open(new URL("model.tflite", location.href).href);
  modelText = modelWords(model);
  lightText = light ? modelWords(light) : "";
  for (const button of [...samples, $("camera"), $("open"), $("hold")]) button.disabled = false;
  await showSample(samples[0]);
});
