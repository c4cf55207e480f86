"""Builds that are killed while a service answers: what `test_kill` and `benchmarks/kills` run."""

import math
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from fakes import FakeEmbedder, models
from memoqa import ingest, store
from memoqa.answer import open_assistant
from memoqa.api import create_app
from memoqa.corpus import sha256_text
from memoqa.errors import MemoqaError
from memoqa.settings import Settings
from serving import GUARD, running

DOCUMENTS = 30

PROGRAM = """
import sys
from pathlib import Path
from fakes import FakeEmbedder
from memoqa import ingest
from memoqa.settings import Settings

settings = Settings(home=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
ingest.build(settings, FakeEmbedder())
sys.stdin.readline()
"""


@dataclass(slots=True)
class Outcome:
    """How many builds were killed, and of them had taken effect; how the service answered, by
    status; the quotes that were checked; and all that went wrong.
    """

    kills: int = 0
    in_effect: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    quotes: int = 0
    wrong: list[str] = field(default_factory=list)


class Corpus:
    """A corpus that changes, and remembers every state that it was in."""

    def __init__(self, settings: Settings, draw: random.Random) -> None:
        self.texts: dict[str, str] = {}
        self.states: list[dict[str, str]] = []
        self._settings = settings
        self._draw = draw
        self._words: dict[str, str] = {}
        settings.corpus.mkdir(parents=True)
        self._rewrite([f"planet-{n}" for n in range(DOCUMENTS)])

    def change(self) -> None:
        """Rewrite some documents, take one away and put another in."""
        names = sorted(self._words)
        gone = self._draw.choice(names)
        del self._words[gone]
        (self._settings.corpus / f"{gone}.txt").unlink()
        new = f"planet-{DOCUMENTS + len(self.states)}"
        self._rewrite([*self._draw.sample(sorted(self._words), 3), new])

    def _rewrite(self, names: list[str]) -> None:
        for name in names:
            paragraphs = [
                f"The {name} is made of stuff {self._draw.random()}. Its region {n} is far away."
                for n in range(self._draw.randint(3, 12))
            ]
            text = "\n\n".join(paragraphs)
            (self._settings.corpus / f"{name}.txt").write_text(text)
            self._words[name] = sha256_text(text)
            self.texts[sha256_text(text)] = text
        self.states.append(dict(self._words))


def run(settings: Settings, kills: int, clients: int, seed: int) -> Outcome:
    """Change the corpus, build, and kill the build at a random moment, so many times, while
    clients ask a service that takes up each index which comes into effect.
    """
    outcome = Outcome()
    draw = random.Random(seed)
    corpus = Corpus(settings, draw)
    ingest.build(settings, FakeEmbedder())
    longest = 0.0
    app = create_app(lambda: open_assistant(settings, models()), settings)
    ended = threading.Event()
    with running(app) as client, ThreadPoolExecutor(clients) as threads:
        asking = [
            threads.submit(_ask, client, corpus, ended, seed + n) for n in range(1, clients + 1)
        ]
        try:
            for number in range(kills):
                corpus.change()
                before = store.read_manifest(settings.index).build
                # Every fifth is killed just after it took effect, which tells how long that takes.
                to_effect = number % 5 == 0
                took = _kill(settings, math.inf if to_effect else draw.uniform(0, longest), before)
                longest = took if to_effect else longest
                outcome.kills += 1
                outcome.in_effect += store.read_manifest(settings.index).build != before
                _check_index(settings, corpus, outcome)
        finally:
            ended.set()
        for asked in (future.result(GUARD) for future in asking):
            outcome.statuses += asked.statuses
            outcome.quotes += asked.quotes
            outcome.wrong += asked.wrong
    return outcome


def _kill(settings: Settings, seconds: float, before: str) -> float:
    """Start a build, kill it after so many seconds or once it has taken the place of the build
    `before`, and return how many seconds it ran.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(settings.home)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()
    started = time.perf_counter()
    while (ran := time.perf_counter() - started) < seconds:
        if store.read_manifest(settings.index).build != before:
            break
        assert process.poll() is None, "the build ended by itself"
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return ran


def _check_index(settings: Settings, corpus: Corpus, outcome: Outcome) -> None:
    try:
        documents = store.load(settings.index).documents
    except MemoqaError as error:
        outcome.wrong.append(f"the index does not open: {error}")
        return
    if {id: document.sha256 for id, document in documents.items()} not in corpus.states:
        outcome.wrong.append("the index holds no state that the corpus was in")


def _ask(client: httpx.Client, corpus: Corpus, ended: threading.Event, seed: int) -> Outcome:
    outcome = Outcome()
    draw = random.Random(seed)
    while not ended.is_set():
        name = f"planet-{draw.randrange(len(corpus.states) + DOCUMENTS)}"
        try:
            response = client.post("/ask", json={"question": f"What is the {name} made of?"})
        except (httpx.HTTPError, AssertionError) as error:
            outcome.wrong.append(f"a request failed: {error!r}")
            continue
        outcome.statuses[response.status_code] += 1
        if response.status_code == 200:
            answer = response.json()
            for cited in (*answer["citations"], *answer["nearest"]):
                outcome.quotes += 1
                text = corpus.texts.get(cited["document"]["sha256"], "")
                if text[cited["start"] : cited["end"]] != cited["quote"] or not cited["quote"]:
                    outcome.wrong.append(f"a wrong quote: {cited!r}")
        elif response.status_code != 503:
            outcome.wrong.append(f"a request failed: {response.text}")
    return outcome
