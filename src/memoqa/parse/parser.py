"""A file's path to its text; the worker process is started, watched and ended here."""

import contextlib
import dataclasses
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from memoqa.errors import CorpusError
from memoqa.parse import drawn, kind, parsed, plain
from memoqa.parse.drawn import Sheet
from memoqa.parse.parsed import Limits, Parsed

Found = TypeVar("Found")


class Parser:
    """Parses one file after another; a context manager that ends its worker.

    The worker process is started at the first file that is not plain text, and again after one
    that it did not survive.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def parse(self, path: Path) -> Parsed:
        """The text of one file, whatever its name says it is.

        Raises:
            CorpusError: in one line, when the file is not one that is read, is damaged, encrypted
                or over a limit.
        """
        data = _read(path, self._limits.file_bytes)
        found = kind.of(data, path.suffix)
        if found == "text":
            result = Parsed(plain.decode(data))
        else:
            result = self._ask([found], data, lambda value: parsed.decode(value, self._limits))
        if not result.text.strip():
            raise CorpusError("it holds no text; fill it or remove it")
        if len(result.text) > self._limits.text_characters:
            raise CorpusError(
                f"its text has over {self._limits.text_characters:,} characters, the limit "
                "(MEMOQA_MAX_TEXT_CHARACTERS); split it"
            )
        if result.title == path.stem:
            return dataclasses.replace(result, title=None)
        return result

    def picture(self, path: Path, page: int, width: int) -> bytes:
        """A page of a PDF, its index from 0, as a PNG file of at most this many pixels across.

        Raises:
            CorpusError: as `parse`, or when there is no such page.
        """
        data = _read(path, self._limits.file_bytes)
        return self._ask(["picture", page, width], data, drawn.to_picture)

    def sheets(self, path: Path, start: int, end: int) -> tuple[Sheet, ...]:
        """The pages of a PDF on which the code points `start` to `end` of its text are drawn, with
        boxes around them.

        Raises:
            CorpusError: as `parse`.
        """
        data = _read(path, self._limits.file_bytes)
        return self._ask(["sheets", start, end], data, drawn.to_sheets)

    def _ask(
        self, request: list[Any], data: bytes, decode: Callable[[dict[str, Any]], Found]
    ) -> Found:
        worker = self._started()
        assert worker.stdin is not None
        assert worker.stdout is not None
        # Killing the worker is what ends a write or a read that waits for it.
        alarm = threading.Timer(self._limits.seconds, worker.kill)
        alarm.start()
        try:
            worker.stdin.write(json.dumps([request[0], len(data), *request[1:]]).encode() + b"\n")
            worker.stdin.write(data)
            worker.stdin.flush()
            size = int.from_bytes(worker.stdout.read(8))
            if not 0 < size <= self._limits.reply_bytes:
                raise ValueError("no reply")
            reply = worker.stdout.read(size)
            return decode(parsed.opened(reply))
        except (OSError, ValueError) as error:
            late = alarm.finished.is_set()
            self._end()
            raise CorpusError(self._lost(late)) from error
        except CorpusError:
            raise
        except BaseException:
            self._end()
            raise
        finally:
            alarm.cancel()
            alarm.join()

    def _lost(self, late: bool) -> str:
        if late:
            return (
                f"reading it takes over {self._limits.seconds:g} seconds, the limit "
                "(MEMOQA_MAX_PARSE_SECONDS); split it, or save it as text"
            )
        return (
            "it cannot be read: the process that parses it came to an end, which a damaged file "
            "or one that needs too much memory does; save it anew, or as text"
        )

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._worker is not None and self._worker.poll() is not None:
            self._end()
        if self._worker is None:
            limits = json.dumps(dataclasses.asdict(self._limits))
            self._worker = subprocess.Popen(
                # -P: what lies in the current folder is not imported.
                [sys.executable, "-P", "-m", "memoqa.parse.worker", limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._worker

    def _end(self) -> None:
        if self._worker is None:
            return
        worker, self._worker = self._worker, None
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            assert pipe is not None
            # What the worker has not read is flushed at closing.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _read(path: Path, most: int) -> bytes:
    """The bytes of a regular file; opening another kind, such as a pipe, does not wait for it."""
    try:
        with open(path, "rb", opener=_opened) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CorpusError("it is not a regular file; remove it")
            data = file.read(most + 1)
    except OSError as error:
        raise CorpusError(f"it cannot be read: {error.strerror}") from error
    if len(data) > most:
        size = max(status.st_size, len(data))
        raise CorpusError(
            f"it has {size:,} bytes, over the limit of {most:,} (MEMOQA_MAX_FILE_BYTES); split it"
        )
    return data


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
