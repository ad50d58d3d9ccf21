// Lines drawn by hand, with fewer points.

/** Arousal and valence. */
export type PlanePoint = [number, number];

/** How far a simplified line may be from the drawn one. */
const TOLERANCE = 0.004;
const MAX_POINTS = 300;

/** A line drawn on the plane with few points, all of them inside [-1, 1] (Ramer, Douglas and Peucker). */
export function simplified(line: PlanePoint[]): PlanePoint[] {
  const clamped = line.map((point) => point.map((value) => Math.max(-1, Math.min(1, value))) as PlanePoint);
  let tolerance = TOLERANCE;
  let kept = reduce(clamped, tolerance);
  while (kept.length > MAX_POINTS) kept = reduce(clamped, (tolerance *= 2));
  return kept;
}

function reduce(line: PlanePoint[], tolerance: number): PlanePoint[] {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined || line.length < 3) return line;
  let farthest = 0;
  let most = 0;
  line.forEach((point, i) => {
    const distance = distanceFrom(point, first, last);
    if (distance > most) [farthest, most] = [i, distance];
  });
  if (most <= tolerance) return [first, last];
  return [...reduce(line.slice(0, farthest + 1), tolerance).slice(0, -1), ...reduce(line.slice(farthest), tolerance)];
}

function distanceFrom([y, x]: PlanePoint, [y0, x0]: PlanePoint, [y1, x1]: PlanePoint): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}
