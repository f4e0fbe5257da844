// Who looks at the page: nobody in particular, or somebody who has signed in and may act.
import { byId, el, setChildren } from './dom.js';
import { toast } from './toast.js';

const NOBODY = { user: null, csrf: null, can_act: false, login_to_read: false, patroni: false };

export class SignIn {
  #api;
  #onChange;
  #onReadable;
  #dialog = byId('sign-in');
  #me = NOBODY;
  #user = el('input', { id: 'user', name: 'user', autocomplete: 'username', required: true, autocapitalize: 'none', spellcheck: 'false' });
  #password = el('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  #error = el('p', { class: 'bad', role: 'alert' });
  #why = el('p', { class: 'muted' });
  #submit = el('button', { type: 'submit', class: 'primary' }, 'Sign in');

  // onChange(me): who it is now. onReadable(): the state may be read from now on.
  constructor(api, { onChange, onReadable }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onReadable = onReadable;
    const cancel = el('button', { type: 'button', onclick: () => this.#dialog.close() }, 'Cancel');
    this.#dialog.append(el('form', { onsubmit: (event) => this.#send(event) },
      el('h2', { id: 'sign-in-title' }, 'Sign in'), this.#why,
      el('p', {}, el('label', { for: 'user' }, 'User'), this.#user),
      el('p', {}, el('label', { for: 'password' }, 'Password'), this.#password),
      this.#error, el('p', { class: 'buttons' }, cancel, this.#submit)));
  }

  // Asks the router who this is; after a restart it may have forgotten.
  async refresh() {
    try {
      this.#set(await this.#api.me());
    } catch {
      // The link says so.
    }
  }

  ask(why = '') {
    this.#why.textContent = why;
    this.#error.textContent = '';
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#user.focus();
  }

  async #send(event) {
    event.preventDefault();
    this.#submit.disabled = true;
    this.#error.textContent = '';
    try {
      const me = await this.#api.signIn(this.#user.value, this.#password.value);
      this.#password.value = '';
      this.#dialog.close();
      this.#set(me);
      this.#onReadable();
      toast(`Signed in as ${me.user}.`);
    } catch (error) {
      this.#error.textContent = `\u2715 ${error.message}`;
      this.#password.select();
    }
    this.#submit.disabled = false;
  }

  async #signOut() {
    try {
      this.#set(await this.#api.signOut());
      toast('Signed out.');
    } catch (error) {
      toast(error.message, true);
    }
  }

  #set(me) {
    const changed = JSON.stringify(me) !== JSON.stringify(this.#me);
    this.#me = me;
    this.#draw();
    if (changed) this.#onChange(me);
  }

  #draw() {
    const { user, can_act: canAct, login_to_read: loginToRead } = this.#me;
    if (user !== null) {
      setChildren(byId('who'), [el('span', { class: 'user' }, user), el('button', { type: 'button', class: 'quiet', onclick: () => this.#signOut() }, 'Sign out')]);
    } else if (canAct || loginToRead) {
      setChildren(byId('who'), [el('button', { type: 'button', class: 'quiet', onclick: () => this.ask() }, 'Sign in')]);
    } else {
      setChildren(byId('who'), [el('span', { class: 'muted', title: 'No users are configured (stats: users:), so nobody can change anything here' }, 'read only')]);
    }
  }
}
