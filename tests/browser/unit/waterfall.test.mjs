import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeline, waterfall } from '../../../stats-ui/ui/waterfall.js';
import { fixture } from '../support/looks.mjs';

const NOTHING = {
  number: 9, from: 'pg1', to: 'pg2', planned: false, over: true, first_sign_at: null, leader_gone_at: null, claimed_at: null,
  confirmed_at: null, first_session_at: null, why_gone: 'gone', why_confirmed: 'confirmed', steps: [],
};

test('phases follow each other without a gap and end with the first session', () => {
  const { phases, span_ms: length } = waterfall(fixture().state.failovers[0], 0);
  assert.deepEqual(phases.map(({ kind, ms }) => [kind, ms]), [['noticed', 800], ['nobody', 1090], ['confirming', 110], ['admitting', 230]]);
  assert.equal(length, 2230);
  phases.reduce((left, phase) => {
    assert.ok(Math.abs(phase.left - left) < 1e-6);
    return phase.left + phase.width;
  }, 0);
  assert.ok(Math.abs(phases.at(-1).left + phases.at(-1).width - 100) < 1e-6);
});

test('a phase whose end was never seen reaches to the next thing that was', () => {
  const { phases } = waterfall({ ...NOTHING, leader_gone_at: 1000, confirmed_at: 3000, first_session_at: 3500 }, 0);
  assert.deepEqual(phases.map(({ kind, ms }) => [kind, ms]), [['nobody', 2000], ['admitting', 500]]);
});

test('milestones and steps come in the order of time; a step that says the same is one row with its milestone', () => {
  const { rows } = waterfall({
    ...NOTHING, first_sign_at: 1000, leader_gone_at: 2000, confirmed_at: 5000,
    steps: [{ at: 1000, event: 'node.hint', node: 'pg1', words: 'reset' }, { at: 2000, event: 'leader.lost', node: 'pg1', words: 'gone' },
      { at: 3000, event: 'leader.key', node: '', words: 'nobody' }, { at: 5000, event: 'leader.confirmed', node: 'pg2', words: 'confirmed' }],
  }, 0);
  assert.deepEqual(rows.map(({ offset_ms: offset, title, event }) => [offset, title, event]), [
    [0, '', 'node.hint'], [0, 'First sign', ''], [1000, 'Leader gone', 'leader.lost'], [2000, '', 'leader.key'], [4000, 'Confirmed', 'leader.confirmed']]);
});

test('one that goes on reaches to now', () => {
  const { phases, end } = waterfall({ ...NOTHING, over: false, to: '', leader_gone_at: 1000 }, 8000);
  assert.deepEqual(phases.map(({ kind, ms }) => [kind, ms]), [['nobody', 7000]]);
  assert.equal(end, 8000);
});

test('a planned one begins with its announcement', () => {
  const { rows } = waterfall({ ...NOTHING, planned: true, first_sign_at: 1000, leader_gone_at: 2000 }, 0);
  assert.equal(rows[0].title, 'Announced');
  assert.equal(rows[0].words, 'pg1 is about to hand over');
});

test('nothing known, or all at one moment, divides by nothing', () => {
  assert.deepEqual(waterfall(NOTHING, 5).rows, []);
  const { rows, phases } = waterfall({ ...NOTHING, leader_gone_at: 7, confirmed_at: 7 }, 9);
  assert.ok([...rows, ...phases].every(({ left }) => Number.isFinite(left)));
});

test('the time line goes back a day, or as far as the fail-overs do', () => {
  const day = 86400000;
  const at = (first) => ({ ...NOTHING, first_sign_at: first });
  assert.equal(timeline([at(9.5 * day)], 10 * day).from, 9 * day);
  const { from, marks } = timeline([at(9.5 * day), at(2 * day)], 10 * day);
  assert.ok(from < 2 * day && from > 1.5 * day);
  assert.ok(marks.every(({ left }) => left > 0 && left < 100));
  assert.deepEqual(timeline([NOTHING], day).marks, []);
});
