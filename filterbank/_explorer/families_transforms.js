// Families without a scale of their own: transforms, polynomials, wavelets, small masks.

const COMPLETE = { least: 1, most: 16, usual: 8 };
const LEVEL = { name: "level", kind: "integer", auto: () => null, least: 1, most: (side) => 2 * side - 1 };
const DC = { name: "dc", kind: "flag", default: true };

const ofLevel = (side, { level }) => orders(side, level ?? 2 * side);

family("dct", COMPLETE, [LEVEL, DC], (side, values) => {
  const cosines = range(side).map((j) =>
    range(side).map((x) => Math.cos((Math.PI * ((j * (2 * x + 1)) % (4 * side))) / (2 * side))),
  );
  const every = ofLevel(side, values).slice(values.dc ? 0 : 1);
  if (!every.length) throw new Refusal("Without the flat filter none is left; use a larger level or size.");
  return withFrequencies(separable(cosines, every), every, side);
});

family("dst", COMPLETE, [LEVEL], (side, values) => {
  const sines = range(side).map((j) =>
    range(side).map((x) => Math.sin((Math.PI * (((j + 1) * (2 * x + 1)) % (4 * side))) / (2 * side))),
  );
  const every = ofLevel(side, values);
  return withFrequencies(
    separable(sines, every),
    every.map(([i, j]) => [i + 1, j + 1]),
    side,
  );
});

function withFrequencies(draft, halves, side) {
  return { ...draft, columns: { ...draft.columns, frequency: halves.map(([i, j]) => Math.hypot(i, j) / (2 * side)) } };
}

family("fourier", COMPLETE, [DC], (side, { dc }) => {
  const filters = [];
  const columns = { frequency: [], frequency_y: [], frequency_x: [], phase: [], orientation: [] };
  for (const [v, u] of halfOfFrequencies(side)) {
    [Math.cos, Math.sin].forEach((wave, isSine) => {
      const filter = sampled(side, (y, x) => wave((2 * Math.PI * (v * y + u * x)) / side));
      if (largest(filter) <= 1e-9 || (!dc && !isSine && v === 0 && u === 0)) return;
      filters.push(filter);
      columns.frequency.push(Math.hypot(v, u) / side);
      columns.frequency_y.push(v / side);
      columns.frequency_x.push(u / side);
      columns.phase.push(isSine ? -Math.PI / 2 : 0);
      columns.orientation.push(Math.atan2(v, u));
    });
  }
  if (!filters.length) throw new Refusal("Without the flat filter none is left; use a larger size.");
  return { filters, columns };
});

/** Whole cycles [v, u] in the window, one of each two opposites, by their length and then by v and u. */
function halfOfFrequencies(side) {
  const cycles = range(side).map((k) => k - Math.floor((side - 1) / 2));
  const opposite = (k) => (2 * k === side ? k : -k);
  const every = cycles.flatMap((v) => cycles.map((u) => [v, u]));
  const kept = every.filter(([v, u]) => v > opposite(v) || (v === opposite(v) && u >= opposite(u)));
  return kept.sort((a, b) => a[0] ** 2 + a[1] ** 2 - b[0] ** 2 - b[1] ** 2 || a[0] - b[0] || a[1] - b[1]);
}

family("hadamard", [2, 4, 8, 16], [LEVEL], (side, values) => {
  const ones = (bits) => (bits ? (bits & 1) + ones(bits >> 1) : 0);
  const rows = range(side).map((i) => range(side).map((j) => (ones(i & j) % 2 ? -1 : 1)));
  const changes = (row) => row.filter((value, x) => x && value !== row[x - 1]).length;
  return separable(
    rows.sort((a, b) => changes(a) - changes(b)),
    ofLevel(side, values),
  );
});

family("legendre", COMPLETE, [LEVEL], (side, values) => {
  // The norm of the discrete polynomial that is 1 at the last pixel.
  const logSquare = (m) =>
    logFactorial(side + m) + logFactorial(side - 1 - m) - 2 * logFactorial(side - 1) - Math.log(2 * m + 1);
  return separable(
    polynomials(side, (m) => Math.exp(logSquare(m) / 2)),
    ofLevel(side, values),
  );
});

family("chebyshev", COMPLETE, [LEVEL], (side, values) => {
  const square = (m) => range(m).reduce((product, k) => product * (1 - ((k + 1) / side) ** 2), side) / (2 * m + 1);
  return separable(
    polynomials(side, (m) => Math.sqrt(square(m))),
    ofLevel(side, values),
  );
});

