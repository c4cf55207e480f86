"""Zip containers: which format is in one, and its parts, unpacked within a limit."""

import io
import zipfile
import zlib
from typing import Any

from lxml import etree

from memoqa.errors import CorpusError
from memoqa.parse.parsed import Limits, Parsed

_ENTRIES = 10_000
_OTHERS = (
    ("xl/", "it is a spreadsheet; save it as PDF"),
    ("ppt/", "it is a presentation; save it as PDF"),
    ("content.xml", "it is an OpenDocument file; save it as .docx or PDF"),
)


class Archive:
    """A zip file's parts by name.

    `read` counts the bytes that come out, since the sizes in the file may be untrue.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise CorpusError(f"it is a damaged zip file: {error}; save it anew") from error
        self._left = limits.unpacked_bytes
        self._most = limits.unpacked_bytes
        if len(self._zip.namelist()) > _ENTRIES:
            raise CorpusError(f"it holds over {_ENTRIES:,} parts; save it as PDF")

    def names(self) -> list[str]:
        return self._zip.namelist()

    def read(self, name: str) -> bytes:
        """One part's bytes.

        Raises:
            CorpusError: when it is not there, damaged, encrypted or over what is left of the limit.
        """
        try:
            info = self._zip.getinfo(name)
            if info.flag_bits & 1:
                raise CorpusError("it is encrypted; save it without a password")
            with self._zip.open(info) as part:
                data = part.read(self._left + 1)
        except KeyError as error:
            raise CorpusError(f"it has no part {name!r}; save it anew") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise CorpusError(f"its part {name!r} is damaged; save it anew") from error
        self._left -= len(data)
        if self._left < 0:
            raise CorpusError(
                f"it unpacks to over {self._most:,} bytes; split it, or save it as PDF"
            )
        return data

    def tree(self, name: str) -> Any:
        """The root of one part that is XML; nothing outside the part is looked up.

        Raises:
            CorpusError: also when it is not XML, or defines entities.
        """
        root = xml(self.read(name))
        if root is None:
            raise CorpusError(f"its part {name!r} is not XML; save it anew")
        return root


def xml(data: bytes) -> Any:
    """The root of an XML file, or None when it is not well formed; nothing outside is looked up.

    Raises:
        CorpusError: when it defines entities, or is nested too deep.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error).lower():
            raise CorpusError("it is nested too deep; save it as text") from error
        return None
    except ValueError:
        return None
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and any(True for _ in document_type.iterentities()):
        raise CorpusError("it defines entities of its own, as XML bombs do; save it as text")
    return root


def parse(data: bytes, limits: Limits) -> Parsed:
    """The text of a DOCX or an EPUB.

    Raises:
        CorpusError: when it is neither, damaged, encrypted or over a limit.
    """
    archive = Archive(data, limits)
    names = archive.names()
    if "META-INF/container.xml" in names and "word/document.xml" not in names:
        from memoqa.parse import epub

        return epub.parse(archive)
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        from memoqa.parse import docx

        return docx.parse(archive)
    for part, reason in _OTHERS:
        if any(name.startswith(part) for name in names):
            raise CorpusError(reason)
    raise CorpusError(
        "it is a zip file, and neither DOCX nor EPUB; unpack it and add what is in it"
    )
