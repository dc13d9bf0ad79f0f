// The pictures: tiles of filters, the frequency plane, one filter at large.

const DIVERGING = [
  "053061",
  "2166ac",
  "4393c3",
  "92c5de",
  "d1e5f0",
  "f7f7f7",
  "fddbc7",
  "f4a582",
  "d6604d",
  "b2182b",
  "67001f",
]; // RdBu_r
const SEQUENTIAL = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"]; // viridis

/** 256 colours, 4 bytes each, between anchors of equal distance. */
function colours(anchors) {
  const table = new Uint8ClampedArray(1024);
  const part = (anchor, k) => parseInt(anchors[anchor].slice(2 * k, 2 * k + 2), 16);
  for (let step = 0; step < 256; step++) {
    const place = (step / 255) * (anchors.length - 1);
    const low = Math.min(Math.floor(place), anchors.length - 2);
    for (let k = 0; k < 3; k++) table[4 * step + k] = part(low, k) + (part(low + 1, k) - part(low, k)) * (place - low);
    table[4 * step + 3] = 255;
  }
  return table;
}

const MAPS = { diverging: colours(DIVERGING), sequential: colours(SEQUENTIAL) };
const stripes = (anchors) => `linear-gradient(90deg, ${anchors.map((anchor) => `#${anchor}`).join(", ")})`;

/** Values as a small square canvas of one pixel each; `low` and `high` are the ends of the colours. */
function bitmap(values, side, map, low, high) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let k = 0; k < values.length; k++) {
    const place = high > low ? (values[k] - low) / (high - low) : 0.5;
    const step = 4 * Math.round(255 * Math.min(Math.max(place, 0), 1));
    for (let part = 0; part < 4; part++) image.data[4 * k + part] = MAPS[map][step + part];
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

const symmetric = (filter, reach) => ({ values: filter, map: "diverging", low: -reach, high: reach });
const fromZero = (map, reach) => ({ values: map, map: "sequential", low: 0, high: reach });

/** Make a canvas as high as asked for, in CSS pixels, sharp on this screen; return its context and width. */
function prepared(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return { context, width };
}

const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Columns and size of tiles that fill a width up to a height; whole rows are worth a little size. */
function layout(count, width, height, gap) {
  const size = (columns) =>
    Math.min((width + gap) / columns - gap, (height + gap) / Math.ceil(count / columns) - gap, 200);
  const choices = range(Math.min(count, 64)).map((k) => k + 1);
  const best = Math.max(...choices.map(size));
  const good = choices.filter((columns) => size(columns) >= 0.88 * best);
  const columns = good.reverse().find((one) => count % one === 0) ?? choices.find((one) => size(one) === best);
  return { columns, tile: Math.max(size(columns), 2), rows: Math.ceil(count / columns) };
}

/** How high the tiles may be: on a phone there must be room for the controls below. */
const tallest = () => (window.matchMedia("(max-width: 44rem)").matches ? 0.28 * window.innerHeight : 520);

/** Draw tiles and mark the chosen one; return a function from a place on the canvas to a tile. */
function drawTiles(canvas, tiles, side, chosen) {
  const gap = tiles.length > 100 ? 3 : 5;
  const { columns, tile, rows } = layout(tiles.length, canvas.clientWidth - 4, tallest(), gap);
  const { context } = prepared(canvas, rows * (tile + gap) - gap + 4);
  tiles.forEach(({ values, map, low, high }, k) => {
    const [x, y] = [2 + (k % columns) * (tile + gap), 2 + Math.floor(k / columns) * (tile + gap)];
    context.drawImage(bitmap(values, side, map, low, high), x, y, tile, tile);
    context.lineWidth = k === chosen ? 2.5 : 1;
    context.strokeStyle = theme(k === chosen ? "--mark" : "--line");
    const out = k === chosen ? 1 : 0.5;
    context.strokeRect(x - out, y - out, tile + 2 * out, tile + 2 * out);
  });
  return (x, y) => {
    const [column, row] = [Math.floor((x - 2) / (tile + gap)), Math.floor((y - 2) / (tile + gap))];
    const k = row * columns + column;
    return column >= 0 && column < columns && k >= 0 && k < tiles.length ? k : null;
  };
}

/** Draw a map of all frequencies on a square, and let nothing be drawn outside it until the context is restored. */
function drawFrequencies(context, map, points, left, top, size) {
  const pixel = size / (points - 1);
  context.imageSmoothingEnabled = true;
  context.beginPath();
  context.rect(left, top, size, size);
  context.clip();
  // A sample stands in the middle of its square, the first and the last on the border.
  const image = bitmap(map, points, "sequential", 0, largest(map));
  context.drawImage(image, left - pixel / 2, top - pixel / 2, size + pixel, size + pixel);
}

/** Draw the sum of squared magnitudes over the frequencies, with the contours of the filters. */
function drawPlane(canvas, power, points, lines, chosen) {
  const margin = { left: 46, right: 8, top: 6, bottom: 34 };
  const inner = Math.min(canvas.clientWidth - margin.left - margin.right, 330);
  const { context } = prepared(canvas, inner + margin.top + margin.bottom);
  const pixel = inner / (points - 1);
  context.save();
  drawFrequencies(context, power, points, margin.left, margin.top, inner);
  const others = lines.filter((_, k) => k !== chosen);
  for (const line of others) stroke(context, line, margin, pixel, "rgba(0, 0, 0, 0.4)", 2.5);
  for (const line of others) stroke(context, line, margin, pixel, "rgba(255, 255, 255, 0.85)", 1);
  if (lines[chosen]) {
    stroke(context, lines[chosen], margin, pixel, "#000000", 4);
    stroke(context, lines[chosen], margin, pixel, "#ff9d3c", 2);
  }
  context.restore();
  drawAxes(context, margin, inner);
}

function stroke(context, lines, margin, pixel, style, width) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.beginPath();
  const place = ([x, y]) => [margin.left + x * pixel, margin.top + y * pixel];
  for (const [from, to] of lines) {
    context.moveTo(...place(from));
    context.lineTo(...place(to));
  }
  context.stroke();
}

