import asyncio
import logging
import threading
from collections.abc import Sequence

import pytest

from fakes import FakeReranker, GatedReranker, assistant_of, document
from memoqa.answer import Assistant
from memoqa.errors import IndexNotFound, MemoqaError, Overloaded
from memoqa.service import Service
from memoqa.types import Retrieved, Suggestion
from serving import GUARD

TEXT = "Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden."
CAT = "The cat sat on the mat."


async def opened(service: Service) -> Service:
    service.start()
    async with asyncio.timeout(GUARD):
        while True:
            try:
                assert service.assistant
            except Overloaded:
                await asyncio.sleep(0.01)
            else:
                return service


async def entered(reranker: GatedReranker) -> None:
    assert await asyncio.to_thread(reranker.entered.acquire, timeout=GUARD)


def gated() -> tuple[GatedReranker, Assistant]:
    reranker = GatedReranker()
    return reranker, assistant_of(document(TEXT), reranker=reranker)


def test_asking_before_it_is_open_says_when_to_come_back() -> None:
    may_open = threading.Event()

    def open_assistant() -> Assistant:
        assert may_open.wait(GUARD)
        return assistant_of(document(TEXT))

    async def scenario() -> None:
        service = Service(open_assistant, queue_length=1)
        service.start()
        try:
            with pytest.raises(Overloaded, match="being opened") as caught:
                await service.ask("Where did the cat sit?")
            assert caught.value.retry_after > 0
            may_open.set()
            await opened(service)
            assert (await service.ask("cat sat mat")).citations[0].quote == CAT
        finally:
            may_open.set()
            service.stop()

    asyncio.run(scenario())


def test_it_is_opened_once_however_often_it_is_started() -> None:
    opens: list[int] = []

    def open_assistant() -> Assistant:
        opens.append(1)
        return assistant_of(document(TEXT))

    async def scenario() -> None:
        service = Service(open_assistant, queue_length=1)
        service.start()
        await opened(service)
        service.start()
        service.stop()

    asyncio.run(scenario())
    assert len(opens) == 1


def test_what_could_not_be_opened_says_why_and_is_tried_again() -> None:
    outcomes: list[Exception | None] = [IndexNotFound("there is no index; run: memoqa index"), None]

    def open_assistant() -> Assistant:
        if error := outcomes.pop(0):
            raise error
        return assistant_of(document(TEXT))

    async def scenario() -> None:
        service = Service(open_assistant, queue_length=1)
        with pytest.raises(IndexNotFound, match="run: memoqa index"):
            await opened(service)
        assert (await (await opened_after_errors(service)).ask("cat sat mat")).answered
        service.stop()

    async def opened_after_errors(service: Service) -> Service:
        async with asyncio.timeout(GUARD):
            while True:
                try:
                    return await opened(service)
                except IndexNotFound:
                    await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert not outcomes


def test_a_failure_that_nobody_foresaw_is_told_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def open_assistant() -> Assistant:
        raise PermissionError(13, "Permission denied", "manifest.json")

    async def scenario() -> None:
        service = Service(open_assistant, queue_length=1)
        with pytest.raises(MemoqaError, match=r"Permission denied.*") as caught:
            await opened(service)
        assert not isinstance(caught.value, Overloaded)
        service.stop()

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert "PermissionError" in caplog.text


def test_the_index_says_what_is_suggested() -> None:
    assistant = assistant_of(document(TEXT))
    assistant.index.suggestions = (Suggestion("cat sat mat", "en", "doc"),)

    async def scenario() -> None:
        service = Service(lambda: assistant, queue_length=1)
        assert service.suggestions == ()
        await opened(service)
        assert service.suggestions == assistant.index.suggestions
        service.stop()

    asyncio.run(scenario())


