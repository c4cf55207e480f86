"""An HTML page to text, without what frames it: navigation, banners, footers, controls."""

import codecs
import re
from typing import Any

from lxml import etree, html

from memoqa.errors import CorpusError
from memoqa.parse import hidden, markup, plain
from memoqa.parse.parsed import Parsed

_CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^<>]{0,500}?(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?([\w.:-]+)",
    re.IGNORECASE,
)
_FRAME_ROLES = frozenset(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar "
    "toolbar".split()
)
_FRAME_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navigation|footer|cookies?|consent|gdpr|breadcrumbs?|navbar|sidebar|sharing|share|social|"
    r"newsletter|pagination|skip-?link|adverts?|advertisement|banner|popup|modal)(?:$|[\s_-])",
    re.IGNORECASE,
)
# What browsers read under the names of narrower encodings.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030"}
_BODY_SHARE = 0.4
_HEAD = 4_096


def parse(data: bytes) -> Parsed:
    """The text of a page.

    Raises:
        CorpusError: when it is nested too deep or its encoding cannot be told.
    """
    root = tree(decoded(data))
    removed = hidden.remove(root)
    title = markup.title(root, [])
    _unframe(root)
    blocks = markup.paragraphs(root)
    return Parsed(
        text="\n\n".join(blocks),
        title=title or markup.heading(blocks),
        warnings=("hidden words are left out",) if removed else (),
    )


def tree(text: str) -> Any:
    """The element tree of a page.

    Raises:
        CorpusError: when it is nested too deep, or there is nothing in it.
    """
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise CorpusError("it holds no text; fill it or remove it") from error
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise CorpusError("it is nested too deep; save it as text")
    return root


def decoded(data: bytes) -> str:
    """The page's characters: by its byte order mark, by the encoding it names, or by its bytes."""
    match = _CHARSET.search(data[:_HEAD])
    if match and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            name = codecs.lookup(match[1].decode()).name
            text = data.decode(_WIDER.get(name, name))
        except (LookupError, UnicodeError):
            pass  # Many pages name an encoding that they are not in.
        else:
            return plain.checked(text)
    return plain.decode(data)


def _unframe(root: Any) -> None:
    """Take out what the page marks as its frame, but nothing that holds much of its words."""
    most = _BODY_SHARE * _length(root)
    content = list(root.iter("main", "article"))
    inside = {e for element in content for e in element.iter()}
    for element in list(root.iter("*")):
        if element.getparent() is None or not _is_frame(element, element in inside):
            continue
        if _length(element) <= most:
            hidden.drop(element)


def _is_frame(element: Any, inside: bool) -> bool:
    tag = markup.name(element)
    if tag in ("html", "head", "body", "main", "article"):
        return False
    if tag == "nav" or element.get("role") in _FRAME_ROLES:
        return True
    if tag in ("header", "footer", "aside") and not inside:
        return element.find(".//h1") is None
    marks = f"{element.get('class', '')} {element.get('id', '')}"
    return bool(_FRAME_NAMES.search(marks)) and element.find(".//h1") is None


def _length(element: Any) -> int:
    return sum(len(text) for text in element.itertext())
