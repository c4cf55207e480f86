"""Which works the documents cite, where, and which of them are held."""

from memoqa.references.works import works

__all__ = ["works"]