/** Orthogonal polynomials on a line of pixels, positive at the last one, times a scale for each degree. */
function polynomials(side, scale) {
  const x = axis(side);
  const rows = [Float64Array.from(x, () => 1 / Math.sqrt(side))];
  for (let degree = 1; degree < side; degree++) {
    let rest = rows[degree - 1].map((value, k) => value * x[k]);
    for (let pass = 0; pass < 2; pass++) {
      const shares = rows.map((row) => dot(row, rest));
      rest = rest.map((value, k) => value - sum(rows.map((row, i) => shares[i] * row[k])));
    }
    const even = rest.map((value, k) => (value + (degree % 2 ? -1 : 1) * rest[side - 1 - k]) / 2);
    const length = Math.sqrt(dot(even, even));
    rows.push(even.map((value) => value / length));
  }
  return rows.map((row, degree) => row.map((value) => value * scale(degree)));
}

family(
  "slepian",
  COMPLETE,
  [
    {
      name: "bandwidth",
      kind: "number",
      auto: (side) => Math.min(2, side / 4),
      least: 0.1,
      most: (side) => side / 2 - 0.1,
      step: 0.05,
    },
  ],
  (side, { bandwidth }) => {
    if (bandwidth >= side / 2)
      throw new Refusal(`The bandwidth must be below half the side, ${side / 2}; use a larger size.`);
    const { sequences, shares } = spheroidal(side, bandwidth / side);
    const rounded = (i, j) => Math.round(shares[i] * shares[j] * 1e12);
    const every = orders(side).sort(
      (a, b) => rounded(...b) - rounded(...a) || a[0] + a[1] - b[0] - b[1] || a[0] - b[0],
    );
    const draft = separable(sequences, every);
    return { ...draft, columns: { ...draft.columns, concentration: every.map(([i, j]) => shares[i] * shares[j]) } };
  },
);

/** Discrete prolate spheroidal sequences, and the share of their energy below `limit` cycles per pixel. */
function spheroidal(side, limit) {
  const x = axis(side);
  const beside = (low) => ((low + 1) * (side - low - 1)) / 2;
  const entry = (i, j) =>
    i === j ? x[i] ** 2 * Math.cos(2 * Math.PI * limit) : Math.abs(i - j) === 1 ? beside(Math.min(i, j)) : 0;
  const found = eigenvectors(range(side).map((i) => range(side).map((j) => entry(i, j))));
  const sequences = found.map((vector, order) => {
    const even = vector.map((value, k) => value + (order % 2 ? -1 : 1) * vector[side - 1 - k]);
    const length = Math.sqrt(dot(even, even)) * spheroidalSign(even, order);
    return even.map((value) => value / length);
  });
  const band = range(side).map((m) => (m ? Math.sin(2 * Math.PI * limit * m) / (Math.PI * m) : 2 * limit));
  const inBand = (row) => sum(Array.from(row, (a, i) => sum(Array.from(row, (b, j) => a * b * band[Math.abs(i - j)]))));
  return { sequences, shares: sequences.map((row) => Math.min(Math.max(inBand(row), 0), 1)) };
}

/** The sign that makes the sum of even sequences positive, and the first lobe of odd ones. */
function spheroidalSign(sequence, order) {
  const square = dot(sequence, sequence);
  const threshold = Math.max(1e-7, 1 / sequence.length) * (1 - 1e-9);
  const first = sequence.find((value) => value ** 2 / square > threshold) ?? sequence[0];
  const total = sum(sequence) / Math.sqrt(square);
  return Math.sign(order % 2 === 0 && Math.abs(total) > 1e-9 ? total : first);
}

// Wavelets

const WAVELET = { name: "wavelet", kind: "choice", default: "db2", choices: Object.keys(CONSTANTS.wavelets) };

family(
  "wavelet",
  { least: 4, most: 31, usual: 15 },
  [
    WAVELET,
    {
      name: "levels",
      kind: "integer",
      auto: (side, { wavelet }) => fittingLevels(wavelet, side),
      least: 1,
      most: (side, { wavelet }) => Math.max(1, fittingLevels(wavelet, side)),
    },
  ],
  (side, { wavelet, levels }) => {
    const fitting = fittingLevels(wavelet, side);
    if (!fitting)
      throw new Refusal(
        `The filters of ${wavelet} do not fit in this window; use a larger size or a shorter wavelet such as "haar".`,
      );
    const depth = Math.min(levels, fitting);
    const plan = [[depth, "aa"]];
    for (let level = depth; level > 0; level--) for (const band of ["da", "ad", "dd"]) plan.push([level, band]);
    const factor = (level, letter) => placed(equivalent(wavelet, level, letter), side);
    return {
      filters: plan.map(([level, band]) => outer(factor(level, band[0]), factor(level, band[1]))),
      columns: { level: plan.map(([level]) => level), subband: plan.map(([, band]) => SUBBANDS[band]) },
    };
  },
);

