// What filterbank.analysis says of a bank: rank, condition number, frame bounds; and the spectra to look at.

const EPSILON = 2 ** -52;
const SAMPLES_PER_PIXEL = 16;

/** Rank and condition number, infinite for dependent filters, with the tolerance that `repr(bank)` has. */
function rankAndCondition(filters) {
  const values = singularValues(filters);
  const tolerance = values[0] * Math.max(filters.length, filters[0].length) * EPSILON;
  const rank = values.filter((value) => value > tolerance).length;
  return { rank, condition: rank === filters.length ? values[0] / values[values.length - 1] : Infinity };
}

/**
 * The least and the greatest sum of squared magnitudes on the grid of analysis.frame_bounds, and bounds for all frequencies.
 *
 * The sum of squared spectra is the transform of the sum of autocorrelations, which is small: no transform of a filter is needed.
 */
function frameBounds(filters, side) {
  const grid = fastLength(SAMPLES_PER_PIXEL * side);
  const power = powerOn(grid, autocorrelation(filters, side), side);
  let [lower, upper] = [Infinity, -Infinity];
  for (const value of power) {
    if (value < lower) lower = value;
    if (value > upper) upper = value;
  }
  lower = Math.max(lower, 0);
  const slack = Math.cos((Math.PI * (side - 1)) / grid) ** 2;
  const [middle, reach] = [(upper + lower) / 2, (upper - lower) / 2 / slack];
  const rounding = 32 * EPSILON * upper;
  return {
    lower,
    upper,
    certifiedLower: Math.max(middle - reach - rounding, 0),
    certifiedUpper: middle + reach + rounding,
  };
}

/** The sum over the filters of their autocorrelations, (2 side - 1) by (2 side - 1), lag zero in the middle. */
function autocorrelation(filters, side) {
  const wide = 2 * side - 1;
  const lags = new Float64Array(wide * wide);
  for (const filter of filters) {
    for (let dy = 0; dy < side; dy++) {
      for (let dx = dy ? 1 - side : 0; dx < side; dx++) {
        let total = 0;
        const [from, to] = [Math.max(0, -dx), Math.min(side, side - dx)];
        for (let y = 0; y + dy < side; y++) {
          const [here, there] = [y * side, (y + dy) * side + dx];
          for (let x = from; x < to; x++) total += filter[here + x] * filter[there + x];
        }
        lags[(side - 1 + dy) * wide + side - 1 + dx] += total;
      }
    }
  }
  for (let k = 0, last = lags.length - 1; k < last - k; k++) lags[k] = lags[last - k];
  return lags;
}

/** The power of a bank on rows 0 ... grid - 1 and columns 0 ... grid / 2 of a grid of frequencies, zero first. */
function powerOn(grid, lags, side) {
  const wide = 2 * side - 1;
  const columns = Math.floor(grid / 2) + 1;
  const { cosine, sine } = wavesOn(
    grid,
    range(wide).map((k) => k - side + 1),
  );
  const real = new Float64Array(wide * columns);
  const imaginary = new Float64Array(wide * columns);
  for (let y = 0; y < wide; y++) {
    for (let k = 0; k < wide; k++) {
      const value = lags[y * wide + k];
      if (value === 0) continue;
      for (let u = 0; u < columns; u++) {
        real[y * columns + u] += value * cosine[k * grid + u];
        imaginary[y * columns + u] -= value * sine[k * grid + u];
      }
    }
  }
  const power = new Float64Array(grid * columns);
  for (let v = 0; v < grid; v++) {
    for (let y = 0; y < wide; y++) {
      const [c, s] = [cosine[y * grid + v], sine[y * grid + v]];
      for (let u = 0; u < columns; u++)
        power[v * columns + u] += c * real[y * columns + u] + s * imaginary[y * columns + u];
    }
  }
  return power;
}

/** cos and sin of 2 pi place f / grid, f = 0, 1, ... -1, a row for each place. Whole turns are taken away before, which is exact. */
function wavesOn(grid, places) {
  const cosine = new Float64Array(places.length * grid);
  const sine = new Float64Array(places.length * grid);
  places.forEach((place, k) => {
    for (let u = 0; u < grid; u++) {
      const angle = (2 * Math.PI * ((place * (u > grid / 2 ? u - grid : u)) % grid)) / grid;
      cosine[k * grid + u] = Math.cos(angle);
      sine[k * grid + u] = Math.sin(angle);
    }
  });
  return { cosine, sine };
}

/** Magnitudes of one filter's transform on an odd number of frequencies from -0.5 to 0.5 along both axes, `points` by `points`. */
function magnitudes(filter, side, points) {
  const half = (points - 1) / 2;
  const grid = 2 * half;
  const { cosine, sine } = wavesOn(grid, range(side));
  // Of a real filter, opposite frequencies have the same magnitude: columns from zero on do.
  const wide = half + 1;
  const [real, imaginary] = [new Float64Array(side * wide), new Float64Array(side * wide)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = filter[y * side + x];
      for (let u = 0; u <= half; u++) {
        real[y * wide + u] += value * cosine[x * grid + u];
        imaginary[y * wide + u] -= value * sine[x * grid + u];
      }
    }
  }
  const found = new Float64Array(points * points);
  for (let v = -half; v <= half; v++) {
    const place = (v + grid) % grid;
    for (let u = 0; u <= half; u++) {
      let [re, im] = [0, 0];
      for (let y = 0; y < side; y++) {
        const [a, b, c, s] = [
          real[y * wide + u],
          imaginary[y * wide + u],
          cosine[y * grid + place],
          sine[y * grid + place],
        ];
        re += a * c + b * s;
        im += b * c - a * s;
      }
      const magnitude = Math.sqrt(re * re + im * im);
      found[(half + v) * points + half + u] = magnitude;
      found[(half - v) * points + half - u] = magnitude;
    }
  }
  return found;
}

/** Lines where a map crosses a level, as pairs of points (x, y) in units of samples: marching squares. */
function contour(map, points, level) {
  const lines = [];
  const crossing = (a, b) => (level - a) / (b - a);
  for (let y = 0; y + 1 < points; y++) {
    for (let x = 0; x + 1 < points; x++) {
      const [a, b, c, d] = [
        map[y * points + x],
        map[y * points + x + 1],
        map[(y + 1) * points + x + 1],
        map[(y + 1) * points + x],
      ];
      const ends = [];
      if (a < level !== b < level) ends.push([x + crossing(a, b), y]);
      if (b < level !== c < level) ends.push([x + 1, y + crossing(b, c)]);
      if (d < level !== c < level) ends.push([x + crossing(d, c), y + 1]);
      if (a < level !== d < level) ends.push([x, y + crossing(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) lines.push([ends[k], ends[k + 1]]);
    }
  }
  return lines;
}
