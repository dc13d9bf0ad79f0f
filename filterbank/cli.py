"""The `filterbank` command.

Nothing heavy is imported before a command needs it, so that `filterbank --help` answers at once.
"""

from __future__ import annotations

import contextlib
import difflib
import enum
import inspect
import json
import re
import sys
import warnings
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from typer.core import TyperGroup

from . import __version__, _listing
from ._arguments import CommandError, family_arguments, parse_count, parse_size, python_call
from ._backend import choose_backend, without_log

if TYPE_CHECKING:
    from ._bank import FilterBank
    from .families import Family

NO_WINDOW = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}  # Matplotlib's backends without a screen


class OnError(enum.StrEnum):
    """What `make` does about image files that cannot be used."""

    RAISE = "raise"
    SKIP = "skip"


class OneLineErrors(TyperGroup):
    """The commands; a mistake is one line on stderr and exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command and exit."""
        try:
            status = super().main(*args, **{**kwargs, "standalone_mode": False})
        except typer.Abort:
            _complain("stopped")
            sys.exit(130)
        except MemoryError as error:
            text = str(error).partition("; use a smaller")[0] or "it is used up"
            _complain(f"there is not enough memory: {text}; use a smaller --size or fewer filters")
            sys.exit(2)
        except Exception as error:
            # Typer's own errors are of different classes from version to version, but all have this method.
            if not hasattr(error, "format_message"):
                raise
            context = getattr(error, "ctx", None)
            hint = f" (see {context.command_path} --help)" if context is not None else ""
            _complain(f"{error.format_message().rstrip('.')}{hint}")
            sys.exit(error.exit_code if isinstance(error, CommandError) else 2)
        sys.exit(status if isinstance(status, int) else 0)


