"""The Python of the guide runs while the site is built; what it prints and draws stands below it."""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from building.words import words

DPI = 160  # of files; the page shows them at 100, sharp on fine screens


class Run(SphinxTransform):
    """Run the blocks of a page of the guide in order, in one namespace."""

    default_priority = 400

    def apply(self):
        """Put the output after each block."""
        if not self.env.docname.startswith("guide/"):
            return
        blocks = [node for node in self.document.findall(nodes.literal_block) if node.get("language") == "python"]
        namespace = {"__name__": "__main__"}
        forget_models()
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            for number, block in enumerate(blocks):
                output = [*self.run(block, namespace), *self.pictures(number)]
                block.parent.insert(block.parent.index(block) + 1, output)

    def run(self, block, namespace):
        """Run a block; return what it printed."""
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(block.astext(), self.env.docname, "exec"), namespace)
        except Exception as error:
            raise ExtensionError(f"{self.env.docname}: {error!r} in\n{block.astext()}", error) from error
        text = printed.getvalue().rstrip()
        return [nodes.literal_block(text, text, language="text", classes=["output"])] if text else []

    def pictures(self, number):
        """Save what a block drew; return the images."""
        folder = Path(self.env.srcdir) / "guide" / "pictures"
        folder.mkdir(exist_ok=True)
        images = []
        for figure in map(plt.figure, plt.get_fignums()):
            name = f"{Path(self.env.docname).name}_{number}_{len(images)}.png"
            figure.savefig(folder / name, dpi=DPI)
            width, _ = figure.get_size_inches()
            images.append(
                nodes.image(
                    uri=f"/guide/pictures/{name}", alt=words(figure), width=f"{100 * width:.0f}px", classes=["drawn"]
                )
            )
        plt.close("all")
        return images


def forget_models(*_):
    """Let Keras name the layers of a page as in a new session; sphinx-gallery calls it too, with what it knows."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()


def setup(app):
    """Connect what Sphinx calls."""
    app.add_transform(Run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
