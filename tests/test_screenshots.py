import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from memoqa.settings import Settings
from screenshots import PICTURES, take
from serving import served

pytestmark = [pytest.mark.browser, pytest.mark.models]

ROOT = Path(__file__).parents[1]

SEEN = {
    "chat": ("728,853", "Cite this"),
    "reader": ("Taken as:", "448,147"),
    "not-in-documents": ("The documents do not say.", "Closest passages (not an answer)"),
    "dark": ("728,853", "Close"),
    "japanese": ("728,853", "第3段落", "引用する"),
    "phone": ("728,853", "Close"),
    "corpus": ("Every answer is quoted from these documents", "passages"),
}


@pytest.fixture(scope="module")
def address(browser: Browser, real_settings: Settings) -> Iterator[str]:
    with served(real_settings.home, end_with=signal.SIGTERM, expected=-signal.SIGTERM) as address:
        yield address


def test_every_picture_of_the_documentation_is_taken() -> None:
    assert SEEN.keys() == PICTURES.keys() == {path.stem for path in (ROOT / "docs").glob("*.png")}


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_documentation_show_their_states(
    browser: Browser, address: str, tmp_path: Path, name: str
) -> None:
    words = take(browser, address, name, tmp_path)
    assert [seen for seen in SEEN[name] if seen not in words] == []
    taken = tmp_path / f"{name}.png"
    assert taken.stat().st_size < 300_000
    with Image.open(taken) as picture:
        assert picture.size == PICTURES[name].size
        shades = picture.convert("L").histogram()
    # Paper and, in every part from light to dark, ink.
    assert min(sum(shades[part : part + 64]) for part in (0, 64, 128, 192)) > 100
