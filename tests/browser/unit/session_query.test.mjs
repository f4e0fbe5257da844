import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COLUMNS, START, direction, parameters, sortedBy } from '../../../stats-ui/ui/session_query.js';

const column = (key) => COLUMNS.find((it) => it.key === key);

test('a first click sorts a column its natural way, a second one the other', () => {
  const once = sortedBy(START, column('down_bytes'));
  assert.deepEqual([once.sort, once.order], ['down_bytes', 'desc']);
  assert.equal(sortedBy(once, column('down_bytes')).order, 'asc');
  assert.equal(sortedBy(once, column('user')).order, 'asc');
});

test('sorting begins at the first page again and keeps the search', () => {
  const sorted = sortedBy({ ...START, offset: 300, search: 'x' }, column('user'));
  assert.deepEqual([sorted.offset, sorted.search], [0, 'x']);
});

test('an age grows the other way than the time when it began', () => {
  assert.equal(direction(START, column('age_ms')), 'descending');
  assert.equal(direction({ ...START, order: 'desc' }, column('age_ms')), 'ascending');
  assert.equal(direction(START, column('user')), 'none');
});

test('only what was chosen is asked for', () => {
  assert.deepEqual(parameters(START), { sort: 'began', order: 'asc', limit: 100 });
  assert.deepEqual(parameters({ ...START, search: 'a b', node: 'pg1', offset: 100 }),
    { search: 'a b', node: 'pg1', sort: 'began', order: 'asc', offset: 100, limit: 100 });
});
