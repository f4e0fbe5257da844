// Changes by hand. Each is asked about once, in a dialog; what it did is said in a message. Only for who has signed in.
import { byId, el } from './dom.js';
import { endSession, nodeActions, switchover } from './action_list.js';
import { toast } from './toast.js';

export class Actions {
  me = { user: null, patroni: false };
  state = null;
  #api;
  #afterwards;
  #onSignedOut;
  #dialog = byId('ask');

  constructor(api, { afterwards, onSignedOut }) {
    this.#api = api;
    this.#afterwards = afterwards;
    this.#onSignedOut = onSignedOut;
  }

  get allowed() {
    return this.me.user !== null;
  }
  get canAskPatroni() {
    return this.allowed && this.me.patroni;
  }

  // First what to do with the node, then the question.
  node(node) {
    const listener = el('select', { id: 'ask-listener' }, el('option', { value: '' }, 'all listeners'),
      this.state.listeners.map(({ name }) => el('option', { value: name }, name)));
    const list = el('div', { class: 'choices' });
    const draw = () => list.replaceChildren(...nodeActions(node, listener.value, this).map((action) =>
      el('button', { type: 'button', class: action.danger ? 'danger' : '', onclick: () => this.#ask(action) },
        `${action.label}\u2026`, el('small', {}, action.effect))));
    listener.addEventListener('change', draw);
    draw();
    this.#open(`What is to be done with ${node.name}?`,
      el('p', {}, el('label', { for: 'ask-listener' }, 'For '), listener), list, this.#closing('Nothing'));
  }

  switchover() {
    const fit = this.state.nodes.filter((node) => node.role !== 'leader' && node.health !== 'bad' && node.health !== 'unknown');
    const choices = [switchover(''), ...fit.map(({ name }) => switchover(name))];
    this.#open('Switch over to which node?', el('div', { class: 'choices' }, choices.map((action, i) =>
      el('button', { type: 'button', class: 'danger', onclick: () => this.#ask(action) }, i === 0 ? 'Let Patroni choose\u2026' : `${fit[i - 1].name}\u2026`))),
    this.#closing('Nothing'));
  }

  endSession(session) {
    this.#ask(endSession(session));
  }
  endAll(name, listener) {
    const node = this.state.nodes.find((it) => it.name === name) ?? { name, configured_name: name, role: '' };
    this.#ask(nodeActions(node, listener, this).find(({ key }) => key === 'end'));
  }

  #ask({ question, effect, label, danger, request }) {
    const yes = el('button', { type: 'submit', class: danger ? 'danger primary' : 'primary' }, label);
    const form = el('form', { method: 'dialog', onsubmit: (event) => this.#carryOut(event, form, request) },
      el('p', {}, effect), el('p', { class: 'buttons' }, this.#closing('Cancel', false), yes));
    this.#open(question, form);
    yes.focus();
  }

  async #carryOut(event, form, { method, path, body }) {
    event.preventDefault();
    for (const button of form.querySelectorAll('button')) button.disabled = true;
    form.append(el('p', { class: 'muted', role: 'status' }, 'Being done\u2026'));
    try {
      const { done } = await this.#api.act(method, path, body);
      toast(done);
    } catch (error) {
      toast(error.message, true);
      if (error.status === 401 || error.status === 403) this.#onSignedOut();
    }
    if (this.#dialog.contains(form)) this.#dialog.close();
    this.#afterwards();
  }

  #closing(words, inParagraph = true) {
    const button = el('button', { type: 'button', onclick: () => this.#dialog.close() }, words);
    return inParagraph ? el('p', { class: 'buttons' }, button) : button;
  }

  #open(title, ...children) {
    this.#dialog.replaceChildren(el('h2', { id: 'ask-title' }, title), ...children);
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}
