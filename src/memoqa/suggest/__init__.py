"""Questions to start with, each of which the documents answer."""

from memoqa.suggest.choose import MOST, suggestions

__all__ = ["MOST", "suggestions"]
