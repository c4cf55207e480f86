"""Files of many formats to text that `chunk` understands.

Plain text is decoded and stays as it is. PDF, HTML, DOCX and EPUB are read by a worker process
under limits of time and memory, and come out as paragraphs of one line each with blank lines
between them, `#` headings, `-` or `1.` items, and table rows whose cells stand between ` | `.
"""

from memoqa.parse.drawn import Box, Sheet
from memoqa.parse.parsed import Limits, Parsed
from memoqa.parse.parser import Parser

__all__ = ["VERSION", "Box", "Limits", "Parsed", "Parser", "Sheet"]

VERSION = "parse-1"
"""Another one says that the same file may give another text."""
