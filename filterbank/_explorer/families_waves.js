// Families under an envelope: Gabor, log-Gabor, Morlet, Gaussians and their derivatives, filters for textures.

const WINDOW = { least: 3, most: 31, usual: 15 };
const ORIENTATIONS = (usual) => ({
  name: "orientations",
  kind: "integer",
  ...usual,
  least: 1,
  most: () => 12,
  help: "How many, evenly over half a turn.",
});
const BOTH_PHASES = [0, Math.PI / 2];
const PHASES = {
  name: "phases",
  kind: "choice",
  default: BOTH_PHASES,
  choices: [BOTH_PHASES, [0], [Math.PI / 2], [0, Math.PI / 2, Math.PI, 4.71238898038469]],
  labels: ["even and odd", "even", "odd", "four quarters"],
  help: "Phases of the wave at the centre.",
};
const ZERO_MEAN = (usual) => ({ name: "zero_mean", kind: "flag", default: usual });
const FREQUENCY = { least: 0.02, most: 0.5, step: 0.005, unit: "cycles per pixel" };
const SIGMA = { least: 0.3, most: 8, step: 0.05, unit: "pixels" };

/** Columns of one entry a filter, for all combinations of frequency, orientation and phase; the last varies fastest. */
function combinations(frequencies, angles, phases) {
  return frequencies.flatMap((frequency, index) =>
    angles.flatMap((angle) => phases.map((phase) => ({ frequency, index, angle, phase }))),
  );
}

const column = (rows, key) => rows.map((row) => row[key]);
const waveAliased = ({ frequency, angle }) => aboveNyquist(frequency * Math.cos(angle), frequency * Math.sin(angle));

// Gabor

const octaveSigma = (frequency, octaves) =>
  (Math.sqrt(Math.LN2 / 2) / (Math.PI * frequency)) * ((2 ** octaves + 1) / (2 ** octaves - 1));

family(
  "gabor",
  WINDOW,
  [
    { name: "frequencies", kind: "numbers", auto: (side) => octavesUpTo(side), ...FREQUENCY, fresh: 0.25 },
    ORIENTATIONS({ auto: () => 4 }),
    PHASES,
    {
      name: "bandwidth",
      kind: "number",
      auto: () => null,
      least: 0.3,
      most: () => 4,
      step: 0.05,
      unit: "octaves",
      help: "Half-amplitude bandwidth, from which sigma follows.",
    },
    { name: "aspect_ratio", kind: "number", default: 1, least: 0.2, most: () => 2, step: 0.05 },
    ZERO_MEAN(false),
  ],
  (side, values) => {
    const rows = combinations(values.frequencies, spreadAngles(values.orientations), values.phases).map((row) => ({
      ...row,
      sigma: gaborSigma(row.frequency, side, values),
    }));
    const waves = rows.map((row) => gaborWave(row, side, values));
    if (waves.some(({ filter }) => largest(filter) === 0))
      throw new Refusal(
        "A wave of 0.5 cycles per pixel and odd phase is zero at every pixel; use lower frequencies or even phases.",
      );
    return {
      filters: waves.map(({ filter }) => filter),
      columns: {
        frequency: column(rows, "frequency"),
        orientation: column(rows, "angle"),
        phase: column(rows, "phase"),
        sigma: column(rows, "sigma"),
      },
      zeroMean: values.zero_mean,
      aliased: rows.map(waveAliased),
      formula: (whole) => rows.map((row, k) => gaborWave(row, whole, values, waves[k].share).filter),
    };
  },
);

/** Octaves up to 0.25 cycles per pixel, from the lowest with 1.25 cycles in the window. */
function octavesUpTo(side) {
  const octaves = Math.max(0, Math.floor(Math.log2((0.25 * side) / 1.25)));
  return range(octaves + 1).map((k) => 0.25 / 2 ** (octaves - k));
}

function gaborSigma(frequency, side, { bandwidth, aspect_ratio: ratio }) {
  if (bandwidth !== null) return octaveSigma(frequency, bandwidth);
  const widest = (side / (frequency * side < 1 ? 5 : 4.2)) * Math.min(1, ratio);
  return Math.min(octaveSigma(frequency, 1), widest);
}

