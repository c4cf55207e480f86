from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from memoqa.assets import Assets


def test_a_file_asked_for_by_its_hash_is_kept_for_good(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}", encoding="utf-8")
    assets = Assets(tmp_path)
    with TestClient(Starlette(routes=[Mount("/static", assets)])) as client:
        kept = client.get(assets.url("a.css"))
        assert kept.text == "a {}"
        assert "immutable" in kept.headers["cache-control"]
        for address in ("/static/a.css", "/static/a.css?v=0", "/static/a.css?v=%ff"):
            asked = client.get(address)
            assert asked.headers["cache-control"] == "no-cache"
            again = client.get(address, headers={"If-None-Match": asked.headers["etag"]})
            assert again.status_code == 304


def test_another_content_has_another_address(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_text("a {}", encoding="utf-8")
    before = Assets(tmp_path).url("a.css")
    path.write_text("b {}", encoding="utf-8")
    assert Assets(tmp_path).url("a.css") != before


def test_a_file_that_is_not_there_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Assets(tmp_path).url("none.css")
