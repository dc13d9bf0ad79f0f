// Filters that combine into their own rotations: Freeman and Adelson's sets, and the steerable pyramid.

family(
  "steerable",
  { ...WINDOW, usual: 11 },
  [
    {
      name: "kind",
      kind: "choice",
      default: ["G2", "H2"],
      choices: [["G2", "H2"], ["G1"], ["G2"], ["H2"], ["G4"], ["H4"], ["G4", "H4"]],
      labels: ["G2 and H2", "G1", "G2", "H2", "G4", "H4", "G4 and H4"],
    },
    { name: "basis", kind: "choice", default: "separable", choices: ["separable", "rotated"] },
    { name: "spacing", kind: "number", auto: () => null, least: 0.1, most: () => 1.5, step: 0.01 },
    ZERO_MEAN(false),
  ],
  (side, { kind, basis, spacing, zero_mean: zeroMean }) => {
    const sets = kind
      .map((name) => ({ name, ...CONSTANTS.steerable[name] }))
      .map((set) => ({ ...set, step: spacing ?? set.extent / side }));
    const filters = (whole) => sets.flatMap((set) => steerableSet(set, whole, basis));
    const bells = sets.flatMap((set) =>
      set.factors.map(() => sampled(side, (y, x) => Math.exp(-(set.step ** 2) * (x * x + y * y)))),
    );
    const lessBell = (filter, k) =>
      filter.map((value, pixel) => value - (sum(filter) / sum(bells[k])) * bells[k][pixel]);
    const rows = sets.flatMap((set) =>
      set.factors.map((_, k) => ({ ...set, angle: basis === "rotated" ? (k * Math.PI) / set.factors.length : 0 })),
    );
    const frequency = rows.map(({ derivative, step }) => (Math.sqrt(derivative / 2) / Math.PI) * step);
    return {
      filters: zeroMean ? filters(side).map(lessBell).map(lessBell) : filters(side),
      columns: {
        kind: column(rows, "name"),
        order: column(rows, "derivative"),
        frequency,
        spacing: column(rows, "step"),
        orientation: column(rows, "angle"),
      },
      zeroMean,
      aliased: frequency.map((f) => f > 0.5),
      formula: filters,
    };
  },
);

const polynomial = (coefficients, x) => coefficients.reduceRight((value, coefficient) => value * x + coefficient, 0);

function steerableSet({ factors, step }, side, basis) {
  const value = (k, y, x) => {
    const [scale, inX, inY] = factors[basis === "rotated" ? 0 : k];
    const angle = (k * Math.PI) / factors.length;
    return basis === "rotated"
      ? scale * polynomial(inX, x * Math.cos(angle) + y * Math.sin(angle))
      : scale * polynomial(inX, x) * polynomial(inY, y);
  };
  return factors.map((_, k) =>
    sampled(side, (y, x) => value(k, step * y, step * x) * Math.exp(-(step ** 2) * (x * x + y * y))),
  );
}

family(
  "steerable_pyramid",
  { ...WINDOW, usual: 15 },
  [
    { name: "order", kind: "integer", default: 3, least: 0, most: () => 8 },
    { name: "residuals", kind: "flag", default: false },
    {
      name: "levels",
      kind: "integer",
      auto: (side, { order, residuals }) => pyramidBands(side, order, null, residuals).length,
      least: 1,
      most: () => 4,
    },
    ZERO_MEAN(true),
  ],
  (side, { order, residuals, levels, zero_mean: zeroMean }) => {
    const plane = polar(side);
    const bands = pyramidBands(side, order, levels, residuals);
    const rows = [];
    bands.forEach(({ filters, lost }, level) => {
      const parts = order % 2 || !zeroMean ? filters : filters.map(withoutMean).map(withoutMean);
      rows.unshift(
        ...parts.map((filter, k) => ({
          filter,
          lost: lost[k],
          band: "band",
          scale: 2 ** level,
          frequency: 0.25 / 2 ** level,
          angle: (k * Math.PI) / (order + 1),
          order,
        })),
      );
    });
    if (residuals) {
      const [low, high] = [lowPass(plane, bands.length), highPass(plane, side)];
      rows.unshift({ ...low, band: "lowpass", scale: 2 ** bands.length, frequency: 0, angle: 0, order: 0 });
      const filter = zeroMean ? withoutMean(withoutMean(high.filter)) : high.filter;
      rows.push({ filter, lost: high.lost, band: "highpass", scale: 0.5, frequency: Math.SQRT1_2, angle: 0, order: 0 });
    }
    return {
      filters: column(rows, "filter"),
      lost: column(rows, "lost"),
      columns: {
        band: column(rows, "band"),
        scale: column(rows, "scale"),
        frequency: column(rows, "frequency"),
        orientation: column(rows, "angle"),
        order: column(rows, "order"),
      },
      zeroMean: zeroMean && !residuals,
    };
  },
);