app = typer.Typer(
    cls=OneLineErrors,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    app()


def _command(
    register: Callable[..., Any] = app.command, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function; its docstring is the help, with paragraphs as wide as the terminal."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        text = inspect.cleandoc(function.__doc__ or "")
        made: Callable[..., None] = register(help=re.sub(r"(?<=\S)\n(?=\S)", " ", text), **settings)(function)
        return made

    return decorate


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"filterbank {__version__}")
        raise typer.Exit


@_command(app.callback, invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Make banks of filters, look at them, and see what a layer on a bank learns.

    A convolution kernel is a sum of fixed filters with learned weights, [bold]W = sum a·b[/bold].
    The bank [bold]b[/bold] is designed and stays frozen; the coefficients [bold]a[/bold] are all that trains.

    [dim]Examples:[/dim]
      filterbank demo                     [dim]the idea, on photographs, in a minute[/dim]
      filterbank families                 [dim]what there is[/dim]
      filterbank make gabor --size 11 -o bank.npz
      filterbank show bank.npz -o bank.png
      filterbank report bank.npz          [dim]rank, conditioning, tuning, advice[/dim]
      filterbank inspect model.keras      [dim]what the convolutions of a network learned[/dim]
      filterbank explore --open           [dim]a page in which to try the families[/dim]
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# families


@_command()
def families(
    name: Annotated[
        str | None, typer.Argument(help="One family: its parameters, as `make` takes them.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the families of filters, or the parameters of one.

    [dim]Examples:[/dim]
      filterbank families
      filterbank families gabor
      filterbank families --json
    """
    found = [_family(name)] if name is not None else list(_catalogue().values())
    if as_json:
        typer.echo(json.dumps([_listing.record(family) for family in found], indent=2))
    elif name is None:
        _listing.print_families(found)
    else:
        _listing.print_family(found[0])


# make


@_command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def make(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="A family; [cyan]filterbank families[/cyan] lists them.")],
    size: Annotated[
        str, typer.Option("--size", "-s", help="Window in pixels: 11 is 11x11; 11x7; 7,7,7; 11, is one-dimensional.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .npz file to write.")],
    n: Annotated[
        Any,
        typer.Option(
            "--n",
            "-n",
            parser=parse_count,
            metavar="N",
            help="Keep the first n filters; of pca also a share of the variance, such as 0.95.",
            show_default=False,
        ),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="What to do about image files that cannot be used: stop, or leave them out.")
    ] = OnError.RAISE,
) -> None:
    """Make a bank and save it.

    Every parameter of the family is an option: [cyan]filterbank families gabor[/cyan] says which there are. Several
    numbers stand with commas or spaces, vectors with semicolons in quotation marks; 0.1, is a list of one number and
    '0,0,1;' of one vector. pi and pi/2 are understood; a switch is turned off as --no-name or with false.

    Families learned from images take [cyan]--images[/cyan] with files or patterns in quotation marks: what scikit-image
    reads, and .npy arrays, of as many dimensions as the window, or stacks of such. Colour is averaged to grey.

    [dim]Examples:[/dim]
      filterbank make dct --size 11 --n 10 -o dct.npz
      filterbank make gabor --size 11 --frequencies 0.12,0.25 --orientations 8 --zero-mean -o gabor.npz
      filterbank make wavelet --size 11 --wavelet haar --levels 2 -o haar.npz
      filterbank make pca --size 11x7 --n 16 --images 'photos/*.jpg' --on-error skip -o pca.npz
      filterbank make dct --size 32, -o signals.npz
      filterbank make gabor --size 7,7,7 --orientations '0,0,1;0,1,1' -o volumes.npz
    """
    chosen = _family(family)
    if output.suffix.lower() != ".npz":
        named = output.with_suffix(".npz")
        raise CommandError(f"--output must be a .npz file, got {str(output)!r}; write -o {named}")
    window = parse_size(size)
    arguments = family_arguments(chosen, context.args, (window, window) if isinstance(window, int) else window)
    with _spoken_plainly():
        if "learned" in chosen.promises and "images" not in arguments:
            raise CommandError(f"{family} is learned from images: add --images 'photos/*.jpg'")
        files = arguments.get("images")
        if files:
            files.skip = on_error is OnError.SKIP
        try:
            bank = chosen.function(size=window, n=n, **arguments)
        except KeyboardInterrupt:
            raise files.stopped() if files else KeyboardInterrupt from None
    with _written(output):
        bank.save(output)
    typer.echo(python_call(chosen, window, n, arguments))
    typer.echo(repr(bank))
    for line in files.skipped if files else ():
        typer.echo(f"left out: {line}", err=True)
    typer.echo(f'saved to {output}, sha256 {bank.fingerprint[:16]}; fb.load("{output}") reads it')


# show


@_command()
def show(
    bank: Annotated[Path, typer.Argument(help="A .npz file that `make` or FilterBank.save wrote.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The picture to write: .png, .svg, .pdf. A window without.", show_default=False
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Columns to write under each filter: frequency,orientation.", show_default=False),
    ] = None,
) -> None:
    """Draw the filters of a bank, to a file or in a window.

    [dim]Examples:[/dim]
      filterbank show gabor.npz
      filterbank show gabor.npz --labels frequency,orientation -o gabor.png
    """
    filters = _loaded(bank)
    import matplotlib as mpl

    if output is None and mpl.get_backend().lower() in NO_WINDOW:
        raise CommandError("there is no display to open a window on: write the picture to a file with -o picture.png")
    import matplotlib.pyplot as plt

    from . import plot

    with _spoken_plainly():
        figure = plot.filters(filters, labels=labels.split(",") if labels else None)
    figure.suptitle(repr(filters).strip("<>"), fontsize="medium")
    if output is None:
        plt.show()
        return
    try:
        with _written(output):
            figure.savefig(output, dpi=200)
    finally:
        plt.close(figure)
    typer.echo(repr(filters))
    typer.echo(f"drawn to {output}")


def _loaded(path: Path) -> FilterBank:
    from ._bank import load

    if not path.exists():
        raise CommandError(f"there is no file {str(path)!r}; filterbank make writes one")
    with _spoken_plainly():
        return load(path)


# report


@_command()
def report(
    bank: Annotated[Path, typer.Argument(help="A .npz file that `make` or FilterBank.save wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    page: Annotated[
        Path | None,
        typer.Option("--html", help="Write one self-contained page with a picture.", show_default=False),
    ] = None,
) -> None:
    """Say what can be said of a bank: rank, conditioning, frame bounds, tuning; and what to do about it.

    [dim]Examples:[/dim]
      filterbank report gabor.npz
      filterbank report gabor.npz --json
      filterbank report gabor.npz --html gabor.html
    """
    from . import _page, analysis

    if bank.suffix in (".keras", ".h5"):
        raise CommandError(f"{str(bank)!r} is no bank; filterbank inspect reads models")
    filters = _loaded(bank)
    with _spoken_plainly():
        found = analysis.report(filters)
    if page is not None:
        from . import plot

        with _written(page):
            picture = _page.picture(
                "filters", _page.drawn(plot.filters(filters)), "The filters", "Blue is below zero, red above."
            )
            summary = repr(filters).strip("<>")
            _page.write(
                page,
                "bank.html",
                version=__version__,
                name=bank.name,
                summary=summary,
                advice=found.advice,
                rows=found.rows(),
                tuning=str(found.tuning),
                figures=[picture],
            )
    typer.echo(json.dumps(found.to_dict(), indent=2, allow_nan=False) if as_json else str(found))
    if page is not None and not as_json:
        typer.echo(f"\nwritten to {page}")


# inspect


@_command(name="inspect")
def inspect_model(
    model: Annotated[Path, typer.Argument(help="A .keras file; legacy .h5 files are read too.")],
    n: Annotated[
        int | None,
        typer.Option(
            "--n",
            "-n",
            min=1,
            help="Compare families at so many filters. A third of the pixels without.",
            show_default=False,
        ),
    ] = None,
    modules: Annotated[
        list[str] | None,
        typer.Option(
            "--import", help="A module that defines the model's own classes; again for more.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    page: Annotated[
        Path | None,
        typer.Option("--html", help="Write one self-contained page with pictures.", show_default=False),
    ] = None,
) -> None:
    """Say what the convolutions of a saved model have learned: which filters explain them, what trains, what is proven.

    [dim]Examples:[/dim]
      filterbank inspect model.keras
      filterbank inspect model.keras --n 6 --html model.html
      filterbank inspect model.keras --import my_package.layers --json
    """
    if not model.exists():
        raise CommandError(f"there is no file {str(model)!r}; model.save('model.keras') writes one")
    console = Console(highlight=False, stderr=as_json)
    with _spoken_plainly():
        choose_backend("inspect reads a Keras model")
    with console.status("loading Keras"), without_log():
        from . import _inspection
    sys.path.insert(0, "")  # as `python -m` does: modules to import may be in this folder
    with _spoken_plainly():
        loaded = _inspection.load_model(model, modules or [])
        rows = list(track(_inspection.inspected(loaded, n), "looking at the layers", console=console, transient=True))
    if not rows:
        raise CommandError(f"{str(model)!r} has no convolution")
    if page is not None:
        with _written(page):
            _inspection.write_page(page, model, loaded, rows)
    if as_json:
        typer.echo(json.dumps([row.to_dict() for row in rows], indent=2, allow_nan=False))
        return
    if not console.is_terminal:
        console.width = max(console.width, 160)
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    for column in _inspection.HEAD:
        table.add_column(column, no_wrap=column != "layer", overflow="fold")
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)
    for row in rows:
        if row.note:
            console.print(f"[dim]{row.name}: {row.note}[/dim]")
    console.print(f"\n[dim]{_inspection.LEGEND}[/dim]")
    if page is not None:
        console.print(f"written to {page}")


# explore


@_command()
def explore(
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("explorer.html"),
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write a page in which to try the families: move their parameters, see filters and spectra, copy the Python.

    One file, which needs no network, no server and no Python: everything is computed in the browser, but for the
    families that draw random numbers or learn from images, of which it holds examples.

    [dim]Examples:[/dim]
      filterbank explore --open
      filterbank explore -o page.html
    """
    from . import _explorer

    if output.suffix.lower() not in (".html", ".htm"):
        raise CommandError(
            f"--output must be a .html file, got {str(output)!r}; write -o {output.with_suffix('.html')}"
        )
    with _written(output):
        _explorer.write(output)
    typer.echo(f"written to {output}")
    if open_it and not webbrowser.open(output.resolve().as_uri()):
        raise CommandError(f"there is no browser to open: open {output} yourself")


# demo


@_command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the report, the pictures and the model.")] = (
        Path("filterbank-demo")
    ),
    seed: Annotated[int, typer.Option(min=0, help="The first random seed.")] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="How many seeds to train each model with.")] = 2,
    bank: Annotated[
        list[str] | None,
        typer.Option(
            help="Which banks to compare: families by name, or .npz files; again for more, or with commas.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One seed, few patches, few epochs: a few seconds, for tests.")
    ] = False,
) -> None:
    """Tell three textures apart with frozen banks, and prove that they stayed frozen.

    The same small network learns brick, grass and gravel on several banks and as a plain Conv2D, on scikit-image's
    photographs. You see what trains and what does not, how to verify it, and a report with pictures. It takes about a
    minute; KERAS_BACKEND chooses the backend.

    [dim]Examples:[/dim]
      filterbank demo
      filterbank demo --bank gabor --bank hermite,fourier_bessel
      filterbank demo --bank my-bank.npz --seed 7 --repeats 10 --out textures
      KERAS_BACKEND=jax filterbank demo
    """
    from . import _demo

    names = [name for entry in bank or [] for name in entry.split(",") if name]
    otherwise = "filterbank families lists them, and files of banks end in .npz"
    banks = {name: _loaded(Path(name)) if name.endswith(".npz") else _family(name, otherwise).name for name in names}
    with _spoken_plainly():
        choose_backend("the demo trains networks")
    console = Console(highlight=False)
    settings = _demo.Settings.quick(seed) if quick else _demo.Settings(seed=seed, repeats=repeats)
    with _spoken_plainly():
        contenders = _demo.plan(settings, banks)
    with _written(out):
        out.mkdir(parents=True, exist_ok=True)
    _demo.run(contenders, settings, out, console)


# Mistakes


def _catalogue() -> dict[str, Family]:
    from ._recipes import catalogue

    return catalogue()


def _family(name: str, otherwise: str = "filterbank families lists them") -> Family:
    known = _catalogue()
    if name in known:
        return known[name]
    if name.startswith("-"):
        raise CommandError(f"the family comes first, before {name}: filterbank make gabor {name} ...")
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else otherwise
    raise CommandError(f"there is no family {name!r}; {meant}")


@contextlib.contextmanager
def _spoken_plainly() -> Iterator[None]:
    """Make one line of what the library refuses, and of what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (ValueError, TypeError, OSError, ImportError) as error:
            raise CommandError(str(error)) from error
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            _complain(f"warning: {warning.message}")


@contextlib.contextmanager
def _written(path: Path) -> Iterator[None]:
    """Say plainly why a file or folder could not be written."""
    try:
        yield
    except OSError as error:
        # Ours say by themselves what could not be written, and have no `strerror`.
        raise CommandError(f"cannot write {str(path)!r}: {error.strerror}" if error.strerror else str(error)) from error
    except ValueError as error:  # Matplotlib on a format that it does not know.
        raise CommandError(f"cannot write {str(path)!r}: {error}") from error


def _complain(text: str) -> None:
    print(f"filterbank: {' '.join(text.split())}", file=sys.stderr)
