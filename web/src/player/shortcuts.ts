// What keys do to the player.

const STEP_S = 5;
const FINE_STEP_S = 1;
const ZOOMS: Record<string, number> = { "+": 2, "=": 2, "-": 0.5, "0": 0 };

export type PlayerAct = { by: number } | { zoom: number } | "toggle";

/** What a key asks for; some belong to the slider alone, since elsewhere they scroll. */
export function playerAct(event: KeyboardEvent, slider: HTMLElement, length: number): PlayerAct | null {
  const one = event.shiftKey ? FINE_STEP_S : STEP_S;
  const steps: Record<string, number> = { ArrowLeft: -one, ArrowRight: one };
  if (event.target === slider) {
    const page = length / 10;
    Object.assign(steps, { ArrowDown: -one, ArrowUp: one, PageDown: -page, PageUp: page, Home: -length, End: length });
  }
  const by = steps[event.key];
  if (by !== undefined) return { by };
  const zoom = ZOOMS[event.key];
  if (zoom !== undefined) return { zoom };
  // Space presses what has the focus
  const pressed = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
  return event.key === " " && !pressed ? "toggle" : null;
}
