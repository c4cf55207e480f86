"""Files that readers add: each into the corpus, and the index built anew behind the service."""

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from memoqa import ingest
from memoqa.add import Added, add
from memoqa.answer import Assistant
from memoqa.errors import CorpusError, MemoqaError, Overloaded
from memoqa.parse import Limits, Parser
from memoqa.settings import Settings
from memoqa.suggest import suggestions
from memoqa.types import Kind
from memoqa.weigh import Models

_LONGEST_NAME = 200
"""Bytes; a file system allows 255."""

_SECONDS_TO_WAIT = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index is: `done` of `total` passages are embedded; `detail` says what the state
    is about.
    """

    state: Literal["idle", "indexing", "done", "failed"] = "idle"
    done: int = 0
    total: int = 0
    detail: str = ""


class Intake:
    """Takes one file at a time.

    `open_models` opens models of its own for each build, so that questions are answered
    meanwhile; a running service takes the new index up by itself.
    """

    def __init__(self, settings: Settings, open_models: Callable[[], Models]) -> None:
        self.progress = Progress()
        self._settings = settings
        self._open_models = open_models
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memoqa-intake")
        self._taking = threading.Lock()
        self._stopping = False

    def stop(self) -> None:
        """Give up the build under way; the index stays as it is."""
        self._stopping = True
        self._worker.shutdown(wait=True, cancel_futures=True)

    def take(self, file: Path, kind: Kind | None = None, reference: str | None = None) -> Added:
        """Copy a file into the corpus, as `add.add` does, and begin to index it.

        Raises:
            CorpusError: in one line, why it is not added.
            Overloaded: while another file is being added or indexed.
        """
        if not self._taking.acquire(blocking=False):
            raise Overloaded("another file is being added; try again in a moment", _SECONDS_TO_WAIT)
        begun = False
        try:
            with Parser(Limits.of(self._settings)) as parser:
                added = add(file, self._settings, parser, kind, reference)
            if not added.before:
                self.progress = Progress("indexing", detail=added.source)
                self._worker.submit(self._index, added.source)
                begun = True
            return added
        finally:
            if not begun:
                self._taking.release()

    def _index(self, source: str) -> None:
        try:
            models = self._open_models()

            def advance(done: int, total: int) -> None:
                if self._stopping:
                    raise MemoqaError("the service is being stopped; run: memoqa index")
                self.progress = Progress("indexing", done, total, source)

            report = ingest.build(
                self._settings,
                models.embedder,
                advance,
                suggest=lambda new, old: suggestions(new, old, lambda i: Assistant(i, models)),
            )
            reasons = dict(report.left_out)
            if source in reasons:
                raise CorpusError(f"{source!r} is left out: {reasons[source]}")
            self.progress = replace(self.progress, state="done")
        except (MemoqaError, OSError) as error:
            self.progress = Progress("failed", detail=str(error))
        except Exception as error:
            # Nothing waits for this thread: whoever looks is told, and the log has the rest.
            logging.getLogger(__name__).exception("the index cannot be built")
            self.progress = Progress("failed", detail=f"the index cannot be built: {error!r}")
        finally:
            self._taking.release()


def file_name(sent: str) -> str:
    """The name that a browser sent, without folders and control characters.

    Raises:
        CorpusError: when nothing is left of it, or too much.
    """
    name = re.sub(r"[\x00-\x1f\x7f]", "", sent.replace("\\", "/").rpartition("/")[2]).strip()
    if name in ("", ".", ".."):
        raise CorpusError("the file has no name; give it one and send it again")
    if len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise CorpusError(f"the name {name[:40]!r}… is too long; rename the file")
    return name
