"""Which works the documents cite, where, which of them are held, and which one is asked about."""

from memoqa.references.asked import Asked, asks_for_claims, asks_for_record
from memoqa.references.works import VERSION, works

__all__ = ["VERSION", "Asked", "asks_for_claims", "asks_for_record", "works"]
