// What came into view, posted in batches: one impression per item and ranked page.

import { post } from "./api.js";

const FLUSH_MS = 1500;
const MOST = 50;

export class Impressions {
  #page = new Map(); // element -> what to post when it comes into view
  #seen = new Set();
  #waiting = [];
  #timer = null;

  constructor() {
    this.observer = new IntersectionObserver((entries) => this.#saw(entries), { threshold: 0.5 });
    addEventListener("pagehide", () => this.flush());
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
  }

  /** Watches `nodes` ([item id, element] in order) as page `pageId` shown to `customer`. `group`: "own" | "similar". */
  watch(group, customer, pageId, surface, nodes) {
    for (const [element, entry] of this.#page) {
      if (entry.group !== group) continue;
      this.observer.unobserve(element);
      this.#page.delete(element);
    }
    nodes.forEach(([item, element], position) => {
      this.#page.set(element, { group, event: { type: "impression", customer, item, page_id: pageId, position, surface } });
      this.observer.observe(element);
    });
  }

  #saw(entries) {
    for (const { isIntersecting, target } of entries) {
      const event = this.#page.get(target)?.event;
      const key = event && `${event.page_id} ${event.item}`;
      if (!isIntersecting || !event || this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#waiting.push(event);
    }
    if (this.#waiting.length >= MOST) this.flush();
    else if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Posts what waits. Losing an impression is no reason to disturb the visit, so a failure is only noted. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#waiting.splice(0, MOST);
    if (batch.length === 0) return;
    post(batch).catch((problem) => console.info("impressions not posted:", problem.message));
    if (this.#waiting.length > 0) this.flush();
  }
}
