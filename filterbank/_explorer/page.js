// What is made of what is chosen, and shown.

let made = null; // the bank, with its numbers once they are known
let tileAt = () => null;
let later = 0;
const MOST_CONTOURS = 40; // more lines hide what they lie on
const HEAVY = 1e7; // multiplications from which the numbers wait until the hand rests

function render() {
  cancelAnimationFrame(frame);
  frame = 0;
  document.querySelector("main").classList.remove("refused");
  try {
    const bank = makeBank(chosen.family, chosen.size, chosen.n, chosen.norm, chosen.given);
    if (chosen.n > bank.available) chosen.n = null;
    made = {
      ...bank,
      family: chosen.family,
      side: chosen.size,
      python: pythonCall(
        chosen.family,
        chosen.size,
        bank.n > bank.available ? null : bank.n,
        chosen.norm,
        chosen.given,
      ),
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    showRefusal(error.message);
    return;
  }
  chosen.filter = Math.min(chosen.filter, made.filters.length - 1);
  showControls();
  writeAddress();
  byId("python").textContent = made.python;
  byId("imports").textContent = `import ${made.python.includes("skimage.") ? "skimage, " : ""}filterbank as fb`;
  byId("copy").disabled = false;
  showPictures();
  clearTimeout(later);
  const { length } = made.filters;
  const pixels = chosen.size ** 2;
  const work = Math.min(length, pixels) ** 2 * Math.max(length, pixels) + (length * pixels ** 2) / 2;
  if (work < HEAVY) showNumbers();
  else {
    document.querySelectorAll(".numbers dd").forEach((cell) => cell.classList.add("pending"));
    later = setTimeout(showNumbers, 120);
  }
}

function showRefusal(text) {
  clearTimeout(later);
  made = null;
  document.querySelector("main").classList.add("refused");
  showControls();
  writeAddress();
  byId("python").textContent = "There is no such bank.";
  byId("copy").disabled = true;
  for (const cell of document.querySelectorAll(".numbers dd")) {
    cell.textContent = cell.classList.contains("more") ? "" : "\u2013";
    cell.classList.remove("pending");
  }
  byId("details").textContent = "";
  byId("remarks").hidden = false;
  byId("remarks").replaceChildren(element("li", { textContent: text }));
  speakLater(text);
}

/** Rank, condition and bounds; computed once for each bank. */
function numbersOf(bank) {
  bank.numbers ??= { ...rankAndCondition(bank.filters), ...frameBounds(bank.filters, bank.side) };
  return bank.numbers;
}

/** Four digits, with an exponent where there would be many zeros. */
function shown(value) {
  if (!Number.isFinite(value)) return "\u221e";
  const short = Number(value.toPrecision(4));
  const text =
    short !== 0 && (Math.abs(short) < 1e-3 || Math.abs(short) >= 1e6) ? short.toExponential() : String(short);
  return text.replaceAll("-", "\u2212").replace("e+", "e");
}

function showNumbers() {
  const { rank, condition, ...bounds } = numbersOf(made);
  const [n, pixels] = [made.filters.length, made.side ** 2];
  // What is lost but for rounding is lost.
  const atLeast = (value) => shown(value > 1e-12 * bounds.upper ? value : 0);
  const isTight = bounds.certifiedUpper - bounds.certifiedLower <= 1e-9 * bounds.certifiedUpper;
  const texts = {
    count: String(n),
    pixels: `of ${made.side}\u00d7${made.side} = ${pixels} pixels`,
    rank: String(rank),
    "rank-more":
      rank === n
        ? rank === pixels
          ? "independent and complete"
          : "independent"
        : rank === pixels
          ? "complete, dependent"
          : "dependent",
    condition: shown(condition),
    "condition-more": n > 1 && condition < 1 + 1e-9 ? "orthogonal, of equal norms" : "",
    bounds: `${atLeast(bounds.lower)} to ${shown(bounds.upper)}`,
    "bounds-more": isTight
      ? "tight: every signal keeps its energy, times this"
      : `for certain ${atLeast(bounds.certifiedLower)} to ${shown(bounds.certifiedUpper)}`,
  };
  for (const [id, text] of Object.entries(texts)) byId(id).textContent = text;
  const more = ["pixels", "rank-more", "condition-more", "bounds-more"].map((id) => texts[id]);
  byId("details").textContent = `${more.filter(Boolean).join("; ")}.`;
  document.querySelectorAll(".numbers dd").forEach((cell) => cell.classList.remove("pending"));
  showRemarks(rank, condition);
  speakLater(
    `${counted(n, "filter")}, rank ${rank}, condition number ${shown(condition)}, frame bounds ${texts.bounds}.`,
  );
}

function showRemarks(rank, condition) {
  const texts = made.remarks.map(({ text }) => text);
  const n = made.filters.length;
  if (rank < n) texts.push(`The filters are dependent: rank ${rank} of ${n}.`);
  else if (condition > 2 ** 23) texts.push("The condition number is beyond what float32 can tell.");
  byId("remarks").hidden = !texts.length;
  byId("remarks").replaceChildren(...texts.map((text) => element("li", { textContent: text })));
}

let speaking = 0;
/** Say the numbers when the hand rests, not at every step of a slider. */
function speakLater(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => (byId("spoken").textContent = text), 700);
}

