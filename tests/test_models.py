import hashlib
import sys
from pathlib import Path

import pytest

from memoqa.errors import ModelMismatch, ModelNotFound
from memoqa.models import (
    BILINGUAL_READER,
    EMBEDDER,
    READER,
    RERANKER,
    PinnedModel,
    check_file,
    folder_identity,
    sha256_file,
)

WEIGHTS, OTHER = b"weights" * 10_000, b"tokens"


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PinnedModel:
    """A model in a package that fails when it is imported."""
    folder = tmp_path / "carries_a_model"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "inner" / "weights.bin").write_bytes(WEIGHTS)
    (folder / "inner" / "tokens.json").write_bytes(OTHER)
    monkeypatch.syspath_prepend(tmp_path)
    return PinnedModel(
        name="tiny",
        package="carries_a_model",
        folder="inner",
        files=(
            ("weights.bin", hashlib.sha256(WEIGHTS).hexdigest()),
            ("tokens.json", hashlib.sha256(OTHER).hexdigest()),
        ),
    )


def test_the_folder_is_found_without_importing_the_package(pinned: PinnedModel) -> None:
    assert (pinned.path() / "weights.bin").read_bytes() == WEIGHTS
    assert "carries_a_model" not in sys.modules


def test_the_identity_names_the_weights(pinned: PinnedModel) -> None:
    assert pinned.identity == f"tiny@{hashlib.sha256(WEIGHTS).hexdigest()[:16]}"


@pytest.mark.parametrize("name", ["weights.bin", "tokens.json"])
def test_a_file_of_other_bytes_is_refused(pinned: PinnedModel, name: str) -> None:
    file = pinned.path() / name
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelMismatch, match=rf"{name}.*install memoqa again"):
        pinned.path()


@pytest.mark.parametrize("name", ["weights.bin", "tokens.json"])
def test_a_missing_file_is_named(pinned: PinnedModel, name: str) -> None:
    (pinned.path() / name).unlink()
    with pytest.raises(ModelNotFound, match=rf"{name}.*missing"):
        pinned.path()


def test_a_missing_package_is_named() -> None:
    absent = PinnedModel("tiny", "no_such_package_here", "inner", (("weights.bin", "0"),))
    with pytest.raises(ModelNotFound, match=r"'tiny'.*'no_such_package_here'"):
        absent.path()


def test_a_folder_in_place_of_a_file_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="missing"):
        check_file(tmp_path, "0")


def test_sha256_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert sha256_file(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_folder_is_known_by_the_names_and_bytes_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_bytes(b"1")
    (folder / "sub" / "b").write_bytes(b"2")
    first = folder_identity(folder)
    assert first.startswith("my-model@")
    assert folder_identity(folder) == first
    (folder / "sub" / "b").write_bytes(b"3")
    second = folder_identity(folder)
    (folder / "sub" / "b").rename(folder / "sub" / "c")
    assert len({first, second, folder_identity(folder)}) == 3


@pytest.mark.models
@pytest.mark.parametrize(
    "model", [EMBEDDER, RERANKER, READER, BILINGUAL_READER], ids=lambda model: model.name
)
def test_the_shipped_models_are_the_pinned_ones(model: PinnedModel) -> None:
    assert model.path().is_dir()


@pytest.mark.models
@pytest.mark.parametrize(
    "model", [EMBEDDER, READER, BILINGUAL_READER], ids=lambda model: model.name
)
def test_our_models_hold_no_traces_of_where_they_were_made(model: PinnedModel) -> None:
    content = (model.path() / "model.onnx").read_bytes()
    assert b"site-packages" not in content
    assert b'File "/' not in content
