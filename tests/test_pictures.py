import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fpdf import FPDF
from PIL import Image

from fakes import FakeEmbedder, models
from memoqa import ingest
from memoqa.answer import open_assistant
from memoqa.api import create_app
from memoqa.errors import CorpusError
from memoqa.parse import Box, Limits, Parser, Sheet, drawn
from memoqa.settings import Settings
from serving import running

FIRST = "The cat sat on the mat in the old harbour town."
LONG = "A long sentence goes on over the end of the line so that it needs two boxes to be marked."
LAST = "The dog slept in the garden behind the house."


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages: `FIRST` at the top of the first, `LONG` and `LAST` on the second."""
    made = FPDF(format=(148, 210))
    made.set_font("helvetica", size=12)
    for paragraphs in ((FIRST,), (LONG, LAST)):
        made.add_page()
        for paragraph in paragraphs:
            made.multi_cell(0, 8, paragraph, new_x="LMARGIN", new_y="NEXT")
            made.ln(8)
    path = tmp_path_factory.mktemp("pdf") / "animals.pdf"
    path.write_bytes(bytes(made.output()))
    return path


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(Limits.of(Settings())) as parser:
        yield parser


def marked(parser: Parser, pdf: Path, words: str) -> tuple[Sheet, ...]:
    text = parser.parse(pdf).text
    start = text.index(words)
    return parser.sheets(pdf, start, start + len(words))


def ink(parser: Parser, pdf: Path, sheet: Sheet, box: Box) -> int:
    """The darkest point within a box."""
    picture = Image.open(io.BytesIO(parser.picture(pdf, sheet.page, 800))).convert("L")
    across, down = picture.size
    part = picture.crop(
        (
            int(box.left * across),
            int(box.top * down),
            int(box.right * across) + 1,
            int(box.bottom * down) + 1,
        )
    )
    return int(part.getextrema()[0])  # type: ignore[arg-type]


def test_words_are_boxed_where_they_are_drawn(parser: Parser, pdf: Path) -> None:
    (sheet,) = marked(parser, pdf, FIRST)
    (box,) = sheet.boxes
    assert sheet.page == 0
    assert (round(sheet.width), round(sheet.height)) == (420, 595)
    assert box.top < 0.1
    assert ink(parser, pdf, sheet, box) < 100


def test_a_part_of_a_line_has_a_box_of_its_own(parser: Parser, pdf: Path) -> None:
    ((whole,),) = (sheet.boxes for sheet in marked(parser, pdf, FIRST))
    ((part,),) = (sheet.boxes for sheet in marked(parser, pdf, "sat on the mat"))
    assert whole.left < part.left < part.right < whole.right
    assert (part.top, part.bottom) == (whole.top, whole.bottom)


def test_each_line_has_its_box(parser: Parser, pdf: Path) -> None:
    (sheet,) = marked(parser, pdf, LONG)
    first, second = sheet.boxes
    assert sheet.page == 1
    assert first.bottom <= second.top + 0.01
    assert second.right < first.right


def test_words_over_two_pages_are_boxed_on_both(parser: Parser, pdf: Path) -> None:
    text = parser.parse(pdf).text
    assert [sheet.page for sheet in parser.sheets(pdf, 0, len(text))] == [0, 1]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_turn_with_the_page(parser: Parser, pdf: Path, rotation: int, tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    document[0].set_rotation(rotation)
    turned = tmp_path / "turned.pdf"
    document.save(turned)
    document.close()
    (sheet,) = marked(parser, turned, FIRST)
    (box,) = sheet.boxes
    assert (sheet.width > sheet.height) == (rotation != 180)
    assert ink(parser, turned, sheet, box) < 100


def test_a_picture_is_as_wide_as_asked(parser: Parser, pdf: Path) -> None:
    picture = Image.open(io.BytesIO(parser.picture(pdf, 1, 500)))
    assert picture.format == "PNG"
    assert abs(picture.width - 500) <= 1


@pytest.mark.parametrize("page", [-1, 2, 10_000])
def test_a_page_that_is_not_there_is_told(parser: Parser, pdf: Path, page: int) -> None:
    with pytest.raises(CorpusError, match="no page"):
        parser.picture(pdf, page, 500)


def test_a_damaged_file_leaves_the_parser_at_work(
    parser: Parser, pdf: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(pdf.read_bytes()[:200])
    with pytest.raises(CorpusError, match="damaged"):
        parser.picture(bad, 0, 500)
    assert parser.picture(pdf, 0, 500)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"sheets": 1},
        {"sheets": [{"page": -1, "width": 1, "height": 1, "boxes": []}]},
        {"sheets": [{"page": 0, "width": "1", "height": 1, "boxes": []}]},
        {"sheets": [{"page": 0, "width": 1, "height": 1, "boxes": [{"left": 2}]}]},
    ],
)
def test_the_word_of_the_worker_is_not_trusted(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no "):
        drawn.to_sheets(value)
    with pytest.raises(ValueError, match="no picture"):
        drawn.to_picture({"png": "bm90IGEgcGljdHVyZQ=="})


# Over HTTP


@pytest.fixture
def settings(tmp_path: Path, pdf: Path) -> Settings:
    settings = Settings(home=tmp_path)
    settings.corpus.mkdir()
    (settings.corpus / "animals.pdf").write_bytes(pdf.read_bytes())
    (settings.corpus / "plain.txt").write_text("Notes\n\nThe cat sat.", encoding="utf-8")
    ingest.build(settings, FakeEmbedder())
    return settings


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with running(create_app(lambda: open_assistant(settings, models()), settings)) as client:
        yield client


PAGE = "/documents/animals/pages/1.png"


def test_a_page_is_served_once(client: httpx.Client) -> None:
    response = client.get(PAGE)
    assert response.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(response.content)).width in (900, 901)
    again = client.get(PAGE, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_quotation_is_boxed(client: httpx.Client) -> None:
    answer = client.post("/ask", json={"question": "dog slept garden behind house"}).json()
    place = answer["citations"][0]
    assert place["quote"] == LAST
    (sheet,) = client.get(
        "/documents/animals/boxes", params={"start": place["start"], "end": place["end"]}
    ).json()
    assert sheet["page"] == 2
    assert len(sheet["boxes"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents/none/pages/1.png", 404),
        ("/documents/plain/pages/1.png", 404),
        ("/documents/animals/pages/3.png", 404),
        ("/documents/animals/pages/0.png", 422),
        ("/documents/animals/pages/x.png", 422),
        ("/documents/animals/pages/1.png?width=9000", 422),
        ("/documents/plain/boxes?start=0&end=3", 404),
        ("/documents/animals/boxes?start=3&end=3", 422),
        ("/documents/animals/boxes?start=0&end=99999", 422),
        ("/documents/animals/boxes", 422),
    ],
)
def test_what_is_not_there_is_a_problem(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [PAGE, "/documents/animals/boxes?start=0&end=9"])
def test_another_file_than_the_one_indexed_is_not_shown(
    client: httpx.Client, settings: Settings, path: str
) -> None:
    file = settings.corpus / "animals.pdf"
    assert client.get(path).status_code == 200
    file.write_bytes(file.read_bytes() + b"\n%")
    response = client.get(path)
    assert response.status_code == 409
    assert "memoqa index" in response.json()["detail"]
    file.unlink()
    assert client.get(path).status_code == 409
