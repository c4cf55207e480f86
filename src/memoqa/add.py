"""Files to the corpus: each is read first, and nothing there is overwritten."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from memoqa import corpus, ingest
from memoqa.errors import CorpusError
from memoqa.models import sha256_file
from memoqa.parse import Parser
from memoqa.settings import Settings
from memoqa.types import Kind, Work


@dataclass(frozen=True, slots=True)
class Added:
    """Where a file's words are in the corpus, and whether they were there before."""

    source: str
    before: bool


def add(
    file: Path,
    settings: Settings,
    parser: Parser,
    kind: Kind | None = None,
    reference: str | None = None,
) -> Added:
    """Copy a file into the corpus, as the text of the work whose key is `reference`, or else as
    what `kind` says: without it, records are references, and everything else memos.

    Raises:
        CorpusError: when the file cannot be read, another file has its name in the corpus, or
            there is no such work without a text.
    """
    records = corpus.is_record(file)
    if records:
        corpus.read_records(file, parser)
    else:
        parser.parse(file)
    if reference is None:
        folder = corpus.FOLDERS[kind or ("reference" if records else "memo")]
        return _copy(file, settings.corpus, settings.corpus / folder / file.name)
    if records:
        raise CorpusError("it holds records and no text; add it without --reference")
    read, works = ingest.survey(settings)
    work = _work(reference, works)
    place = settings.corpus / corpus.FOLDERS["reference"] / f"{work.key}{file.suffix.lower()}"
    for document in read.documents:
        if document.id == work.document and document.id != work.key:
            raise CorpusError(f"the work {work.key!r} is held already, as {document.source!r}")
    added = _copy(file, settings.corpus, place)
    if work.key not in read.records:
        record = json.dumps(dict(work.record), ensure_ascii=False, indent=2) + "\n"
        place.with_suffix(".json").write_text(record, encoding="utf-8")
    return added


def _work(key: str, works: Sequence[Work]) -> Work:
    found = {work.key: work for work in works}
    if key in found:
        return found[key]
    close = get_close_matches(key, found, n=3, cutoff=0.4) or sorted(found)[:3]
    known = f"do you mean {', '.join(map(repr, close))}?" if close else "add its record first"
    raise CorpusError(f"the documents cite no work {key!r}; {known}")


def _copy(file: Path, folder: Path, place: Path) -> Added:
    if not corpus.is_named_well(place):
        raise CorpusError("files of this name are not read; rename it")
    sha256 = sha256_file(file)
    for other in corpus.files(folder):
        source = other.relative_to(folder).as_posix()
        taken = other == place or (
            corpus.id_of(other) == corpus.id_of(place)
            and not corpus.is_record(other)
            and not corpus.is_record(place)
        )
        if sha256_file(other) == sha256 and (taken or corpus.id_of(place) == corpus.id_of(file)):
            return Added(source, before=True)
        if taken:
            raise CorpusError(f"{source!r} has its name and other words; remove that or rename it")
    place.parent.mkdir(parents=True, exist_ok=True)
    # A name that is not read until the file is whole.
    part = place.with_name(f".{place.name}.part")
    try:
        shutil.copyfile(file, part)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return Added(place.relative_to(folder).as_posix(), before=False)
