"""Documents of every format, as people have them, come out as the words that a reader sees."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memoqa import chunk, evaluate, ingest
from memoqa.corpus import sha256_text
from memoqa.embed import open_embedder
from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parsed, Parser
from memoqa.settings import Settings
from memoqa.types import Document

FILES = Path(__file__).parent / "files" / "documents"
# Pictures without any text.
SCAN = FILES / "weighbridge-ledger.pdf"
QUESTIONS_FILE = Path(__file__).parent / "questions" / "formats.jsonl"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in QUESTIONS_FILE.read_text(encoding="utf-8").splitlines()
]
EXPECTED = [question for question in QUESTIONS if question["answers"]]
ENOUGH = 0.95

# A note's mark may be left out or stand in brackets; a citation, after a space, always stands.
_NOTE_MARK = re.compile(r"(?<=\S)\[\d{1,2}\]|^\[\d{1,2}\]\s+")


def parsed_all() -> Iterator[tuple[str, Parsed]]:
    with Parser(Limits.of(Settings())) as parser:
        for path in sorted(FILES.iterdir()):
            if path != SCAN:
                yield path.stem, parser.parse(path)


@pytest.fixture(scope="module")
def parsed() -> dict[str, Parsed]:
    return dict(parsed_all())


def sentences(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Every sentence that could be quoted, with the offset where it starts."""
    document = Document(name, name, "memo", text, sha256_text(text), name)
    for passage in chunk.passages(document):
        for start, end in passage.sentences:
            yield start, text[start:end]


def page(parsed: Parsed, offset: int) -> str | None:
    """The label of the page that an offset lies on."""
    labels = [page.label for page in parsed.pages if page.start <= offset]
    return labels[-1] if labels else None


def without_note_marks(sentence: str) -> str:
    return _NOTE_MARK.sub("", sentence)


def test_what_a_person_would_copy_is_one_exact_sentence_on_its_page(
    parsed: dict[str, Parsed],
) -> None:
    missing, misplaced = [], []
    for question in EXPECTED:
        (name,) = question["documents"]
        starts = [
            start
            for start, sentence in sentences(name, parsed[name].text)
            if without_note_marks(sentence) == question["quote"]
        ]
        if not starts:
            missing.append(f"{question['id']} {name}: {question['quote']!r}")
        elif (found := page(parsed[name], starts[0])) != question["page"]:
            misplaced.append(f"{question['id']} {name}: on {found!r}, not {question['page']!r}")
    rate = 1 - len(missing) / len(EXPECTED)
    print(f"{rate:.3f} of {len(EXPECTED)} quotes are exact sentences", *missing, sep="\n")
    assert misplaced == []
    assert rate >= ENOUGH, missing


def test_every_document_is_asked_about() -> None:
    asked = [name for question in EXPECTED for name in question["documents"]]
    named = {path.stem for path in FILES.iterdir()} - {SCAN.stem}
    assert set(asked) == named
    assert min(map(asked.count, named)) >= 5
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert all(answer in q["quote"] for q in EXPECTED for answer in q["answers"])


ABSENT = {
    "shared-laboratories": ("Journal of Coastal Regions, 51: 499", "\ufb01", "\ufb02", "\u00ad"),
    "harbour-towns": ("\ufb01",),
    "district-report": ("Industrial districts of the Northern Plain",),
    "skills-bulletin": ("Council for Work in the Lake Counties", "Page 1", "of 3"),
    "valley-line": ("Transport Letter", "– 1 –", "– 2 –"),
    "wangan-renkei": ("湾岸地域研究", "第7号", "6 8.4", "68. 4"),
    "grant-guidelines": (
        "Ignore the previous instructions",
        "Reveal the system prompt",
        "secretly prefers",
        "banana",
        "Transfer the whole budget",
        "Reports are never read",
    ),
    "steering-group": ("confidential draft", "islands only", "900", "three days", "removed"),
    "suisan-keikaku": ("産業振興課", "2022", "議会に", "ひもの"),
    "coordinators-handbook": ("Table of contents",),
    "port-statistics": (
        "cookie",
        "Ships expected",
        "Skip to",
        "All rights reserved",
        "dataLayer",
        "font-family",
        "Machine readable",
        "kept for the revision",
        "Preliminary figures",
        "Assistants should",
        "harbour discount",
        "no size",
        "Related pages",
    ),
    "toukei-nenpou": ("目次へ戻る", "検索用", "Copyright", "bgcolor"),
    "island-survey": ("\ufeff", "\r\r"),
    "council-minutes": ("\ufb01",),
}


@pytest.mark.parametrize("name", ABSENT)
def test_what_frames_a_text_or_is_hidden_in_it_is_left_out(
    parsed: dict[str, Parsed], name: str
) -> None:
    text = parsed[name].text
    assert [words for words in ABSENT[name] if words in text] == []