/** Ticks of the frequencies along both axes. */
function drawAxes(context, margin, inner) {
  context.fillStyle = context.strokeStyle = theme("--ink");
  context.lineWidth = 1;
  context.font = "11.5px system-ui, sans-serif";
  for (const frequency of [-0.5, -0.25, 0, 0.25, 0.5]) {
    const along = (frequency + 0.5) * inner;
    const text = String(frequency).replace("-", "\u2212");
    context.beginPath();
    context.moveTo(margin.left + along, margin.top + inner);
    context.lineTo(margin.left + along, margin.top + inner + 4);
    context.moveTo(margin.left - 4, margin.top + along);
    context.lineTo(margin.left, margin.top + along);
    context.stroke();
    context.textAlign = frequency === 0.5 ? "right" : "center";
    context.textBaseline = "top";
    context.fillText(text, margin.left + along + (frequency === 0.5 ? 6 : 0), margin.top + inner + 6);
    context.textAlign = "right";
    context.textBaseline = frequency === -0.5 ? "top" : frequency === 0.5 ? "bottom" : "middle";
    context.fillText(text, margin.left - 6, margin.top + along + (frequency === -0.5 ? -3 : frequency === 0.5 ? 3 : 0));
  }
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.fillText("along x, cycles per pixel", margin.left + inner / 2, margin.top + inner + margin.bottom);
  context.save();
  context.translate(10, margin.top + inner / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "middle";
  context.fillText("along y, downward", 0, 0);
  context.restore();
}

/** Draw one filter and its spectrum side by side. */
function drawOne(canvas, filter, side, spectrum, points, reach) {
  const gap = 12;
  const size = Math.min((canvas.clientWidth - gap) / 2 - 1, 190);
  const { context } = prepared(canvas, size + 2);
  context.drawImage(bitmap(filter, side, "diverging", -reach, reach), 1, 1, size, size);
  context.save();
  drawFrequencies(context, spectrum, points, 1 + size + gap, 1, size);
  context.restore();
  context.strokeStyle = theme("--line");
  for (const left of [0.5, 0.5 + size + gap]) context.strokeRect(left, 0.5, size + 1, size + 1);
}
