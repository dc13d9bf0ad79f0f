"""The pages of the API reference: one for each section, with a table of names that leads to a page for each name."""

import importlib
import inspect
import re
from pathlib import Path
from typing import NamedTuple

from filterbank.families import KINDS

CALLED_BY_KERAS = {"build", "call", "get_config"}  # of which no base has a definition of its own


class Section(NamedTuple):
    """A page: its file, its title, what it is about, and its names in groups."""

    file: str
    title: str
    about: str
    groups: dict[str, list[str]]

    @property
    def names(self):
        """The full names of all groups."""
        return [name for names in self.groups.values() for name in names]


def public_names(module):
    """Return the full names of what a module offers, without those of its submodules."""
    found = importlib.import_module(module)
    return [f"{module}.{name}" for name in found.__all__ if not inspect.ismodule(getattr(found, name))]


def at(module, *names):
    """Return full names."""
    return [f"{module}.{name}" for name in names]


def functions_and_results(module):
    """Put a module's functions before the classes of what they return."""
    names = public_names(module)
    classes = [name for name in names if inspect.isclass(find(name))]
    return {"Functions": [name for name in names if name not in classes], "What they return": classes}


def layer_groups():
    """Put the layers first, then what converts models, callbacks, and results."""
    import keras

    names = public_names("filterbank.layers")
    layers = [name for name in names if inspect.isclass(find(name)) and issubclass(find(name), keras.layers.Layer)]
    callbacks = [
        name for name in names if inspect.isclass(find(name)) and issubclass(find(name), keras.callbacks.Callback)
    ]
    functions = [name for name in names if not inspect.isclass(find(name))]
    rest = [name for name in names if name not in {*layers, *callbacks, *functions}]
    return {
        "Layers": layers,
        "From plain models to banks, and back": functions,
        "Callbacks": callbacks,
        "What they return and raise": rest,
    }


def find(name):
    """Return what a full name of `filterbank` stands for."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def sections():
    """Return the sections of the reference. What stands in no other one ends in the section on design."""
    top = "filterbank"
    kinds = {kind: at(top, *(family.name for family in families)) for kind, families in KINDS.items()}
    making = {"By name": at(top, "make", "catalogue")} | kinds
    bank = {"": at(top, "FilterBank", "load", "BankWarning")}
    applying = {"": at(top, "compose", "decompose", "kernel_basis", "apply")}
    patches = {"": at(top, "patch_moments", "PatchMoments", "PatchesInterrupted")}
    placed = {name for groups in (making, bank, applying, patches) for names in groups.values() for name in names}
    design = {"": [name for name in public_names(top) if name not in placed]}
    return [
        Section("making", "Making banks", "Every family, and banks by name.", making),
        Section("bank", "The bank", "The one data type, and its files.", bank),
        Section("design", "Design", "From one bank to another.", design),
        Section("applying", "Compose and apply", "Kernels from banks, and images through banks.", applying),
        Section("patches", "Patches", "Mean and covariance of all patches of many images.", patches),
        Section(
            "analysis", "Analysis", "Numbers about banks and learned kernels.",
            functions_and_results("filterbank.analysis"),
        ),
        Section("plot", "Pictures", "One function for each picture.", {"": public_names("filterbank.plot")}),
        Section("layers", "Layers", "Keras 3 layers on a bank.", layer_groups()),
    ]  # fmt: skip


def own_members(name):
    """Return the documented methods and properties of a class that are this library's own, and not Keras's."""
    bases = find(name).__mro__
    ours = [base for base in bases if base.__module__.startswith("filterbank")]
    theirs = {member for base in bases if base not in ours for member in vars(base)} - {"enable_lora", "kernel"}
    found = {
        member
        for base in ours
        for member, value in vars(base).items()
        if not member.startswith(("_", "on_"))
        and (inspect.isfunction(value) or isinstance(value, property | classmethod))
        and inspect.getdoc(value)
    }
    return sorted(found - theirs - CALLED_BY_KERAS)


def members():
    """Return the members to document of every public class, for the templates of autosummary."""
    names = [name for section in sections() for name in section.names]
    return {name: own_members(name) for name in names if inspect.isclass(find(name))}


def heading(text, line):
    """Return a heading of reStructuredText."""
    return f"{text}\n{line * len(text)}\n\n"


def page(section):
    """Return the page of a section."""
    parts = [heading(section.title, "="), f"{section.about}\n\n"]
    for title, names in section.groups.items():
        parts += [heading(title, "-")] if title else []
        parts += [".. autosummary::\n   :toctree: names\n   :nosignatures:\n\n"]
        parts += [f"   {name}\n" for name in names] + ["\n"]
    return "".join(parts)


def index(all_sections):
    """Return the first page of the reference, with links to all names."""
    parts = [heading("API reference", "="), "Every public name, by what it is for.\n\n"]
    for section in all_sections:
        links = " ".join(f":py:obj:`{name.rpartition('.')[2]} <{name}>`" for name in section.names)
        parts += [f":doc:`{section.title} <{section.file}>`\n   {section.about}\n\n   {links}\n\n"]
    parts += [":doc:`The command <command>`\n   ``filterbank`` on the command line.\n\n"]
    entries = "".join(f"   {name}\n" for name in [*(section.file for section in all_sections), "command"])
    return "".join(parts) + f".. toctree::\n   :hidden:\n\n{entries}"


def write(path, text):
    """Write a page if it has changed, so that Sphinx reads again only what is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_pages(app, config):
    """Write the pages of the reference for autosummary to find."""
    folder = Path(app.srcdir) / "api"
    found = sections()
    write(folder / "index.rst", index(found))
    for section in found:
        write(folder / f"{section.file}.rst", page(section))


def escape_stars(app, what, name, thing, options, lines):
    """Escape the stars of shapes, as in `shape (n, *size)`, which are no emphasis; quoted ones stay."""
    for number, line in enumerate(lines):
        parts = line.split("`")
        parts[::2] = [re.sub(r"(?<=[(,]) ?\*(?=[a-z]+[,)])", escaped, part) for part in parts[::2]]
        lines[number] = "`".join(parts)


def escaped(star):
    """Return a star that stands for itself."""
    return star[0].replace("*", r"\*")


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("autodoc-process-docstring", escape_stars, priority=400)  # before numpydoc
    app.connect("config-inited", write_pages)  # before autosummary looks for names
    return {"parallel_read_safe": True, "parallel_write_safe": True}
