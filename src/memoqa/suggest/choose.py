"""Which questions to suggest: a few, spread over the documents, each answered when it is asked."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from memoqa.answer import Assistant
from memoqa.errors import InvalidQuestion, LimitExceeded
from memoqa.index import Index
from memoqa.suggest import english, japanese
from memoqa.types import Document, Passage, Range, Suggestion

MOST = 8
"""Suggestions of one corpus."""

ASKED = 24
"""The most questions that are asked at one build."""

SURE = 0.5
"""The least confidence of the answer to a question that was made from a sentence."""

_FEW = 4
_OF_MEMOS = 4
"""What all memos may suggest before other documents do."""
_TURNS = 8
_KINDS = {"memo": 0, "reference": 1, "note": 2}
_KANA = re.compile(r"[\u3040-\u30ff]")


@dataclass(frozen=True, slots=True)
class _Made:
    """A question with the document it was made from and the sentence that must be quoted; None
    for one that the document's record holds.
    """

    question: str
    document: str
    sentence: Range | None = None
    answer: Range | None = None


def suggestions(
    index: Index, before: Index | None, assistant: Callable[[Index], Assistant]
) -> tuple[Suggestion, ...]:
    """Up to `MOST` questions that the index answers, in turns over its documents, memos first.

    They are those of the records, and ones made from sentences. Each is asked, and kept when it
    is answered, and from the sentence that it was made from. What the index `before` suggests of
    a document that did not change is kept, and its other questions are not asked again, unless
    too few would be left. `assistant` is called only where there is something to ask.
    """
    if before is not None and before.manifest.fingerprint == index.manifest.fingerprint:
        return before.suggestions
    known = _known(index, before)
    # Documents that gave few before give no more for being asked again.
    if sum(map(len, known.values())) < min(
        _FEW, _FEW if before is None else len(before.suggestions)
    ):
        known = {}
    kept: dict[str, Suggestion] = {}
    asked, opened = 0, None
    for found in _in_turns(index, known):
        if len(kept) == MOST:
            break
        if isinstance(found, Suggestion):
            kept.setdefault(found.question, found)
        elif asked < ASKED and found.question not in kept:
            opened = opened or assistant(index)
            asked += 1
            if _is_answered(found, opened):
                language = "ja" if _KANA.search(found.question) else "en"
                kept[found.question] = Suggestion(found.question, language, found.document)
    return tuple(kept.values())


def _known(index: Index, before: Index | None) -> dict[str, list[Suggestion]]:
    """The suggestions of `before` of each document that is the same, none included, where both
    were made alike.
    """
    if before is None or (before.manifest.models, before.manifest.settings) != (
        index.manifest.models,
        index.manifest.settings,
    ):
        return {}
    same = (id for id in index.documents if index.documents[id] == before.documents.get(id))
    known: dict[str, list[Suggestion]] = {id: [] for id in same}
    for suggestion in before.suggestions:
        if suggestion.document in known:
            known[suggestion.document].append(suggestion)
    return known


def _in_turns(
    index: Index, known: Mapping[str, Sequence[Suggestion]]
) -> Iterator[Suggestion | _Made]:
    """What may be suggested: some of each memo, one of each other document, and so on again."""
    documents = sorted(index.documents.values(), key=lambda d: (_KINDS[d.kind], d.source, d.id))
    memos = sum(document.kind == "memo" for document in documents)
    passages: dict[str, list[Passage]] = {document.id: [] for document in documents}
    for passage in index.passages:
        passages[passage.span.doc_id].append(passage)
    queues: list[tuple[int, Iterator[Suggestion | _Made]]] = []
    for document in documents:
        at_once = max(1, _OF_MEMOS // memos) if document.kind == "memo" else 1
        if document.id in known:
            found: Iterator[Suggestion | _Made] = iter(known[document.id])
        else:
            found = _made(document, passages[document.id])
        queues.append((at_once, found))
    for _ in range(_TURNS):
        for at_once, found in queues:
            yield from islice(found, at_once)


def _made(document: Document, passages: Sequence[Passage]) -> Iterator[_Made]:
    """The questions of the document's record, and those of its sentences, of each form one in
    turn.
    """
    for question in document.questions:
        yield _Made(question, document.id)
    forms: dict[str, list[_Made]] = {}
    sentences = dict.fromkeys(bounds for passage in passages for bounds in passage.sentences)
    for start, end in sentences:
        sentence = document.text[start:end]
        patterns = japanese if _KANA.search(sentence) else english
        for candidate in patterns.candidates(sentence):
            form = candidate.question.partition(" ")[0][:5]
            answer = Range(start + candidate.start, start + candidate.end)
            made = _Made(candidate.question, document.id, Range(start, end), answer)
            forms.setdefault(form if form.isascii() else candidate.question[-6:], []).append(made)
    for several in zip_longest(*forms.values()):
        yield from filter(None, several)


def _is_answered(made: _Made, assistant: Assistant) -> bool:
    """Whether the best quotation is the sentence, and the words marked in it the answer or part
    of it or around it.
    """
    try:
        answer = assistant.ask(made.question, limit=1)
    except (InvalidQuestion, LimitExceeded):
        return False
    if not answer.answered or made.sentence is None or made.answer is None:
        return answer.answered
    (citation,) = answer.citations
    marked = citation.highlight
    return (
        answer.confidence >= SURE
        and citation.document.id == made.document
        and (citation.start, citation.end) == (made.sentence.start, made.sentence.end)
        and marked.start < made.answer.end
        and made.answer.start < marked.end
    )
