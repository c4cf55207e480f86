from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeEmbedder, document, index_of, models
from memoqa import ingest, store
from memoqa.answer import Assistant
from memoqa.index import Index
from memoqa.settings import Settings
from memoqa.suggest import MOST, choose, english, japanese, suggestions
from memoqa.suggest.candidate import Candidate
from memoqa.types import Answer, Suggestion


def made(candidates: Callable[[str], Sequence[Candidate]], sentence: str) -> dict[str, str]:
    return {c.question: sentence[c.start : c.end] for c in candidates(sentence)}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "In response, in 2001 the Ministry of Rivers, Roads and Rail (MRR) started the Harbour "
            "Program (港) to help small firms.",
            {
                "When did MRR start the Harbour Program?": "2001",
                "Who started the Harbour Program?": "the Ministry of Rivers, Roads and Rail",
            },
        ),
        (
            "The Valley Line was closed in 1974 and opened again in 2008.",
            {"When was the Valley Line closed?": "1974"},
        ),
        (
            "Statistics put fishing boats at 4,210 in 1950; by 1990 there were fewer.",
            {"How many fishing boats were there in 1950?": "4,210"},
        ),
        (
            "In 1998 only 12 contracts were signed by two or more firms; in 2003 more.",
            {"How many contracts were signed by two or more firms in 1998?": "12"},
        ),
        (
            "The Northern Plain had 14 districts in 2001 and 11 in 2011.",
            {"How many districts did the Northern Plain have in 2001?": "14"},
        ),
        ("Twelve offices were closed.", {"How many offices were closed?": "Twelve"}),
        (
            "An industrial district is a town where many small firms live.",
            {"What is an industrial district?": "a town where many small firms live"},
        ),
        (
            "Hana Mori is a Professor of Economics at a small college.",
            {"Who is Hana Mori?": "a Professor of Economics at a small college"},
        ),
        (
            "The question was put off until June, because the owner had not been asked.",
            {"Why was the question put off until June?": "the owner had not been asked"},
        ),
        (
            "Wages of the makers are not reported, because fewer than twenty answered.[2]",
            {"Why are wages of the makers not reported?": "fewer than twenty answered"},
        ),
        (
            "“Ports and Towns”, a journal article by Hana Mori, was published in 2003 in Acta, "
            "volume 7.",
            {
                "Who wrote “Ports and Towns”?": "Hana Mori",
                "When was “Ports and Towns” published?": "2003",
            },
        ),
    ],
)
def test_english_sentences(sentence: str, expected: dict[str, str]) -> None:
    assert made(lambda s: list(english.candidates(s)), sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "It was closed in 1974.",
        "This line was opened in 1974.",
        "The school opened in September 2014 with 22 pupils.",
        "When the yard closed in 1987, some 640 workshops lost their main customer.",
        "In 2007, 194 companies joined this program.",
        "Together they employed 148 technicians in 2003.",
        "That is a response of 68 %, the highest since the form was cut.",
        "A year | Firms | 2001 | 12",
        "There were 12 of them in 1990.",
    ],
)
def test_what_leans_on_other_sentences_gives_no_question(sentence: str) -> None:
    assert made(lambda s: list(english.candidates(s)), sentence) == {}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("共同研究は、2006年に始まった。", {"共同研究はいつ始まりましたか。": "2006年"}),
        (
            "県は1998年に「ものづくり協議会」を設けた。",
            {"県はいつ「ものづくり協議会」を設けましたか。": "1998年"},
        ),
        (
            "製造業は発展した。1975年には製造業の事業所が1,862か所あり、減り続けた。",
            {"1975年に、製造業の事業所は何か所ありましたか。": "1,862"},
        ),
        (
            "なお、2011年の調査は震災のため中止された。",
            {"2011年の調査はなぜ中止されましたか。": "震災"},
        ),
        (
            "産業集積とは、同じ業種の企業が一つの地域に集まった状態をいう。",
            {"産業集積とは何ですか。": "同じ業種の企業が一つの地域に集まった状態"},
        ),
        ("協議会とは別に、工業試験場が窓口を開いているのである。", {}),
        ("これは2006年に始まった。", {}),
        ("参加の理由 | 割合", {}),
    ],
)
def test_japanese_sentences(sentence: str, expected: dict[str, str]) -> None:
    assert made(lambda s: list(japanese.candidates(s)), sentence) == expected


