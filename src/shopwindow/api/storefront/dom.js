// Elements without markup in strings: every text is a text node, so that no title can become code.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: class, text, on (event -> listener), anything else is an attribute; null and false are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = String(value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const HEART = "M12 20.3 4.6 13a4.9 4.9 0 0 1 0-7 4.9 4.9 0 0 1 6.9 0l.5.5.5-.5a4.9 4.9 0 0 1 6.9 0 4.9 4.9 0 0 1 0 7z";
const ICONS = {
  heart: HEART,
  wishlist: HEART,
  cart: "M5 8h14l-1.2 11.5H6.2zM8.8 8V7a3.2 3.2 0 0 1 6.4 0v1",
  purchase: "m5 12.5 4.5 4.5L19 7.5",
  hide: "M4 4l16 16M9.9 5.2A9.8 9.8 0 0 1 12 5c5 0 8.5 4.4 9.5 7a13 13 0 0 1-3 4.2M6.3 7A13.4 13.4 0 0 0 2.5 12c1 2.6 4.5 7 9.5 7a9.6 9.6 0 0 0 4.3-1M9.9 10a3 3 0 0 0 4.2 4.2",
  click: "M2.5 12c1-2.6 4.5-7 9.5-7s8.5 4.4 9.5 7c-1 2.6-4.5 7-9.5 7s-8.5-4.4-9.5-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  remove: "M6 6l12 12M18 6 6 18",
  close: "M6 6l12 12M18 6 6 18",
  columns: "M4 5h7v14H4zM13.5 5H20v14h-6.500z",
  spark: "M12 3v5M12 16v5M3 12h5M16 12h5M6 6l2.8 2.800M15.2 15.2 18 18M18 6l-2.8 2.800M8.8 15.2 6 18",
  return: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
};

/** A line drawing, 24 x 24, in the colour of the text around it; hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.spark);
  svg.append(path);
  return svg;
}

/** The element with this id; the page is ours, so a missing one is our own mistake. */
export function byId(id) {
  const node = document.getElementById(id);
  if (node === null) throw new Error(`index.html has no element #${id}`);
  return node;
}

export const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isNarrow = () => matchMedia("(max-width: 720px)").matches;
