"""The assistant behind a bounded queue, so that model work never blocks the event loop."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from memoqa.answer import Assistant
from memoqa.errors import MemoqaError, Overloaded
from memoqa.types import Answer, Retrieved, Suggestion, Turn

Step = tuple[Literal["retrieved", "read"], Sequence[Retrieved]] | tuple[Literal["answer"], Answer]
"""What happens on the way to an answer, and the answer."""

_SECONDS_TO_OPEN = 5
_SECONDS_TO_WAIT = 2


class Service:
    """Opens an assistant in the background and asks it one question at a time.

    One question at a time, because the models use every core already. While `queue_length`
    questions wait, a further one is turned away at once.
    """

    def __init__(self, open_assistant: Callable[[], Assistant], queue_length: int) -> None:
        self._open_assistant = open_assistant
        self._queue_length = queue_length
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memoqa")
        self._lock = threading.Lock()
        self._opening = False
        self._assistant: Assistant | None = None
        self._error: MemoqaError | None = None
        self._waiting = 0

    def start(self) -> None:
        """Begin to open the assistant, unless that is under way."""
        with self._lock:
            if self._opening:
                return
            self._opening = True
        self._worker.submit(self._open)

    def stop(self) -> None:
        """Finish the question under way, and drop those that wait."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    @property
    def assistant(self) -> Assistant:
        """The opened assistant; once a new index is in place, it is taken up meanwhile.

        Raises:
            MemoqaError: why it could not be opened; it is tried again meanwhile.
            Overloaded: while it is being opened for the first time.
        """
        if self._assistant is not None:
            if self._assistant.outdated():
                self.start()
            return self._assistant
        error = self._error
        self.start()
        if error is not None:
            raise error
        raise Overloaded("the models are being opened; ask again in a moment", _SECONDS_TO_OPEN)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Questions to start with; none while the assistant is being opened."""
        return () if self._assistant is None else self._assistant.index.suggestions

    async def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int = 3,
        documents: Iterable[str] | None = None,
        retrieved: Callable[[Sequence[Retrieved]], object] = lambda _: None,
        read: Callable[[Sequence[Retrieved]], object] = lambda _: None,
    ) -> Answer:
        """As `Assistant.ask`; `retrieved` and `read` are called from the worker's thread.

        Raises:
            Overloaded: when too many questions wait already.
        """
        assistant = self.assistant
        if self._waiting >= self._queue_length:
            raise Overloaded(
                "as many questions wait as may; ask again in a moment", _SECONDS_TO_WAIT
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._worker,
                lambda: assistant.ask(question, history, limit, documents, retrieved, read),
            )
        finally:
            self._waiting -= 1

    async def follow(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int = 3,
        documents: Iterable[str] | None = None,
    ) -> AsyncGenerator[Step]:
        """As `ask`, a step at a time: the passages retrieved, those read, and the answer.

        What is refused at once is raised before the first step.
        """
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[Step | None] = asyncio.Queue()

        def hear(stage: Literal["retrieved", "read"]) -> Callable[[Sequence[Retrieved]], object]:
            return lambda passages: loop.call_soon_threadsafe(steps.put_nowait, (stage, passages))

        asking = asyncio.ensure_future(
            self.ask(question, history, limit, documents, hear("retrieved"), hear("read"))
        )
        asking.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            while (step := await steps.get()) is not None:
                yield step
            yield "answer", await asking
        finally:
            asking.cancel()

    def _open(self) -> None:
        try:
            self._assistant = self._open_assistant()
        except MemoqaError as error:
            self._error = error
        except Exception as error:
            # Nothing waits for this thread: whoever asks is told, and the log has the rest.
            logging.getLogger(__name__).exception("the assistant cannot be opened")
            self._error = MemoqaError(f"the assistant cannot be opened: {error!r}")
        finally:
            with self._lock:
                self._opening = False
