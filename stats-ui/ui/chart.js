// A small chart of the last 15 minutes: one or two series, the largest value, and the value under the pointer.
import { areaPath, linePath, pointAt, roundTop } from './chart_path.js';
import { el, setAttribute, setText, svg } from './dom.js';
import { clock as clockTime } from './format.js';
import { POINTS } from './state.js';

const WIDTH = 180;
const HEIGHT = 40;

export class Chart {
  root;
  #spec;
  #svg;
  #shapes;
  #marks = svg('g', { class: 'marks' });
  #value = el('output', { class: 'chart-value' });
  #top = el('span', { class: 'chart-top muted' });
  #hair = svg('line', { class: 'hair', y1: 0, y2: HEIGHT, hidden: true });
  #data = null;
  #under = -1;

  // spec: { title, series: [{ key, name, kind }], words(value) }; kind names the colour (CSS); the first is filled.
  constructor(spec) {
    this.#spec = spec;
    this.#shapes = spec.series.map(({ kind }, i) => ({
      area: i === 0 ? svg('path', { class: `area ${kind}` }) : null,
      line: svg('path', { class: `line ${kind}`, 'vector-effect': 'non-scaling-stroke' }),
    }));
    this.#svg = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      this.#marks, this.#shapes.flatMap(({ area, line }) => [area, line]), this.#hair);
    this.#svg.addEventListener('pointermove', (event) => this.#point(event));
    this.#svg.addEventListener('pointerleave', () => this.#leave());
    this.root = el('figure', { class: 'chart' },
      el('figcaption', {}, el('span', { class: 'muted' }, spec.title), this.#value), this.#svg, this.#top);
  }

  // data: { end_at, step_ms, [series key]: [numbers] }; marks: times of fail-overs.
  show(data, marks) {
    this.#data = data;
    const { series, words, title } = this.#spec;
    const all = series.map(({ key }) => data[key] ?? []);
    const largest = Math.max(0, ...all.flat());
    const top = roundTop(largest);
    all.forEach((points, i) => {
      const { area, line } = this.#shapes[i];
      setAttribute(line, 'd', linePath(points, POINTS, WIDTH, HEIGHT, top));
      if (area) setAttribute(area, 'd', areaPath(points, POINTS, WIDTH, HEIGHT, top));
    });
    this.#showMarks(marks);
    setText(this.#top, `most ${words(largest)}`);
    setAttribute(this.#svg, 'aria-label',
      `${title}, 15 minutes: ${series.map(({ name }, i) => `${name} now ${words(all[i].at(-1) ?? 0)}, at most ${words(Math.max(0, ...all[i]))}`).join('; ')}`);
    this.#showValue();
  }

  #showMarks(marks) {
    const { end_at: end, step_ms: step } = this.#data;
    const places = marks.map((at) => WIDTH - ((end - at) / (step * (POINTS - 1))) * WIDTH).filter((x) => x >= 0 && x <= WIDTH);
    this.#marks.replaceChildren(...places.map((x) => svg('line',
      { x1: x.toFixed(1), x2: x.toFixed(1), y1: 0, y2: HEIGHT, class: 'failover-mark', 'vector-effect': 'non-scaling-stroke' })));
  }

  #point(event) {
    const box = this.#svg.getBoundingClientRect();
    const length = this.#data?.[this.#spec.series[0].key]?.length ?? 0;
    this.#under = pointAt((event.clientX - box.left) / box.width, length, POINTS);
    const x = ((POINTS - length + this.#under) / (POINTS - 1)) * WIDTH;
    setAttribute(this.#hair, 'x1', x.toFixed(1));
    setAttribute(this.#hair, 'x2', x.toFixed(1));
    this.#hair.toggleAttribute('hidden', this.#under < 0);
    this.#showValue();
  }

  #leave() {
    this.#under = -1;
    this.#hair.toggleAttribute('hidden', true);
    this.#showValue();
  }

  #showValue() {
    const { series, words } = this.#spec;
    const length = this.#data[series[0].key]?.length ?? 0;
    const i = this.#under < 0 ? length - 1 : Math.min(this.#under, length - 1);
    const values = series.map(({ key, sign = '' }) => `${sign}${words(this.#data[key]?.[i] ?? 0)}`).join(' ');
    const when = this.#under < 0 ? '' : `${clockTime(this.#data.end_at - (length - 1 - i) * this.#data.step_ms, this.#data.end_at)}  `;
    setText(this.#value, when + values);
  }
}
