"""Each command in both languages, with stand-ins for the models."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from fakes import FakeEmbedder, models
from memoqa import cli, feedback
from memoqa.feedback import Record
from memoqa.settings import Settings

ENGLISH, JAPANESE = "en_US.UTF-8", "ja_JP.UTF-8"
TEXT = "Notes on animals\n\nThe cat sat on the mat in 1987. The dog slept in the garden.\n"
CITED = "The cat sat on the mat in 1987."

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one document."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "animals.txt").write_text(TEXT)
    return tmp_path


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Path
) -> Command:
    """A command in a locale, on the home: (code, stdout, stderr)."""
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setenv("MEMOQA_HOME", str(home))
    monkeypatch.setattr("memoqa.embed.open_embedder", lambda *_: FakeEmbedder())
    for module in ("weigh", "evaluate.ask"):
        monkeypatch.setattr(f"memoqa.{module}.open_models", lambda *_: models())

    def run(locale: str, *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setenv("LC_ALL", locale)
        monkeypatch.setattr(sys, "argv", ["memoqa", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        said = capfd.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("locale", "of_program", "of_command", "default"),
    [
        (ENGLISH, "Ask a memo and its references;", "The most quotations wanted.", "here, or"),
        (JAPANESE, "メモと参考文献に質問します。", "引用の最大数。", "現在のフォルダーか"),
    ],
)
def test_help(
    command: Command, locale: str, of_program: str, of_command: str, default: str
) -> None:
    code, out, err = command(locale, "--help")
    assert (code, err) == (0, "")
    assert of_program in out
    code, out, err = command(locale, "ask", "--help")
    assert (code, err) == (0, "")
    assert of_command in out
    assert default in out
    borders = {cell_len(line) for line in out.splitlines() if line.startswith(("│", "╭", "╰"))}
    assert len(borders) == 1


@pytest.mark.parametrize(
    ("locale", "added", "indexed", "left_out"),
    [
        (ENGLISH, "added: animals\n", "indexed 1 documents as 1 passages,", "left out empty.txt: "),
        (JAPANESE, "追加: animals\n", "1件の文書を1個の箇所に分けて", "除外 empty.txt: "),
    ],
)
def test_index(
    command: Command, home: Path, locale: str, added: str, indexed: str, left_out: str
) -> None:
    (home / "corpus" / "empty.txt").write_text("")
    code, out, err = command(locale, "index")
    assert code == 0
    assert out.startswith(added + indexed)
    assert left_out in err


@pytest.mark.parametrize(
    ("locale", "copied", "already", "refused"),
    [
        (
            ENGLISH,
            "copied into the corpus: hen.md\n",
            "already in the corpus: hen.md\n",
            "not added ",
        ),
        (
            JAPANESE,
            "corpus/にコピーしました: hen.md\n",
            "corpus/にすでにあります: hen.md\n",
            "追加せず ",
        ),
    ],
)
def test_add(
    command: Command, home: Path, locale: str, copied: str, already: str, refused: str
) -> None:
    (home / "hen.md").write_text("The hen laid an egg.")
    code, out, _ = command(locale, "add", home / "hen.md")
    assert code == 0
    assert out.startswith(copied)
    code, out, err = command(locale, "add", home / "hen.md", home / "none.txt")
    assert (code, out) == (1, already)
    assert err.startswith(refused)


@pytest.mark.parametrize(
    ("locale", "confidence", "place", "no"),
    [
        (ENGLISH, "confidence ", ", paragraph 1 (animals)", "The documents do not say.\nClosest "),
        (
            JAPANESE,
            "確からしさ ",
            ", 第1段落 (animals)",
            "文書には書かれていません。\n最も近い箇所",
        ),
    ],
)
def test_ask(command: Command, locale: str, confidence: str, place: str, no: str) -> None:
    command(locale, "index")
    code, out, err = command(locale, "ask", "When was the cat on the mat?")
    assert (code, err) == (0, "")
    assert out.startswith(confidence)
    # The words of the document are what they are.
    assert f"“{CITED}”\n" in out
    assert place in out
    code, out, err = command(locale, "ask", "Who fed seven horses today?")
    assert (code, err) == (0, "")
    assert out.startswith(no)


def test_json_is_the_same_in_each_locale(command: Command) -> None:
    command(ENGLISH, "index")
    answers = []
    for locale in (ENGLISH, JAPANESE):
        code, out, _ = command(locale, "ask", "When was the cat on the mat?", "--json")
        assert code == 0
        answers.append(json.loads(out) | {"timings_ms": {}})
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("locale", "stands", "moved", "gone", "error"),
    [
        (
            ENGLISH,
            "word for word at this place",
            "moved to 22-53, word for word",
            "there is no document 'animals' any more",
            "error: not every citation stands word for word in its place\n",
        ),
        (
            JAPANESE,
            "この場所に一語一句そのままあります",
            "22-53に一語一句そのまま移りました",
            "文書'animals' はもうありません",
            "エラー: 元の場所に一語一句そのままではない引用があります\n",
        ),
    ],
)
def test_verify(
    command: Command, home: Path, locale: str, stands: str, moved: str, gone: str, error: str
) -> None:
    command(locale, "index")
    saved = home / "answer.json"
    saved.write_text(command(locale, "ask", "When was the cat on the mat?", "--json")[1])
    assert command(locale, "verify", saved) == (0, f"✓ 1 animals 18-49: {stands}\n", "")
    document = home / "corpus" / "animals.txt"
    document.write_text(TEXT.replace("Notes", "The notes"))
    command(locale, "index")
    assert command(locale, "verify", saved) == (1, f"→ 1 animals 18-49: {moved}\n", error)
    document.rename(document.with_name("pets.txt"))
    command(locale, "index")
    assert command(locale, "verify", saved)[1] == f"✗ 1 animals 18-49: {gone}\n"


@pytest.mark.parametrize(
    ("locale", "asked", "name", "said"),
    [
        (ENGLISH, "questions", "refusal recall", "At this setting 1 of 1 answers were right,"),
        (JAPANESE, "質問数", "拒否の再現率", "この設定では、回答1件のうち1件が正しい答えでした。"),
    ],
)
def test_eval(command: Command, home: Path, locale: str, asked: str, name: str, said: str) -> None:
    command(locale, "index")
    questions = [
        ("When was the cat on the mat?", ["1987"], ["animals"]),
        ("Who fed seven horses today?", [], []),
    ]
    path = home / "questions.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": q, "question": q, "answers": a, "documents": d, "type": "fact"})
            + "\n"
            for q, a, d in questions
        )
    )
    code, out, _ = command(locale, "eval", path)
    assert code == 0
    assert said in out
    rows = [line for line in out.splitlines() if line.startswith(("┏", "┃", "│", "└"))]
    assert any(asked in row for row in rows)
    assert any(name in row for row in rows)
    # Wide characters take two cells.
    assert len({cell_len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    ("locale", "said"),
    [(ENGLISH, "1 questions from 1 judgements in "), (JAPANESE, "1件の評価から1問を")],
)
def test_feedback_export(command: Command, home: Path, locale: str, said: str) -> None:
    record = Record("Which ships sank?", None, False, 0.1, "", ())
    feedback.keep(Settings(home=home).feedback, "right", "", record)
    code, out, _ = command(locale, "feedback", "export", home / "out.jsonl")
    assert code == 0
    assert out.startswith(said)


@pytest.mark.parametrize(
    ("locale", "said"), [(ENGLISH, "the question is blank"), (JAPANESE, "質問が空です")]
)
def test_wrong_usage(command: Command, locale: str, said: str) -> None:
    code, _, err = command(locale, "ask", " ")
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (ENGLISH, "error: the setting 'MEMOQA_QUEUE_LENGTH' is wrong: "),
        (JAPANESE, "エラー: 設定'MEMOQA_QUEUE_LENGTH' が正しくありません: "),
    ],
)
def test_an_error(
    command: Command, monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    monkeypatch.setenv("MEMOQA_QUEUE_LENGTH", "0")
    code, out, err = command(locale, "index")
    assert (code, out) == (1, "")
    assert err.startswith(said)
