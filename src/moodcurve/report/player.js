"use strict";
// Moves the page with the music: cursor, readings, and the point on the circumplex. All drawing is done already.
(() => {
  const TRAIL_POINTS = 16;
  const TRAIL_STEP_S = 0.3;
  const STEP_S = 5;
  const FINE_STEP_S = 1;

  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const stage = byId("stage");
  const course = stage.querySelector(".course");
  const play = byId("play");
  const sound = byId("sound");
  const hover = byId("hover");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let soundless_s = 0; // the position while there is no sound to ask

  // ---- the curve at a moment

  function indexAt(t) {
    let low = 0;
    let high = data.times_s.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.times_s[middle] <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function valueAt(values, t) {
    const i = indexAt(t);
    if (i === values.length - 1 || t <= data.times_s[i]) return values[i];
    const share = (t - data.times_s[i]) / (data.times_s[i + 1] - data.times_s[i]);
    return values[i] + share * (values[i + 1] - values[i]);
  }

  function clock(t) {
    const whole = Math.floor(t + 1e-6);
    const two = (n) => String(n).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    const end = `${two(whole % 60)}`;
    return minutes < 60 ? `${minutes}:${end}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${end}`;
  }

  function signed(value) {
    const text = Math.abs(value).toFixed(2);
    return text === "0.00" ? text : (value < 0 ? "−" : "+") + text;
  }

  // ---- showing it

  const circles = Array.from({ length: TRAIL_POINTS }, (_, i) => {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    circle.setAttribute("r", (4.6 * (1 - i / TRAIL_POINTS)).toFixed(2));
    circle.setAttribute("opacity", (0.5 * (1 - i / TRAIL_POINTS)).toFixed(2));
    byId("trail").append(circle);
    return circle;
  });

  const words = [...document.querySelectorAll("#circumplex .word")];

  function place(circle, t) {
    circle.setAttribute("cx", (data.radius * valueAt(data.path_valence, t)).toFixed(2));
    circle.setAttribute("cy", (-data.radius * valueAt(data.path_arousal, t)).toFixed(2));
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function dot(axis, value) {
    const height = (data.top - value) / (2 * data.top);
    byId(`dot-${axis}`).style.top = `${course.offsetTop + height * course.offsetHeight}px`;
  }

  function show() {
    const t = position();
    const arousal = valueAt(data.arousal, t);
    const valence = valueAt(data.valence, t);
    const mood = data.moods[data.mood_at[indexAt(t)]];
    stage.style.setProperty("--at", `${(100 * Math.min(1, t / data.length_s)).toFixed(3)}%`);
    write(byId("time"), clock(t));
    write(byId("arousal"), signed(arousal));
    write(byId("valence"), signed(valence));
    write(byId("mood"), mood);
    words.forEach((word, i) => word.classList.toggle("here", i === data.rim_at[indexAt(t)]));
    dot("arousal", arousal);
    dot("valence", valence);
    place(byId("point"), t);
    circles.forEach((circle, i) => place(circle, Math.max(0, t - (i + 1) * TRAIL_STEP_S)));
    // a slider that speaks on every frame would drown the music
    if (stage.getAttribute("aria-valuenow") !== String(Math.floor(t))) {
      stage.setAttribute("aria-valuenow", Math.floor(t));
      stage.setAttribute(
        "aria-valuetext",
        `${clock(t)} of ${clock(data.length_s)}, ${mood}, arousal ${signed(arousal)}, valence ${signed(valence)}`,
      );
    }
  }

  // ---- moving

  function position() {
    return sound ? Math.min(sound.currentTime, data.length_s) : soundless_s;
  }

  function seek(t) {
    const end = sound && Number.isFinite(sound.duration) ? sound.duration : data.length_s;
    const to = Math.max(0, Math.min(t, data.length_s, end));
    if (sound) sound.currentTime = to;
    else soundless_s = to;
    show();
  }

  function toggle() {
    if (!sound || play.disabled) return;
    if (!sound.paused) sound.pause();
    else sound.play().catch(silence);
  }

  function silence() {
    play.disabled = true;
    byId("note").textContent = "This browser cannot play the sound in this page.";
  }

  function follow() {
    show();
    if (sound.paused) return;
    if (calm.matches) setTimeout(follow, 250);
    else requestAnimationFrame(follow);
  }

  // ---- pointer

  function timeUnder(event) {
    const box = stage.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * data.length_s;
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    seek(timeUnder(event));
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) seek(timeUnder(event));
    if (event.pointerType === "touch") return;
    const t = timeUnder(event);
    hover.hidden = false;
    hover.dataset.time = clock(t);
    hover.style.left = `${(100 * t) / data.length_s}%`;
  });
  stage.addEventListener("pointerleave", () => {
    hover.hidden = true;
  });

  // ---- keyboard: the slider's own keys, and everywhere the few that a player has

  function stepFor(event) {
    const step = event.shiftKey ? FINE_STEP_S : STEP_S;
    const steps = { ArrowLeft: -step, ArrowRight: step };
    if (event.target === stage) {
      const page = data.length_s / 10;
      Object.assign(steps, { ArrowDown: -step, ArrowUp: step, PageDown: -page, PageUp: page });
      Object.assign(steps, { Home: -data.length_s, End: data.length_s });
    }
    return steps[event.key];
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = stepFor(event);
    if (step !== undefined) {
      seek(position() + step);
    } else if (event.key === " " && !event.target.closest("button, a, summary")) {
      toggle();
    } else {
      return;
    }
    event.preventDefault();
  });

  // ---- start

  stage.setAttribute("aria-valuemax", Math.floor(data.length_s));
  play.addEventListener("click", toggle);
  if (sound) {
    sound.controls = false; // they are for pages without scripts
    play.disabled = false;
    sound.addEventListener("error", silence);
    sound.addEventListener("timeupdate", show);
    sound.addEventListener("seeked", show);
    sound.addEventListener("play", follow);
    for (const name of ["play", "pause", "ended"]) {
      sound.addEventListener(name, () => {
        play.classList.toggle("playing", !sound.paused);
        play.setAttribute("aria-label", sound.paused ? "Play" : "Pause");
      });
    }
  }
  document.documentElement.classList.add("ready");
  addEventListener("resize", show);
  show();
})();
