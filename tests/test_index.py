from dataclasses import replace

import faiss
import numpy as np
import pytest

from fakes import FakeEmbedder, document, index_of
from memoqa import index as index_module
from memoqa import ingest
from memoqa.corpus import sha256_text
from memoqa.index import Index, context, indexed_text, text_of

MEMO = replace(
    document("# Sky\n\nThe moon is made of cheese 🧀.\n\n月は遠い。", "moon", title="The moon"),
    author="山﨑朗",
    year=2012,
    url="https://example.org/",
    language="en",
    licence="CC0",
    questions=("What is it made of?",),
)
NOTE = document("The sun is made of fire. It is far.", "sun", "note", "The sun")
EMBEDDER = FakeEmbedder()


@pytest.fixture(scope="module")
def made() -> Index:
    return index_of(MEMO, NOTE)


def test_the_fingerprint_is_of_what_shapes_answers(made: Index) -> None:
    assert index_of(MEMO, NOTE).manifest.fingerprint == made.manifest.fingerprint
    others = [
        index_of(MEMO),
        index_of(MEMO, replace(NOTE, title="Another")),
        index_of(MEMO, replace(NOTE, text="Other.", sha256=sha256_text("Other."))),
        index_module.assemble([MEMO, NOTE], made.passages, made.vectors(), "another@1", {}),
    ]
    prints = {made.manifest.fingerprint, *(other.manifest.fingerprint for other in others)}
    assert len(prints) == 5


def test_a_record_is_part_of_the_fingerprint(made: Index) -> None:
    def with_record(title: str) -> Index:
        return ingest.assemble(
            (MEMO, NOTE), EMBEDDER, known={}, sources={}, records={"w": {"title": title}}
        )[0]

    one, other = with_record("A work"), with_record("Another work")
    assert list(one.works) == ["w"]
    prints = {index.manifest.fingerprint for index in (made, one, other)}
    assert len(prints) == 3


def numbers(index: Index) -> dict[str, int]:
    """The number under which FAISS holds each passage, by the passage's words."""
    ids = faiss.vector_to_array(index.dense.id_map).tolist()
    return dict(zip(index.texts(), ids, strict=True))


def test_a_passage_keeps_its_number_while_its_words_stay() -> None:
    text = "The moon is round.\n\nThe sun is hot.\n\nMars is red."
    before = numbers(index_of(document(text), NOTE))
    after = numbers(index_of(NOTE, document(f"Put in before.\n\n{text.replace('hot', 'warm')}")))
    assert len(set(before.values())) == 4
    assert all(0 <= number < 2**63 for number in before.values())
    kept = {name for name in before if "hot" not in name}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert set(after.values()) & set(before.values()) == {before[name] for name in kept}


def test_the_same_words_twice_have_two_numbers() -> None:
    index = index_of(document("Yes, it is so.\n\nYes, it is so."), document("Yes, it is so.", "b"))
    assert len(set(faiss.vector_to_array(index.dense.id_map).tolist())) == 3
    hits = index.search_dense(EMBEDDER.embed_question("is it so"), 9)
    assert [position for position, _ in hits] == [0, 1, 2]


def test_dense_search_ranks_by_cosine(made: Index) -> None:
    vector = EMBEDDER.embed_question("What is the moon made of?")
    hits = made.search_dense(vector, 3)
    expected = made.vectors() @ vector
    assert [position for position, _ in hits] == np.argsort(-expected).tolist()
    for position, score in hits:
        assert score == pytest.approx(float(expected[position]), abs=1e-6)
    assert made.search_dense(vector, 1) == hits[:1]
    assert len(made.search_dense(vector, 50)) == len(made.passages)


def test_both_searches_keep_to_the_named_documents(made: Index) -> None:
    vector = EMBEDDER.embed_question("made")
    for hits in (
        made.search_dense(vector, 9, frozenset({"sun"})),
        made.search_lexical("made", 9, frozenset({"sun"})),
    ):
        assert [made.passages[position].span.doc_id for position, _ in hits] == ["sun"]
    assert made.search_dense(vector, 9, frozenset()) == []
    assert made.search_lexical("made", 9, frozenset({"mars"})) == []


def test_a_passage_is_indexed_with_its_title_and_heading(made: Index) -> None:
    moon, sun = made.passages[0], made.passages[-1]
    assert context(MEMO, moon) == "The moon. Sky"
    assert text_of(MEMO, moon) == "The moon is made of cheese 🧀."
    assert indexed_text(MEMO, moon) == "The moon. Sky\n\nThe moon is made of cheese 🧀."
    assert context(NOTE, sun) == "The sun"
    assert context(replace(MEMO, title="Sky"), moon) == "Sky"
