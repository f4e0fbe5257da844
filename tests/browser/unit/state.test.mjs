import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POINTS, SERIES, addPoints, isGap, merge, verdict } from '../../../stats-ui/ui/state.js';
import { allWell, fixture, nobodyLeads } from '../support/looks.mjs';

test('an update replaces the sections that it holds and leaves the others', () => {
  const before = { now_at: 1, snapshot: 1, leader: { name: 'pg1' }, nodes: [1] };
  const { state, changed } = merge(before, { now_at: 2, snapshot: 2, leader: { name: null } });
  assert.deepEqual(state, { now_at: 2, snapshot: 2, leader: { name: null }, nodes: [1] });
  assert.deepEqual(changed, ['leader']);
  assert.equal(before.leader.name, 'pg1');
});

test('the first update is the state', () => {
  assert.deepEqual(merge(null, { now_at: 1, leader: 2 }), { state: { now_at: 1, leader: 2 }, changed: ['leader'] });
});

test('a point goes to the right end, the oldest one leaves', () => {
  const full = Object.fromEntries(SERIES.map((series) => [series, Array.from({ length: POINTS }, (_, i) => i)]));
  const charts = addPoints({ step_ms: 5000, end_at: 5000, listeners: { write: full } }, { at: 10000, points: { write: [7, 1, 2, 3, 4], read: [1, 0, 0, 0, 0] } });
  assert.equal(charts.end_at, 10000);
  assert.equal(charts.listeners.write.sessions.length, POINTS);
  assert.equal(charts.listeners.write.sessions[0], 1);
  assert.equal(charts.listeners.write.sessions.at(-1), 7);
  assert.equal(charts.listeners.write.down_per_s.at(-1), 4);
  assert.deepEqual(charts.listeners.read.sessions, [1]);
});

test('a missed point is noticed', () => {
  const charts = { step_ms: 5000, end_at: 100000 };
  assert.equal(isGap(charts, { at: 105000 }), false);
  assert.equal(isGap(charts, { at: 106000 }), false);
  assert.equal(isGap(charts, { at: 110000 }), true);
});

test('the verdict is the worst that is known', () => {
  assert.equal(verdict(null, false), 'unknown');
  assert.equal(verdict(allWell().state, false), 'ok');
  assert.equal(verdict(allWell().state, true), 'lost');
  assert.equal(verdict(fixture().state, false), 'bad');
  assert.equal(verdict(nobodyLeads().state, false), 'none');
  const { state } = allWell();
  state.nodes[1].health = 'warn';
  assert.equal(verdict(state, false), 'warn');
});
