"""What stands around every request: a limit on its body, and headers on its response."""

from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from memoqa import languages

_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class BodyLimit:
    """Refuses a body over the limit, by its declared length or as it comes in; `of_path` holds
    the limits of paths that have one of their own.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, of_path: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._of_path = of_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        most = self._of_path.get(scope.get("path", ""), self._max_bytes)

        async def receive_within_limit() -> Message:
            nonlocal taken
            declared = Headers(scope=scope).get("content-length", "0")
            message = await receive()
            taken += len(message.get("body", b""))
            if max(taken, int(declared) if declared.isdecimal() else 0) > most:
                detail = f"the body is over the limit of {most:,} bytes; send less"
                raise HTTPException(413, detail)
            return message

        await self._app(scope, receive_within_limit if scope["type"] == "http" else receive, send)


class SecurityHeaders:
    """Adds the headers that keep a page to its own host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Language:
    """Has pages rendered in the one of the `offered` languages that the browser asks for."""

    def __init__(self, app: ASGIApp, offered: Sequence[str]) -> None:
        self._app = app
        self._offered = offered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = languages.preferred(
            Headers(scope=scope).get("accept-language", "") if scope["type"] == "http" else "",
            self._offered,
        )
        languages.asked.set(language)

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Language"] = language
                    headers.add_vary_header("Accept-Language")
            await send(message)

        await self._app(scope, receive, send_with_language)
