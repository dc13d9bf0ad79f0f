"""What a picture of the site shows, in words."""

import filterbank as fb

SHOWN = 6  # titles that are worth reading out


def words(figure):
    """Return the words of the library's pictures, and of any other picture what stands at its axes."""
    return fb.plot.alt_text(figure) or ". ".join(texts_of(figure)) or "A picture that the code above it draws"


def texts_of(figure):
    """Return the titles in a figure, and what its curves and points are."""
    parts = [figure, *figure.subfigs]
    titles = [part.get_suptitle() for part in parts] + [axes.get_title() for axes in figure.axes]
    return [*listed(unique(titles)), *unique(map(axes_in_words, figure.axes))]


def listed(titles):
    """Return the first titles in one text, if there are any."""
    more = f" and {len(titles) - SHOWN} more" if len(titles) > SHOWN else ""
    return ["; ".join(titles[:SHOWN]) + more] if titles else []


def axes_in_words(axes):
    """Say what is drawn over what, and the names in the legend."""
    along, up = axes.get_xlabel(), axes.get_ylabel()
    what = f"{up} over {along}" if up and along else up or along
    legend = axes.get_legend()
    names = [text.get_text() for text in legend.get_texts()] if legend else []
    return f"{what}: {', '.join(names)}" if what and names else what or ", ".join(names)


def unique(texts):
    """Return the texts that are not empty, each once and in one line."""
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
