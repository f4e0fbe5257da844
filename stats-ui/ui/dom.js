// The few ways in which the page touches the document. Text goes in as text: names come from the network, and nothing
// here takes HTML.

const SVG = 'http://www.w3.org/2000/svg';

// el('td', { class: 'num', title: '…', onclick: f, data: { label: 'Lag' } }, 'text', child, …)
export function el(tag, properties = {}, ...children) {
  return build(document.createElement(tag), properties, children);
}
export function svg(tag, properties = {}, ...children) {
  return build(document.createElementNS(SVG, tag), properties, children);
}

function build(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function byId(id) {
  return document.getElementById(id);
}

// Writes only what differs: a text that somebody has selected stays selected, and nothing is announced twice.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
export function setAttribute(node, name, value) {
  if (value === null || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}
export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// Makes `parent` hold `nodes`, in this order; those that are equal to what stands there (isEqualNode) are left alone,
// so that a focus and a selection survive an update that changed nothing. What a click does is no part of being equal: a
// node whose handler changes while it looks the same has to be replaced otherwise.
export function setChildren(parent, nodes) {
  nodes.forEach((node, i) => {
    const old = parent.childNodes[i];
    if (old === undefined) parent.append(node);
    else if (old !== node && !old.isEqualNode(node)) old.replaceWith(node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

const kept = new WeakMap(); // parent -> its parts by key

// One child of `parent` for each item, kept by `key` from one update to the next. `make` builds { root, update }.
// A <thead> stays first. Returns the parts in the order of the items.
export function keyed(parent, items, key, make) {
  if (!kept.has(parent)) kept.set(parent, new Map());
  const parts = kept.get(parent);
  const times = new Map(); // two nodes may go by one name
  const wanted = new Map(items.map((item) => {
    const name = key(item);
    times.set(name, (times.get(name) ?? 0) + 1);
    return [`${name}\u0000${times.get(name)}`, item];
  }));
  for (const [name, part] of parts) {
    if (!wanted.has(name)) {
      part.root.remove();
      parts.delete(name);
    }
  }
  let place = parent.firstElementChild;
  while (place?.tagName === 'THEAD') place = place.nextElementSibling;
  const shown = [];
  for (const [name, item] of wanted) {
    let part = parts.get(name);
    if (!part) parts.set(name, (part = make(item)));
    if (part.root === place) place = place.nextElementSibling;
    else parent.insertBefore(part.root, place);
    part.update(item);
    shown.push(part);
  }
  return shown;
}
