"""The process that parses: one request after another on standard input, until it ends.

A request is a line of JSON, `[kind, size, …]`, and `size` bytes; a reply is eight bytes that say
how long it is, and JSON. Nothing else is read or written, and no file can be.
"""

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from memoqa.errors import CorpusError
from memoqa.parse import drawn, parsed
from memoqa.parse.parsed import Limits, Parsed


def main(argument: str) -> None:
    limits = Limits(**json.loads(argument))
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # A library that prints does not speak to the parent.
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    serve(requests, replies, limits)


def serve(requests: BinaryIO, replies: BinaryIO, limits: Limits) -> None:
    while line := requests.readline():
        kind, size, *more = json.loads(line)
        _allow(limits.seconds)
        reply = parsed.encode(parse(kind, requests.read(size), limits, *more))
        replies.write(len(reply).to_bytes(8) + reply)
        replies.flush()


def parse(
    kind: str, data: bytes, limits: Limits, *more: int
) -> Parsed | CorpusError | dict[str, Any]:
    try:
        # Each library is imported at the first file that needs it.
        if kind == "pdf":
            from memoqa.parse import pdf

            return _within(pdf.parse(data, limits), limits)
        if kind == "picture":
            from memoqa.parse import pdf

            index, width = more
            return drawn.from_picture(pdf.picture(data, index, width))
        if kind == "sheets":
            from memoqa.parse import pdf

            start, end = more
            return drawn.from_sheets(pdf.sheets(data, limits, start, end))
        if kind == "html":
            from memoqa.parse import html

            return _within(html.parse(data), limits)
        from memoqa.parse import archive

        return _within(archive.parse(data, limits), limits)
    except CorpusError as error:
        return error
    except MemoryError:
        return CorpusError(
            f"reading it takes over {limits.memory_bytes:,} bytes of memory, the limit "
            "(MEMOQA_MAX_PARSE_MEMORY); split it, or save it as text"
        )
    except RecursionError:
        return CorpusError("it is nested too deep; save it as text")
    except Exception as error:
        return CorpusError(
            f"it is damaged or not what it seems ({type(error).__name__}); save it anew, or as text"
        )


def _within(result: Parsed, limits: Limits) -> Parsed:
    if len(result.text) > limits.text_characters:
        raise CorpusError(
            f"its text has {len(result.text):,} characters, over the limit of "
            f"{limits.text_characters:,} (MEMOQA_MAX_TEXT_CHARACTERS); split it"
        )
    return result


def _allow(seconds: float) -> None:
    """Let this process use so much more processor time, and be killed after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(sys.argv[1])
