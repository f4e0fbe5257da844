// The shape of a small chart. Pure.

// A line over `width` x `height`: the newest point lies at the right edge, each earlier one a step to the left, so that a
// router that has just started draws from the right. `top` is the value at the upper edge.
export function linePath(points, slots, width, height, top) {
  const step = width / Math.max(1, slots - 1);
  const first = slots - points.length;
  return points.map((value, i) => {
    const x = ((first + i) * step).toFixed(1);
    const y = (height - (Math.min(value, top) / top) * height).toFixed(1);
    return `${i === 0 ? 'M' : 'L'}${x} ${y}`;
  }).join('');
}

// The same, closed down to the base line.
export function areaPath(points, slots, width, height, top) {
  if (points.length === 0) return '';
  const step = width / Math.max(1, slots - 1);
  const left = ((slots - points.length) * step).toFixed(1);
  return `${linePath(points, slots, width, height, top)}L${width.toFixed(1)} ${height}L${left} ${height}Z`;
}

// A round number not below the largest value, at least `least`: 1, 2, 5, 10, 20, …
export function roundTop(largest, least = 1) {
  const wanted = Math.max(largest, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= wanted - power * 1e-9);
}

// Which point lies under a place from 0 (left) to 1 (right); -1: none.
export function pointAt(place, length, slots) {
  const i = Math.round(place * (slots - 1)) - (slots - length);
  return i >= 0 && i < length ? i : -1;
}
