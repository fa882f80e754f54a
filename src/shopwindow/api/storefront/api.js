// The server's answers, or a Problem that says in a person's words what went wrong.

/** `kind`: "unreachable" | "no-release" | "unknown" | "refused" | "failed"; `detail`: the server's own words. */
export class Problem extends Error {
  constructor(kind, message, detail = "") {
    super(message);
    this.kind = kind;
    this.detail = detail;
  }
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
  };
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw new Problem("unreachable", "The server does not answer.", String(error));
  }
  let answer = null;
  try {
    answer = await response.json();
  } catch (error) {
    if (response.ok) throw new Problem("failed", "The server's answer is not JSON.", String(error));
  }
  if (response.ok) return answer;
  throw problemOf(response.status, answer?.error ?? {});
}

function problemOf(status, error) {
  const detail = [error.code, error.message, error.field && `field ${error.field}`, error.expected && `expected ${error.expected}`]
    .filter(Boolean).join(" · ");
  if (status === 503 && error.code !== "state_unavailable") return new Problem("no-release", "The server has no page to give yet.", detail);
  if (status === 404) return new Problem("unknown", "The shop does not know this.", detail);
  if (status >= 500) return new Problem("failed", "The server could not answer.", detail);
  return new Problem("refused", "The server did not accept the question.", detail);
}

/** A ranked page with details, and `round_trip_ms` as measured here. */
export async function rank(request) {
  const started = performance.now();
  const page = await ask("/v1/rank", { details: true, device: isTouch() ? "phone" : "desktop", ...request });
  return { ...page, round_trip_ms: performance.now() - started };
}

const isTouch = () => matchMedia("(pointer: coarse)").matches;

/** Posts events; they are safe to send twice, so one retry follows a network failure. */
export async function post(events) {
  const body = { events: events.map((event) => ({ event_id: freshId(), device: isTouch() ? "phone" : "desktop", ...event })) };
  let answer;
  try {
    answer = await ask("/v1/events", body);
  } catch (problem) {
    if (problem.kind !== "unreachable") throw problem;
    await new Promise((resume) => setTimeout(resume, 500));
    answer = await ask("/v1/events", body);
  }
  const [first] = answer.rejected ?? [];
  if (first) throw new Problem("refused", "The shop did not take this step.", `${first.field}: expected ${first.expected}, came ${first.came}`);
  return answer;
}

/** { shop, release, items }; a Problem says what is missing. */
export const ready = () => ask("/ready");
export const categories = async () => (await ask("/v1/categories")).categories;
export const customers = async (limit) => (await ask(`/v1/customers?limit=${limit}`)).customers;
export const item = (id) => ask(`/v1/items/${encodeURIComponent(id)}`);
export const journey = async (customer) => (await ask(`/v1/customers/${encodeURIComponent(customer)}`)).actions;

/** A random id; crypto.randomUUID exists only in secure contexts (https and localhost). */
export function freshId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
