// Special functions and linear algebra, as far as the families need them. Angles are in radians, arrays flat and row by row.

const range = (count) => Array.from({ length: count }, (_, index) => index);
const sum = (values) => values.reduce((total, value) => total + value, 0);
const dot = (a, b) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};

/** Bessel functions J_0 ... J_highest at x >= 0: Miller's recurrence downward, scaled by J_0 + 2 (J_2 + J_4 + ...) = 1. */
function besselJ(highest, x) {
  const values = new Float64Array(highest + 1);
  if (x === 0) {
    values[0] = 1;
    return values;
  }
  const largest = Math.max(highest, x);
  return millers(values, 2 * Math.ceil((largest + 40 + Math.sqrt(40 * largest)) / 2), x, -1, (order) =>
    order % 2 ? 0 : 2,
  );
}

/** Modified Bessel functions times exp(-t): e^-t I_0(t) ... e^-t I_highest(t), of which I_0 + 2 (I_1 + I_2 + ...) = e^t. */
function besselI(highest, t) {
  const values = new Float64Array(highest + 1);
  if (t === 0) {
    values[0] = 1;
    return values;
  }
  const largest = Math.max(highest, t);
  return millers(values, 2 * Math.ceil((largest + 40 + Math.sqrt(40 * largest)) / 2), t, 1, () => 2);
}

/** Run f_(m-1) = (2 m / x) f_m + sign f_(m+1) down from `start` and divide by the sum of `weight(m) f_m`, with f_0 once. */
function millers(values, start, x, sign, weight) {
  let above = 0;
  let current = 1e-300;
  let total = 0;
  for (let order = start; order >= 0; order--) {
    if (order < values.length) values[order] = current;
    total += order ? weight(order) * current : current;
    const below = ((2 * order) / x) * current + sign * above;
    above = current;
    current = below;
    if (Math.abs(current) > 1e200) {
      for (let kept = order; kept < values.length; kept++) values[kept] *= 1e-200;
      [above, current, total] = [above * 1e-200, current * 1e-200, total * 1e-200];
    }
  }
  return values.map((value) => value / total);
}

/** The positive roots of J_order up to `highest`, rising. */
function besselRoots(order, highest) {
  const value = (x) => besselJ(order, x)[order];
  const roots = [];
  // Roots are about pi apart, and the first is beyond the order.
  for (let low = Math.max(order, 0.5); low <= highest; low += 0.5) {
    let [a, b] = [low, low + 0.5];
    const rising = value(a) < 0;
    if (rising === value(b) < 0) continue;
    while (b - a > 1e-15 * b) {
      const middle = (a + b) / 2;
      if (middle <= a || middle >= b) break;
      if (value(middle) < 0 === rising) a = middle;
      else b = middle;
    }
    if ((a + b) / 2 <= highest) roots.push((a + b) / 2);
  }
  return roots;
}

/** The lower tail of the standard normal distribution at z <= 0 or above. */
function normalTail(z) {
  const x = Math.abs(z);
  if (x < 3) {
    let term = x;
    let series = x;
    for (let k = 1; Math.abs(term) > 1e-18; k++) {
      term *= (-x * x) / (2 * k);
      series += term / (2 * k + 1);
    }
    const half = series / Math.sqrt(2 * Math.PI);
    return z < 0 ? 0.5 - half : 0.5 + half;
  }
  // A continued fraction, which converges fast out here.
  let fraction = x;
  for (let k = 60; k > 0; k--) fraction = x + k / fraction;
  const tail = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / fraction;
  return z < 0 ? tail : 1 - tail;
}

function logFactorial(n) {
  let total = 0;
  for (let k = 2; k <= n; k++) total += Math.log(k);
  return total;
}

function binomial(n, k) {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return Math.round(value);
}

