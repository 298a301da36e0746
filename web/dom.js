// The few ways in which this page touches its document. Text only ever goes in as text: what a
// publisher sends can never become markup.

const kSvg = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

// A new element. attributes: set as attributes, except `text`; false and undefined are left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function icon(name) {
  const use = svg("use", { href: `#icon-${name}` });
  return svg("svg", { class: "icon", "aria-hidden": "true" }, use);
}

export function setIcon(container, name) {
  setAttribute(container.querySelector("use"), "href", `#icon-${name}`);
}

// Writes only what differs: an equal write would still cost a layout.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// Puts nodes into parent in this order, moving only those that are out of place: a moved node loses
// its scroll position and focus.
export function arrange(parent, nodes) {
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

// Names with numbers in them as people sort them: host-2 before host-10.
export const compareNames = new Intl.Collator("en", { numeric: true }).compare;

// The clipboard API exists only on https and localhost; elsewhere the old command does.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

// Copies what text() returns and says so on the button for a moment.
export function copyButton(button, text) {
  const label = button.querySelector("span");
  const before = label.textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    label.textContent = (await copyText(text())) ? "Copied" : "Failed";
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = before; }, 1500);
  });
}