/** The oriented bands from fine to coarse; those that the window holds, unless it is said how many. */
const pyramidBands = remembered((side, degree, levels, residuals) => {
  const plane = polar(side);
  if (levels !== null) return range(levels).map((level) => orientedBands(plane, degree, level));
  const bands = [orientedBands(plane, degree, 0)];
  for (;;) {
    const next = orientedBands(plane, degree, bands.length);
    const below = residuals ? lowPass(plane, bands.length + 1).lost : 0;
    if (Math.max(...next.lost, below) > ACCEPTED_LOSS) return bands;
    bands.push(next);
  }
});

function orientedBands(plane, degree, level) {
  const { octaves, omega, weight } = radialNodes(plane, Math.PI / 2 ** (level + 1), -1, 1);
  const spectrum = octaves.map((octave) => Math.cos((Math.PI / 2) * octave));
  const count = degree + 1;
  const scale = Math.sqrt(4 ** degree / (count * binomial(2 * degree, degree)));
  const tables = plane.distances.map((r) =>
    addedUp(omega, (w, k) => besselJ(degree, r * w).map((value) => value * weight[k] * spectrum[k])),
  );
  const waves = range(count).filter((m) => (degree - m) % 2 === 0);
  const share = (m) => (((degree - m) % 4 ? -1 : 1) * (m ? 2 : 1) * binomial(degree, (degree - m) / 2)) / 2 ** degree;
  const value = (phi, table) => scale * sum(waves.map((m) => share(m) * table[m] * Math.cos(m * phi)));
  const filters = spreadAngles(count).map((angle) =>
    plane.phi.map((phi, pixel) => value(phi - angle, tables[plane.place[pixel]])),
  );
  const energy = sum(octaves.map((_, k) => weight[k] * spectrum[k] ** 2)) / count;
  return { filters, lost: filters.map((filter) => 1 - dot(filter, filter) / energy) };
}

/** Add up arrays, one for each entry. */
function addedUp(entries, array) {
  const total = array(entries[0], 0);
  for (let k = 1; k < entries.length; k++) array(entries[k], k).forEach((value, m) => (total[m] += value));
  return total;
}

function lowPass(plane, levels) {
  const edge = Math.PI / 2 ** levels;
  const filter = diskOf(plane, edge, (octave) => -Math.sin((Math.PI / 2) * octave));
  return { filter, lost: 1 - dot(filter, filter) / lowEnergy(plane, edge) };
}

function highPass(plane, side) {
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  const low = diskOf(plane, Math.PI, (octave) => 1 - Math.cos((Math.PI / 2) * octave));
  const filter = sampled(side, (y, x) => sinc(y) * sinc(x)).map((value, k) => value - low[k]);
  return { filter, lost: 1 - dot(filter, filter) / (1 - lowEnergy(plane, Math.PI)) };
}

/** The inverse transform of a disk that is flat up to half the edge and then falls. */
function diskOf(plane, edge, falling) {
  const { octaves, omega, weight } = radialNodes(plane, edge, -1, 0);
  const radial = plane.distances.map((r) => {
    const phase = (r * edge) / 2;
    const flat = ((phase > 0 ? besselJ(1, phase)[1] / phase : 0.5) * edge ** 2) / (8 * Math.PI);
    return flat + sum(octaves.map((octave, k) => besselJ(0, r * omega[k])[0] * weight[k] * falling(octave)));
  });
  return Float64Array.from(plane.place, (place) => radial[place]);
}

function lowEnergy(plane, edge) {
  const { octaves, weight } = radialNodes(plane, edge, -1, 0);
  return (
    edge ** 2 / (16 * Math.PI) + sum(octaves.map((octave, k) => weight[k] * Math.sin((Math.PI / 2) * octave) ** 2))
  );
}

/** Octaves from `centre`, frequencies, and weights that integrate omega d omega / (2 pi). */
function radialNodes(plane, centre, low, high) {
  const farthest = plane.distances[plane.distances.length - 1];
  const { nodes, weights } = gaussLegendre(40 + Math.floor(farthest * centre * 2 ** high));
  const octaves = Array.from(nodes, (node) => (low + high) / 2 + ((high - low) / 2) * node);
  const omega = octaves.map((octave) => centre * 2 ** octave);
  return {
    octaves,
    omega,
    weight: omega.map((w, k) => (weights[k] * ((high - low) / 2) * Math.LN2 * w ** 2) / (2 * Math.PI)),
  };
}
