// The line between photo and painting: a range input over the picture, so that keys and screen readers come with it.

export class Slider {
  constructor(stage, input, hold) {
    [this.stage, this.input] = [stage, input];
    input.addEventListener("input", () => this.set(input.valueAsNumber));
    for (const name of ["pointerdown", "keydown"]) hold.addEventListener(name, (event) => this.hold(event, true));
    for (const name of ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"])
      hold.addEventListener(name, (event) => this.hold(event, false));
    this.button = hold;
    this.set(input.valueAsNumber);
  }

  // Put the line at `percent` from the left.
  set(percent) {
    this.input.value = percent;
    this.stage.style.setProperty("--split", `${percent}%`);
    this.input.setAttribute("aria-valuetext", `${Math.round(100 - percent)} % painted`);
  }

  // While the button is held down, by pointer or by space or enter, the whole picture is the photo.
  hold(event, down) {
    if (event.key !== undefined && ![" ", "Enter"].includes(event.key)) return;
    if (event.key !== undefined) event.preventDefault();
    if (down && event.button) return; // another one than the first opens a menu, which keeps the release
    this.stage.classList.toggle("held", down);
    this.button.setAttribute("aria-pressed", String(down));
  }
}
