"""Ask a memo and its references; every answer is an exact quotation with its place."""

from importlib.metadata import version

__version__ = version("memoqa")
