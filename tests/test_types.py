import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from fakes import assistant_of, document
from memoqa.types import Span


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3), (-1, 3)])
def test_a_span_holds_at_least_one_character(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"no span of 'doc' from"):
        Span("doc", start, end)


def test_values_cannot_be_changed() -> None:
    span = Span("doc", 0, 1)
    with pytest.raises(FrozenInstanceError):
        span.end = 2  # type: ignore[misc]


def test_an_answer_is_plain_json() -> None:
    answer = assistant_of(document("The moon is made of 緑 cheese 🧀.")).ask("What is the moon?")
    fields = json.loads(json.dumps(asdict(answer)))
    assert set(fields) == {
        "question", "answered", "answer", "confidence", "citations", "reason", "nearest", "index",
        "timings_ms", "reference", "taken_as",
    }  # fmt: skip
    (cited,) = fields["citations"]
    assert cited["quote"] == "The moon is made of 緑 cheese 🧀."
    assert cited["document"]["id"] == "doc"
    assert set(fields["timings_ms"]) == {"retrieve", "rerank", "read", "total"}
