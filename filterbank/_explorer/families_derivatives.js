// Hermite functions, derivatives of a Gaussian, and the filters for textures that are made of them.

const upToOrder = (highest) => orders(highest + 1, highest + 1);

family(
  "hermite",
  WINDOW,
  [
    {
      name: "max_order",
      kind: "integer",
      auto: (side) => Math.min(4, Math.floor((side - 1) / 2)),
      least: 0,
      most: () => 10,
    },
    {
      name: "sigma",
      kind: "number",
      auto: (side, { max_order: highest }) =>
        Math.max(side / 2 / (Math.sqrt(2 * highest + 1) + 1.5), Math.sqrt(side / (2 * Math.PI))),
      ...SIGMA,
      most: () => 8,
    },
  ],
  (side, { max_order: highest, sigma }) => {
    const every = upToOrder(highest);
    const draft = (whole) => separable(hermiteFunctions(axis(whole), sigma, highest), every);
    const { filters, columns } = draft(side);
    const held = hermiteFunctions(axis(side), sigma, highest).map((row) => dot(row, row));
    const reach = (order) => Math.sqrt(2 * order + 1) / (2 * Math.PI * sigma);
    return {
      filters,
      columns: { ...columns, sigma: every.map(() => sigma), captured: every.map(([i, j]) => held[i] * held[j]) },
      aliased: every.map(([i, j]) => i + j > 0 && aboveNyquist(reach(i), reach(j))),
      formula: (whole) => draft(whole).filters,
    };
  },
);

function hermiteFunctions(x, sigma, highest) {
  const u = x.map((value) => value / sigma);
  const rows = [u.map((value) => Math.exp((-value * value) / 2) / Math.sqrt(sigma * Math.sqrt(Math.PI)))];
  for (let order = 1; order <= highest; order++) {
    const before = rows[order - 2];
    rows.push(
      u.map(
        (value, k) =>
          Math.sqrt(2 / order) * value * rows[order - 1][k] - (before ? Math.sqrt((order - 1) / order) * before[k] : 0),
      ),
    );
  }
  return rows;
}

family(
  "gaussian_derivative",
  WINDOW,
  [
    { name: "max_order", kind: "integer", auto: (side) => Math.min(4, side - 1), least: 0, most: () => 8 },
    {
      name: "sigma",
      kind: "numbers",
      auto: (side, { max_order: highest }) => [side / 2 / (0.65 * Math.sqrt(2 * highest + 1) + 1.5)],
      ...SIGMA,
      fresh: 1,
    },
    { name: "sampling", kind: "choice", default: "point", choices: ["point", "integrated", "discrete"] },
  ],
  (side, { max_order: highest, sigma, sampling }) => {
    if (sampling === "discrete" && side % 2 === 0)
      throw new Refusal('The size must be odd for sampling "discrete"; use "integrated" or another size.');
    const every = upToOrder(highest);
    const jet = (whole, width) => separable(DERIVATIVES[sampling](whole, width, highest), every);
    const jets = sigma.map((width) => jet(side, width));
    const rows = sigma.flatMap((width) => every.map((order) => ({ width, order })));
    const peak = (order, width) => Math.sqrt(order) / (2 * Math.PI * width);
    return {
      filters: jets.flatMap(({ filters }) => filters),
      columns: {
        ...Object.fromEntries(
          ["order", "order_y", "order_x"].map((name) => [name, jets.flatMap(({ columns }) => columns[name])]),
        ),
        sigma: column(rows, "width"),
      },
      aliased: rows.map(({ width, order }) => aboveNyquist(...order.map((one) => peak(one, width)))),
      formula: (whole) => sigma.flatMap((width) => jet(whole, width).filters),
    };
  },
);

/** (-1)^m He_m(u) for m = 0 ... highest. */
function hermitePolynomials(highest, u) {
  const values = [1];
  for (let m = 1; m <= highest; m++) values.push(-u * values[m - 1] - (m > 1 ? (m - 1) * values[m - 2] : 0));
  return values;
}

