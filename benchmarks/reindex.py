"""What it takes to bring an index of many documents up to date when one of them changes.

    python benchmarks/reindex.py [--documents 1000]

Makes documents of three pages (about 1,500 words, one in ten of them a PDF), indexes them, and
runs `memoqa index` with nothing changed, then with one document changed, three times each, while
`memoqa serve` answers. Start-up is what `memoqa index` takes on one short document. Given are
seconds, and the processor's seconds, which other work on the machine does not lengthen. The first
index gets vectors drawn at random: how they were made is nothing to what follows.
"""

import argparse
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import numpy as np
from fpdf import FPDF

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from memoqa import ingest
from memoqa.embed import Vectors
from memoqa.models import EMBEDDER
from memoqa.settings import Settings
from serving import MEMOQA, client_of, environment, free_port, wait_until_ready

PARAGRAPHS = 12
SENTENCES = 8
WORDS = 15


class Drawn:
    """Vectors drawn at random, under the name of the packaged embedder."""

    identity = EMBEDDER.identity

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        advance(len(texts))
        drawn = np.random.default_rng(0).normal(size=(len(texts), 384)).astype(np.float32)
        vectors: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return vectors

    def embed_question(self, text: str) -> Vectors:
        raise NotImplementedError


def text(draw: random.Random, words: Sequence[str], number: int) -> str:
    paragraphs = []
    for _ in range(PARAGRAPHS):
        said = (" ".join(draw.choices(words, k=WORDS)).capitalize() for _ in range(SENTENCES))
        paragraphs.append(". ".join(said) + ".")
    return f"Report {number}\n\n" + "\n\n".join(paragraphs) + "\n"


def write(path: Path, content: str) -> None:
    if path.suffix != ".pdf":
        path.write_text(content)
        return
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.multi_cell(0, 7, content)
    pdf.output(str(path))


def index(home: Path) -> tuple[float, float, str]:
    """Seconds, the processor's seconds, and the last line of `memoqa index`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    ended = subprocess.run(
        [MEMOQA, "index", "--home", home],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, used, ended.stdout.splitlines()[-1]


def ask(client: httpx.Client, ended: threading.Event, seen: Counter[str]) -> None:
    """One question after another; what each came to."""
    for number in itertools.count():
        if ended.is_set():
            return
        try:
            response = client.post("/ask", json={"question": f"What does report {number} say?"})
            seen[str(response.status_code)] += 1
        except httpx.HTTPError as error:
            seen[repr(error)] += 1


def main(documents: int) -> None:
    draw = random.Random(208)
    questions = Path(__file__).parents[1] / "tests" / "questions" / "memo.jsonl"
    lines = questions.read_text(encoding="utf-8").splitlines()
    said = " ".join(json.loads(line)["question"] for line in lines)
    vocabulary = sorted({word for word in said.split() if word.isascii()})
    with tempfile.TemporaryDirectory() as folder:
        small, home = Path(folder, "small"), Path(folder, "home")
        for corpus in (small / "corpus", home / "corpus"):
            corpus.mkdir(parents=True)
        write(small / "corpus" / "short.txt", "A short document.")
        for number in range(documents):
            suffix = "pdf" if number % 10 == 0 else "txt"
            path = home / "corpus" / f"report-{number}.{suffix}"
            write(path, text(draw, vocabulary, number))
        ingest.build(Settings(home=home), Drawn())
        ingest.build(Settings(home=small), Drawn())
        port = free_port()
        serving = subprocess.Popen(
            [MEMOQA, "serve", "--home", home, "--port", str(port)], env=environment()
        )
        try:
            with client_of(f"http://127.0.0.1:{port}") as client:
                _measure(client, draw, vocabulary, small, home)
        finally:
            serving.terminate()
            serving.wait()


def _measure(
    client: httpx.Client, draw: random.Random, vocabulary: list[str], small: Path, home: Path
) -> None:
    _wait(client)
    for what, folder, change in (
        ("start-up (one short document)", small, None),
        ("nothing changed", home, None),
        ("one text changed", home, "report-1.txt"),
        ("one PDF changed", home, "report-0.pdf"),
    ):
        seen: Counter[str] = Counter()
        ended = threading.Event()
        asking = threading.Thread(target=ask, args=(client, ended, seen))
        asking.start()
        runs = []
        for _ in range(3):
            if change is not None:
                write(folder / "corpus" / change, text(draw, vocabulary, draw.randrange(10**6)))
            runs.append(index(folder))
        ended.set()
        asking.join()
        seconds, used = (np.median([run[n] for run in runs]) for n in (0, 1))
        print(f"{what}: {seconds:.1f} s, {used:.1f} s of processor; asked meanwhile: {dict(seen)}")
        print(f"    {runs[-1][2]}")


def _wait(client: httpx.Client) -> None:
    while True:
        try:
            client.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return wait_until_ready(client)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000)
    main(parser.parse_args().documents)
