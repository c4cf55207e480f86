"""The decoding rule over whole texts.

Only spans inside the passage's own text count (not the question, not the heading), at most
MAX_TOKENS long. The best span's score is its start logit plus its end logit; the null score is the
same sum at [CLS]; the margin is the difference. Offsets come from the tokenizer and are widened to
whole words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from memoqa.read import whole_words

Floats = NDArray[np.float32]
MAX_LENGTH = 512
MAX_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Prediction:
    """Offsets in the passage's text; `margin` above a threshold means: answered."""

    start: int
    end: int
    margin: float
    relevance: float


def tokenizer(path: str, max_length: int = MAX_LENGTH) -> Tokenizer:
    """The question is kept whole; a passage that does not fit is cut at its end."""
    loaded = Tokenizer.from_file(path)
    loaded.no_padding()
    loaded.enable_truncation(max_length, strategy="only_second")
    return loaded


def pair(question: str, heading: str, text: str) -> tuple[str, str]:
    """What the model reads: the question, then heading (if any), a newline and the passage."""
    return question, f"{heading}\n{text}" if heading else text


def text_tokens(encoding: Encoding, heading: str) -> tuple[int, int, int]:
    """First and one-past-last token of the passage's own text, and how far its offsets shift."""
    shift = len(heading) + 1 if heading else 0
    inside = [
        i
        for i, (part, (_, end)) in enumerate(
            zip(encoding.sequence_ids, encoding.offsets, strict=True)
        )
        if part == 1 and end > shift
    ]
    return (inside[0], inside[-1] + 1, shift) if inside else (0, 0, shift)


def batch(encodings: list[Encoding]) -> dict[str, NDArray[np.int64]]:
    longest = max(len(e.ids) for e in encodings)

    def padded(rows: list[list[int]]) -> NDArray[np.int64]:
        return np.array([row + [0] * (longest - len(row)) for row in rows], dtype=np.int64)

    return {
        "input_ids": padded([e.ids for e in encodings]),
        "attention_mask": padded([e.attention_mask for e in encodings]),
        "token_type_ids": padded([e.type_ids for e in encodings]),
    }


def decode(
    encoding: Encoding, heading: str, text: str, start: Floats, end: Floats, relevance: float
) -> Prediction:
    first, last, shift = text_tokens(encoding, heading)
    null = float(start[0] + end[0])
    if first == last:
        return Prediction(0, 0, -null, relevance)
    scores = start[first:last, None] + end[None, first:last]
    allowed = np.triu(np.ones_like(scores, dtype=bool))
    allowed &= ~np.triu(allowed, MAX_TOKENS)
    scores = np.where(allowed, scores, -np.inf)
    i, j = np.unravel_index(int(scores.argmax()), scores.shape)
    begin = encoding.offsets[first + int(i)][0] - shift
    finish = encoding.offsets[first + int(j)][1] - shift
    begin, finish = whole_words(text, max(begin, 0), finish)
    return Prediction(begin, finish, float(scores[i, j]) - null, relevance)
