// What the router has told, put together. Pure.

// The events of the stream hold only the sections that changed; the others stay. Returns the new state and the names
// of the sections that came.
export function merge(state, update) {
  const changed = Object.keys(update).filter((key) => key !== 'now_at' && key !== 'snapshot');
  return { state: { ...state, ...update }, changed };
}

export const SERIES = ['sessions', 'waiting', 'new_per_s', 'up_per_s', 'down_per_s'];
export const POINTS = 180;

// Adds one `chart` event to the charts. A gap (the stream was away) is left to reloading: see isGap.
export function addPoints(charts, event) {
  const listeners = { ...charts.listeners };
  for (const [name, point] of Object.entries(event.points)) {
    const old = listeners[name] ?? {};
    listeners[name] = Object.fromEntries(
      SERIES.map((series, i) => [series, [...(old[series] ?? []), point[i]].slice(-POINTS)]));
  }
  return { ...charts, end_at: event.at, listeners };
}

// Points were missed between what is there and `event`: the whole charts have to be read again.
export function isGap(charts, event) {
  return event.at - charts.end_at > charts.step_ms * 1.5;
}

// More nodes than this get a line each, a filter, and an alert where one is in trouble.
export const MANY = 12;

// What a person has to know first, in one word: 'lost', 'none' (nobody leads), 'bad', 'warn' or 'ok'.
export function verdict(state, isLost) {
  if (isLost) return 'lost';
  if (!state?.leader) return 'unknown';
  if (state.leader.name === null) return 'none';
  if (state.disagreements.length > 0 || state.nodes.some((node) => node.health === 'bad')) return 'bad';
  const watch = state.nodes.some((node) => node.health === 'warn') || state.config.errors.length > 0;
  return watch ? 'warn' : 'ok';
}
