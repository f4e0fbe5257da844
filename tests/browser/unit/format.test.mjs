import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, clock, count, perSecond, plural, preciseClock, serverVersion, span, took } from '../../../stats-ui/ui/format.js';

const each = (f, pairs) => pairs.forEach(([input, expected]) => assert.equal(f(input), expected, `of ${input}`));
const DAY = 86400000;

test('counts are grouped by thousands; what is not known is a dash', () => {
  each(count, [[0, '0'], [999, '999'], [1000, '1\u202f000'], [1234567, '1\u202f234\u202f567'], [null, '\u2013'], [undefined, '\u2013']]);
});

test('one has a word of its own', () => {
  assert.equal(plural(1, 'client'), '1 client');
  assert.equal(plural(0, 'client'), '0 clients');
  assert.equal(plural(2, 'reply', 'replies'), '2 replies');
});

test('sizes are PostgreSQL\u2019s, in two or three digits', () => {
  each(bytes, [[0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [1024, '1.0 kB'], [10240, '10 kB'], [12582912, '12 MB'], [1023 * 1024, '1.0 MB'],
    [3.9 * 2 ** 30, '3.9 GB'], [2 ** 60, '1024 PB'], [null, '\u2013']]);
});

test('rates below ten have a decimal', () => {
  each(perSecond, [[0, '0'], [0.33, '0.3'], [2, '2'], [9.94, '9.9'], [9.96, '10'], [1500.2, '1\u202f500']]);
});

test('short times are exact', () => {
  each(took, [[0, '0 ms'], [0.7, '0.7 ms'], [1.7, '1.7 ms'], [820.4, '820 ms'], [1430, '1.43 s'], [9999, '10.0 s'], [24780, '24.8 s'],
    [61000, '1 min 1 s'], [null, '\u2013']]);
});

test('long times have two units', () => {
  each(span, [[-5, '0 s'], [7400, '7 s'], [60000, '1 min'], [415900, '6 min 55 s'], [3600000, '1 h'], [3720000, '1 h 2 min'],
    [DAY, '1 d'], [3 * DAY + 4 * 3600000, '3 d 4 h']]);
  each(ago, [[300, 'just now'], [7000, '7 s ago'], [415900, '6 min ago'], [90000000, '1 d ago'], [null, '\u2013']]);
});

test('a time of another day tells the day, one of another year the year', () => {
  const now = new Date(2026, 10, 24, 18, 0, 0).getTime();
  assert.equal(clock(new Date(2026, 10, 24, 9, 5, 7).getTime(), now), '09:05:07');
  assert.equal(clock(new Date(2026, 10, 23, 23, 59, 59).getTime(), now), '23 Nov 23:59:59');
  assert.equal(clock(new Date(2025, 11, 31, 1, 2, 3).getTime(), now), '31 Dec 2025 01:02:03');
  assert.equal(clock(null, now), '\u2013');
  assert.equal(preciseClock(new Date(2026, 10, 24, 9, 5, 7, 43).getTime()), '09:05:07.043');
});

test('a server\u2019s version reads as PostgreSQL writes it', () => {
  each(serverVersion, [[150014, '15.14'], [90624, '9.6.24'], [null, ''], [0, '']]);
});
