"""A Word document to text, by way of the HTML that mammoth makes of it."""

import io
import zipfile
from typing import Any

import mammoth
from lxml import etree

from memoqa.errors import CorpusError
from memoqa.parse import html, markup, prose
from memoqa.parse.archive import Archive
from memoqa.parse.parsed import Parsed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = "word/styles.xml"
_MAIN = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_PARTS = ("_rels/", "word/")
# Styles that mammoth does not map by itself; `!` leaves a table of contents out.
_MAP = "\n".join(
    ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"]
    + [f"p[style-name='toc {level}'] => !" for level in range(1, 10)]
    + ["p[style-name='TOC Heading'] => !"]
)
_OFF = ("0", "false", "off")
_WHITE = "FFFFFF"


def parse(archive: Archive) -> Parsed:
    """The text of a document as its author left it: insertions in, deletions and hidden runs out.

    Raises:
        CorpusError: when a part is missing, damaged or over a limit.
    """
    if _MAIN[0] not in archive.names():
        raise CorpusError(f"it has no part {_MAIN[0]!r}; save it anew")
    packed, hidden = _cleaned(archive)
    result = mammoth.convert_to_html(
        packed,
        style_map=_MAP,
        convert_image=mammoth.images.img_element(lambda _: {}),
        external_file_access=False,
    )
    blocks = markup.paragraphs(html.tree(result.value)) if result.value.strip() else []
    return Parsed(
        text="\n\n".join(blocks),
        title=_title(archive) or markup.heading(blocks),
        warnings=("hidden words are left out",) if hidden else (),
    )


def _cleaned(archive: Archive) -> tuple[io.BytesIO, bool]:
    """The parts that mammoth reads, free of entities, deletions and hidden runs; whether any run
    was hidden.
    """
    styles = archive.tree(_STYLES) if _STYLES in archive.names() else None
    vanishing = set() if styles is None else _vanishing(styles)
    hidden = False
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for name in dict.fromkeys(archive.names()):
            if name != "[Content_Types].xml" and not (
                name.startswith(_PARTS) and name.endswith((".xml", ".rels"))
            ):
                continue
            root = archive.tree(name)
            if name in _MAIN:
                hidden = _clean(root, vanishing) or hidden
            target.writestr(name, etree.tostring(root, encoding="utf-8"))
    packed.seek(0)
    return packed, hidden


def _clean(root: Any, vanishing: set[str]) -> bool:
    """Take deletions, hidden runs and readings beside kanji out; whether any run was hidden."""
    for ruby in list(root.iter(f"{_W}ruby")):
        run = ruby.getparent()
        for part in ruby.findall(f"{_W}rubyBase/{_W}r"):
            run.addprevious(part)
        run.remove(ruby)
    for element in list(root.iter(f"{_W}del", f"{_W}moveFrom")):
        if element.getparent().tag not in (f"{_W}rPr", f"{_W}trPr"):
            element.getparent().remove(element)
    hidden = False
    for run in list(root.iter(f"{_W}r")):
        if _is_hidden(run, vanishing):
            hidden = hidden or any(text.text for text in run.iter(f"{_W}t"))
            run.getparent().remove(run)
    return hidden


def _vanishing(styles: Any) -> set[str]:
    return {
        style.get(f"{_W}styleId", "")
        for style in styles.iter(f"{_W}style")
        if _is_on(style.find(f"{_W}rPr/{_W}vanish"))
    }


def _is_hidden(run: Any, vanishing: set[str]) -> bool:
    """Whether a run is marked as hidden, is white on nothing, or is under a point in size."""
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    if vanish is not None:
        return _is_on(vanish)
    paragraph = next(run.iterancestors(f"{_W}p"), None)
    styles = [run.find(f"{_W}rPr/{_W}rStyle")]
    if paragraph is not None:
        styles.append(paragraph.find(f"{_W}pPr/{_W}pStyle"))
    if any(style is not None and style.get(f"{_W}val") in vanishing for style in styles):
        return True
    size, colour = run.find(f"{_W}rPr/{_W}sz"), run.find(f"{_W}rPr/{_W}color")
    if size is not None and size.get(f"{_W}val", "24") in ("0", "1"):
        return True
    if colour is None or colour.get(f"{_W}val", "").upper() != _WHITE:
        return False
    # A table's style may shade its cells.
    return (
        next(run.iterancestors(f"{_W}tbl"), None) is None
        and run.find(f"{_W}rPr/{_W}shd") is None
        and run.find(f"{_W}rPr/{_W}highlight") is None
        and (paragraph is None or paragraph.find(f"{_W}pPr/{_W}shd") is None)
    )


def _is_on(toggle: Any) -> bool:
    return toggle is not None and toggle.get(f"{_W}val", "1") not in _OFF


def _title(archive: Archive) -> str | None:
    name = "docProps/core.xml"
    if name not in archive.names():
        return None
    found = archive.tree(name).find("{http://purl.org/dc/elements/1.1/}title")
    return None if found is None else prose.title(found.text)
