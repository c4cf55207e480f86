from pathlib import Path

from killing import run
from memoqa.settings import Settings


def test_builds_killed_under_load_leave_whole_indexes_and_right_quotes(tmp_path: Path) -> None:
    outcome = run(Settings(home=tmp_path), kills=6, clients=4, seed=208)
    assert outcome.wrong == []
    assert outcome.kills == 6
    assert outcome.in_effect >= 2
    assert outcome.quotes > 0
    assert set(outcome.statuses) <= {200, 503}
