import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaPath, linePath, pointAt, roundTop } from '../../../stats-ui/ui/chart_path.js';

test('the newest point is at the right edge, also of a chart that is not full yet', () => {
  assert.equal(linePath([0, 5, 10], 3, 100, 40, 10), 'M0.0 40.0L50.0 20.0L100.0 0.0');
  assert.equal(linePath([5, 10], 3, 100, 40, 10), 'M50.0 20.0L100.0 0.0');
  assert.equal(areaPath([5, 10], 3, 100, 40, 10), 'M50.0 20.0L100.0 0.0L100.0 40L50.0 40Z');
  assert.equal(linePath([], 3, 100, 40, 10), '');
  assert.equal(areaPath([], 3, 100, 40, 10), '');
});

test('a value above the top does not leave the chart', () => {
  assert.equal(linePath([20], 1, 100, 40, 10), 'M0.0 0.0');
});

test('the top is a round number that nothing exceeds', () => {
  for (const [largest, top] of [[0, 1], [1, 1], [1.5, 2], [42, 50], [51, 100], [100, 100], [1e9, 1e9], [3e6, 5e6]]) assert.equal(roundTop(largest), top);
});

test('the pointer finds the point below it, and none where there is none', () => {
  assert.equal(pointAt(1, 180, 180), 179);
  assert.equal(pointAt(0, 180, 180), 0);
  assert.equal(pointAt(1, 3, 180), 2);
  assert.equal(pointAt(0.5, 3, 180), -1);
  assert.equal(pointAt(1, 0, 180), -1);
});
