"""Services that really run: an app in a thread, and the `memoqa serve` command."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

GUARD = 60
"""Seconds after which a test gives up; none takes nearly as long."""

MEMOQA = str(Path(sys.executable).parent / "memoqa")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with no memoqa setting but `changes`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEMOQA_")}
    # Wide, so that rich does not break a line where a test looks for a sentence.
    return kept | {"COLUMNS": "1000", "NO_COLOR": "1"} | changes


@contextmanager
def running(app: FastAPI, port: int = 0, ready: bool = True) -> Iterator[httpx.Client]:
    """The app behind uvicorn, and a client of it; any answer 500 fails the test."""
    before = set(threading.enumerate())
    listening = socket.create_server(("127.0.0.1", port))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        app, log_level="warning", ws="none", server_header=False, timeout_graceful_shutdown=GUARD
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with client_of(address) as client:
            if ready:
                wait_until_ready(client)
            yield client
    finally:
        server.should_exit = True
        thread.join(GUARD)
        assert not thread.is_alive(), "the service did not end"
        left = {thread.name for thread in set(threading.enumerate()) - before}
        assert not any(name.startswith("memoqa") for name in left), "its worker did not end"


def client_of(address: str) -> httpx.Client:
    def never_500(response: httpx.Response) -> None:
        assert response.status_code != 500, response.request.url

    return httpx.Client(
        base_url=address, timeout=GUARD, trust_env=False, event_hooks={"response": [never_500]}
    )


def wait_until_ready(client: httpx.Client) -> None:
    until = time.monotonic() + GUARD
    while (response := client.get("/readyz")).status_code != 200:
        assert time.monotonic() < until, response.text
        time.sleep(0.02)


@contextmanager
def served(home: Path, end_with: signal.Signals, expected: int, **settings: str) -> Iterator[str]:
    """The address of a `memoqa serve` on this home, ended with a signal and its exit code
    compared.
    """
    port = free_port()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [MEMOQA, "serve", "--home", str(home), "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(**settings),
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_listening(process, address)
            yield address
            process.send_signal(end_with)
            code = process.wait(GUARD)
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        said = output.read()
        assert code == expected, said
        assert "Traceback" not in said
        assert "ERROR" not in said


def _wait_until_listening(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + 3 * GUARD
    with client_of(address) as client:
        while True:
            assert process.poll() is None, "memoqa serve ended by itself"
            assert time.monotonic() < until, "memoqa serve does not listen"
            try:
                client.get("/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        wait_until_ready(client)