/** Nodes and weights of Gauss and Legendre on [-1, 1]. */
function gaussLegendre(count) {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= count; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (count * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** Eigenvectors of a symmetric matrix of rows, each a row, by falling eigenvalue: Jacobi's rotations. */
function eigenvectors(matrix) {
  const size = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const vectors = range(size).map((i) => Float64Array.from(range(size), (j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    let whole = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) ((whole += a[i][j] ** 2), i !== j && (off += a[i][j] ** 2));
    if (off <= 1e-31 * whole) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, p, q);
  }
  return range(size)
    .sort((i, j) => a[j][j] - a[i][i])
    .map((i) => vectors[i]);
}

function rotate(a, vectors, p, q) {
  if (a[p][q] === 0) return;
  const [c, s] = rotation(a[p][p], a[q][q], a[p][q]);
  for (let k = 0; k < a.length; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
  turn(a[p], a[q], c, s);
  turn(vectors[p], vectors[q], c, s);
}

/** Cosine and sine of the turn that makes the off-diagonal of [[p, off], [off, q]] zero. */
function rotation(p, q, off) {
  const theta = (q - p) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
  const c = 1 / Math.hypot(1, t);
  return [c, c * t];
}

function turn(first, second, c, s) {
  for (let k = 0; k < first.length; k++) {
    const [x, y] = [first[k], second[k]];
    first[k] = c * x - s * y;
    second[k] = s * x + c * y;
  }
}

/** Singular values of a matrix of rows, falling: Householder's reflections to two diagonals, then bisection. */
function singularValues(matrix) {
  const peak = Math.max(...matrix.map((row) => row.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  if (peak === 0) return new Array(Math.min(matrix.length, matrix[0].length)).fill(0);
  const scaled = matrix.map((row) => Float64Array.from(row, (value) => value / peak));
  // Of orthogonal rows the lengths say it all, as Python finds for large banks.
  if (areOrthogonal(scaled)) return scaled.map((row) => peak * Math.sqrt(dot(row, row))).sort((a, b) => b - a);
  return bidiagonalValues(bidiagonal(scaled.length > scaled[0].length ? transposed(scaled) : scaled)).map(
    (value) => value * peak,
  );
}

function areOrthogonal(rows) {
  if (rows.length > rows[0].length) return false;
  const squares = rows.map((row) => dot(row, row));
  return squares.every(
    (square, p) =>
      square > 0 &&
      squares.slice(0, p).every((other, q) => Math.abs(dot(rows[p], rows[q])) < 1e-13 * Math.sqrt(square * other)),
  );
}

const transposed = (rows) => range(rows[0].length).map((k) => Float64Array.from(rows, (row) => row[k]));

/** Diagonal and off-diagonal in turn of the lower bidiagonal matrix that reflections make of rows, no more than columns. */
function bidiagonal(rows) {
  const found = [];
  for (let k = 0; k < rows.length; k++) {
    found.push(reflectRows(rows, k));
    if (k + 1 < rows.length) found.push(reflectColumns(rows, k));
  }
  return found;
}

/** Reflect the columns from k on so that row k ends at its diagonal, which is returned. */
function reflectRows(rows, k) {
  const v = rows[k].slice(k);
  const length = Math.sqrt(dot(v, v));
  if (length === 0) return 0;
  v[0] += v[0] < 0 ? -length : length;
  const square = dot(v, v);
  for (let i = k; i < rows.length; i++) {
    const tail = rows[i].subarray(k);
    addTo(tail, v, (-2 * dot(tail, v)) / square, 0);
  }
  return rows[k][k];
}

/** Reflect the rows below k so that column k ends below its diagonal; that entry is returned. */
function reflectColumns(rows, k) {
  const v = Float64Array.from(rows.slice(k + 1), (row) => row[k]);
  const length = Math.sqrt(dot(v, v));
  if (length === 0) return 0;
  v[0] += v[0] < 0 ? -length : length;
  const square = dot(v, v);
  const shares = new Float64Array(rows[k].length);
  for (let i = 0; i < v.length; i++) addTo(shares, rows[k + 1 + i], v[i], k);
  for (let i = 0; i < v.length; i++) addTo(rows[k + 1 + i], shares, (-2 * v[i]) / square, k);
  return rows[k + 1][k];
}

function addTo(target, row, factor, from) {
  for (let j = from; j < row.length; j++) target[j] += factor * row[j];
}

/** Singular values, falling, from d_1, e_1, d_2, e_2, ...: the positive eigenvalues of the matrix with these beside a zero diagonal. */
function bidiagonalValues(entries) {
  const squares = entries.map((value) => value * value);
  const count = (entries.length + 1) / 2;
  const most = 2 * Math.max(...entries.map(Math.abs));
  // Sturm's count of the eigenvalues below x.
  const below = (x) => {
    let [negative, q] = [1, -x];
    for (const square of squares) {
      q = -x - square / (q === 0 ? Number.MIN_VALUE : q);
      if (q < 0) negative++;
    }
    return negative - count;
  };
  return range(count).map((k) => {
    let [low, high] = [0, most];
    while (high - low > 1e-16 * high && high > 1e-20 * most) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (below(middle) > count - 1 - k) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  });
}

/** The next length from `least` on without prime factors above 11, as scipy.fft.next_fast_len. */
function fastLength(least) {
  for (let length = least; ; length++) {
    let rest = length;
    for (const prime of [2, 3, 5, 7, 11]) while (rest % prime === 0) rest /= prime;
    if (rest === 1) return length;
  }
}

function oddFastLength(least) {
  let length = fastLength(least);
  while (length % 2 === 0) length = fastLength(length + 1);
  return length;
}
