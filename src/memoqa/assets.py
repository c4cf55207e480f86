"""The static files of the pages, under addresses that change with their content."""

import hashlib
import os
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class Assets(StaticFiles):
    """Serves a folder; a file that is asked for by its hash is kept by browsers for good, and any
    other is asked for again by its ETag.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._hashes = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in folder.rglob("*")
            if path.is_file()
        }

    def url(self, name: str) -> str:
        """The address of a file, by its path in the folder.

        Raises:
            KeyError: when there is no such file.
        """
        return f"/static/{name}?v={self._hashes[name]}"

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("v", [""])[0]
        known = asked in self._hashes.values()
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if known else "no-cache"
        )
        return response
