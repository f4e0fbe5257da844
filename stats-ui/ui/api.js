// What the page asks of the router: reading, and changing with the key that signing in gives. Addresses are relative, so
// that the page works behind a proxy that serves it below a path.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  csrf = null;

  // The answer as an object. Throws ApiError with the router's sentence, or with one about the network (status 0).
  get(path) {
    return this.#send('GET', path);
  }
  act(method, path, body) {
    return this.#send(method, path, body);
  }

  me() {
    return this.#me('GET', 'me');
  }
  signIn(user, password) {
    return this.#me('POST', 'sign-in', { user, password });
  }
  signOut() {
    return this.#me('POST', 'sign-out', {});
  }
  sessions(query) {
    return this.get(`sessions?${new URLSearchParams(query)}`);
  }

  async #me(method, path, body) {
    const me = await this.#send(method, path, body);
    this.csrf = me.csrf;
    return me;
  }

  async #send(method, path, body) {
    // The second one: the page asks for a password itself, the browser must not.
    const headers = { Accept: 'application/json', 'X-Tamada-Page': '1' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (method !== 'GET' && this.csrf) headers['X-Tamada-CSRF'] = this.csrf;
    const patience = method === 'GET' ? 5000 : 120000; // Patroni may take a minute over a switchover
    let response;
    try {
      response = await fetch(`api/v1/${path}`, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(patience),
      });
    } catch (error) {
      const late = error.name === 'TimeoutError';
      throw new ApiError(0, late ? `The router did not answer within ${patience / 1000} s.` : 'The router cannot be reached.');
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, answer?.error ?? `The router answered ${response.status}.`);
    if (answer === null) throw new ApiError(response.status, 'The answer was not JSON.');
    return answer;
  }
}
