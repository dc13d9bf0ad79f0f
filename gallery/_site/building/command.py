"""The page of the command line, from the texts that the command itself prints."""

import inspect
import re
from pathlib import Path

import typer

from building.api import heading, write
from filterbank.cli import app as command_line


def marked(text):
    """Turn the marks of rich's texts into those of reStructuredText."""
    text = text.replace("\\", "\\\\").replace("*", "\\*").replace("`", "``")
    text = re.sub(r"\[cyan\](.*?)\[/cyan\]", r"``\1``", text)
    text = re.sub(r"\[bold\](.*?)\[/bold\]", r"**\1**", text)
    return re.sub(r"\[/?dim\]", "", text)


def described(text):
    """Return a help text, its examples as a block of code."""
    words, _, examples = text.partition("[dim]Examples:[/dim]")
    page = f"{marked(inspect.cleandoc(words))}\n\n"
    if examples:
        lines = inspect.cleandoc(re.sub(r"\[/?\w+\]", "", examples)).splitlines()
        page += ".. code-block:: text\n\n" + "".join(f"   {line}".rstrip() + "\n" for line in lines) + "\n"
    return page


def options(command, name):
    """Return the table of the arguments and options of a command."""
    context = typer.Context(command, info_name=name)
    rows = [record for param in command.params if (record := param.get_help_record(context))]
    cells = "".join(f"   * - ``{option}``\n     - {marked(' '.join(text.split()))}\n" for option, text in rows)
    return f".. list-table::\n   :widths: 35 65\n\n{cells}\n" if rows else ""


def page():
    """Return the page."""
    group = typer.main.get_command(command_line)
    parts = [heading("The command", "="), described(group.help)]
    for name, command in group.commands.items():
        parts += [heading(f"filterbank {name}", "-"), described(command.help), options(command, name)]
    return "".join(parts)


def write_page(app, config):
    """Write the page."""
    write(Path(app.srcdir) / "api" / "command.rst", page())


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("config-inited", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
