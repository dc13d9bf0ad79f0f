// The page: what is chosen, in the address too; what is made of it; and what is shown.

const byId = (id) => document.getElementById(id);
const chosen = { family: "gabor", size: 15, n: null, norm: "l2", given: {}, filter: 0 };
let made = null; // the bank, with its numbers once they are known
let controls = {};
let tileAt = () => null;
let frame = 0; // of the change that waits to be shown, 0 if none does
let later = 0;
const MOST_CONTOURS = 40; // more lines hide what they lie on
const HEAVY = 1e7; // multiplications from which the numbers wait until the hand rests

// What is chosen

const SHARED = {
  size: { name: "size", kind: "integer", unit: "pixels a side", step: 1 },
  n: { name: "n", kind: "integer", auto: () => null, none: "all", least: 1, most: () => made?.available ?? 1, help: "Keep the first n filters." },
  norm: { name: "norm", kind: "choice", default: "l2", choices: NORMS, help: "Scale of each filter; None keeps the amplitude of the formula." },
};

const sizesOf = ({ sizes }) => (Array.isArray(sizes) ? { ...SHARED.size, kind: "choice", choices: sizes } : { ...SHARED.size, least: sizes.least, most: () => sizes.most });
const usualSize = ({ sizes }) => (Array.isArray(sizes) ? (sizes.find((side) => side >= 7) ?? sizes[sizes.length - 1]) : sizes.usual);

function choose(name, settings = {}) {
  Object.assign(chosen, { family: name, size: usualSize(FAMILIES[name]), n: null, norm: "l2", given: {}, filter: 0 }, settings);
  byId("family").value = name;
  const { title, reference } = ABOUT[name];
  byId("about").textContent = `${title} ${reference}.`;
  buildControls();
  render();
}

function change(name, value) {
  if (name in SHARED) chosen[name] = value;
  else if (value === null) delete chosen.given[name];
  else chosen.given[name] = value;
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(render);
}

function buildControls() {
  const found = FAMILIES[chosen.family];
  const parameters = [sizesOf(found), ...found.parameters, SHARED.n, SHARED.norm];
  controls = {};
  for (const parameter of parameters) {
    const help = parameter.name === "size" ? "" : parameter.help ?? ABOUT[chosen.family].help[parameter.name];
    // A list that gets longer or shorter is shown at once, so that the new row can have the focus.
    const changed = (value, atOnce) => (change(parameter.name, value), atOnce && render());
    controls[parameter.name] = CONTROLS[parameter.kind]({ ...parameter, help }, changed);
  }
  byId("parameters").replaceChildren(...Object.values(controls).map(({ node }) => node));
}

function showControls() {
  const found = FAMILIES[chosen.family];
  const values = resolved(found, chosen.size, chosen.given);
  controls.size.show(chosen.size, chosen.size, chosen.size, values);
  for (const { name } of found.parameters) controls[name].show(chosen.given[name] ?? null, values[name] ?? null, chosen.size, values);
  controls.n.show(chosen.n, chosen.n ?? made?.available ?? null, chosen.size, values);
  controls.norm.show(chosen.norm, chosen.norm);
}

// The address

/** #gabor?size=15&orientations=6&frequencies=0.1,0.2 */
function writeAddress() {
  const words = new URLSearchParams({ size: chosen.size });
  if (chosen.n !== null) words.set("n", chosen.n);
  if (chosen.norm !== "l2") words.set("norm", chosen.norm ?? "None");
  for (const [name, value] of Object.entries(chosen.given)) words.set(name, Array.isArray(value) ? value.join(",") : value);
  history.replaceState(null, "", `#${chosen.family}?${words.toString().replaceAll("%2C", ",")}`);
}

