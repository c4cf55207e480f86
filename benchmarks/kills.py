"""What killing builds does to a service that answers meanwhile.

    python benchmarks/kills.py [--kills 200] [--clients 8] [--seed 208]

While clients ask a service, documents change, and a build of the index is killed (SIGKILL) at a
random moment, again and again, one in five just after it took effect. After each kill the index
must open and hold one state that the corpus was in; each request must be answered, or refused
with 503; each quote must stand in the version of its document whose sha256 the citation names.
The models are the tests' stand-ins, so that the builds, and not the models, take the time.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from killing import run
from memoqa.settings import Settings


def main(kills: int, clients: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as home:
        outcome = run(Settings(home=Path(home)), kills, clients, seed)
    print(f"{outcome.kills} builds killed, {outcome.in_effect} of them after taking effect")
    for status, count in sorted(outcome.statuses.items()):
        print(f"{count} requests answered {status}")
    print(f"{outcome.quotes} quotes checked")
    print(f"{len(outcome.wrong)} things went wrong", *outcome.wrong[:10], sep="\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=208)
    arguments = parser.parse_args()
    sys.exit(main(arguments.kills, arguments.clients, arguments.seed))
