"""What a running service does under load: latency alone, then errors and memory under a crowd.

    memoqa serve &
    python benchmarks/load.py PID [--clients 50] [--seconds 30]

asks the questions of tests/questions/memo.jsonl: one client first, then two equal runs of many.
PID is the service's, for its memory. The only refusal allowed is 503 with Retry-After.
"""

import argparse
import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import psutil

QUESTIONS = Path(__file__).parents[1] / "tests" / "questions" / "memo.jsonl"


async def client(
    http: httpx.AsyncClient, questions: Iterator[str], until: float, seen: Counter[str]
) -> list[float]:
    """Milliseconds of each answer, until the time is up."""
    times = []
    while time.monotonic() < until:
        started = time.perf_counter()
        try:
            response = await http.post("/ask", json={"question": next(questions)})
        except httpx.HTTPError as error:
            seen[f"error {type(error).__name__}"] += 1
            continue
        outcome = str(response.status_code)
        if response.status_code == 200:
            times.append((time.perf_counter() - started) * 1000)
        elif "retry-after" in response.headers:
            outcome += " with Retry-After"
            # A tenth of what is asked for: impatient clients keep the queue full.
            await asyncio.sleep(int(response.headers["retry-after"]) / 10)
        seen[outcome] += 1
    return times


async def run(url: str, clients: int, seconds: float) -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = itertools.cycle([json.loads(line)["question"] for line in lines])
    seen: Counter[str] = Counter()
    until = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits()) as http:
        runs = (client(http, questions, until, seen) for _ in range(clients))
        times = np.concatenate(await asyncio.gather(*runs))
    median, p95 = np.percentile(times, (50, 95))
    print(f"{clients} clients, {seconds:.0f} s: median {median:.0f} ms, p95 {p95:.0f} ms", end=", ")
    print(dict(seen))


def main(pid: int, url: str, clients: int, seconds: float) -> None:
    process = psutil.Process(pid)
    for count in (1, clients, clients):
        asyncio.run(run(url, count, seconds))
        print(f"memory {process.memory_info().rss / 2**20:.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pid", type=int)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    main(arguments.pid, arguments.url, arguments.clients, arguments.seconds)
