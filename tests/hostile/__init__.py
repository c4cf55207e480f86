"""Files that are broken, or made to break what reads them, written where a test wants them."""

import os
from pathlib import Path

from hostile import archives, pages, pdfs, texts

SECRET = "the words of a file that no document may fetch"
"""What `secret.txt` beside the files holds; no text may hold it."""


def write(folder: Path) -> list[Path]:
    """Write every file below `folder` and give their paths; none is a good document."""
    folder.mkdir(parents=True)
    secret = folder.parent / "secret.txt"
    secret.write_text(SECRET)
    files = texts.make() | pages.make() | archives.make(secret) | pdfs.make()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "folder.pdf").mkdir()
    os.mkfifo(folder / "pipe.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "nowhere.pdf").symlink_to(folder / "no such file")
    (folder / "endless.txt").symlink_to("/dev/zero")
    return sorted(folder.iterdir())
