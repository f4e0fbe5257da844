// The router's clock, as far as this page knows it. The two machines' clocks may differ, and while the router is lost its
// time stands still: a node that was heard 0.4 s ago in the last picture must not look older, nor younger, than it was.

let offset = 0;
let newest = 0;
let stopped = true;
const tickers = new Set();

export function heard(nowAt) {
  offset = nowAt - Date.now();
  newest = nowAt;
  stopped = false;
}

export function stop() {
  stopped = true;
}

// Milliseconds since 1970 by the router's clock; 0 before anything was heard.
export function now() {
  return stopped ? newest : Math.max(newest, Date.now() + offset);
}

// How old the picture is by this machine's clock.
export function age() {
  return Math.max(0, Date.now() + offset - newest);
}

// `f` is called every second, for texts that tell an age.
export function everySecond(f) {
  tickers.add(f);
}
setInterval(() => tickers.forEach((f) => f()), 1000);
