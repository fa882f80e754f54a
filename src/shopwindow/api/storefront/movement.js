// What moved between two orders of the same page. Pure: arrays in, a Map out.

/**
 * Moves by item id: { kind: "rose" | "fell" | "entered" | "same", by }.
 *
 * Places are counted without `acted` (the item that the customer acted on) in both orders: when it is hidden, or
 * sinks because it was bought, everything below it closes up by one, and that is not a rise.
 */
export function movement(before, after, acted = null) {
  const was = places(before, acted);
  const is = places(after, acted);
  const moves = new Map();
  for (const [id, place] of is) {
    if (!was.has(id)) moves.set(id, { kind: "entered", by: 0 });
    else moves.set(id, move(was.get(id) - place));
  }
  const actedWas = before.indexOf(acted);
  const actedIs = after.indexOf(acted);
  if (actedIs >= 0) moves.set(acted, actedWas < 0 ? { kind: "entered", by: 0 } : move(actedWas - actedIs));
  return moves;
}

/** { rose, fell, entered, left }: how many, the item acted on not counted. */
export function tally(before, after, acted = null) {
  const count = { rose: 0, fell: 0, entered: 0, left: 0 };
  for (const [id, { kind }] of movement(before, after, acted)) if (id !== acted && kind !== "same") count[kind] += 1;
  const is = new Set(after);
  count.left = before.filter((id) => id !== acted && !is.has(id)).length;
  return count;
}

function places(order, acted) {
  return new Map(order.filter((id) => id !== acted).map((id, place) => [id, place]));
}

function move(up) {
  if (up === 0) return { kind: "same", by: 0 };
  return up > 0 ? { kind: "rose", by: up } : { kind: "fell", by: -up };
}
