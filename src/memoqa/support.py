"""From a quotation to the works it cites, and to the sentence of a held work that bears it out."""

from collections import defaultdict
from dataclasses import replace
from urllib.parse import quote

from memoqa import style
from memoqa.cite import cite
from memoqa.index import Index
from memoqa.lexical import tokens
from memoqa.read import quoted
from memoqa.references import Asked, asks_for_claims, asks_for_record
from memoqa.rerank import Reranker
from memoqa.retrieve import Retriever
from memoqa.types import Citation, CitedWork, Extract, MissingReference, Retrieved, Span, Work

PASSAGES = 8
"""Passages of a held work whose sentences are read against the quotation."""

SUPPORTED = 2.0
"""The reranker's least score of a sentence that bears a quotation out. It keeps 17 of 18 sentences
that do and none of 18 from the same documents that do not (`tests/questions/support.jsonl`).
"""

_LEAST_TERMS = 3


class Support:
    """Follows the citations of one index's documents, and knows which works are missing."""

    def __init__(self, index: Index, retriever: Retriever, reranker: Reranker) -> None:
        self._index = index
        self._retriever = retriever
        self._reranker = reranker
        self._asked = Asked(work for work in index.works.values() if work.document is None)
        self._mentions: dict[str, list[tuple[Span, Work]]] = defaultdict(list)
        for work in index.works.values():
            for mention in work.mentions:
                self._mentions[mention.doc_id].append((mention, work))

    def follow(self, citation: Citation) -> Citation:
        """The citation with the works that its quote cites, in the order of their mentions."""
        place = Span(citation.document.id, citation.start, citation.end)
        cited = self._cites(place)
        if not cited:
            return citation
        claim = self._claim(place)
        works = {work.key: work for _, work in cited}
        return replace(citation, works=tuple(self._cited(w, claim) for w in works.values()))

    def missing(self, question: str, best: Span, answered: bool) -> MissingReference | None:
        """The work to add where a question is about one that is not held.

        What the documents hold does not tell what such a work says, but for a sentence that
        relays it: a record, or the entry of a list, only names the work.
        """
        work = self._asked.about(question, best)
        if work is None or (answered and not self._misses(question, best, work)):
            return None
        return missing(work)

    def _misses(self, question: str, best: Span, work: Work) -> bool:
        """Whether the question asks what the work says, and the best quote does not relay it."""
        if not asks_for_claims(question) and asks_for_record(question):
            return False
        claim = self._claim(best)
        cites = any(cited.key == work.key for _, cited in self._cites(best))
        relays = cites or work.key in self._asked.named(claim)
        held = self._index.documents[best.doc_id].held
        told = set(tokens(claim)) - set(tokens(str(work.record)))
        return not (relays and held and len(told) >= _LEAST_TERMS)

    def _cites(self, place: Span) -> list[tuple[Span, Work]]:
        """The mentions, with their works, that overlap this place."""
        found = [
            (mention, work)
            for mention, work in self._mentions.get(place.doc_id, ())
            if mention.start < place.end and place.start < mention.end
        ]
        return sorted(found, key=lambda pair: (pair[0].start, pair[0].end, pair[1].key))

    def _claim(self, place: Span) -> str:
        """The words at this place less what they cite."""
        text = self._index.documents[place.doc_id].text
        kept, at = [], place.start
        for mention, _ in self._cites(place):
            kept.append(text[at : max(mention.start, at)])
            at = max(at, mention.end)
        return " ".join(" ".join([*kept, text[at : max(at, place.end)]]).split())

    def _cited(self, work: Work, claim: str) -> CitedWork:
        held = work.document
        return CitedWork(
            key=work.key,
            text=style.apa(work.record),
            held=held is not None,
            document=held,
            href=href(work),
            support=None if held is None else self._support(claim, held),
        )

    def _support(self, claim: str, document_id: str) -> Citation | None:
        """The sentence of the document that the reranker holds nearest to the claim."""
        if len(tokens(claim)) < _LEAST_TERMS:
            return None
        places: dict[Span, Retrieved] = {}
        for hit in self._retriever.retrieve(claim, PASSAGES, frozenset({document_id})):
            for bounds in hit.passage.sentences:
                places.setdefault(Span(document_id, *bounds), hit)
        if not places:
            return None
        scores = self._reranker.score(claim, [quoted(*place) for place in places.items()])
        score, span = max(zip(scores, places, strict=True), key=lambda found: found[0])
        if score < SUPPORTED:
            return None
        best = Extract(places[span].passage, span, span, score, places[span].score)
        return cite([best], self._index.documents)[0]


def href(work: Work) -> str:
    """The path to the document that holds the work, or else to what is known of it."""
    if work.document is not None:
        return f"/documents/{quote(work.document, safe='')}"
    return f"/works/{quote(work.key, safe='')}"


def missing(work: Work) -> MissingReference:
    """What to tell of a work that is not held."""
    add = f"memoqa add FILE --reference {work.key}"
    return MissingReference(work.key, style.apa(work.record), add)
