import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from memoqa.evaluate import Result, page
from memoqa.evaluate.report import misses, outcomes
from results import RESULTS, asked, result

VOID = {"meta", "br"}


class Balanced(HTMLParser):
    """Which elements are open, and every element seen with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Balanced:
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_needs_nothing_beside_it() -> None:
    html = page(RESULTS, "memo.jsonl", 0)
    elements = parsed(html).seen
    tags = {tag for tag, _ in elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "a"}
    assert not any(name in attributes for _, attributes in elements for name in ("src", "href"))
    assert "url(" not in html
    assert "@import" not in html


def test_the_page_says_what_was_measured() -> None:
    html = page(RESULTS, "memo.jsonl", 7)
    assert "memoqa on memo.jsonl" in html
    assert "At this setting 2 of 4 answers were right" in html
    assert "(seed 7)" in html
    assert '<td class="n">0.400</td>' in html
    for name in ("recall@12", "MRR", "EM with refusal", "AUROC", "ECE", "Brier", "AURC"):
        assert f">{name}<" in html


def test_the_pictures_are_well_formed_and_within_their_frames() -> None:
    html = page(RESULTS * 40, "memo.jsonl", 0)
    charts = re.findall(r"<svg class=\"chart\".*?\n  </svg>", html, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        picture = ElementTree.fromstring(chart)
        dots = picture.findall(".//circle")
        assert dots
        assert all(0 <= float(dot.attrib[at]) <= 300 for dot in dots for at in ("cx", "cy"))
        assert "nan" not in chart


def test_words_from_outside_are_escaped() -> None:
    hostile = "<script>alert(1)</script>"
    wrong = result(text=hostile)
    wrong = replace(wrong, question=asked(hostile, text=hostile, type=hostile))
    html = page([wrong], f"{hostile}.jsonl", 0)
    parsed(html)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5


def test_the_words_marked_are_inside_the_quote() -> None:
    html = page([result()], "memo.jsonl", 0)
    assert "<mark>Twenty consor</mark>tia joined.</blockquote>" in html


@pytest.mark.parametrize(
    "results",
    [
        [result(right=True)],
        [result(answered=False)],
        [result(answerable=False)],
        [result(answerable=False, answered=False)],
        [replace(result(answered=False), answer=replace(result().answer, citations=()), seen=())],
    ],
)
def test_any_results_make_a_page(results: list[Result]) -> None:
    parsed(page(results, "memo.jsonl", 0))


def test_no_results_make_none() -> None:
    with pytest.raises(ValueError, match="no results"):
        page([], "memo.jsonl", 0)


def test_outcomes_are_counted_by_whether_there_is_an_answer() -> None:
    assert outcomes(RESULTS) == {
        (True, "right"): 2,
        (True, "wrong"): 1,
        (True, "refused"): 2,
        (False, "wrong"): 1,
        (False, "refused"): 2,
    }


def test_every_question_that_went_wrong_is_listed_once_the_most_confident_first() -> None:
    passed_over = result(answered=False, rank=3, confidence=0.15)
    found = misses([*RESULTS, passed_over])
    assert [(kind.title, [r.answer.confidence for r in kind.results]) for kind in found] == [
        ("Answered wrongly", [0.8]),
        ("Answered, with no answer there", [0.7]),
        ("Refused, with the answer at hand", [0.2]),
        ("Refused, with the answer passed over", [0.15]),
        ("Refused, with the answer not found", [0.1]),
    ]
    wrong = {id(r) for r in [*RESULTS, passed_over] if r.wrong}
    assert {id(r) for kind in found for r in kind.results} == wrong


def test_of_many_that_went_wrong_the_ten_most_confident_are_listed() -> None:
    (kind,) = misses([result(confidence=n / 100) for n in range(30)])
    assert kind.count == 30
    assert [r.answer.confidence for r in kind.results] == [n / 100 for n in range(29, 19, -1)]
    assert "The 10 with the most confidence:" in page(kind.results * 3, "memo.jsonl", 0)


def test_the_passages_seen_are_shown_to_the_fifth_and_the_first_that_holds_an_answer() -> None:
    html = page([result(rank=9)], "memo.jsonl", 0)
    shown = re.findall(r"<bdi>Passage (\d+)\.</bdi>", html)
    assert shown == ["1", "2", "3", "4", "5", "9"]
    assert "the first that holds an answer at rank 9" in html
