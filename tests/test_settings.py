from pathlib import Path

import pytest
from pydantic import ValidationError

from memoqa.models import EMBEDDER
from memoqa.settings import Settings


def test_home_is_here_and_only_this_machine_is_served_unless_told() -> None:
    settings = Settings()
    assert settings.corpus == Path("corpus")
    assert settings.index == Path("index")
    assert settings.embedder == EMBEDDER.name
    assert set(settings.allowed_hosts) == {"127.0.0.1", "localhost", "[::1]"}


def test_each_field_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOQA_HOME", "/srv/memo")
    monkeypatch.setenv("MEMOQA_EMBEDDER", "other")
    monkeypatch.setenv("MEMOQA_ALLOWED_HOSTS", '["memo.example"]')
    monkeypatch.setenv("MEMOQA_MAX_BODY_BYTES", "2048")
    monkeypatch.setenv("MEMOQA_MAX_FILE_BYTES", "3000")
    monkeypatch.setenv("MEMOQA_QUEUE_LENGTH", "4")
    settings = Settings()
    assert settings.corpus == Path("/srv/memo/corpus")
    assert settings.index == Path("/srv/memo/index")
    assert settings.embedder == "other"
    assert settings.allowed_hosts == ("memo.example",)
    assert settings.max_body_bytes == 2048
    assert settings.max_file_bytes == 3000
    assert settings.queue_length == 4


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOQA_HOME", "/srv/memo")
    assert Settings(home=Path("/here")).home == Path("/here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMOQA_MAX_BODY_BYTES", "1023"),
        ("MEMOQA_MAX_FILE_BYTES", "0"),
        ("MEMOQA_QUEUE_LENGTH", "0"),
        ("MEMOQA_QUEUE_LENGTH", "many"),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("MEMOQA_").lower()):
        Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().home = Path("/other")
