// The configuration: which file, when it was read, and why a newer one was refused.
import * as clock from './clock.js';
import { el, setChildren } from './dom.js';
import { ago, bytes, clock as clockTime, count, span } from './format.js';

export class Config {
  #refused = el('div', { class: 'refused' });
  #facts = el('dl', { class: 'facts-list card' });
  #text = el('pre', { class: 'yaml', tabindex: '0' });

  constructor(root) {
    root.append(this.#refused, this.#facts,
      el('details', { class: 'card' }, el('summary', {}, 'In force, secrets hidden'), this.#text));
  }

  show({ config, router, cluster }) {
    const now = clock.now();
    setChildren(this.#refused, config.errors.length === 0 ? [] : [
      el('p', { class: 'warn' }, el('strong', {}, `\u25b2 A newer one was refused${config.refused_at === null ? '' : ` at ${clockTime(config.refused_at, now)} (${ago(now - config.refused_at)})`}.`),
        ' The one below stays in force.'),
      el('ul', { class: 'errors' }, config.errors.map((error) => el('li', {}, el('code', {}, error))))]);
    setChildren(this.#facts, [
      fact('File', config.file || 'none: environment variables alone'),
      fact('Read', `${clockTime(config.read_at, now)}, ${ago(now - config.read_at)} (number ${count(config.generation)})`),
      fact('Cluster', `${cluster.name || 'any name'}, system identifier ${cluster.system_id || 'not known yet'}`),
      fact('Router', `process ${router.pid} on ${router.host}, ${count(router.workers)} workers, up ${span(now - router.started_at)}, ` +
        `${bytes(router.resident_bytes)}, ${Math.round(router.cpu_s)} s of processor time`),
      fact('Room for', `${count(router.clients_max)} clients`),
    ]);
    if (this.#text.textContent !== config.in_force) this.#text.textContent = config.in_force;
  }
}

function fact(label, words) {
  return el('div', {}, el('dt', {}, label), el('dd', {}, words));
}
