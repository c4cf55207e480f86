"""HTML pages."""

from hostile.parts import MEGABYTE, WORDS, laughs

SLOW = f"<html><body><p {' '.join(f'a{n}=1' for n in range(200_000))}>{WORDS}</p>".encode()
"""A page with so many attributes that the parser of HTML does not come to its end."""


def make() -> dict[str, bytes]:
    def page(body: str, head: str = "") -> bytes:
        return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()

    return {
        "deep.html": page("<div>" * 100_000 + WORDS),
        "deep-tables.html": page("<table><tr><td>" * 2_000 + WORDS),
        "attribute.html": page(f'<p title="{"x" * 2 * MEGABYTE}">{WORDS}</p>'),
        "attributes.html": page(f"<p {' '.join(f'a{n}=1' for n in range(5_000))}>{WORDS}</p>"),
        "title.html": page(f"<p>{WORDS}</p>", f"<title>{'long ' * 100_000}</title>"),
        "rules.html": page(f"<p>{WORDS}</p>", f"<style>{'@a{b{' * 50_000}</style>"),
        "selectors.html": page(
            f"<p class=a0>{WORDS}</p>" * 2_000,
            f"<style>{''.join(f'.a{n}{{color:red}}' for n in range(20_000))}</style>",
        ),
        "raised.html": page(f"<p>{'<sup>1</sup>x' * 20_000}</p>"),
        "unclosed.html": b"<html><body><p" + b" <p" * 100_000,
        "punycode.html": page("é" * 200_000, "<meta charset=punycode>"),
        "escapes.html": page(r"\ud800 \x00 " + WORDS, "<meta charset=unicode_escape>"),
        "packed.html": page(WORDS, "<meta charset=zlib>"),
        "laughs-page.html": laughs().replace("<root>", "<html><body>").encode(),
    }
