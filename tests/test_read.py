import pytest

from fakes import FakeEmbedder, FakeReranker, document, index_of
from memoqa.read import SentenceReader, whole_words
from memoqa.rerank import rerank
from memoqa.retrieve import Retriever
from memoqa.types import Document, Extract, Passage, Retrieved


def ranked(question: str, *documents: Document) -> list[Retrieved]:
    found = Retriever(index_of(*documents), FakeEmbedder()).retrieve(question, 8)
    return rerank(FakeReranker(), question, found, 8)


def read(question: str, *documents: Document) -> list[Extract]:
    return SentenceReader(FakeReranker()).read(question, ranked(question, *documents))


def test_the_sentence_that_answers_comes_first() -> None:
    one = document("Apples are red. Pears are green. Plums are blue.")
    (first, second, third) = read("green pears", one)
    assert one.text[first.span.start : first.span.end] == "Pears are green."
    assert first.highlight == first.span
    assert first.score > second.score == third.score
    assert second.span.start < third.span.start


def test_a_sentence_scores_with_its_passage() -> None:
    (hit,) = ranked("green pears", document("Apples are red. Pears are green."))
    reader = SentenceReader(FakeReranker(), passage_weight=0.5)
    first, second = reader.read("green pears", [hit])
    assert hit.score == 5.0
    assert first.score == pytest.approx(5 + 0.5 * 5)
    assert second.score == pytest.approx(-5 + 0.5 * 5)


def test_a_sentence_that_passages_share_is_read_once_in_the_better_one() -> None:
    long = document(" ".join(f"Number {n} stands here to fill the paragraph." for n in range(60)))
    hits = ranked("number 13", long)
    assert len(hits) > 2
    extracts = SentenceReader(FakeReranker()).read("number 13", hits)
    assert len({extract.span for extract in extracts}) == len(extracts) == 60
    best: dict[tuple[int, int], Passage] = {}
    for hit in hits:
        for bounds in hit.passage.sentences:
            best.setdefault(bounds, hit.passage)
    assert all(e.passage == best[(e.span.start, e.span.end)] for e in extracts)


def test_every_extract_lies_in_its_passage() -> None:
    for extract in read("red", document("Apples are red. Pears are green.\n\nPlums are blue.")):
        span = extract.passage.span
        assert span.start <= extract.span.start < extract.span.end <= span.end


def test_of_nothing_comes_nothing() -> None:
    assert SentenceReader(FakeReranker()).read("red", []) == []


def test_the_identity_tells_readers_apart() -> None:
    one, other = (SentenceReader(FakeReranker(), weight) for weight in (0.3, 0.5))
    assert FakeReranker.identity in one.identity
    assert one.identity != other.identity


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("The establishments fell.", "establish", "establishments"),
        ("It had 728,853 of them", "853", "853"),
        ("re-established", "established", "established"),
        ("計画を始めた", "を始", "を始"),
        ("whole", "whole", "whole"),
    ],
)
def test_a_cut_word_is_made_whole(text: str, part: str, expected: str) -> None:
    start = text.index(part)
    first, last = whole_words(text, start, start + len(part))
    assert text[first:last] == expected
