from dataclasses import replace

from fakes import FakeEmbedder, document
from memoqa import ingest
from memoqa.holdings import holdings
from memoqa.types import Dates, History, Page

MEMO = replace(
    document("Notes\n\nThe cat sat.\n\nThe dog slept.", id="the memo"),
    source="the memo.PDF",
    pages=(Page(0, "1"), Page(21, "2")),
    licence="free",
)
RECORD = {"title": "Ports", "type": "book", "author": [{"family": "Mori", "given": "Hana"}]}


def test_documents_works_and_changes_are_told() -> None:
    index, _ = ingest.assemble([MEMO], FakeEmbedder(), {}, {}, records={"mori": RECORD})
    index.history = History(
        at="2026-02-02",
        added=("the memo",),
        changed=(),
        removed=("old",),
        dates={"the memo": Dates("2026-01-01", "2026-02-02")},
        left_out=(("bad.pdf", "it is damaged"),),
    )
    held = holdings(index)
    (found,) = held.documents
    assert (found.format, found.pages, found.passages) == ("pdf", 2, 2)
    assert (found.added_at, found.changed_at) == ("2026-01-01", "2026-02-02")
    assert found.href == "/documents/the%20memo"
    (work,) = held.references
    assert (work.held, work.add) == (False, "memoqa add FILE --reference mori")
    assert "Mori" in work.text
    assert held.changes.removed == ("old",)
    assert held.left_out == (("bad.pdf", "it is damaged"),)
    assert held.fingerprint == index.manifest.fingerprint


def test_a_text_without_pages_has_none() -> None:
    plain, _ = ingest.assemble([replace(MEMO, pages=())], FakeEmbedder(), {}, {})
    assert holdings(plain).documents[0].pages is None