MEMO = replace(
    document(
        "Notes\n\nThe Valley Line was closed in 1974. The Hill Line was closed in 1980.", id="memo"
    ),
    questions=("Valley Line closed", "Who won the race?", "x" * 5_000),
)
NOTE = document("Notes\n\nThe Shore Line was opened in 1990.", id="note", kind="note")


class Asking:
    """Opens an assistant over the index and counts how often."""

    def __init__(self) -> None:
        self.opened = 0

    def __call__(self, index: Index) -> Assistant:
        self.opened += 1
        return Assistant(index, models(0.5))


def test_each_suggestion_is_answered_by_its_own_sentence() -> None:
    index = index_of(NOTE, MEMO)
    found = suggestions(index, None, Asking())
    assert found == (
        Suggestion("Valley Line closed", "en", "memo"),
        Suggestion("When was the Valley Line closed?", "en", "memo"),
        Suggestion("When was the Shore Line opened?", "en", "note"),
        Suggestion("When was the Hill Line closed?", "en", "memo"),
    )
    assistant = Asking()(index)
    for suggestion in found:
        (citation,) = assistant.ask(suggestion.question, limit=1).citations
        assert citation.document.id == suggestion.document


def test_what_is_quoted_from_elsewhere_is_not_suggested() -> None:
    first = document("A\n\nThe Shore Line was opened in 1990.", id="a")
    same = replace(first, id="b", kind="note", text=first.text.replace("1990", "1991"))
    found = suggestions(index_of(first, same), None, Asking())
    assert found == (Suggestion("When was the Shore Line opened?", "en", "a"),)


def test_there_are_a_handful_spread_over_the_documents() -> None:
    names = [f"{chr(65 + n)}{chr(97 + n) * 6}" for n in range(20)]
    many = [
        document(f"Notes\n\nThe {name} Line was opened in 19{50 + n}.", id=name, kind="note")
        for n, name in enumerate(names)
    ]
    found = suggestions(index_of(*many), None, Asking())
    assert len(found) == MOST
    assert len({suggestion.document for suggestion in found}) == MOST


def test_nothing_is_asked_when_nothing_changed() -> None:
    index, asking = index_of(NOTE, MEMO), Asking()
    index.suggestions = suggestions(index, None, asking)
    assert suggestions(index_of(NOTE, MEMO), index, asking) == index.suggestions
    assert asking.opened == 1


def test_only_what_is_new_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = index_of(NOTE, MEMO)
    before.suggestions = suggestions(before, None, Asking())
    new = document("Notes\n\nThe Coast Line was opened in 2001.", id="new", kind="note")
    asked: list[str] = []

    def assistant(index: Index) -> Assistant:
        opened = Asking()(index)
        ask = opened.ask

        def heard(question: str, **more: Any) -> Answer:
            asked.append(question)
            return ask(question, **more)

        monkeypatch.setattr(opened, "ask", heard)
        return opened

    found = suggestions(index_of(NOTE, MEMO, new), before, assistant)
    assert asked == ["When was the Coast Line opened?"]
    assert {suggestion.document for suggestion in found} == {"memo", "new", "note"}


def test_a_document_that_went_takes_its_suggestions_along() -> None:
    before = index_of(NOTE, MEMO)
    before.suggestions = suggestions(before, None, Asking())
    found = suggestions(index_of(NOTE), before, Asking())
    assert {suggestion.document for suggestion in found} == {"note"}


def test_no_more_than_so_many_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "ASKED", 2)
    assert len(suggestions(index_of(NOTE, MEMO), None, Asking())) <= 2


def test_suggestions_are_kept_with_the_index_and_out_of_its_fingerprint(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.corpus.mkdir()
    (settings.corpus / "memo.txt").write_text(MEMO.text, encoding="utf-8")
    plain = ingest.build(settings, FakeEmbedder())
    given = (Suggestion("Why?", "en", "memo"),)
    report = ingest.build(settings, FakeEmbedder(), suggest=lambda _new, _old: given)
    assert report.manifest.fingerprint == plain.manifest.fingerprint
    assert store.load(settings.index).suggestions == given
