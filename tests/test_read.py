from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from fakes import document
from memoqa import chunk
from memoqa.encode import Output
from memoqa.index import context, text_of
from memoqa.read import MAX_SPAN, SpanReader, whole_words
from memoqa.types import Document, Extract, Retrieved


def tokenizer() -> Tokenizer:
    """Words and single marks, between [CLS] and [SEP]s as BERT has them."""
    made = Tokenizer(models.WordLevel({"[CLS]": 0, "[SEP]": 1, "[UNK]": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|[^\w\s]"), "removed", invert=True)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    return made


class FakeEncoder:
    """Logits that are high at the wanted words, or drawn by a seed where none are named."""

    def __init__(
        self, *wanted: tuple[str, str], null: float = 0.0, seed: int | None = None
    ) -> None:
        self._wanted = wanted
        self._null = null
        self._random = None if seed is None else np.random.default_rng(seed)
        self._tokenizer = tokenizer()
        self.texts: list[str] = []

    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        return [self._pair(question, text) for text in texts]

    def _pair(self, question: str, text: str) -> Output:
        self.texts.append(text)
        encoding = self._tokenizer.encode(question, text)
        parts = zip(encoding.sequence_ids, encoding.offsets, strict=True)
        read = [(at, place) for at, (part, place) in enumerate(parts) if part == 1]
        shape = (1, len(encoding.ids))
        if self._random is not None:
            start, end = (self._random.normal(size=shape) for _ in range(2))
            return (start, end, np.zeros(1)), read
        start, end = np.full(shape, -5.0), np.full(shape, -5.0)
        for height, (first, last) in enumerate(reversed(self._wanted), start=1):
            for index, (a, b) in read:
                start[0, index] = height if text[a:b] == first else start[0, index]
                end[0, index] = height if text[a:b] == last else end[0, index]
        start[0, 0] = end[0, 0] = self._null
        return (start, end, np.array([1.5])), read


def hits(*documents: Document) -> list[Retrieved]:
    return [
        Retrieved(passage, context(d, passage), text_of(d, passage), 0.0, rank)
        for d in documents
        for rank, passage in enumerate(chunk.passages(d), start=1)
    ]


def words(document: Document, extract: Extract) -> tuple[str, str]:
    span, highlight = extract.span, extract.highlight
    return (
        document.text[highlight.start : highlight.end],
        document.text[span.start : span.end],
    )


MEMO = document("Twenty consortia were created. In 2007, 194 companies joined this program.")


def test_the_span_is_highlighted_in_its_whole_sentence() -> None:
    reader = SpanReader(FakeEncoder(("194", "companies")), "fake")
    first, *_ = reader.read("How many companies joined?", hits(MEMO))
    assert words(MEMO, first) == ("194 companies", "In 2007, 194 companies joined this program.")
    assert first.relevance == 1.5


def test_the_score_is_the_lead_over_the_null_logits() -> None:
    (first, *_), (same, *_) = (
        SpanReader(FakeEncoder(("194", "companies"), null=null), "fake").read("?", hits(MEMO))
        for null in (0.0, 3.0)
    )
    assert first.score == pytest.approx(2.0)
    assert same.score == pytest.approx(2.0 - 6.0)


def test_a_passage_answers_once_a_sentence() -> None:
    reader = SpanReader(FakeEncoder(("194", "companies"), ("Twenty", "consortia")), "fake")
    extracts = reader.read("How many?", hits(MEMO))
    assert [words(MEMO, e)[0] for e in extracts] == ["194 companies", "Twenty consortia"]


def test_a_span_stays_in_its_sentence() -> None:
    reader = SpanReader(FakeEncoder(("created", "2007")), "fake")
    for extract in reader.read("?", hits(MEMO)):
        highlighted, sentence = words(MEMO, extract)
        assert highlighted in sentence
        assert sentence in ("Twenty consortia were created.", MEMO.text[31:])


def test_the_context_is_read_and_never_quoted() -> None:
    memo = document("# Firms\n\nTwenty firms were there.", title="Zebra Firms")
    encoder = FakeEncoder(("Zebra", "Firms"), ("Twenty", "firms"))
    (only,) = SpanReader(encoder, "fake").read("Who?", hits(memo))
    assert encoder.texts == ["Zebra Firms. Firms\n\nTwenty firms were there."]
    assert words(memo, only) == ("Twenty firms", "Twenty firms were there.")


def test_a_span_ends_after_it_starts_and_is_bounded() -> None:
    long = document(" ".join(["first", *["word"] * (MAX_SPAN - 1), "last"]) + ".")
    (only,) = SpanReader(FakeEncoder(("first", "last")), "fake").read("?", hits(long))
    assert len(words(long, only)[0].split()) <= MAX_SPAN
    backwards = document("Alpha beta gamma.")
    (only,) = SpanReader(FakeEncoder(("gamma", "Alpha")), "fake").read("?", hits(backwards))
    assert only.highlight.start < only.highlight.end


def test_a_sentence_that_passages_share_is_read_once() -> None:
    long = document(" ".join(f"Number {n} stands here to fill the paragraph." for n in range(60)))
    assert len(hits(long)) > 2
    extracts = SpanReader(FakeEncoder(seed=1), "fake").read("number 13", hits(long))
    assert len({extract.span for extract in extracts}) == len(extracts)


def test_of_nothing_comes_nothing() -> None:
    assert SpanReader(FakeEncoder(), "fake").read("red", []) == []


@given(
    text=st.text(
        st.sampled_from("ab c9.,!?。、「」産業クラスターｶﾞé́👩\u200d💻𝒜\r\n-#:“”"),
        min_size=1,
        max_size=200,
    ),
    seed=st.integers(0, 1_000),
)
def test_every_extract_lies_in_its_passage_and_slices(text: str, seed: int) -> None:
    made = document(text)
    for extract in SpanReader(FakeEncoder(seed=seed), "fake").read("ab 9?", hits(made)):
        passage, span, highlight = extract.passage.span, extract.span, extract.highlight
        assert passage.start <= span.start <= highlight.start
        assert highlight.end <= span.end <= passage.end
        assert made.text[highlight.start : highlight.end].strip()
        starts = {start for start, _ in extract.passage.sentences}
        ends = {end for _, end in extract.passage.sentences}
        assert span.start in starts
        assert span.end in ends


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("The establishments fell.", "establish", "establishments"),
        ("It had 728,853 of them", "853", "853"),
        ("re-established", "established", "established"),
        ("計画を始めた", "を始", "を始"),
        ("cafe\u0301 there", "cafe", "cafe\u0301"),
        ("whole", "whole", "whole"),
    ],
)
def test_a_cut_word_is_made_whole(text: str, part: str, expected: str) -> None:
    start = text.index(part)
    first, last = whole_words(text, start, start + len(part))
    assert text[first:last] == expected