function readAddress() {
  const [name, words] = decodeURIComponent(location.hash.slice(1)).split("?");
  if (!(name in FAMILIES)) return choose("gabor");
  const given = new URLSearchParams(words);
  const found = FAMILIES[name];
  const settings = { given: {} };
  const size = allowed(sizesOf(found), given.get("size"));
  if (size !== undefined) settings.size = size;
  const n = allowed({ ...SHARED.n, most: 1e4 }, given.get("n"));
  if (n !== undefined) settings.n = n;
  const norm = allowed(SHARED.norm, given.get("norm"));
  if (norm !== undefined) settings.norm = norm;
  for (const parameter of found.parameters) {
    const value = allowed(parameter, given.get(parameter.name), settings.size ?? usualSize(found), settings.given);
    if (value !== undefined) settings.given[parameter.name] = value;
  }
  return choose(name, settings);
}

/** The value that a word of the address stands for, undefined if it is none that the control could give. */
function allowed(parameter, word, side = chosen.size, values = {}) {
  if (word === null) return undefined;
  if (parameter.kind === "choice") return parameter.choices.find((choice) => String(choice ?? "None") === word);
  if (parameter.kind === "flag") return { true: true, false: false }[word];
  const most = parameter.kind === "numbers" ? parameter.most : bound(parameter.most, side, values);
  const read = (text) => (text.trim() === "" ? NaN : parameter.kind === "integer" ? Math.round(Number(text)) : Number(text));
  const fits = (value) => value >= parameter.least && !(value > most);
  if (parameter.kind !== "numbers") return fits(read(word)) ? read(word) : undefined;
  const several = word.split(",").map(read);
  return several.every(fits) && several.length <= 16 ? several : undefined;
}

// What is made and shown

function render() {
  cancelAnimationFrame(frame);
  frame = 0;
  document.querySelector("main").classList.remove("refused");
  try {
    const bank = makeBank(chosen.family, chosen.size, chosen.n, chosen.norm, chosen.given);
    if (chosen.n > bank.available) chosen.n = null;
    made = { ...bank, family: chosen.family, side: chosen.size, python: pythonCall(chosen.family, chosen.size, bank.n > bank.available ? null : bank.n, chosen.norm, chosen.given) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    showRefusal(error.message);
    return;
  }
  chosen.filter = Math.min(chosen.filter, made.filters.length - 1);
  showControls();
  writeAddress();
  byId("python").textContent = made.python;
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
  for (const cell of document.querySelectorAll(".numbers dd")) cell.textContent = cell.className ? "" : "\u2013";
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
  const text = short !== 0 && (Math.abs(short) < 1e-3 || Math.abs(short) >= 1e6) ? short.toExponential() : String(short);
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
    "rank-more": rank === n ? (rank === pixels ? "independent and complete" : "independent") : rank === pixels ? "complete, dependent" : "dependent",
    condition: shown(condition),
    "condition-more": condition < 1 + 1e-9 ? "orthogonal, of equal norms" : "",
    bounds: `${atLeast(bounds.lower)} to ${shown(bounds.upper)}`,
    "bounds-more": isTight ? "tight: every signal keeps its energy, times this" : `for certain ${atLeast(bounds.certifiedLower)} to ${shown(bounds.certifiedUpper)}`,
  };
  for (const [id, text] of Object.entries(texts)) byId(id).textContent = text;
  document.querySelectorAll(".numbers dd").forEach((cell) => cell.classList.remove("pending"));
  showRemarks(rank, condition);
  speakLater(`${counted(n, "filter")}, rank ${rank}, condition number ${shown(condition)}, frame bounds ${texts.bounds}.`);
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
  made.power ??= made.spectra.reduce((total, map) => (map.forEach((value, k) => (total[k] += value * value)), total), new Float64Array(made.points ** 2));
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
  const ends = own ? [spectra ? "0" : "\u2212largest", "largest of each"] : [spectra ? "0" : shown(-reach), shown(reach)];
  showScale("tiles-scale", ends, spectra ? SEQUENTIAL : DIVERGING);
  const what = `${counted(maps.length, "filter")} of ${made.family}, ${made.side} by ${made.side} pixels`;
  byId("tiles").setAttribute("aria-label", spectra ? `Magnitudes of the spectra of ${what}.` : `${what}; blue is below zero, red above.`);
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
  const lines = made.spectra.map((map, k) => (all || k === chosen.filter ? contour(map, points, largest(map) / 2) : []));
  drawPlane(byId("plane"), power, points, lines, chosen.filter);
  showScale("plane-scale", ["sum of |B|\u00b2: 0", shown(largest(power))], SEQUENTIAL);
  byId("plane").setAttribute("aria-label", `Sum of the squared spectra over the frequencies from -0.5 to 0.5 cycles per pixel, at most ${shown(largest(power))}.`);
}

