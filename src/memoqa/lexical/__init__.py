"""The BM25 leg: which passages share the question's words and numbers."""

from memoqa.lexical.bm25 import SETTINGS, Lexical
from memoqa.lexical.numerals import numbers, with_years
from memoqa.lexical.terms import tokens

__all__ = ["SETTINGS", "Lexical", "numbers", "tokens", "with_years"]
