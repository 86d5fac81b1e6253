"use strict";

// Tables: a heading sorts all rows by its column, then the other way round; a third time, they are as they were.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const bodies = [...table.tBodies].map((body) => [body, [...body.rows]]);
  const value = (row, column) => {
    const cell = row.cells[column];
    if (!cell || row.cells.length < heads.length) return null; // a row that was not run has one long cell
    return cell.dataset.value !== undefined ? Number(cell.dataset.value) : column < 2 ? cell.textContent.trim() : null;
  };
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  const sorted = document.createElement("tbody");
  const restore = () => {
    sorted.remove();
    bodies.forEach(([body, rows]) => { body.hidden = false; body.append(...rows); });
  };
  const sort = (column, direction) => {
    const rows = bodies.flatMap(([, all]) => all).filter((row) => !row.querySelector(".group"));
    const known = rows.filter((row) => value(row, column) !== null);
    known.sort((a, b) => direction * compare(value(a, column), value(b, column)));
    bodies.forEach(([body]) => { body.hidden = true; });
    sorted.replaceChildren(...known, ...rows.filter((row) => !known.includes(row)));
    table.append(sorted);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (before === "descending") return restore();
      head.setAttribute("aria-sort", before ? "descending" : "ascending");
      sort(column, before ? -1 : 1);
    });
  });
}

// The viewer: two versions of a photo under one line. All pictures are those of the strips below it.
for (const viewer of document.querySelectorAll(".viewer")) {
  const find = (selector) => viewer.querySelector(selector);
  const stage = find(".stage"), cut = find(".cut"), picks = [...viewer.querySelectorAll(".pick")];
  const sides = [...stage.querySelectorAll("img")], tags = [...stage.querySelectorAll(".tag")];
  const strips = [...document.querySelectorAll(".strip")];
  const state = { photo: null, zoom: 1, x: 0, y: 0 };
  const panel = (version) => state.photo.querySelector(`[data-version="${CSS.escape(version)}"]`);

  const show = () => {
    picks.forEach((pick, side) => {
      const source = panel(pick.value);
      const score = source.closest(".panel").querySelector(".score").textContent;
      sides[side].src = source.src;
      sides[side].alt = source.alt;
      tags[side].textContent = score ? `${pick.value}, ${score}` : pick.value;
    });
    const { naturalWidth, naturalHeight } = panel(picks[0].value);
    stage.style.setProperty("--ratio", naturalWidth / naturalHeight || 1);
    find(".about").replaceChildren(...[...state.photo.querySelector("figcaption").childNodes].map((node) => node.cloneNode(true)));
  };
  const place = () => {
    const width = stage.clientWidth, height = stage.clientHeight;
    state.x = Math.min(0, Math.max(width * (1 - state.zoom), state.x));
    state.y = Math.min(0, Math.max(height * (1 - state.zoom), state.y));
    stage.style.setProperty("--x", `${state.x}px`);
    stage.style.setProperty("--y", `${state.y}px`);
    stage.style.setProperty("--zoom", state.zoom);
    stage.classList.toggle("zoomed", state.zoom > 1);
  };
  const press = (selector, chosen) => viewer.querySelectorAll(selector).forEach((button) =>
    button.setAttribute("aria-pressed", String(button === chosen)));
  const divide = (percent) => {
    cut.value = percent;
    stage.style.setProperty("--cut", `${cut.value}%`);
  };

  const versions = [...strips[0].querySelectorAll("[data-version]")].map((image) => image.dataset.version);
  picks.forEach((pick, side) => {
    pick.append(...versions.map((version) => new Option(version)));
    pick.value = side ? versions.at(-1) : versions[0];
    pick.addEventListener("change", show);
  });
  viewer.querySelectorAll(".reel button").forEach((button, index) => {
    button.style.backgroundImage = `url("${strips[index].querySelector("img").src}")`;
    button.addEventListener("click", () => choose(index));
  });
  viewer.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    const middle = [stage.clientWidth / 2, stage.clientHeight / 2], factor = button.dataset.zoom / state.zoom;
    state.x = middle[0] - (middle[0] - state.x) * factor;
    state.y = middle[1] - (middle[1] - state.y) * factor;
    state.zoom = Number(button.dataset.zoom);
    press("[data-zoom]", button);
    place();
  }));
  cut.addEventListener("input", () => divide(cut.value));

  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    const line = stage.clientWidth * cut.value / 100, at = event.clientX - stage.getBoundingClientRect().left;
    drag = { line: state.zoom === 1 || Math.abs(at - line) < 24, x: event.clientX - state.x, y: event.clientY - state.y };
    stage.setPointerCapture(event.pointerId);
    move(event);
  });
  const move = (event) => {
    if (!drag) return;
    const box = stage.getBoundingClientRect();
    if (drag.line) return divide((event.clientX - box.left) / box.width * 100);
    state.x = event.clientX - drag.x;
    state.y = event.clientY - drag.y;
    place();
  };
  stage.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { drag = null; });
  addEventListener("resize", place);
  const choose = (index) => { // once its pictures are there, so that their sides are known
    const first = strips[index].querySelector("[data-version]");
    first.loading = "eager";
    const begin = () => {
      state.photo = strips[index];
      press(".reel button", viewer.querySelectorAll(".reel button")[index]);
      viewer.hidden = false;
      show();
      place();
    };
    first.decode().then(begin, begin);
  };
  divide(50);
  choose(Math.min(1, strips.length - 1)); // the first one is at the top of the page already
}