/** sigma^m times derivative m of a Gaussian at the pixels of a line, a row for each m. */
const DERIVATIVES = {
  point(side, sigma, highest) {
    const bell = gaussianOn(side, sigma);
    const polynomials = axis(side).map((x) => hermitePolynomials(highest, x / sigma));
    return range(highest + 1).map((m) => bell.map((value, k) => polynomials[k][m] * value));
  },
  integrated(side, sigma, highest) {
    const atEdge = (x) =>
      hermitePolynomials(highest, x / sigma).map(
        (value) => (value * Math.exp(-((x / sigma) ** 2) / 2)) / Math.sqrt(2 * Math.PI),
      );
    const mass = axis(side).map(
      (x) => normalTail((0.5 - Math.abs(x)) / sigma) - normalTail((-0.5 - Math.abs(x)) / sigma),
    );
    const edges = axis(side).map((x) => [atEdge(x - 0.5), atEdge(x + 0.5)]);
    return [mass, ...range(highest).map((m) => edges.map(([lower, upper]) => upper[m] - lower[m]))];
  },
  discrete(side, sigma, highest) {
    const reach = Math.floor(side / 2) + highest;
    const half = besselI(reach, sigma ** 2);
    const rows = [range(2 * reach + 1).map((k) => half[Math.abs(k - reach)])];
    for (let order = 1; order <= highest; order++) {
      const from = rows[order % 2 ? order - 1 : order - 2];
      const at = (k) => from[k] ?? 0;
      rows.push(from.map((_, k) => (order % 2 ? (at(k + 1) - at(k - 1)) / 2 : at(k + 1) - 2 * at(k) + at(k - 1))));
    }
    return rows.map((row, m) => row.slice(highest, highest + side).map((value) => value * sigma ** m));
  },
};

// Textures

const TEXTURE = { least: 3, most: 49, usual: 31 };
const TEXTURE_SIGMA = { ...SIGMA, most: 12 };

/** The published scales, smaller in smaller windows as far as the grid resolves them. */
function fittedScales(side, published, finest) {
  const share = Math.min(1, Math.max(side / 49, finest / Math.min(...published)));
  return published.map((sigma) => sigma * share);
}

family(
  "leung_malik",
  TEXTURE,
  [
    {
      name: "sigmas",
      kind: "numbers",
      auto: (side) => fittedScales(side, CONSTANTS.textures.leung_malik, 0.89),
      ...TEXTURE_SIGMA,
      fresh: 2,
    },
  ],
  (side, { sigmas }) => {
    const oriented = sigmas.slice(0, Math.max(1, sigmas.length - 1));
    const blobs = sigmas.flatMap((sigma) => [
      ["gaussian", sigma],
      ["laplacian", sigma],
      ["laplacian", 3 * sigma],
    ]);
    return textons(side, (49 * Math.max(...sigmas)) / Math.max(...CONSTANTS.textures.leung_malik), oriented, blobs);
  },
);

family(
  "root_filter_set",
  TEXTURE,
  [
    {
      name: "sigmas",
      kind: "numbers",
      auto: (side) => fittedScales(side, CONSTANTS.textures.root_filter_set, 0.89),
      ...TEXTURE_SIGMA,
      fresh: 2,
    },
    {
      name: "blob_sigma",
      kind: "number",
      auto: (side, { sigmas }) => 2.5 * Math.max(...sigmas),
      ...SIGMA,
      most: () => 20,
    },
  ],
  (side, { sigmas, blob_sigma: blob }) => {
    const published = Math.max(...CONSTANTS.textures.root_filter_set);
    const widest = Math.max(Math.max(...sigmas) / published, blob / (2.5 * published));
    return textons(side, 49 * widest, sigmas, [
      ["gaussian", blob],
      ["laplacian", blob],
    ]);
  },
);

