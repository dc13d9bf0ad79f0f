// From a family and its arguments to a bank: what filterbank.families._family does in Python.

const FAMILIES = {};
const NORMS = ["l2", "l1", "max", null];
const ACCEPTED_LOSS = 0.01;

/** What Python refuses too. */
class Refusal extends Error {}

/**
 * Register a family.
 *
 * `sizes` is { least, most, usual } or a list of sides. A parameter has a `name`, a `kind` (number, integer, flag, choice,
 * numbers), and a `default` or, if Python's default is None, `auto`: a function of side, the arguments before it and those
 * given that says what None means, null where that is no single value. With `always` it is written even at its default.
 *
 * `draft(side, values, given)` returns `filters`, all that there are, and optionally `columns`, `zeroMean`, `aliased` (one for
 * each filter), and `formula`, with `support`, to measure what the window cuts off, or that as `lost`.
 */
function family(name, sizes, parameters, draft) {
  FAMILIES[name] = { name, sizes, parameters, draft };
}

/** Arguments with defaults and automatic values filled in. */
function resolved(found, side, given) {
  const values = {};
  for (const parameter of found.parameters) {
    const own = given[parameter.name];
    values[parameter.name] = own ?? (parameter.auto ? parameter.auto(side, values, given) : parameter.default);
  }
  return values;
}

/** Make a bank: { filters, columns, available, remarks }. What Python refuses is a Refusal here. */
function makeBank(name, side, n, norm, given) {
  const found = FAMILIES[name];
  const values = resolved(found, side, given);
  const draft = found.draft(side, values, given);
  const available = draft.filters.length;
  const count = Math.min(n ?? available, available);
  let filters = draft.filters.slice(0, count).map((filter) => normalized(filter, norm));
  if (draft.zeroMean) filters = filters.map(balanced);
  const columns = Object.entries(draft.columns ?? {}).map(([key, column]) => [key, column.slice(0, count)]);
  // Of a table that holds only the first filters, Python has to be told how many.
  const counted = n === null && draft.truncated ? available : n;
  return { filters, columns: Object.fromEntries(columns), available, n: counted, remarks: remarks(draft, side, count) };
}

function normalized(filter, norm) {
  if (norm === null) return filter;
  const peak = largest(filter);
  if (peak === 0)
    throw new Refusal("A filter is zero everywhere, which no norm can scale; use norm None or other parameters.");
  const scaled = filter.map((value) => value / peak);
  if (norm === "max") return scaled;
  const length =
    norm === "l2" ? Math.sqrt(dot(scaled, scaled)) : scaled.reduce((total, value) => total + Math.abs(value), 0);
  return scaled.map((value) => value / length);
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Take away what rounding left of the sum, in proportion to the magnitudes. */
function balanced(filter) {
  const total = filter.reduce((all, value) => all + Math.abs(value), 0);
  const share = total > 0 ? sum(filter) / total : 0;
  return filter.map((value) => value - Math.abs(value) * share);
}

/** What the grid did to the filters: { kind, text }. */
function remarks(draft, side, count) {
  const found = [...(draft.remarks ?? [])];
  const of = `of ${counted(count, "filter")}`;
  const aliased = (draft.aliased ?? []).slice(0, count).filter(Boolean).length;
  if (aliased)
    found.push({ kind: "aliased", text: `${aliased} ${of} lie above 0.5 cycles per pixel and are aliased.` });
  const lost = energyLost(draft, side).slice(0, count);
  const cut = lost.filter((share) => share > ACCEPTED_LOSS).length;
  if (cut) {
    const worst = lost.indexOf(Math.max(...lost));
    const share = (100 * lost[worst]).toFixed(1);
    found.push({ kind: "cut", text: `The window cuts ${cut} ${of}: filter ${worst} loses ${share} % of its energy.` });
  }
  return found;
}

const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The share of each filter's energy outside the window; three windows stand for the plane unless there is a support. */
function energyLost({ formula, support, lost }, side) {
  if (lost) return lost;
  if (!formula) return [];
  const whole = support ?? 3 * side;
  const start = Math.floor((whole - side) / 2);
  return formula(whole).map((filter) => {
    let [inside, everywhere] = [0, 0];
    filter.forEach((value, k) => {
      const [y, x] = [Math.floor(k / whole) - start, (k % whole) - start];
      everywhere += value ** 2;
      if (y >= 0 && y < side && x >= 0 && x < side) inside += value ** 2;
    });
    return everywhere > 0 ? 1 - inside / everywhere : 0;
  });
}

/** The call in Python that makes the bank. */
function pythonCall(name, side, n, norm, given) {
  const call = [...(TABLES[name]?.first ?? []), String(side)];
  if (n !== null) call.push(`n=${n}`);
  for (const parameter of FAMILIES[name].parameters) {
    const value = given[parameter.name] ?? (parameter.always ? parameter.default : null);
    if (value !== null && (parameter.always || !same(value, parameter.default)))
      call.push(`${parameter.name}=${literal(value)}`);
  }
  if (norm !== "l2") call.push(`norm=${literal(norm)}`);
  return `fb.${name}(${call.join(", ")})`;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : String(value);
}

// Grids and products that families share

/** The same function, which keeps its last results: automatic values and filters ask for the same more than once. */
function remembered(compute, most = 64) {
  const known = new Map();
  return (...given) => {
    const key = JSON.stringify(given);
    if (!known.has(key)) {
      if (known.size >= most) known.delete(known.keys().next().value);
      known.set(key, compute(...given));
    }
    return known.get(key);
  };
}

/** Centred coordinates of one side, in pixels. */
const axis = (side) => range(side).map((k) => k - (side - 1) / 2);

/** A filter from a function of y and x, both from the centre. */
function sampled(side, value) {
  const filter = new Float64Array(side * side);
  for (let k = 0; k < filter.length; k++)
    filter[k] = value(Math.floor(k / side) - (side - 1) / 2, (k % side) - (side - 1) / 2);
  return filter;
}

const outer = (column, row) =>
  Float64Array.from(
    { length: column.length * row.length },
    (_, k) => column[Math.floor(k / row.length)] * row[k % row.length],
  );

/** Orders [i, j] by their total, which is below `below`, then by the first. */
function orders(count, below = 2 * count) {
  const every = range(count).flatMap((i) => range(count).map((j) => [i, j]));
  return every.filter(([i, j]) => i + j < below).sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0]);
}

/** Draft the products of the rows of a table, one for each pair of orders. */
function separable(table, every) {
  return {
    filters: every.map(([i, j]) => outer(table[i], table[j])),
    columns: { order: every.map(([i, j]) => i + j), order_y: every.map(([i]) => i), order_x: every.map(([, j]) => j) },
  };
}

/** Make a filter zero that is nothing but rounding beside its envelope. */
function withoutRounding(filter, envelope) {
  return dot(filter, filter) > 1e-24 * dot(envelope, envelope) ? filter : new Float64Array(filter.length);
}

/** Put a window of taps in the middle of zeros, where the parities differ towards the first row and column. */
function centred(taps, from, side) {
  const room = Math.floor((side - from) / 2);
  const filter = new Float64Array(side * side);
  taps.forEach((value, k) => (filter[(room + Math.floor(k / from)) * side + room + (k % from)] = value));
  return filter;
}

const spreadAngles = (count) => range(count).map((k) => (k * Math.PI) / count);
const aboveNyquist = (...components) => Math.max(...components.map(Math.abs)) > 0.5 + 1e-12;
const withoutMean = (filter) => {
  const mean = sum(filter) / filter.length;
  return filter.map((value) => value - mean);
};