function showOne() {
  const k = chosen.filter;
  const filter = made.filters[k];
  for (const id of ["chosen", "chosen-range"]) byId(id).max = made.filters.length - 1;
  for (const id of ["chosen", "chosen-range"]) if (document.activeElement !== byId(id)) byId(id).value = k;
  drawOne(byId("one"), filter, made.side, made.spectra[k], made.points, largest(filter));
  byId("one-title").textContent = `Filter ${k} of ${made.filters.length}`;
  const columns = Object.entries(made.columns).map(([name, column]) => described(name, column[k]));
  const text = [...columns, `sum ${shown(Math.abs(sum(filter)) > 1e-12 * largest(filter) ? sum(filter) : 0)}`].filter(Boolean).join(", ");
  byId("one-text").textContent = text;
  byId("one").setAttribute("aria-label", `Filter ${k} and the magnitude of its spectrum: ${text}.`);
}

const COLUMN_UNITS = { frequency: " cycles per pixel", frequency_y: "", frequency_x: "", sigma: " pixels", radius: " pixels", orientation: "\u00b0", phase: "\u00b0" };

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

for (const [group, names] of Object.entries(Object.groupBy(Object.keys(ABOUT).filter((name) => name in FAMILIES), (name) => ABOUT[name].group))) {
  byId("family").append(element("optgroup", { label: group }, ...names.map((name) => element("option", { value: name, textContent: name }))));
}
byId("family").addEventListener("change", () => choose(byId("family").value));
byId("reset").addEventListener("click", () => choose(chosen.family));
byId("copy").addEventListener("click", copyPython);
for (const id of ["chosen", "chosen-range"]) {
  byId(id).addEventListener("input", () => made && isWithin(byId(id)) && chooseFilter(Math.round(Number(byId(id).value))));
}
byId("tiles").addEventListener("click", ({ offsetX, offsetY }) => {
  const k = made && tileAt(offsetX, offsetY);
  if (k !== null) chooseFilter(k);
});
document.querySelectorAll('input[name="tiles"], #own-scale').forEach((input) => input.addEventListener("change", () => made && showTiles()));
byId("contours").addEventListener("change", () => made && showPlane());
const again = () => made && showPictures();
window.addEventListener("resize", again);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
window.addEventListener("hashchange", readAddress);

/**
 * For tests and for other pages: what the page shows, exactly.
 *
 * `state()` returns null where there is no such bank, and otherwise `family`, `size`, `norm`, `n`, `given` (the arguments that
 * are not Python's own choice), `python` (the line), `filters` (n lists of size^2 numbers), `parameters` (Python's columns),
 * `remarks`, `rank`, `condition`, `lower`, `upper`, `certifiedLower`, `certifiedUpper`; an infinite condition is Infinity.
 */
window.filterbankExplorer = {
  families: Object.keys(FAMILIES),
  state() {
    if (frame) render();
    if (!made) return null;
    const filters = made.filters.map((filter) => Array.from(filter));
    const { family, size, norm, given } = structuredClone({ ...chosen });
    return { family, size, norm, given, n: filters.length, python: made.python, filters, parameters: made.columns, remarks: made.remarks, ...numbersOf(made) };
  },
};

readAddress();
