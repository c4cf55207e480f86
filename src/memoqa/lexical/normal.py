"""Text with what does not tell words apart taken away."""

from memoqa.fold import fold


def normal(text: str) -> str:
    """The folded text in lower case."""
    return fold(text).text.casefold()
