"""What the site is built with, beside Sphinx and its extensions; each module here is an extension of its own."""