const SUBBANDS = { aa: "approximation", da: "horizontal", ad: "vertical", dd: "diagonal" };

/** The taps that take a signal to one subband, as a convolution. */
function equivalent(wavelet, level, letter) {
  const { low, high } = CONSTANTS.wavelets[wavelet];
  let taps = [1];
  for (let step = 1; step <= level; step++) {
    const last = letter === "a" || step < level ? low : high;
    const distance = 2 ** (step - 1);
    const next = new Array(taps.length + (last.length - 1) * distance).fill(0);
    taps.forEach((a, i) => last.forEach((b, j) => (next[i + j * distance] += a * b)));
    taps = next;
  }
  return taps;
}

function support(taps) {
  const used = range(taps.length).filter((k) => taps[k] !== 0);
  return [used[0], used[used.length - 1] + 1];
}

function fittingLevels(wavelet, side) {
  const length = (level, letter) => support(equivalent(wavelet, level, letter)).reduce((begin, end) => end - begin);
  let level = 0;
  while (["a", "d"].every((letter) => length(level + 1, letter) <= side)) level++;
  return level;
}

/** Taps turned round for correlation in the middle of a window. */
function placed(taps, side) {
  const [begin, end] = support(taps);
  const window = new Float64Array(side);
  const start = Math.floor((side - (end - begin)) / 2);
  for (let k = begin; k < end; k++) window[start + end - 1 - k] = taps[k];
  return window;
}

family("wavelet_basis", [2, 4, 8, 16], [WAVELET], (side, { wavelet }) => {
  const { low, high } = CONSTANTS.wavelets[wavelet];
  const depth = Math.log2(side);
  const subbands = [];
  let approximation = range(side).map((k) => range(side).map((x) => (k === x ? 1 : 0)));
  for (let level = 1; level <= depth; level++) {
    const tables = { a: halved(approximation, low), d: halved(approximation, high) };
    subbands.unshift(...["da", "ad", "dd"].map((band) => ({ level, band, y: tables[band[0]], x: tables[band[1]] })));
    approximation = tables.a;
  }
  subbands.unshift({ level: depth, band: "aa", y: approximation, x: approximation });
  const rows = subbands.flatMap(({ level, band, y, x }) =>
    y.flatMap((column, i) => x.map((row, j) => ({ level, band, i, j, filter: outer(column, row) }))),
  );
  return {
    filters: rows.map(({ filter }) => filter),
    columns: {
      level: rows.map(({ level }) => level),
      subband: rows.map(({ band }) => SUBBANDS[band]),
      position_y: rows.map(({ i }) => i),
      position_x: rows.map(({ j }) => j),
    },
  };
});

/** Functionals of half as many coefficients: one step of the transform with mode "periodization". */
function halved(functionals, taps) {
  const count = functionals.length;
  return range(count / 2).map((k) =>
    functionals[0].map((_, x) =>
      sum(taps.map((tap, j) => tap * functionals[(((2 * k + taps.length / 2 - j) % count) + count) % count][x])),
    ),
  );
}

// Small masks and pixels

family("laws", { least: 5, most: 16, usual: 5 }, [], (side) => {
  const names = Object.keys(CONSTANTS.laws);
  const room = Math.floor((side - 5) / 2);
  const table = names.map((name) => range(side).map((x) => CONSTANTS.laws[name][x - room] ?? 0));
  const every = orders(names.length);
  const draft = separable(table, every);
  return { ...draft, columns: { name: every.map(([i, j]) => names[i] + names[j]), ...draft.columns } };
});

family(
  "gradient",
  { least: 3, most: 16, usual: 5 },
  [{ name: "kind", kind: "choice", default: "sobel", choices: Object.keys(CONSTANTS.gradients) }],
  (side, { kind }) => {
    const { side: from, masks, orientations } = CONSTANTS.gradients[kind];
    if (side < from)
      throw new Refusal(`The masks of ${kind} have ${from} pixels a side; use a larger size or another kind.`);
    return {
      filters: masks.map((mask) => centred(mask, from, side)),
      columns: { kind: masks.map(() => kind), orientation: orientations },
      zeroMean: true,
    };
  },
);

family("delta", COMPLETE, [], (side) => {
  const places = range(side * side);
  return {
    filters: places.map((place) => Float64Array.from(places, (k) => (k === place ? 1 : 0))),
    columns: { position_y: places.map((k) => Math.floor(k / side)), position_x: places.map((k) => k % side) },
  };
});