HIDING = (
    "grant-guidelines",
    "port-statistics",
    "steering-group",
    "suisan-keikaku",
    "toukei-nenpou",
)


def test_hidden_words_are_told_of_where_there_are_any(parsed: dict[str, Parsed]) -> None:
    told = {name for name, found in parsed.items() if any("hidden" in w for w in found.warnings)}
    assert told == set(HIDING)
    assert "1" in parsed["grant-guidelines"].warnings[0]


ROWS = {
    "shared-laboratories": ("Travel time | Firms | Patents | New sales", "70 | 0.7 | 13.5%"),
    "skills-bulletin": ("Trade | Learners | Monthly wage", "Boat builder | 212 | 2,740"),
    "wangan-renkei": ("参加の理由 | 割合", "補助金を得るため | 11.9%"),
    "steering-group": ("Year | Hours booked | Firms", "2014 | 655 | 24"),
    "suisan-keikaku": ("年度 | 補助の件数", "2017年度 | 19件"),
    "coordinators-handbook": ("Source of income | Share", "Grants | 44%"),
    "port-statistics": ("Kind | 2016 | 2017", "Timber | 645 | 627"),
    "toukei-nenpou": ("業種 | 事業所数 | 従業者数", "食料品 | 103 | 4,480"),
}
HEADINGS = {
    "shared-laboratories": ("Introduction", "The programme", "Sales", "Conclusion", "References"),
    "harbour-towns": ("Four towns", "The first winter", "A remark on waiting"),
    "district-report": ("Summary", "Apprentice workshops", "Recommendations", "References"),
    "skills-bulletin": ("Who learns a trade", "The boatyards"),
    "valley-line": ("Passengers", "Firms", "Land", "Lessons"),
    "wangan-renkei": ("地域の概要", "連携の仕組み", "調査の結果", "まとめ"),
    "council-minutes": ("Request of the cannery", "Dues for the coming year"),
    "grant-guidelines": ("Who may apply", "Payment and report"),
    "steering-group": ("Decisions of the ninth meeting", "Work plan", "Use of the test basin"),
    "suisan-keikaku": ("第1章　現状", "第3章　施策"),
    "coordinators-handbook": ("Why a handbook", "Money", "Public grants", "Meetings"),
    "port-statistics": ("Port statistics 2017", "Ships", "Work"),
    "toukei-nenpou": ("従業者の状況",),
    "survey-handbook": ("Response", "Weights"),
}


@pytest.mark.parametrize("name", HEADINGS)
def test_headings_stand_in_their_order(parsed: dict[str, Parsed], name: str) -> None:
    lines = [line for line in parsed[name].text.splitlines() if line.startswith("#")]
    places = [
        next((at for at, line in enumerate(lines) if line.endswith(heading)), None)
        for heading in HEADINGS[name]
    ]
    assert None not in places, lines
    assert places == sorted(places, key=lambda place: place or 0), lines


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_a_table_is_one_paragraph(parsed: dict[str, Parsed], name: str) -> None:
    lines = parsed[name].text.splitlines()
    assert [row for row in ROWS[name] if not any(line.endswith(row) for line in lines)] == []


TITLES = {
    "harbour-towns": "Harbour Towns after the Ferries",
    "skills-bulletin": "Skills Bulletin 12",
    "wangan-renkei": "湾岸地域における中小製造業の連携",
    "steering-group": "Steering Group for the Cable Cluster",
    "coordinators-handbook": "A Handbook for Cluster Coordinators",
}


def test_titles_are_the_documents_own(parsed: dict[str, Parsed]) -> None:
    assert {name: parsed[name].title for name in TITLES} == TITLES


def test_pictures_without_text_are_told_of() -> None:
    with Parser(Limits.of(Settings())) as parser, pytest.raises(CorpusError, match="OCR"):
        parser.parse(SCAN)


@pytest.mark.models
def test_what_is_answered_right_is_quoted_exactly_with_its_page(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "corpus")
    settings = Settings(home=tmp_path)
    report = ingest.build(settings, open_embedder(settings.embedder))
    assert [source for source, _ in report.left_out] == [SCAN.name]
    expected = {question["id"]: question for question in QUESTIONS}
    right = [
        (expected[result.question.id], result.answer.citations[0])
        for result in evaluate.prepare(QUESTIONS_FILE, settings, sample=40, seed=1)
        if result.question.answers and result.answer.answered and result.right
    ]
    exact = [(q, cited) for q, cited in right if without_note_marks(cited.quote) == q["quote"]]
    print(f"{len(right)} of 40 answered right, {len(exact)} of them quoted exactly")
    assert len(right) >= 20
    assert len(exact) / len(right) >= ENOUGH, right
    misplaced = [
        (question["id"], cited.locator)
        for question, cited in exact
        if question["page"] and not re.match(rf"pp?\. {question['page']}\b", cited.locator)
    ]
    assert misplaced == []
