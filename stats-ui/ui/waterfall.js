// Where the bars and marks of a fail-over lie. Pure.

// In the order in which they happen.
export const MILESTONES = [
  { key: 'first_sign_at', words: 'First sign', planned: 'Announced' },
  { key: 'leader_gone_at', words: 'Leader gone' },
  { key: 'claimed_at', words: 'New leader claims' },
  { key: 'confirmed_at', words: 'Confirmed' },
  { key: 'first_session_at', words: 'First session through' },
];

// What the time after a milestone was spent on, until the next one that was seen.
const PHASES = {
  first_sign_at: { kind: 'noticed', words: 'noticing' },
  leader_gone_at: { kind: 'nobody', words: 'nobody leads' },
  claimed_at: { kind: 'confirming', words: 'confirming' },
  confirmed_at: { kind: 'admitting', words: 'letting sessions in' },
};

// `now` ends the bar of one that goes on. Returns { start, end, span_ms, phases, rows }. A row is a milestone or a step, in
// the order of time, with `offset_ms` from the start, `left` in percent, and the phase that a milestone begins. A step
// that says what a milestone says at the same moment is one row with it (`event`).
export function waterfall(failover, now) {
  const seen = MILESTONES.filter(({ key }) => failover[key] !== null);
  const times = [...seen.map(({ key }) => failover[key]), ...failover.steps.map((step) => step.at)];
  if (!failover.over) times.push(now);
  if (times.length === 0) return { start: now, end: now, span_ms: 0, phases: [], rows: [] };
  const start = Math.min(...times);
  const end = Math.max(...times);
  const length = Math.max(1, end - start);
  const percent = (at) => ((at - start) / length) * 100;

  const phases = seen
    .map(({ key }, i) => ({ key, from: failover[key], to: i + 1 < seen.length ? failover[seen[i + 1].key] : null }))
    .map((phase) => ({ ...phase, to: phase.to ?? (failover.over ? null : end) }))
    .filter((phase) => phase.to !== null && phase.to >= phase.from && PHASES[phase.key])
    .map(({ key, from, to }) => ({ ...PHASES[key], key, from, to, ms: to - from, left: percent(from), width: percent(to) - percent(from) }));

  const milestones = seen.map((milestone) => ({
    kind: 'milestone', at: failover[milestone.key], title: (failover.planned && milestone.planned) || milestone.words,
    words: milestoneWords(failover, milestone.key), event: '', phase: phases.find(({ key: begins }) => begins === milestone.key) ?? null,
  }));
  const steps = [];
  for (const step of failover.steps) {
    const same = milestones.find(({ at, words, event }) => at === step.at && words === step.words && event === '');
    if (same) same.event = step.event;
    else steps.push({ kind: 'step', at: step.at, title: '', words: step.words, event: step.event, phase: null });
  }
  // At the same moment the step comes first: it is what the milestone was concluded from. (sort() keeps equals in order.)
  const rows = [...steps, ...milestones].sort((a, b) => a.at - b.at);
  for (const row of rows) {
    row.offset_ms = row.at - start;
    row.left = percent(row.at);
  }
  return { start, end, span_ms: end - start, phases, rows };
}

function milestoneWords(failover, key) {
  const words = {
    leader_gone_at: failover.why_gone,
    confirmed_at: failover.why_confirmed,
    claimed_at: failover.to ? `${failover.to} says that it leads` : '',
    first_session_at: failover.to ? `a new session has started on ${failover.to}` : '',
    first_sign_at: failover.planned ? `${failover.from} is about to hand over` : '',
  };
  return words[key] ?? '';
}

// Where the fail-overs lie on a time line that ends now and goes back a day, or as far as they do.
export function timeline(failovers, now) {
  const day = 24 * 3600 * 1000;
  const marks = failovers.map((failover) => ({ failover, at: began(failover) })).filter(({ at }) => at !== null);
  const oldest = Math.min(now - day, ...marks.map(({ at }) => at));
  // A little room, so that the oldest mark is not cut off.
  const from = oldest < now - day ? oldest - (now - oldest) * 0.02 : oldest;
  return { from, to: now, marks: marks.map((mark) => ({ ...mark, left: ((mark.at - from) / (now - from)) * 100 })) };
}

export function began(failover) {
  return failover.first_sign_at ?? failover.leader_gone_at ?? failover.claimed_at ?? failover.confirmed_at ?? failover.steps[0]?.at ?? null;
}
