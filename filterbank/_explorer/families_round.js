// Families around the centre: waves of the disk, rings, polynomials of the disk.

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
    {
      name: "sigma",
      kind: "number",
      auto: () => null,
      least: 0.2,
      most: () => 3,
      step: 0.05,
      unit: "pixels",
      help: "Standard deviation of the profile of every ring.",
    },
    {
      name: "max_order",
      kind: "integer",
      auto: () => null,
      least: 0,
      most: () => 10,
      help: "Highest angular order on every ring.",
    },
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