def test_a_question_beyond_the_queue_is_turned_away_at_once_and_the_rest_is_answered() -> None:
    async def scenario() -> None:
        reranker, assistant = gated()
        service = await opened(Service(lambda: assistant, queue_length=2))
        try:
            first, second = (
                asyncio.ensure_future(service.ask(words))
                for words in ("cat sat mat", "dog slept garden")
            )
            await entered(reranker)
            for _ in range(3):
                with pytest.raises(Overloaded, match="as many questions wait as may") as caught:
                    await service.ask("cat")
                assert caught.value.retry_after > 0
            reranker.gate.set()
            assert (await first).answer == CAT
            assert (await second).answer == "The dog slept in the garden."
            assert (await service.ask("cat sat mat")).answer == CAT
        finally:
            reranker.gate.set()
            service.stop()

    asyncio.run(scenario())


def test_a_question_that_is_given_up_frees_its_place_and_is_never_asked() -> None:
    async def scenario() -> None:
        reranker, assistant = gated()
        service = await opened(Service(lambda: assistant, queue_length=2))
        try:
            first = asyncio.ensure_future(service.ask("cat sat mat"))
            await entered(reranker)
            given_up = asyncio.ensure_future(service.ask("given up"))
            await asyncio.sleep(0)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            third = asyncio.ensure_future(service.ask("dog slept garden"))
            reranker.gate.set()
            assert (await first).answered
            assert (await third).answered
            assert reranker.asked[:1] == ["cat sat mat"]
            assert "given up" not in reranker.asked
        finally:
            reranker.gate.set()
            service.stop()

    asyncio.run(scenario())


def test_questions_are_answered_one_at_a_time_off_the_event_loop() -> None:
    class Watching(FakeReranker):
        now = most = 0
        threads: set[int] = set()  # noqa: RUF012

        def score(self, question: str, texts: Sequence[str]) -> list[float]:
            self.now += 1
            self.most = max(self.most, self.now)
            self.threads.add(threading.get_ident())
            scores = super().score(question, texts)
            self.now -= 1
            return scores

    async def scenario() -> None:
        reranker = Watching()
        assistant = assistant_of(document(TEXT), reranker=reranker)
        service = await opened(Service(lambda: assistant, queue_length=50))
        answers = await asyncio.gather(*(service.ask("cat sat mat") for _ in range(50)))
        assert {answer.answer for answer in answers} == {CAT}
        assert reranker.most == 1
        assert threading.get_ident() not in reranker.threads
        service.stop()

    asyncio.run(scenario())


def test_what_is_retrieved_is_heard_of_before_the_answer() -> None:
    heard: list[Retrieved] = []

    async def scenario() -> None:
        reranker, assistant = gated()
        service = await opened(Service(lambda: assistant, queue_length=1))
        try:
            asked = asyncio.ensure_future(service.ask("cat sat mat", retrieved=heard.extend))
            await entered(reranker)
            assert heard
            assert not asked.done()
            reranker.gate.set()
            assert (await asked).answered
        finally:
            reranker.gate.set()
            service.stop()

    asyncio.run(scenario())
    assert CAT in heard[0].text


def test_stopping_finishes_the_question_under_way_and_drops_those_that_wait() -> None:
    async def scenario() -> None:
        reranker, assistant = gated()
        service = await opened(Service(lambda: assistant, queue_length=5))
        under_way = asyncio.ensure_future(service.ask("cat sat mat"))
        await entered(reranker)
        waiting = asyncio.ensure_future(service.ask("dog slept garden"))
        await asyncio.sleep(0)
        stopping = asyncio.ensure_future(asyncio.to_thread(service.stop))
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not stopping.done()
        reranker.gate.set()
        assert (await under_way).answer == CAT
        await stopping
        # The reader scores once more for the question under way; none is for the other.
        assert set(reranker.asked) == {"cat sat mat"}

    asyncio.run(scenario())


def test_a_new_index_is_taken_up_while_the_old_one_goes_on_answering() -> None:
    old, new = assistant_of(document("The cat sat.")), assistant_of(document("The dog slept."))
    to_open = [old, new]

    async def scenario() -> None:
        service = await opened(Service(lambda: to_open.pop(0), queue_length=2))
        try:
            assert service.assistant is old
            old.outdated = lambda: True
            assert service.assistant is old
            async with asyncio.timeout(GUARD):
                while service.assistant is old:
                    await asyncio.sleep(0.01)
            assert (await service.ask("Who slept?")).answer == "The dog slept."
            assert to_open == []
        finally:
            service.stop()

    asyncio.run(scenario())
