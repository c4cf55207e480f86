"""What several of the files are made of."""

from pathlib import Path

DOCUMENTS = Path(__file__).parents[1] / "files" / "documents"
WORDS = "Words that a good file holds, enough of them to make a sentence."
MEGABYTE = 1_000_000


def laughs() -> str:
    """Entities of entities: ten to the ninth times «ha» (the «billion laughs»)."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    return f"<!DOCTYPE root [{entities}]><root>&a9;</root>"
