// The controls: one for each parameter, by its kind. They tell of changes, and show what they are given.

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const attribute = (made, name, value) => (made.setAttribute(name, value), made);
const bound = (limit, side, values) => (typeof limit === "function" ? limit(side, values) : limit);
const rounded = (value) => Number(value.toPrecision(6));

/** A slider and a field for the same number. Half-typed numbers are no change yet. */
function numberPair({ id, label, least, step, described, placeholder }, change) {
  const slider = attribute(element("input", { type: "range", min: least, step }), "aria-label", `${label}, slider`);
  const field = element("input", { type: "number", id, min: least, step, placeholder: placeholder ?? "" });
  if (described) for (const input of [slider, field]) attribute(input, "aria-describedby", described);
  for (const input of [slider, field]) {
    input.addEventListener("input", () => {
      if (isWithin(input)) change(Number(input.value));
    });
  }
  let settled = "";
  // What is no number between the bounds is gone when the field is left.
  field.addEventListener("blur", () => (field.value = settled));
  return {
    slider,
    field,
    show(value, most) {
      settled = value === null ? "" : rounded(value);
      slider.max = field.max = most;
      placeSlider(slider, value);
      if (document.activeElement !== field) field.value = settled;
    },
  };
}

/** Whether a field holds a number between its bounds; one between two steps is as good. */
const isWithin = ({ value, validity }) =>
  value !== "" && !validity.rangeUnderflow && !validity.rangeOverflow && !validity.badInput;

/** Move the slider, for null to its middle; one that is being moved is left alone. */
function placeSlider(slider, value) {
  if (value === null) slider.value = (Number(slider.min) + Number(slider.max)) / 2;
  else if (document.activeElement !== slider) slider.value = value;
}

/** A button that gives a parameter back to Python's own choice. */
function autoButton(parameter, change) {
  const button = element("button", {
    type: "button",
    className: "quiet small auto",
    textContent: parameter.none ?? "auto",
  });
  attribute(button, "aria-label", `${parameter.name}: ${parameter.none ?? "auto"}`);
  button.addEventListener("click", () => change(null));
  return button;
}

const press = (button, pressed) => button && button.setAttribute("aria-pressed", String(pressed));

/** The label of a parameter with its unit, and the help below the control. */
function labelled(parameter, target) {
  const label = element(
    target ? "label" : "span",
    target ? { htmlFor: target } : { className: "name" },
    parameter.name,
  );
  if (parameter.unit) label.append(element("span", { className: "unit", textContent: parameter.unit }));
  return label;
}

function field(parameter, label, body) {
  const made = element("div", { className: "field" }, label, ...body);
  made.dataset.parameter = parameter.name;
  if (parameter.help)
    made.append(element("p", { className: "help", id: `help-${parameter.name}`, textContent: parameter.help }));
  return made;
}

/** Each makes a control: its `node`, and `show(given, value, side, values)` with null as given where Python chooses. */
const CONTROLS = {
  number(parameter, change) {
    const id = `parameter-${parameter.name}`;
    const settings = {
      id,
      label: parameter.name,
      least: parameter.least,
      step: parameter.step ?? 1,
      described: parameter.help && `help-${parameter.name}`,
      placeholder: parameter.auto && "auto",
    };
    const pair = numberPair(settings, (value) => change(parameter.kind === "integer" ? Math.round(value) : value));
    const auto = parameter.auto && autoButton(parameter, change);
    const label = element("div", { className: "name" }, labelled(parameter, id), ...(auto ? [auto] : []));
    return {
      node: field(parameter, label, [element("div", { className: "pair" }, pair.slider, pair.field)]),
      show(given, value, side, values) {
        press(auto, given === null);
        pair.show(value, bound(parameter.most, side, values));
      },
    };
  },

  flag(parameter, change) {
    const box = element("input", { type: "checkbox", id: `parameter-${parameter.name}` });
    box.addEventListener("change", () => change(box.checked));
    return {
      node: field(parameter, element("label", { className: "check" }, box, parameter.name), []),
      show: (given, value) => (box.checked = value),
    };
  },

  choice(parameter, change) {
    const id = `parameter-${parameter.name}`;
    const select = element("select", { id });
    parameter.choices.forEach((choice, k) =>
      select.append(element("option", { value: k, textContent: parameter.labels?.[k] ?? String(choice ?? "None") })),
    );
    select.addEventListener("change", () => change(parameter.choices[select.value]));
    return {
      node: field(parameter, labelled(parameter, id), [select]),
      show: (given, value) => (select.value = parameter.choices.findIndex((choice) => same(choice, value))),
    };
  },

  /** Several numbers: the list that Python chooses, or a slider for each. */
  numbers(parameter, change) {
    const body = element("div");
    const auto = autoButton(parameter, (value) => change(value, true));
    const label = element("div", { className: "name" }, labelled(parameter), auto);
    const node = attribute(attribute(field(parameter, label, [body]), "role", "group"), "aria-label", parameter.name);
    let rows = [];
    return {
      node,
      show(given, value) {
        press(auto, given === null);
        if (given === null) {
          rows = [];
          showListed(parameter, body, value, change);
          return;
        }
        if (rows.length !== given.length) rows = makeRows(parameter, body, given, change);
        rows.forEach((row, k) => row.show(given[k], parameter.most));
        rows.given = given;
      },
    };
  },
};
CONTROLS.integer = CONTROLS.number;

function showListed(parameter, body, value, change) {
  const byHand = element("button", { type: "button", className: "quiet small", textContent: "Set by hand" });
  attribute(byHand, "aria-label", `${parameter.name}: set by hand`);
  byHand.addEventListener("click", () => {
    change(value.map(rounded), true);
    body.querySelector("input")?.focus();
  });
  const listed = element("p", {
    className: "listed",
    textContent: value.map((one) => Number(one.toPrecision(3))).join(", "),
  });
  body.replaceChildren(listed, element("div", { className: "buttons" }, byHand));
}

/** A slider, a field and a button to remove each number, and one to add another. */
function makeRows(parameter, body, given, change) {
  const rows = given.map((_, k) =>
    numberPair(
      {
        id: `parameter-${parameter.name}-${k}`,
        label: `${parameter.name} ${k + 1}`,
        least: parameter.least,
        step: parameter.step,
      },
      (value) => change(rows.given.with(k, value)),
    ),
  );
  rows.forEach(({ field: input }, k) => attribute(input, "aria-label", `${parameter.name} ${k + 1}`));
  const add = element("button", {
    type: "button",
    className: "quiet small",
    textContent: "Add one",
    disabled: given.length >= 16,
  });
  attribute(add, "aria-label", `${parameter.name}: add one`);
  add.addEventListener("click", () => {
    change([...rows.given, parameter.fresh], true);
    body.querySelector(".row:last-of-type input")?.focus();
  });
  const lines = rows.map(({ slider, field: input }, k) => {
    const remove = attribute(
      element("button", {
        type: "button",
        className: "quiet small",
        textContent: "\u00d7",
        disabled: given.length === 1,
      }),
      "aria-label",
      `${parameter.name} ${k + 1}: remove`,
    );
    remove.addEventListener("click", () => {
      change(rows.given.toSpliced(k, 1), true);
      body.querySelector("input")?.focus();
    });
    return element("div", { className: "row" }, slider, input, remove);
  });
  body.replaceChildren(...lines, element("div", { className: "buttons" }, add));
  return rows;
}
