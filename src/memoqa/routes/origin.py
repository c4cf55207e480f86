"""Which requests may change something."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException


def same_origin(request: Request) -> None:
    """Refuse what another site has a reader's browser send.

    A browser says where a request comes from: by `Sec-Fetch-Site`, or an older one by `Origin`.
    What says neither comes from no page. As in Go's `http.CrossOriginProtection`
    (https://pkg.go.dev/net/http#CrossOriginProtection).

    Raises:
        HTTPException: 403.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise HTTPException(403, "this is taken from this service's own pages only")
