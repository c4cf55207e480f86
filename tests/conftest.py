"""What the tests share: the shipped corpus, and an assistant on it with the real models."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser

from browsing import Site, chromium
from memoqa import ingest
from memoqa.answer import Assistant, open_assistant
from memoqa.settings import Settings
from memoqa.suggest import suggestions
from memoqa.weigh import open_models
from serving import served

ROOT = Path(__file__).parents[1]

hypothesis.settings.register_profile("memoqa", deadline=None, print_blob=True)
hypothesis.settings.load_profile("memoqa")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"MEMOQA_{field.upper()}", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the shipped corpus, indexed by the real models."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "corpus", home / "corpus")
    settings = Settings(home=home)
    models = open_models(settings)
    ingest.build(
        settings,
        models.embedder,
        suggest=lambda index, before: suggestions(
            index, before, lambda made: Assistant(made, models)
        ),
    )
    return settings


@pytest.fixture(scope="session")
def real_assistant(real_settings: Settings) -> Assistant:
    return open_assistant(real_settings, open_models(real_settings))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`memoqa serve`, open to files, on the memo, a memo in Japanese and a PDF, with the real
    models; it has to end cleanly.
    """
    home = tmp_path_factory.mktemp("site")
    corpus = home / "corpus"
    corpus.mkdir()
    files = Path(__file__).parent / "files" / "documents"
    for source in (
        *ROOT.glob("corpus/memo-208.*"),
        files / "renkei-memo.txt",
        files / "skills-bulletin.pdf",
    ):
        shutil.copy(source, corpus)
    with served(
        home, end_with=signal.SIGTERM, expected=-signal.SIGTERM, MEMOQA_ALLOW_ADD="true"
    ) as address:
        yield Site(home, address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module alone: while Playwright runs, no other event loop does."""
    with chromium() as launched:
        yield launched