function showPictures() {
  const { filters, side } = made;
  made.points ??= filters.length > 64 ? 65 : 97;
  made.spectra ??= filters.map((filter) => magnitudes(filter, side, made.points));
  made.power ??= made.spectra.reduce(
    (total, map) => (map.forEach((value, k) => (total[k] += value * value)), total),
    new Float64Array(made.points ** 2),
  );
  showTiles();
  showPlane();
  showOne();
}

function showTiles() {
  const own = byId("own-scale").checked;
  const spectra = document.querySelector('input[name="tiles"]:checked').value === "spectra";
  const maps = spectra ? made.spectra : made.filters;
  const reach = Math.max(...maps.map(largest));
  const tiles = maps.map((map) => (spectra ? fromZero : symmetric)(map, own ? largest(map) : reach));
  tileAt = drawTiles(byId("tiles"), tiles, spectra ? made.points : made.side, chosen.filter);
  const ends = own
    ? [spectra ? "0" : "\u2212largest", "largest of each"]
    : [spectra ? "0" : shown(-reach), shown(reach)];
  showScale("tiles-scale", ends, spectra ? SEQUENTIAL : DIVERGING);
  const what = `${counted(maps.length, "filter")} of ${made.family}, ${made.side} by ${made.side} pixels`;
  byId("tiles").setAttribute(
    "aria-label",
    spectra ? `Magnitudes of the spectra of ${what}.` : `${what}; blue is below zero, red above.`,
  );
}

function showScale(id, [low, high], anchors) {
  const bar = element("i");
  bar.style.background = stripes(anchors);
  byId(id).replaceChildren(low, bar, high);
}

function showPlane() {
  const { points, power } = made;
  const tooMany = made.spectra.length > MOST_CONTOURS;
  byId("contours").disabled = tooMany;
  byId("contours-text").textContent = tooMany ? "chosen filter's contour" : "half-amplitude contours";
  const all = byId("contours").checked && !tooMany;
  made.lines = made.spectra.map((map, k) =>
    all || k === chosen.filter ? contour(map, points, largest(map) / 2) : [],
  );
  drawPlane(byId("plane"), power, points, made.lines, chosen.filter);
  showScale("plane-scale", ["sum of |B|\u00b2: 0", shown(largest(power))], SEQUENTIAL);
  byId("plane").setAttribute(
    "aria-label",
    `Sum of the squared spectra over the frequencies from -0.5 to 0.5 cycles per pixel, at most ${shown(largest(power))}.`,
  );
}

function showOne() {
  const k = chosen.filter;
  const filter = made.filters[k];
  for (const id of ["chosen", "chosen-range"]) byId(id).max = made.filters.length - 1;
  for (const id of ["chosen", "chosen-range"]) if (document.activeElement !== byId(id)) byId(id).value = k;
  drawOne(byId("one"), filter, made.side, made.spectra[k], made.points, largest(filter));
  byId("one-title").textContent = `Filter ${k} of ${made.filters.length}`;
  const columns = Object.entries(made.columns).map(([name, column]) => described(name, column[k]));
  const text = [...columns, `sum ${shown(Math.abs(sum(filter)) > 1e-12 * largest(filter) ? sum(filter) : 0)}`]
    .filter(Boolean)
    .join(", ");
  byId("one-text").textContent = text;
  byId("one").setAttribute("aria-label", `Filter ${k} and the magnitude of its spectrum: ${text}.`);
}

