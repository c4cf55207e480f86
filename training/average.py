"""The mean of several runs' weights, which errs less off what was trained on than the last alone
(Wortsman et al. 2022, "Model soups").

    python average.py OUT READER…    each a reader.pt of train.py; the later from the earlier
"""

import argparse
from pathlib import Path

import torch

from model import load


def main(out: Path, readers: list[Path]) -> None:
    runs = [load(path).state_dict() for path in readers]
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("readers", type=Path, nargs="+")
    options = parser.parse_args()
    main(options.out, options.readers)