function gaborWave({ frequency, angle, phase, sigma }, side, { aspect_ratio: ratio, zero_mean: zeroMean }, known) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const bell = sampled(side, (y, x) =>
    Math.exp((-0.5 * ((x * c + y * s) ** 2 + ((y * c - x * s) * ratio) ** 2)) / sigma ** 2),
  );
  let filter = sampled(side, (y, x) => Math.cos(2 * Math.PI * frequency * (x * c + y * s) + phase)).map(
    (value, k) => value * bell[k],
  );
  const share = known ?? (zeroMean ? sum(filter) / sum(bell) : 0);
  filter = withoutRounding(
    filter.map((value, k) => value - share * bell[k]),
    bell,
  );
  const amplitude = ratio / (2 * Math.PI * sigma ** 2);
  return { share, filter: filter.map((value) => value * amplitude) };
}

// log-Gabor

family(
  "log_gabor",
  WINDOW,
  [
    ORIENTATIONS({ auto: () => 5 }),
    { name: "sigma_on_f", kind: "number", default: 0.65, least: 0.3, most: () => 0.9, step: 0.01 },
    {
      name: "frequencies",
      kind: "numbers",
      auto: (side, values, given) => fittingFrequencies(side, values, given.orientations ?? 6),
      ...FREQUENCY,
      fresh: 0.25,
    },
    PHASES,
  ],
  (side, { orientations, sigma_on_f: s, frequencies, phases }, given) => {
    const count = given.orientations ?? 6;
    const found = frequencies.flatMap((centre) =>
      spreadAngles(orientations).map((angle) => logGabor(side, centre, s, angle, count, phases)),
    );
    const rows = combinations(frequencies, spreadAngles(orientations), phases);
    return {
      filters: found.flatMap(({ filters }) => filters),
      lost: found.flatMap(({ lost }) => lost),
      columns: {
        frequency: column(rows, "frequency"),
        orientation: column(rows, "angle"),
        phase: column(rows, "phase"),
        sigma_on_f: rows.map(() => s),
      },
      zeroMean: true,
      aliased: rows.map(waveAliased),
    };
  },
);

/** 1/4, 1/8.4, ... cycles per pixel while the window holds the waves, from low to high. */
function fittingFrequencies(side, { orientations, sigma_on_f: s }, count) {
  const loss = (centre) =>
    Math.max(
      ...spreadAngles(orientations).flatMap((angle) => logGabor(side, centre, s, angle, count, BOTH_PHASES).lost),
    );
  const fitting = [0.25];
  for (let lower = 0.25 / 2.1; lower * side > 0.5 && loss(lower) <= ACCEPTED_LOSS; lower /= 2.1) fitting.unshift(lower);
  return fitting;
}

/** One wave at each phase, and the shares of energy that the window cuts off. */
function logGabor(side, centre, s, angle, count, phases) {
  const { real, imaginary, squares, opposites, samples } = analyticWave(side, centre, s, angle, count);
  const inside = phases.map((phase) =>
    real.map((value, k) => value * Math.cos(phase) - imaginary[k] * Math.sin(phase)),
  );
  const lost = inside.map(
    (filter, k) => 1 - (2 * samples * dot(filter, filter)) / (squares + Math.cos(2 * phases[k]) * opposites),
  );
  return { filters: inside.map(withoutMean), lost };
}