const COLUMN_UNITS = {
  frequency: " cycles per pixel",
  frequency_y: "",
  frequency_x: "",
  sigma: " pixels",
  radius: " pixels",
  orientation: "\u00b0",
  phase: "\u00b0",
};

/** A column of the bank in words; angles in degrees. */
function described(name, value) {
  if (value === null || Number.isNaN(value)) return "";
  const degrees = name === "orientation" || name === "phase";
  const number = typeof value === "number" ? shown(degrees ? (value * 180) / Math.PI : value) : value;
  return `${name.replaceAll("_", " ")} ${number}${COLUMN_UNITS[name] ?? ""}`;
}

function chooseFilter(k) {
  chosen.filter = k;
  showTiles();
  showPlane();
  showOne();
}

async function copyPython() {
  const text = made.python;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the right to the clipboard, as an old browser copies what is selected.
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    byId("copy").focus();
  }
  byId("copy").textContent = "Copied";
  byId("spoken").textContent = "Copied.";
  setTimeout(() => (byId("copy").textContent = "Copy"), 1500);
}

// The start

for (const [group, names] of Object.entries(
  Object.groupBy(
    Object.keys(ABOUT).filter((name) => name in FAMILIES),
    (name) => ABOUT[name].group,
  ),
)) {
  byId("family").append(
    element(
      "optgroup",
      { label: group },
      ...names.map((name) => element("option", { value: name, textContent: name })),
    ),
  );
}
byId("family").addEventListener("change", () => choose(byId("family").value));
byId("reset").addEventListener("click", () => choose(chosen.family));
byId("copy").addEventListener("click", copyPython);
for (const id of ["chosen", "chosen-range"]) {
  byId(id).addEventListener(
    "input",
    () => made && isWithin(byId(id)) && chooseFilter(Math.round(Number(byId(id).value))),
  );
}
byId("tiles").addEventListener("click", ({ offsetX, offsetY }) => {
  const k = made && tileAt(offsetX, offsetY);
  if (k !== null) chooseFilter(k);
});
document
  .querySelectorAll('input[name="tiles"], #own-scale')
  .forEach((input) => input.addEventListener("change", () => made && showTiles()));
byId("contours").addEventListener("change", () => made && showPlane());
const again = () => made && showPictures();
window.addEventListener("resize", again);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
window.addEventListener("hashchange", readAddress);

/** What the plane and the picture of one filter show. */
function pictured({ spectra, power, points, lines }, filter) {
  const frequency = (place) => place / (points - 1) - 0.5;
  return {
    filter,
    points,
    magnitudes: Array.from(spectra[filter]),
    power: Array.from(power),
    contours: lines.map((pieces) => pieces.map((ends) => ends.map((end) => end.map(frequency)))),
  };
}

/**
 * For tests and for other pages: what the page shows, exactly.
 *
 * `state()` returns null where there is no such bank, and otherwise `family`, `size`, `norm`, `n`, `given` (the arguments that
 * are not Python's own choice), `python` (the line), `filters` (n lists of size^2 numbers), `parameters` (Python's columns),
 * `remarks`, `rank`, `condition`, `lower`, `upper`, `certifiedLower`, `certifiedUpper`; an infinite condition is Infinity.
 *
 * Of the pictures: `filter`, the number of the chosen one; `points`, the samples along each axis of frequencies from -0.5 to 0.5;
 * `magnitudes` of the chosen filter and `power`, the sum of the squares of all, both points^2 numbers, a row for each frequency
 * along y; and `contours`, for each filter the pieces of line that are drawn, each [[fx, fy], [fx, fy]] in cycles per pixel.
 */
window.filterbankExplorer = {
  families: Object.keys(FAMILIES),
  state() {
    if (frame) render();
    if (!made) return null;
    const filters = made.filters.map((filter) => Array.from(filter));
    const { family, size, norm, given } = structuredClone({ ...chosen });
    return {
      family,
      size,
      norm,
      given,
      n: filters.length,
      python: made.python,
      filters,
      parameters: made.columns,
      remarks: made.remarks,
      ...numbersOf(made),
      ...pictured(made, chosen.filter),
    };
  },
};

readAddress();
