"""Which works the documents cite, where, which of them are held, and which one is asked about."""

from memoqa.references.asked import Asked, asks_for_claims, asks_for_record
from memoqa.references.works import works

__all__ = ["Asked", "asks_for_claims", "asks_for_record", "works"]
