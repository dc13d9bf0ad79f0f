// Families around the centre: waves of the disk, rings, and filters that combine into their own rotations.

const DISK = { least: 3, most: 21, usual: 11 };

/** Distance and angle of every pixel, and the distances that occur, each once, with the index that each pixel has among them. */
function polar(side) {
  const radius = sampled(side, Math.hypot);
  const phi = sampled(side, (y, x) => Math.atan2(y, x));
  // Four times a square is a whole number, so that equal distances are equal.
  const squares = Array.from(sampled(side, (y, x) => 4 * (y * y + x * x)));
  const distinct = [...new Set(squares)].sort((a, b) => a - b);
  const index = new Map(distinct.map((square, k) => [square, k]));
  return {
    radius,
    phi,
    distances: distinct.map((square) => Math.sqrt(square) / 2),
    place: squares.map((square) => index.get(square)),
  };
}

/** Profiles times cos m phi or sin m phi; rows hold `m`, `isCosine` and `profile`, one value for each pixel. */
function timesWaves(rows, phi) {
  return rows.map(({ m, isCosine, profile }) => {
    const wave = isCosine ? Math.cos : Math.sin;
    return withoutRounding(
      profile.map((value, k) => value * wave(m * phi[k])),
      profile,
    );
  });
}

const quarterTurn = ({ m, isCosine }) => (isCosine ? 0 : Math.PI / 2 / Math.max(m, 1));

const FIRST_ROOT = besselRoots(0, 3)[0];

family(
  "fourier_bessel",
  DISK,
  [
    {
      name: "max_root",
      kind: "number",
      auto: (side) => Math.max((Math.PI * side) / 2, FIRST_ROOT),
      least: 2.41,
      most: (side) => Math.max(3, 2 * side),
      step: 0.05,
    },
  ],
  (side, { max_root: highest }) => {
    if (highest < FIRST_ROOT) throw new Refusal("The first root of a Bessel function is 2.4048...; raise max_root.");
    const disk = side / 2;
    const { radius, phi, distances, place } = polar(side);
    const waves = standingWaves(highest).map(({ root, m, q, isCosine }) => {
      const amplitude = (m ? Math.SQRT2 : 1) / Math.abs(besselJ(m + 1, root)[m + 1]);
      const radial = distances.map((r) => (r <= disk ? amplitude * besselJ(m, (root * r) / disk)[m] : 0));
      return { root, m, q, isCosine, profile: radius.map((_, k) => radial[place[k]]) };
    });
    const frequency = waves.map(({ root }) => root / (2 * Math.PI * disk));
    return {
      filters: timesWaves(waves, phi),
      columns: {
        angular_order: column(waves, "m"),
        radial_order: column(waves, "q"),
        root: column(waves, "root"),
        frequency,
        orientation: waves.map(quarterTurn),
      },
      aliased: frequency.map((f) => aboveNyquist(f)),
    };
  },
);

/** Roots up to the highest, rising, with orders m and q; of a pair the cosine first. */
function standingWaves(highest) {
  const found = range(Math.floor(highest) + 1).flatMap((m) =>
    besselRoots(m, highest).map((root, q) => ({ root, m, q: q + 1 })),
  );
  found.sort((a, b) => a.root - b.root);
  return found.flatMap((one) => (one.m ? [true, false] : [true]).map((isCosine) => ({ ...one, isCosine })));
}

family(
  "circular_harmonic",
  DISK,
  [
    {
      name: "rings",
      kind: "numbers",
      auto: (side) => range(Math.floor((side - 1) / 2) + 1),
      least: 0,
      most: 15,
      step: 0.25,
      unit: "pixels",
      fresh: 2,
    },
    { name: "sigma", kind: "number", auto: () => null, least: 0.2, most: () => 3, step: 0.05, unit: "pixels" },
    { name: "max_order", kind: "integer", auto: () => null, least: 0, most: () => 10 },
  ],
  (side, { rings, sigma, max_order: highest }) => {
    const widths = rings.map((_, k) => sigma ?? (k === rings.length - 1 ? 0.4 : 0.6));
    const most = rings.map((radius) => highest ?? highestOrder(radius, side));
    const rows = range(Math.max(...most) + 1).flatMap((m) =>
      rings.flatMap((ring, k) =>
        m > most[k] ? [] : (m ? [true, false] : [true]).map((isCosine) => ({ m, isCosine, ring, width: widths[k] })),
      ),
    );
    const filters = (whole) => {
      const { radius, phi } = polar(whole);
      const value = (r, { m, ring, width }) => (r === 0 && m ? 0 : Math.exp(-(((r - ring) / width) ** 2) / 2));
      return timesWaves(
        rows.map((row) => ({ ...row, profile: radius.map((r) => value(r, row)) })),
        phi,
      );
    };
    return {
      filters: filters(side),
      formula: filters,
      columns: {
        angular_order: column(rows, "m"),
        radius: column(rows, "ring"),
        sigma: column(rows, "width"),
        orientation: rows.map(quarterTurn),
      },
      aliased: rows.map(({ m, ring }) => m > 2 * ring),
    };
  },
);

/** The highest angular order that escnn allows on a ring. */
function highestOrder(radius, side) {
  const highest = Math.floor(2 * radius) - (Math.floor(radius) % 2 === 0 ? 1 : 0);
  return Math.max(radius === Math.floor(side / 2) ? Math.min(highest, 2) : highest, 0);
}

family(
  "zernike",
  DISK,
  [
    { name: "max_order", kind: "integer", auto: (side) => Math.floor((side - 1) / 2), least: 0, most: () => 15 },
    {
      name: "radius",
      kind: "number",
      auto: (side) => side / 2,
      least: 0.5,
      most: (side) => side / 2,
      step: 0.05,
      unit: "pixels",
    },
  ],
  (side, { max_order: highest, radius: disk }) => {
    const { radius, phi } = polar(side);
    const orders = range(highest + 1).flatMap((n) =>
      range(n + 1)
        .filter((m) => (n - m) % 2 === 0)
        .flatMap((m) =>
          m
            ? [
                [n, m],
                [n, m],
              ]
            : [[n, m]],
        ),
    );
    const rows = orders.map(([n, m], k) => {
      const amplitude = Math.sqrt((m ? 2 : 1) * (n + 1));
      return {
        n,
        m,
        isCosine: m === 0 || (k + 1) % 2 === 0,
        profile: radius.map((r) => (r / disk <= 1 ? amplitude * zernikeRadial(n, m, r / disk) : 0)),
      };
    });
    return {
      filters: timesWaves(rows, phi),
      columns: {
        noll: range(rows.length).map((k) => k + 1),
        radial_order: column(rows, "n"),
        angular_order: column(rows, "m"),
        orientation: rows.map(quarterTurn),
      },
      aliased: rows.map(({ n }) => n / (2 * Math.PI * disk) > 0.5),
    };
  },
);

/** rho^m times Jacobi's polynomial P^(0, m) of degree (n - m) / 2 at 2 rho^2 - 1, by its recurrence. */
function zernikeRadial(n, m, rho) {
  const x = 2 * rho * rho - 1;
  let [before, value] = [0, 1];
  for (let k = 1; k <= (n - m) / 2; k++) {
    const c = 2 * k + m;
    const next =
      k === 1
        ? (2 + m) * ((x - 1) / 2) + 1
        : ((c - 1) * (c * (c - 2) * x - m * m) * value - 2 * (k - 1) * (k + m - 1) * c * before) /
          (2 * k * (k + m) * (c - 2));
    [before, value] = [value, next];
  }
  return rho ** m * value;
}

// Filters that steer

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
