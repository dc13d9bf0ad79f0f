"""A family's parameters on the command line: words to arguments, and back to a line of Python."""

from __future__ import annotations

import difflib
import glob
import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import Array, Size

if TYPE_CHECKING:
    from .families import Family

FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
FRACTION_OF_PI = re.compile(r"([+-]?)(\d+(?:\.\d*)?)?\*?pi(?:/([1-9]\d*))?")
RESERVED = ("size", "n")  # options of `make` itself


class CommandError(Exception):
    """What the user can put right; told in one line."""

    def __init__(self, text: str, exit_code: int = 2) -> None:
        super().__init__(text)
        self.exit_code = exit_code

    def format_message(self) -> str:
        """Return the line."""
        return str(self)


def parse_size(text: str) -> Size:
    """Read a window in pixels: 11 is 11x11, 11x7 and 11,7 are two sides, and 11, is one dimension."""
    sides = re.split(r"[x,]", text.strip())
    if len(sides) > 1 and not sides[-1]:
        sides.pop()
    if not all(re.fullmatch(r"\d+", side.strip()) for side in sides):
        raise CommandError(
            f"--size must be whole numbers of pixels such as 11, 11x7 or 11, (one dimension), got {text!r}"
        )
    window = tuple(int(side) for side in sides)
    return window[0] if text.strip().isdigit() else window


