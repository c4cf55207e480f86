"""Pictures of the pages of PDFs, and where a quotation stands on them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast

from memoqa.errors import Changed
from memoqa.index import Index
from memoqa.models import sha256_file
from memoqa.parse import Limits, Parser, Sheet
from memoqa.settings import Settings
from memoqa.types import Document

Found = TypeVar("Found")

_KEPT = 200
"""Results of the last questions to the parser; a picture has some 100 kB."""


def has_pages(document: Document) -> bool:
    """Whether a document is a PDF, whose pages can be shown."""
    return document.held and document.source.lower().endswith(".pdf")


class Pictures:
    """Draws one page at a time, in the parser's process, so that a bad file harms no answer.

    Only a file that is the one indexed is drawn. The last results are kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._corpus = settings.corpus
        self._parser = Parser(Limits.of(settings))
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memoqa-pictures")
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def stop(self) -> None:
        """End the parser's process."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._parser.__exit__(None, None, None)

    async def picture(self, index: Index, document: Document, page: int, width: int) -> bytes:
        """A page, its index from 0, as a PNG file of at most `width` pixels across.

        Raises:
            Changed: when the file is not the one indexed.
            CorpusError: when there is no such page.
        """
        return await self._found(
            index, document, lambda path: self._parser.picture(path, page, width), (page, width)
        )

    async def sheets(
        self, index: Index, document: Document, start: int, end: int
    ) -> tuple[Sheet, ...]:
        """The pages on which the document's text from `start` to `end` stands, with boxes.

        Raises:
            Changed: when the file is not the one indexed.
        """
        return await self._found(
            index,
            document,
            lambda path: self._parser.sheets(path, start, end),
            ("sheets", start, end),
        )

    async def _found(
        self,
        index: Index,
        document: Document,
        find: Callable[[Path], Found],
        asked: tuple[Hashable, ...],
    ) -> Found:
        sha256 = index.manifest.sources.get(document.source)
        path = self._corpus / document.source

        def checked() -> Found:
            if sha256 is None or not path.is_file() or sha256_file(path) != sha256:
                raise Changed(f"{document.source!r} is not the file indexed; run: memoqa index")
            key = (sha256, *asked)
            if key not in self._kept:
                self._kept[key] = find(path)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return cast(Found, self._kept[key])

        return await asyncio.get_running_loop().run_in_executor(self._worker, checked)
