"""Where things are and how much is allowed; each field can be set as `MEMOQA_<FIELD>`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`home` holds `corpus/` and `index/`; `embedder` is the packaged model's name, or the folder
    or hub name of any sentence-transformers model; `reader` likewise that of any extractive
    question answering model. `allow_add` lets readers add files to the corpus.
    """

    model_config = SettingsConfigDict(env_prefix="MEMOQA_", frozen=True)

    home: Path = Path()
    embedder: str = "multilingual-e5-small-en-ja"
    reader: str = "memoqa-reader-en"
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    max_body_bytes: int = Field(default=65_536, ge=1_024)
    max_file_bytes: int = Field(default=20_000_000, ge=1)
    max_text_characters: int = Field(default=10_000_000, ge=1)
    max_pages: int = Field(default=2_000, ge=1)
    max_parse_seconds: float = Field(default=60, gt=0)
    max_parse_memory: int = Field(default=1_000_000_000, ge=100_000_000)
    queue_length: int = Field(default=16, ge=1)
    allow_add: bool = False

    @property
    def corpus(self) -> Path:
        return self.home / "corpus"

    @property
    def index(self) -> Path:
        return self.home / "index"

    @property
    def feedback(self) -> Path:
        return self.home / "feedback.sqlite3"
