"""Times of functions, in turns."""

import time


def seconds(function, *arguments, calls=1):
    start = time.perf_counter()
    for _ in range(calls):
        function(*arguments)
    return (time.perf_counter() - start) / calls


def in_turns(functions, rounds, least=4e-3):
    """Return seconds per call of each function, `{name: [...]}`, in rounds of as many calls as last that long.

    Each is called twice before: the first call compiles and takes fresh memory from the system.
    """
    calls = {}
    for name, function in functions.items():
        function()
        calls[name] = max(1, round(least / seconds(function)))
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function, calls=calls[name]))
    return times
