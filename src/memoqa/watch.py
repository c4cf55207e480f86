"""When the corpus has changed."""

import time
from collections.abc import Iterator
from pathlib import Path

from memoqa.corpus import Sources


def changes(folder: Path, every: float = 1.0) -> Iterator[None]:
    """Yield at once, and then each time that the corpus differs from when it last yielded and
    has stood still for `every` seconds.

    It looks at the files' times instead of being told by the system, which says nothing of a
    network folder or of one that another was moved over.
    """
    sources = Sources(folder)
    seen = told = sources.read()
    yield
    while True:
        time.sleep(every)
        now = sources.read()
        if seen == now != told:
            told = now
            yield
        seen = now
