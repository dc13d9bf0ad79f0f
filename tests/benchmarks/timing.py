"""Times of functions, in turns."""

import time


def seconds(function, *arguments, calls=1):
    start = time.perf_counter()
    for _ in range(calls):
        function(*arguments)
    return (time.perf_counter() - start) / calls


def in_turns(functions, rounds, least=4e-3, before=0):
    """Return seconds per call of each function, `{name: [...]}`, in rounds of as many calls as last that long.

    Each is called twice before, or once for ``least=0``, which times single calls: the first call compiles and takes
    fresh memory from the system. `before` is the number of calls of a function right before each of its turns.
    """
    calls = {}
    for name, function in functions.items():
        function()
        calls[name] = max(1, round(least / seconds(function))) if least else 1
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            for _ in range(before):
                function()
            times[name].append(seconds(function, calls=calls[name]))
    return times
