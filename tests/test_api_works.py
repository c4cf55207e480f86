from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from fakes import FakeEmbedder, document, models
from memoqa import ingest
from memoqa.answer import Assistant
from memoqa.api import create_app
from memoqa.bibliography import records
from memoqa.settings import Settings

MEMO = document(
    "Clusters raise wages (Porter, 1990).\n\nReferences\n\n"
    "M. E. Porter. The <advantage> of towns. Press, 1990.\n",
    "memo",
    title="A memo",
)
RECORDS: dict[str, dict[str, Any]] = {
    "memo": {"title": "A memo", "type": "report", "custom": {"licence": "CC0"}}
}
PORTER = "Porter, M. E. (1990). The <advantage> of towns. Press."


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    index, _ = ingest.assemble([MEMO], FakeEmbedder(), {}, {}, RECORDS)
    app = create_app(lambda: Assistant(index, models()), Settings())
    with TestClient(app, base_url="http://localhost") as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def test_works_are_listed_held_or_not(client: TestClient) -> None:
    assert client.get("/works").json() == [
        {
            "key": "memo",
            "text": "A memo. (n.d.).",
            "held": True,
            "document": "memo",
            "href": "/documents/memo",
        },
        {
            "key": "porter-1990",
            "text": PORTER,
            "held": False,
            "document": None,
            "href": "/works/porter-1990",
        },
    ]


def test_a_work_says_where_it_is_cited(client: TestClient) -> None:
    work = client.get("/works/porter-1990", headers={"Accept": "application/json"}).json()
    assert work["text"] == PORTER
    assert work["record"]["title"] == "The <advantage> of towns"
    places = [MEMO.text[m["start"] : m["end"]] for m in work["mentions"]]
    assert places == ["Porter, 1990", "M. E. Porter. The <advantage> of towns. Press, 1990."]
    assert work["mentions"][0]["href"] == "/documents/memo?start=22&end=34#quote"


def test_the_page_of_a_work_names_the_command_that_adds_it(client: TestClient) -> None:
    page = client.get("/works/porter-1990").text
    assert "memoqa add FILE --reference porter-1990" in page
    assert "The &lt;advantage&gt; of towns" in page
    held = client.get("/works/memo").text
    assert 'href="/documents/memo"' in held
    assert "memoqa add" not in held


@pytest.mark.parametrize("suffix", ["bib", "ris", "json"])
@pytest.mark.parametrize("key", ["memo", "porter-1990"])
def test_a_record_is_downloaded_by_suffix_or_format(
    client: TestClient, key: str, suffix: str
) -> None:
    by_suffix = client.get(f"/works/{key}.{suffix}")
    by_format = client.get(f"/works/{key}", params={"format": suffix})
    assert by_suffix.status_code == by_format.status_code == 200
    assert by_suffix.content == by_format.content
    assert by_suffix.headers["content-disposition"].endswith(f"''{key}.{suffix}")
    assert "CC0" not in by_suffix.text
    if suffix != "ris":
        assert list(records(by_suffix.text, f"x.{suffix}")) == [key]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/works/none", 404),
        ("/works/none.bib", 404),
        ("/works/none?format=ris", 404),
        ("/works/memo.xml", 404),
        ("/works/memo?format=xml", 422),
    ],
)
def test_what_there_is_not_is_a_problem(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_the_documents_page_lists_what_is_missing(client: TestClient) -> None:
    page = client.get("/documents").text
    assert "The &lt;advantage&gt; of towns" in page
    assert "memoqa add FILE --reference porter-1990" in page


def test_an_answer_shows_the_works_it_cites(client: TestClient) -> None:
    page = client.post("/", data={"question": "Do clusters raise wages?"}).text
    assert 'href="/works/porter-1990"' in page
    assert "not held" in page
    page = client.post("/", data={"question": "What does Porter (1990) say on patents?"}).text
    assert "the text of that work is not held here" in page
    assert "memoqa add FILE --reference porter-1990" in page
