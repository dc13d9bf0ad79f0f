// What is chosen, by the controls or by the address.

const byId = (id) => document.getElementById(id);
const chosen = { family: "gabor", size: 15, n: null, norm: "l2", given: {}, filter: 0 };
let controls = {};
let frame = 0; // of the change that waits to be shown, 0 if none does

const SHARED = {
  size: { name: "size", kind: "integer", unit: "pixels a side", step: 1 },
  n: {
    name: "n",
    kind: "integer",
    auto: () => null,
    none: "all",
    least: 1,
    most: () => made?.available ?? 1,
    help: "Keep the first n filters.",
  },
  norm: {
    name: "norm",
    kind: "choice",
    default: "l2",
    choices: NORMS,
    help: "Scale of each filter; None keeps the amplitude of the formula.",
  },
};

const sizesOf = ({ sizes }) =>
  Array.isArray(sizes)
    ? { ...SHARED.size, kind: "choice", choices: sizes }
    : { ...SHARED.size, least: sizes.least, most: () => sizes.most };
const usualSize = ({ sizes }) =>
  Array.isArray(sizes) ? (sizes.find((side) => side >= 7) ?? sizes[sizes.length - 1]) : sizes.usual;

function choose(name, settings = {}) {
  Object.assign(
    chosen,
    { family: name, size: usualSize(FAMILIES[name]), n: null, norm: "l2", given: {}, filter: 0 },
    settings,
  );
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
    const help = parameter.name === "size" ? "" : (parameter.help ?? ABOUT[chosen.family].help[parameter.name]);
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
  for (const { name } of found.parameters)
    controls[name].show(chosen.given[name] ?? null, values[name] ?? null, chosen.size, values);
  controls.n.show(chosen.n, chosen.n ?? made?.available ?? null, chosen.size, values);
  controls.norm.show(chosen.norm, chosen.norm);
}

// The address

/** #gabor?size=15&orientations=6&frequencies=0.1,0.2 */
function writeAddress() {
  const words = new URLSearchParams({ size: chosen.size });
  if (chosen.n !== null) words.set("n", chosen.n);
  if (chosen.norm !== "l2") words.set("norm", chosen.norm ?? "None");
  for (const [name, value] of Object.entries(chosen.given))
    words.set(name, Array.isArray(value) ? value.join(",") : value);
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
  const read = (text) =>
    text.trim() === "" ? NaN : parameter.kind === "integer" ? Math.round(Number(text)) : Number(text);
  const fits = (value) => value >= parameter.least && !(value > most);
  if (parameter.kind !== "numbers") return fits(read(word)) ? read(word) : undefined;
  const several = word.split(",").map(read);
  return several.every(fits) && several.length <= 16 ? several : undefined;
}
