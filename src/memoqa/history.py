"""What a build of the index changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from memoqa.types import Dates, Document, History


def history(
    before: Mapping[str, Document],
    after: Mapping[str, Document],
    earlier: History,
    at: str,
    left_out: Sequence[tuple[str, str]],
) -> History:
    """What differs between the documents of two indexes in turn, the later made `at` a time.

    A build that changes no document leaves what the one before it changed.
    """
    added = tuple(sorted(after.keys() - before.keys()))
    changed = tuple(sorted(i for i in after.keys() & before.keys() if after[i] != before[i]))
    removed = tuple(sorted(before.keys() - after.keys()))
    if not (added or changed or removed):
        return replace(earlier, left_out=tuple(left_out))
    dates = {
        id: Dates(
            added=known.added if known else at,
            changed=known.changed if known and id not in changed else at,
        )
        for id, known in ((id, earlier.dates.get(id)) for id in after)
    }
    return History(at, added, changed, removed, dates, tuple(left_out))