/** The complex wave in the window, from its spectrum on a grid much larger, and what gives the energy on all of the grid. */
const analyticWave = remembered((side, centre, s, angle, count) => {
  const grid = oddFastLength(Math.max(128, 8 * side));
  const samples = grid * grid;
  const { cosine, sine } = wavesOn(grid, axis(side));
  const spectrum = logGaborSpectrum(grid, centre, s, angle, count);
  // Along x, then along y; the spectrum is real.
  const [re, im] = [new Float64Array(grid * side), new Float64Array(grid * side)];
  for (let v = 0; v < grid; v++) {
    const row = spectrum.subarray(v * grid, (v + 1) * grid);
    for (let x = 0; x < side; x++) {
      re[v * side + x] = dot(row, cosine.subarray(x * grid, (x + 1) * grid));
      im[v * side + x] = dot(row, sine.subarray(x * grid, (x + 1) * grid));
    }
  }
  const [real, imaginary] = [new Float64Array(side * side), new Float64Array(side * side)];
  for (let y = 0; y < side; y++) {
    for (let v = 0; v < grid; v++) {
      const [c, d] = [cosine[y * grid + v] / samples, sine[y * grid + v] / samples];
      for (let x = 0; x < side; x++) {
        real[y * side + x] += c * re[v * side + x] - d * im[v * side + x];
        imaginary[y * side + x] += c * im[v * side + x] + d * re[v * side + x];
      }
    }
  }
  let opposites = 0;
  for (let v = 0; v < grid; v++) {
    for (let u = 0; u < grid; u++)
      opposites += spectrum[v * grid + u] * spectrum[((grid - v) % grid) * grid + ((grid - u) % grid)];
  }
  return { real, imaginary, squares: dot(spectrum, spectrum), opposites, samples };
});

/** The spectrum at u / grid and v / grid cycles per pixel, zero first; the grid is odd. */
function logGaborSpectrum(grid, centre, s, angle, count) {
  const spectrum = new Float64Array(grid * grid);
  const [c, d] = [Math.cos(angle), Math.sin(angle)];
  const signed = (k) => (k > grid / 2 ? k - grid : k) / grid;
  const narrowness = 2 * Math.log(s) ** 2;
  for (let k = 1; k < spectrum.length; k++) {
    const [v, u] = [signed(Math.floor(k / grid)), signed(k % grid)];
    const radius = Math.hypot(v, u);
    const turned = Math.acos(Math.min(Math.max((d * v + c * u) / radius, -1), 1));
    const spread = (1 + Math.cos(Math.min((turned * count) / 2, Math.PI))) / 2;
    if (spread > 0) spectrum[k] = Math.exp(-(Math.log(radius / centre) ** 2) / narrowness) * spread;
  }
  return spectrum;
}

// Morlet

family(
  "morlet",
  WINDOW,
  [
    ORIENTATIONS({ default: 4 }),
    PHASES,
    {
      name: "slant",
      kind: "number",
      auto: (side, { orientations }) => 4 / orientations,
      least: 0.2,
      most: () => 4,
      step: 0.05,
    },
    { name: "scales", kind: "integer", auto: (side, values) => fittingScales(side, values), least: 1, most: () => 4 },
    { name: "low_pass", kind: "flag", default: true },
  ],
  (side, values) => {
    const octaves = range(values.scales).reverse();
    const rows = combinations(octaves, spreadAngles(values.orientations), values.phases);
    const low = octaves[0];
    const filters = (whole) => [
      ...(values.low_pass ? [sampled(whole, (y, x) => Math.exp(-(y * y + x * x) / (2 * (0.8 * 2 ** low) ** 2)))] : []),
      ...morletWaves(whole, octaves, values),
    ];
    const first = (value) => (values.low_pass ? [value] : []);
    return {
      filters: filters(side),
      formula: filters,
      columns: {
        scale: [...first(low), ...column(rows, "frequency")],
        frequency: [...first(0), ...rows.map(({ frequency }) => 3 / 8 / 2 ** frequency)],
        orientation: [...first(NaN), ...column(rows, "angle")],
        phase: [...first(0), ...column(rows, "phase")],
        sigma: [...first(0.8 * 2 ** low), ...rows.map(({ frequency }) => 0.8 * 2 ** frequency)],
      },
    };
  },
);

function fittingScales(side, values) {
  const loss = (octave) => Math.max(...energyLost({ formula: (whole) => morletWaves(whole, [octave], values) }, side));
  let scales = 1;
  while (0.8 * 2 ** scales < side && loss(scales) <= ACCEPTED_LOSS) scales++;
  return scales;
}

