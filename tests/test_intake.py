import pytest

from memoqa.errors import CorpusError
from memoqa.intake import file_name


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("fish.txt", "fish.txt"),
        ("../../etc/fish.txt", "fish.txt"),
        ("C:\\docs\\fish.txt", "fish.txt"),
        ("fi\x00s\x1fh.txt ", "fish.txt"),
        ("産業クラスター.pdf", "産業クラスター.pdf"),
    ],
)
def test_a_name_is_one_of_a_file_alone(sent: str, name: str) -> None:
    assert file_name(sent) == name


@pytest.mark.parametrize("sent", ["", ".", "..", "a/", "\x00", "漢" * 100])
def test_what_is_no_name_is_told(sent: str) -> None:
    with pytest.raises(CorpusError, match="name"):
        file_name(sent)