/** Edges and bars of the scales `oriented` at six orientations, and round filters [kind, sigma]. */
function textons(side, extent, oriented, blobs) {
  const elongated = ["edge", "bar"].flatMap((kind) =>
    oriented.flatMap((sigma) =>
      spreadAngles(6).map((angle, index, angles) => ({
        kind,
        sigma,
        angle,
        across: angles[(index + 3) % 6],
        order: kind === "edge" ? 1 : 2,
      })),
    ),
  );
  const rounds = blobs.map(([kind, sigma]) => ({ kind, sigma, across: NaN, order: kind === "gaussian" ? 0 : 2 }));
  const rows = [...elongated, ...rounds];
  const filters = (whole) => rows.map((row) => sampled(whole, (y, x) => texton(row, y, x)));
  const columns = {
    kind: column(rows, "kind"),
    order: column(rows, "order"),
    sigma: column(rows, "sigma"),
    orientation: column(rows, "across"),
  };
  return balancedDraft(
    filters,
    side,
    extent,
    columns,
    rows.map(({ order, sigma }) => Math.sqrt(order) / (2 * Math.PI * sigma)),
  );
}

function texton({ kind, sigma, angle }, y, x) {
  const squared = x * x + y * y;
  if (kind === "gaussian") return Math.exp(-squared / (2 * sigma ** 2));
  if (kind === "laplacian") return ((squared - 2 * sigma ** 2) / sigma ** 4) * Math.exp(-squared / (2 * sigma ** 2));
  const along = x * Math.cos(angle) + y * Math.sin(angle);
  const across = y * Math.cos(angle) - x * Math.sin(angle);
  const bell = Math.exp(-0.5 * ((along / (3 * sigma)) ** 2 + (across / sigma) ** 2));
  return (kind === "edge" ? -across / sigma ** 2 : (across ** 2 - sigma ** 2) / sigma ** 4) * bell;
}

/** Filters minus their mean, with magnitudes that sum to 1. */
function balancedDraft(filters, side, extent, columns, frequency) {
  const whole = Math.ceil(extent - 1e-9);
  const levelled = filters(side).map(withoutMean).map(withoutMean);
  return {
    filters: levelled.map((filter) => (largest(filter) ? normalized(filter, "l1") : filter)),
    columns,
    zeroMean: true,
    aliased: frequency.map((f) => aboveNyquist(f)),
    formula: filters,
    support: Math.max(side, whole + (Math.abs(whole - side) % 2)),
  };
}

family(
  "schmid",
  TEXTURE,
  [
    {
      name: "sigmas",
      kind: "numbers",
      auto: (side) => fittedScales(side, CONSTANTS.textures.schmid, 1.5),
      ...TEXTURE_SIGMA,
      fresh: 4,
    },
    {
      name: "cycles",
      kind: "integer",
      auto: () => null,
      least: 1,
      most: () => 6,
      help: "Each sigma has filters of 1 to so many half cycles in a sigma.",
    },
  ],
  (side, { sigmas, cycles }) => {
    const highest = cycles === null ? CONSTANTS.textures.schmid_cycles : sigmas.map(() => cycles);
    if (highest.length !== sigmas.length)
      throw new Refusal(
        `The published cycles are for ${highest.length} sigmas, here are ${sigmas.length}; set cycles by hand.`,
      );
    const rows = sigmas.flatMap((sigma, k) =>
      range(highest[k]).map((cycle) => ({ sigma, cycles: cycle + 1, frequency: (cycle + 1) / (2 * sigma) })),
    );
    const ring = ({ sigma, cycles: turns }, r) =>
      Math.cos((Math.PI * turns * r) / sigma) * Math.exp(-(r * r) / (2 * sigma ** 2));
    const filters = (whole) => rows.map((row) => sampled(whole, (y, x) => ring(row, Math.hypot(y, x))));
    const columns = {
      sigma: column(rows, "sigma"),
      cycles: column(rows, "cycles"),
      frequency: column(rows, "frequency"),
    };
    return balancedDraft(
      filters,
      side,
      (49 * Math.max(...sigmas)) / Math.max(...CONSTANTS.textures.schmid),
      columns,
      columns.frequency,
    );
  },
);
