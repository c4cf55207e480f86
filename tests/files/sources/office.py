"""WordprocessingML by hand, so that a test knows every mark that stands in the file."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_WHEN = (2024, 1, 1, 0, 0, 0)
_BY = 'w:id="1" w:author="Editor" w:date="2016-05-04T09:00:00Z"'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def hidden(text: str) -> str:
    return run(text, "<w:vanish/>")


def inserted(text: str) -> str:
    return f"<w:ins {_BY}>{run(text)}</w:ins>"


def deleted(text: str) -> str:
    words = f'<w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r>'
    return f"<w:del {_BY}>{words}</w:del>"


def note(number: int) -> str:
    mark = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    return f'<w:r>{mark}<w:footnoteReference w:id="{number}"/></w:r>'


def ruby(base: str, reading: str) -> str:
    return (
        f"<w:r><w:ruby><w:rt><w:r><w:t>{reading}</w:t></w:r></w:rt>"
        f"<w:rubyBase><w:r><w:t>{base}</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    )


def paragraph(*runs: str, style: str = "Normal", level: int | None = None) -> str:
    """A paragraph of runs, each text or ready-made; with a level, an item of the list."""
    listed = (
        "" if level is None else f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'
    )
    body = "".join(part if part.startswith("<w:") else run(part) for part in runs)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{listed}</w:pPr>{body}</w:p>'


def table(*rows: tuple[str, ...]) -> str:
    cells = (
        "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    grid = "<w:gridCol/>" * len(rows[0])
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{''.join(cells)}</w:tbl>"


def write(path: Path, title: str, header: str, footnotes: Mapping[int, str], *body: str) -> None:
    """A document with a running header, the page number at the foot, and its footnotes."""
    notes = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:footnoteRef/></w:r>{run(" " + text)}</w:p>'
        "</w:footnote>"
        for number, text in footnotes.items()
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/>'
        f"<w:pPr>{outline}</w:pPr></w:style>"
        for id, name, outline in (
            ("Normal", "Normal", ""),
            ("Title", "Title", ""),
            ("1", "heading 1", '<w:outlineLvl w:val="0"/>'),
            ("2", "heading 2", '<w:outlineLvl w:val="1"/>'),
            ("ListParagraph", "List Paragraph", ""),
        )
    )
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>'
        for level in range(3)
    )
    field = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/>'
        '<w:footerReference w:type="default" r:id="rId2"/></w:sectPr>'
    )
    parts = {
        "document": f"<w:body>{''.join(body)}{section}</w:body>",
        "header1": paragraph(header),
        "footer1": f"<w:p>{run('Page ')}{field}</w:p>",
        "footnotes": notes,
        "styles": styles,
        "numbering": f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
    }
    roots = {"document": "document", "header1": "hdr", "footer1": "ftr"}
    kinds = {"document": "document.main", "header1": "header", "footer1": "footer"}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" '
        f'ContentType="{_TYPES}.{kinds.get(name, name)}+xml"/>'
        for name in parts
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{target}.xml"/>'
        for number, (kind, target) in enumerate(
            [("header", "header1"), ("footer", "footer1")]
            + [(name, name) for name in ("footnotes", "styles", "numbering")],
            start=1,
        )
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="b" Type="{core}" Target="docProps/core.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f"{relations}</Relationships>",
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{package}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
        "</c:coreProperties>",
    } | {
        f"word/{name}.xml": f'<w:{roots.get(name, name)} xmlns:w="{_W}" xmlns:r="{_R}">{xml}'
        f"</w:{roots.get(name, name)}>"
        for name, xml in parts.items()
    }
    archive(path, files)


def archive(path: Path, files: Mapping[str, str]) -> None:
    """A zip of texts; one named mimetype is stored first and as it is, as EPUB asks."""
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in files.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = kind
            head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            zipped.writestr(entry, text if name == "mimetype" else head + text)