function morletWaves(side, octaves, { orientations, phases, slant }) {
  return octaves.flatMap((octave) =>
    spreadAngles(orientations).flatMap((angle) => morletWave(side, octave, angle, phases, slant)),
  );
}

function morletWave(side, octave, angle, phases, slant) {
  const [c, s, sigma, frequency] = [
    Math.cos(angle),
    Math.sin(angle),
    0.8 * 2 ** octave,
    (3 * Math.PI) / 4 / 2 ** octave,
  ];
  const bell = sampled(side, (y, x) =>
    Math.exp(-((x * c + y * s) ** 2 + (slant * (y * c - x * s)) ** 2) / (2 * sigma ** 2)),
  );
  const even = sampled(side, (y, x) => Math.cos(frequency * (x * c + y * s))).map((value, k) => value * bell[k]);
  const odd = sampled(side, (y, x) => Math.sin(frequency * (x * c + y * s))).map((value, k) => value * bell[k]);
  const whole = sum(bell);
  const [shareEven, shareOdd] = [sum(even) / whole, sum(odd) / whole];
  return phases.map((phase) =>
    bell.map(
      (value, k) => (even[k] - shareEven * value) * Math.cos(phase) - (odd[k] - shareOdd * value) * Math.sin(phase),
    ),
  );
}

// Round filters

const gaussianOn = (side, sigma) => {
  const nearest = side % 2 ? 0 : 0.25;
  const bell = axis(side).map((x) => Math.exp((nearest - x * x) / (2 * sigma ** 2)));
  const total = sum(bell);
  return bell.map((value) => value / total);
};
const roundGaussian = (side, sigma) => outer(gaussianOn(side, sigma), gaussianOn(side, sigma));

/** Half octaves down from the widest Gaussian while the frequency `peak / sigma` is at most 0.35. */
function halfOctaves(widest, peak) {
  const steps = Math.max(0, Math.floor(2 * Math.log2((0.35 * widest) / peak)));
  return range(steps + 1).map((k) => widest / Math.SQRT2 ** k);
}

function roundDraft(side, sigmas, peak, formula) {
  const filters = (whole) => sigmas.map((sigma) => formula(whole, sigma));
  const frequency = sigmas.map((sigma) => peak / sigma);
  return {
    filters: filters(side),
    formula: filters,
    columns: { sigma: sigmas, frequency },
    zeroMean: true,
    aliased: frequency.map((f) => aboveNyquist(f)),
  };
}

const dogPeak = (ratio) => Math.sqrt((4 * Math.log(ratio)) / (ratio ** 2 - 1)) / (2 * Math.PI);

family(
  "dog",
  WINDOW,
  [
    { name: "ratio", kind: "number", default: 1.6, least: 1.05, most: () => 4, step: 0.05 },
    {
      name: "sigmas",
      kind: "numbers",
      auto: (side, { ratio }) => halfOctaves(side / (6.8 * ratio), dogPeak(ratio)),
      ...SIGMA,
      fresh: 1,
    },
  ],
  (side, { ratio, sigmas }) =>
    roundDraft(side, sigmas, dogPeak(ratio), (whole, sigma) => {
      const wide = roundGaussian(whole, ratio * sigma);
      return roundGaussian(whole, sigma).map((value, k) => value - wide[k]);
    }),
);

const LAPLACIAN_PEAK = Math.SQRT2 / (2 * Math.PI);

family(
  "laplacian_of_gaussian",
  WINDOW,
  [{ name: "sigmas", kind: "numbers", auto: (side) => halfOctaves(side / 7.2, LAPLACIAN_PEAK), ...SIGMA, fresh: 1 }],
  (side, { sigmas }) =>
    roundDraft(side, sigmas, LAPLACIAN_PEAK, (whole, sigma) => {
      const squared = sampled(whole, (y, x) => y * y + x * x);
      const bell = roundGaussian(whole, sigma);
      const variance = dot(squared, bell);
      return bell.map((value, k) => ((squared[k] - variance) * value) / sigma ** 4);
    }),
);