def parse_count(text: str) -> int | float:
    """Read a number of filters, or a share."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def family_arguments(family: Family, words: list[str], window: tuple[int, ...]) -> dict[str, Any]:
    """Read ``--name value`` and ``--name=value`` words as arguments of a family, for a window."""
    known = _parameters(family)
    arguments: dict[str, Any] = {}
    for option, values in _grouped(words).items():
        name = option.lstrip("-").replace("-", "_")
        switched_off = name.removeprefix("no_")
        if name not in known and isinstance(getattr(known.get(switched_off), "default", None), bool) and not values:
            arguments[switched_off] = False
        elif name in known:
            arguments[name] = _argument(option, known[name], values, window)
        else:
            raise CommandError(_unknown(family, option, known))
    return arguments


def _parameters(family: Family) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(family.function).parameters
    return {name: parameter for name, parameter in parameters.items() if name not in RESERVED}


def _grouped(words: list[str]) -> dict[str, list[str]]:
    """Return the values that follow each option."""
    groups: dict[str, list[str]] = {}
    current: list[str] | None = None
    for word in words:
        # A word with one dash may be a value: -1, -pi/2, "-1 0", -pi/2,pi/2.
        if word.startswith("--") or (word.startswith("-") and _number(re.split(r"[,;\s]", word)[0]) is None):
            option, equals, value = word.partition("=")
            current = groups.setdefault(option, [])
            current += [value] if equals else []
        elif current is None:
            raise CommandError(f"{word!r} belongs to no parameter: write --name {word}")
        else:
            current.append(word)
    return groups


def _unknown(family: Family, option: str, known: dict[str, inspect.Parameter]) -> str:
    options = [_option(name) for name in known]
    near = difflib.get_close_matches(option, options, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{family.name} has no parameter {option}: it takes --size, --n, {', '.join(options)}{meant}"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _argument(option: str, parameter: inspect.Parameter, values: list[str], window: tuple[int, ...]) -> Any:
    if isinstance(parameter.default, bool):
        return _flag(option, values)
    if not any(value.strip() for value in values):
        raise CommandError(f"{option} needs a value")
    if parameter.name == "images":
        return ImageFiles(values, window)
    rows = " ".join(values).split(";")
    if len(rows) > 1:
        return [_row(option, row) for row in _listed(rows)]
    entries = _row(option, rows[0])
    return entries if len(entries) > 1 or rows[0].rstrip().endswith(",") else entries[0]


def _row(option: str, text: str) -> list[Any]:
    """Return the values that stand in the text with commas or spaces."""
    parts = _listed(re.split(r"\s*,\s*|\s+", text.strip()))
    if not parts or not all(parts):
        raise CommandError(f"{option} must have a value between separators, got {text!r}")
    return [_value(part) for part in parts]


def _listed(parts: list[str]) -> list[str]:
    """Return the parts; a separator at the end makes a list of one."""
    return parts if parts[-1].strip() else parts[:-1]


def _flag(option: str, values: list[str]) -> bool:
    if len(values) > 1 or (values and values[0].lower() not in FLAGS):
        raise CommandError(f"{option} is a switch: write {option}, or {option} false, got {' '.join(values)!r}")
    return FLAGS[values[0].lower()] if values else True


def _value(text: str) -> Any:
    """Return the number that the text is, or None for "none", or the text: the family knows what it takes."""
    if text.lower() == "none":
        return None
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    multiple = FRACTION_OF_PI.fullmatch(text)
    if multiple is None:
        return None
    sign, times, divisor = multiple.groups()
    return (-1 if sign == "-" else 1) * float(times or 1) * math.pi / int(divisor or 1)


class ImageFiles:
    """Images, signals or volumes of files, read one after the other as grey: the mean of the colour channels."""

    def __init__(self, patterns: list[str], window: tuple[int, ...]) -> None:
        self.window = window
        self.skip = False  # files that cannot be used
        self.skipped: list[str] = []
        self.paths = [path for pattern in patterns for path in _matches(pattern)]
        self.opened = self.done = 0

    def __iter__(self) -> Iterator[Array]:
        from rich.console import Console

        from ._images import Depths, sources
        from ._progress import Bar

        hint = "" if self.skip else "--on-error skip leaves such files out"
        depths = Depths()
        with Bar(len(self.paths), shown=Console(stderr=True).is_terminal) as bar:
            for source in sources(self._opened(), self.window, self._refuse, hint):
                depths.add(source)
                bar.expect(source.count - 1)
                for at in range(source.count):
                    image = source.read(slice(at, at + 1), (slice(None),) * len(self.window), "average")[0, 0]
                    if np.isfinite(image).all():
                        yield image
                        self.done += 1
                    else:
                        name = f"image {at} of {source.name}" if source.stacked else source.name
                        self._refuse(ValueError(f"`images` must be finite, got NaN or infinity in {name}"))
                    bar.advance(1, image.size)
        depths.tell()
        if self.skipped and not self.done:
            raise CommandError(f"--images must have a file that can be used: {self.skipped[0]}")

    def _opened(self) -> Iterator[str]:
        for path in self.paths:
            self.opened += 1
            yield path

    def stopped(self) -> CommandError:
        """Return what to say after Ctrl-C."""
        done = f"in file {self.opened} of {len(self.paths)}, after {self.done} image{'s' * (self.done != 1)}"
        return CommandError(f"stopped {done}; nothing was saved", exit_code=130)

    def _refuse(self, error: Exception) -> None:
        text = str(error).replace("`images`", "--images").replace("`size`", "--size")
        if not self.skip:
            raise CommandError(text)
        self.skipped.append(text)


def _matches(pattern: str) -> list[str]:
    """Return the files that a word after --images stands for."""
    if Path(pattern).is_dir():
        raise CommandError(f"--images must be files, got the folder {pattern!r}; write '{Path(pattern) / '*'}'")
    matches = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
    files = [match for match in matches if not Path(match).is_dir()]
    if not files:
        raise CommandError(f"no file matches --images {pattern!r}")
    return files


# What there is to write


def parameter_notes(family: Family) -> list[tuple[str, str, str]]:
    """Return option, default and meaning of each parameter, from the signature and the docstring."""
    meanings = _meanings(inspect.getdoc(family.function) or "")
    return [
        (_option(name), _default(parameter.default), meanings.get(name, ""))
        for name, parameter in inspect.signature(family.function).parameters.items()
    ]


def _default(default: Any) -> str:
    if default is inspect.Parameter.empty:
        return "needed"
    if isinstance(default, tuple):
        return ",".join(_default(entry) for entry in default)
    if isinstance(default, float):
        return f"{default:.6g}"
    return str(default).lower() if isinstance(default, bool) or default is None else str(default)


def _meanings(docstring: str) -> dict[str, str]:
    """Return what the numpydoc section "Parameters" says of each."""
    section = re.search(r"Parameters\n-+\n(.*?)(?:\n\n[A-Z]\w[\w ]*\n-+\n|\Z)", docstring, re.DOTALL)
    entries = re.split(r"^(\w[\w, ]*) : (.*)$", section.group(1), flags=re.MULTILINE) if section else []
    meanings: dict[str, str] = {}
    for names, kind, text in zip(entries[1::3], entries[2::3], entries[3::3], strict=True):
        choices = re.match(r"\{(.*)\}", kind)
        one_of = "One of " + choices.group(1).replace('"', "").lower() + ". " if choices else ""
        meanings |= {name.strip(): one_of + " ".join(text.split()) for name in names.split(",")}
    return meanings


def python_call(family: Family, size: Size, n: int | float | None, arguments: dict[str, Any]) -> str:
    """Write the call in Python that makes the same bank."""
    given = [repr(size)] + ([f"n={n}"] if n is not None else [])
    named = [f"{name}={value!r}" for name, value in arguments.items() if name != "images"]
    images = ["images"] if "images" in arguments else []
    return f"fb.{family.name}({', '.join(images + given + named)})"
