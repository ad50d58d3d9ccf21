// Keyboard shortcuts of the player.

const STEP_S = 5;
const FINE_STEP_S = 1;
const ZOOMS: Record<string, number> = { "+": 2, "=": 2, "-": 0.5, "0": 0 };

export type PlayerAction = { by: number } | { zoom: number } | "toggle";

/** The action of a key; keys that scroll the page act only on the slider. */
export function playerAction(event: KeyboardEvent, slider: HTMLElement, length: number): PlayerAction | null {
  const step = event.shiftKey ? FINE_STEP_S : STEP_S;
  const steps: Record<string, number> = { ArrowLeft: -step, ArrowRight: step };
  if (event.target === slider) {
    const page = length / 10;
    Object.assign(steps, {
      ArrowDown: -step,
      ArrowUp: step,
      PageDown: -page,
      PageUp: page,
      Home: -length,
      End: length,
    });
  }
  const by = steps[event.key];
  if (by !== undefined) return { by };
  const zoom = ZOOMS[event.key];
  if (zoom !== undefined) return { zoom };
  // Space activates the focused control
  const onControl = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
  return event.key === " " && !onControl ? "toggle" : null;
}
