// Numbers, spans and times as people read them. Pure: no DOM, no clock.

const THIN = '\u202f'; // narrow no-break space
export const NONE = '\u2013';

// 90211 -> "90 211"
export function count(n) {
  if (n === null || n === undefined) return NONE;
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

// One word for one, another for more: plural(1, 'client') -> "1 client".
export function plural(n, word, words = `${word}s`) {
  return `${count(n)} ${n === 1 ? word : words}`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

// As pg_size_pretty counts: 1 kB is 1024 bytes. Two or three digits: "3.9 GB", "12 MB".
export function bytes(n) {
  if (n === null || n === undefined) return NONE;
  let size = n;
  let unit = 0;
  while (size >= 999.5 && unit < SIZES.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && size < 9.95 ? size.toFixed(1) : String(Math.round(size));
  return `${digits} ${SIZES[unit]}`;
}

export function rate(n) {
  return n === null || n === undefined ? NONE : `${bytes(n)}/s`;
}

// 0.25 -> "0.3", 12.4 -> "12"
export function perSecond(n) {
  if (n === null || n === undefined) return NONE;
  return n > 0 && n < 9.95 && !Number.isInteger(n) ? n.toFixed(1) : count(n);
}

// Exact where it is short: how long a check or a fail-over took. "0.7 ms", "820 ms", "1.43 s", "24.8 s".
export function took(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 10) return `${ms === 0 ? 0 : ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59950) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

// How long something has lasted, in its two largest units: "7 s", "6 min 55 s", "1 h 2 min", "3 d 4 h".
export function span(ms) {
  if (ms === null || ms === undefined) return NONE;
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (big, bigUnit, small, smallUnit) => (small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`);
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), 'min', s % 60, 's');
  if (s < 86400) return two(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  return two(Math.floor(s / 86400), 'd', Math.floor((s % 86400) / 3600), 'h');
}

// Coarser: "just now", "7 s ago", "20 min ago".
export function ago(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 1000) return 'just now';
  return `${ms < 60000 ? span(ms) : span(ms).split(' ').slice(0, 2).join(' ')} ago`;
}

const two = (n) => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// "18:02:11" in the browser's time zone, as long as it is today's; else with its day: "24 Nov 18:02:11".
export function clock(at, now) {
  if (at === null || at === undefined) return NONE;
  const time = new Date(at);
  const today = new Date(now);
  const hms = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  if (time.toDateString() === today.toDateString()) return hms;
  const year = time.getFullYear() === today.getFullYear() ? '' : ` ${time.getFullYear()}`;
  return `${time.getDate()} ${MONTHS[time.getMonth()]}${year} ${hms}`;
}

// With milliseconds: "18:02:11.430"; for a waterfall.
export function preciseClock(at) {
  const time = new Date(at);
  return `${clock(at, at)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

// 150014 -> "15.14", 90624 -> "9.6.24"
export function serverVersion(number) {
  if (!number) return '';
  const major = Math.floor(number / 10000);
  if (major >= 10) return `${major}.${number % 10000}`;
  return `${major}.${Math.floor(number / 100) % 100}.${number % 100}`;
}
