import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memoqa import cli, feedback
from memoqa.corpus import sha256_text
from memoqa.feedback import Record
from memoqa.settings import Settings
from serving import GUARD, MEMOQA, environment, served

TEXT = "Notes on animals\n\nThe cat sat on the mat in 1987. The dog slept in the garden.\n"
Command = Callable[..., tuple[int, str, str]]


def process(*arguments: str | bytes, **settings: str) -> subprocess.CompletedProcess[str]:
    """`memoqa` as it is started from a shell."""
    return subprocess.run(
        [MEMOQA, *arguments],
        capture_output=True,
        text=True,
        timeout=GUARD,
        env=environment(**settings),
        check=False,
    )


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command in this process, which has opened the models already: (code, stdout, stderr)."""
    monkeypatch.setenv("COLUMNS", "1000")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["memoqa", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        assert isinstance(code, int)
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def is_one_clear_line(code: int, out: str, err: str) -> str:
    assert (code, out) == (1, "")
    [line] = err.strip().splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "animals.txt").write_text(TEXT)
    return tmp_path


def test_help_names_every_command() -> None:
    ended = process("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for name in ("index", "add", "ask", "serve", "verify", "eval"):
        assert f"\n│ {name} " in ended.stdout


def test_help_does_not_wait_for_the_models_libraries() -> None:
    code = (
        "import sys\n"
        "from memoqa import cli\n"
        "try: cli.main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'faiss', 'onnxruntime',\n"
        "         'numpy', 'fastapi', 'uvicorn'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    for arguments in (["--help"], ["ask", "--help"]):
        ended = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=GUARD,
            env=environment(),
            check=True,
        )
        assert ended.stderr == "[]\n"
        assert "Usage:" in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["none"],
        ["--none"],
        ["ask"],
        ["ask", ""],
        ["ask", " \t"],
        ["ask", "cat", "--limit", "0"],
        ["ask", "cat", "--limit", "11"],
        ["ask", "cat", "--limit", "x"],
        ["serve", "--port", "0"],
        ["serve", "--port", "65536"],
        ["verify"],
        ["add"],
        ["add", "a.txt", "--kind", "book"],
        ["add", "a.txt", "b.txt", "--reference", "key"],
        ["add", "a.txt", "--reference", "key", "--kind", "note"],
        ["eval", "questions.jsonl", "--sample", "0"],
        ["eval", "questions.jsonl", "--report", "none/report.html"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(command: Command, arguments: list[str]) -> None:
    code, out, err = command(*arguments)
    assert code == 2
    # Without any argument the help is what was wanted.
    assert "Usage:" in (err if arguments else out + err)
    assert "Traceback" not in err


def test_a_process_ends_with_the_same_codes(tmp_path: Path) -> None:
    assert process("ask", " ").returncode == 2
    ended = process("verify", str(tmp_path / "none.json"))
    line = is_one_clear_line(ended.returncode, ended.stdout, ended.stderr)
    assert "none.json' cannot be read: No such file" in line


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MEMOQA_QUEUE_LENGTH", "many", "'MEMOQA_QUEUE_LENGTH' is wrong: "),
        ("MEMOQA_QUEUE_LENGTH", "0", "'MEMOQA_QUEUE_LENGTH' is wrong: "),
        ("MEMOQA_MAX_BODY_BYTES", "1", "'MEMOQA_MAX_BODY_BYTES' is wrong: "),
        ("MEMOQA_ALLOWED_HOSTS", "example.org", '"allowed_hosts"'),
        ("MEMOQA_ALLOWED_HOSTS", "3", "'MEMOQA_ALLOWED_HOSTS' is wrong: "),
    ],
)
def test_a_wrong_setting_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert words in is_one_clear_line(*command("index"))


NOT_ANSWERS: dict[str, Any] = {
    "empty": b"",
    "not JSON": b"Not an answer",
    "not UTF-8": b'{"citations": "\xff"}',
    "a list": [],
    "no citations": {"question": "cat"},
    "citations are words": {"citations": "cat", "nearest": []},
    "a citation is a number": {"citations": [1], "nearest": []},
    "an offset is a word": {
        "citations": [
            {"document": {"id": "a", "sha256": "b"}, "quote": "c", "start": "one", "end": 2}
        ],
        "nearest": [],
    },
    "a name is a list": {
        "citations": [{"document": {"id": ["a"], "sha256": "b"}, "quote": "", "start": 1, "end": 2}]
    },
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", NOT_ANSWERS.values(), ids=NOT_ANSWERS.keys())
def test_what_is_not_a_saved_answer_is_told(command: Command, tmp_path: Path, content: Any) -> None:
    answer = tmp_path / "answer.json"
    answer.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    line = is_one_clear_line(*command("verify", answer, "--home", tmp_path))
    assert "answer.json' is not an answer; save one with: memoqa ask --json" in line


def test_without_an_index_the_corpus_is_what_quotes_are_checked_against(
    command: Command, home: Path
) -> None:
    sentence = "The dog slept in the garden."
    start = TEXT.index(sentence)
    cited = {
        "document": {"id": "animals", "sha256": sha256_text(TEXT)},
        "quote": sentence,
        "start": start,
        "end": start + len(sentence),
        "prefix": TEXT[max(0, start - 32) : start],
        "suffix": "",
    }
    answer = home / "answer.json"
    answer.write_text(json.dumps({"citations": [cited]}))
    place = f"animals {cited['start']}-{cited['end']}"
    because = "Checking against the corpus, for there is no index in "

    def verified() -> tuple[int, str]:
        code, out, err = command("verify", answer, "--home", home)
        assert err.startswith(because)
        assert (code == 0) == ("error: not every citation stands" not in err)
        return code, out

    assert verified() == (0, f"✓ 1 {place}: word for word at this place\n")
    document = home / "corpus" / "animals.txt"
    document.write_text(f"Put in before. {TEXT}")
    moved = f"{start + 15}-{start + 15 + len(sentence)}"
    assert verified() == (1, f"→ 1 {place}: moved to {moved}, word for word\n")
    document.write_text(TEXT.replace("slept", "sleeps"))
    assert verified() == (1, f"✗ 1 {place}: these words are no longer in the document\n")
    document.rename(document.with_name("other.txt"))
    assert verified() == (1, f"✗ 1 {place}: there is no document 'animals' any more\n")


def test_files_that_cannot_be_added_are_told_one_by_one(command: Command, home: Path) -> None:
    (home / "empty.txt").write_text("")
    code, out, err = command("add", home / "empty.txt", home / "none.pdf", "--home", home)
    assert (code, out) == (1, "")
    first, second = err.splitlines()
    assert first.startswith("not added ")
    assert first.endswith("empty.txt: it holds no text; fill it or remove it")
    assert "none.pdf: it cannot be read: No such file" in second
    assert not (home / "index").exists()


NOT_QUESTIONS: dict[str, tuple[str, str]] = {
    "empty": ("q.json", ""),
    "no lines": ("q.jsonl", "\n\n"),
    "not JSON": ("q.jsonl", "Who?"),
    "a list": ("q.json", "[]"),
    "articles are words": ("q.json", '{"data": ["x"]}'),
    "a title is a number": ("q.json", '{"data": [{"title": 1, "paragraphs": []}]}'),
    "no article": ("q.json", '{"data": []}'),
    "fields are missing": ("q.jsonl", '{"id": 1, "question": "Who?"}'),
    "a question is a number": (
        "q.jsonl",
        '{"id": 1, "question": 2, "answers": [], "documents": [], "type": "x"}',
    ),
    "an answer is a number": (
        "q.jsonl",
        '{"id": 1, "question": "Who?", "answers": [3], "documents": [], "type": "x"}',
    ),
    "deep": ("q.json", "[" * 100_000),
}


@pytest.mark.parametrize(
    ("name", "content"), NOT_QUESTIONS.values(), ids=list(NOT_QUESTIONS.keys())
)
def test_what_is_not_a_file_of_questions_is_told(
    command: Command, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert name in is_one_clear_line(*command("eval", tmp_path / name, "--home", tmp_path))
    missing = is_one_clear_line(*command("eval", tmp_path / "none.json"))
    assert "none.json' cannot be read" in missing


# With the real models


@pytest.mark.models
def test_without_a_corpus_or_an_index_it_says_what_to_do(command: Command, tmp_path: Path) -> None:
    line = is_one_clear_line(*command("index", "--home", tmp_path))
    assert "there is no corpus folder" in line
    line = is_one_clear_line(*command("ask", "cat", "--home", tmp_path))
    assert "run: memoqa index" in line
    (tmp_path / "corpus").mkdir()
    line = is_one_clear_line(*command("index", "--home", tmp_path))
    assert "there is no document" in line


@pytest.mark.models
def test_a_home_that_is_a_file_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    line = is_one_clear_line(*command("index", "--home", tmp_path / "home"))
    assert "home" in line


@pytest.mark.models
def test_an_unknown_embedder_is_told(
    command: Command, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("MEMOQA_EMBEDDER", "no such/model name")
    line = is_one_clear_line(*command("index", "--home", home))
    assert "'no such/model name'" in line
    assert "MEMOQA_EMBEDDER" in line


@pytest.mark.models
def test_a_corpus_is_indexed_and_what_did_not_change_is_not_embedded_again(
    command: Command, home: Path
) -> None:
    code, out, err = command("index", "--home", home)
    assert code == 0
    assert "added: animals\n" in out
    assert "indexed 1 documents as 1 passages, 1 of them embedded; fingerprint " in out
    corpus = home / "corpus"
    (corpus / "birds.md").write_text("# Birds\n\nThe hen laid an egg.\n")
    (corpus / "photo.png").write_bytes(b"\x89PNG")
    (corpus / "latin[1].txt").write_bytes(b" ")
    Path(os.fsdecode(os.fsencode(corpus) + b"/caf\xe9.txt")).write_text("A name\n\nIs not UTF-8.")
    (corpus / "half.json").write_text('{"title": "\\ud800"}')
    code, out, err = command("index", "--home", home)
    assert code == 0
    assert "added: birds\n" in out
    assert "indexed 2 documents as 2 passages, 1 of them embedded" in out
    assert "left out photo.png: " in err
    assert "left out latin[1].txt: it holds no text; fill it or remove it" in err
    assert ".txt: its name is not UTF-8; rename the file" in err
    assert "left out half.json: 'half.json' is not CSL-JSON: " in err
    (corpus / "animals.txt").write_text(TEXT.replace("1987", "1988"))
    (corpus / "birds.md").unlink()
    code, out, _ = command("index", "--home", home)
    assert code == 0
    assert "changed: animals\n" in out
    assert "removed: birds\n" in out
    code, out, _ = command("index", "--home", home)
    assert code == 0
    assert out.startswith("indexed 1 documents as 1 passages, 0 of them embedded")


@pytest.mark.models
def test_added_files_are_indexed_and_a_bad_one_does_not_stop_the_rest(
    command: Command, home: Path
) -> None:
    (home / "empty.txt").write_text("")
    (home / "hen.md").write_text("The hen laid an egg.")
    files = (home / "empty.txt", home / "hen.md")
    code, out, err = command("add", *files, "--kind", "note", "--home", home)
    assert code == 1
    assert "copied into the corpus: notes/hen.md\n" in out
    assert "indexed 2 documents as 2 passages" in out
    assert "empty.txt: it holds no text" in err
    code, out, err = command("add", home / "hen.md", "--home", home)
    assert (code, out) == (0, "already in the corpus: notes/hen.md\n")


@pytest.mark.models
@pytest.mark.parametrize("end_with", [signal.SIGINT, signal.SIGTERM])
def test_watching_indexes_what_changes_until_it_is_ended(
    home: Path, end_with: signal.Signals
) -> None:
    corpus = home / "corpus"
    with subprocess.Popen(
        [MEMOQA, "index", "--watch", "--home", home],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PYTHONUNBUFFERED="1"),
    ) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        said = iter(watching.stdout.readline, "")
        try:
            assert next(said) == "added: animals\n"
            assert next(said).startswith("indexed 1 documents as 1 passages, 1 of them embedded")
            (corpus / "bad.txt").write_text("")
            (corpus / "hen.txt").write_text("The hen laid an egg.")
            assert next(said) == "added: hen\n"
            assert next(said).startswith("indexed 2 documents as 2 passages, 1 of them embedded")
            corpus.rename(home / "away")
            complaints = iter(watching.stderr.readline, "")
            assert any("there is no corpus folder" in line for line in complaints)
            (home / "away").rename(corpus)
            (corpus / "bad.txt").write_text("The cow gave milk.")
            assert next(said) == "added: bad\n"
            assert next(said).startswith("indexed 3 documents as 3 passages, 1 of them embedded")
            watching.send_signal(end_with)
            assert watching.wait(GUARD) == 0
        finally:
            watching.kill()
        assert watching.stderr.read().endswith("No longer watching.\n")


@pytest.mark.models
def test_json_is_all_that_stdout_holds_and_verify_finds_out_what_was_changed(
    command: Command, real_settings: Settings, tmp_path: Path
) -> None:
    home = str(real_settings.home)
    ended = process("ask", "How many manufacturing establishments were there in 1990?", "--json",
                    MEMOQA_HOME=home)  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert answer["answered"] is True
    assert "728,853" in answer["citations"][0]["quote"]
    quotes = len(answer["citations"]) + len(answer["nearest"])

    saved = tmp_path / "answer.json"
    saved.write_text(ended.stdout)
    code, out, err = command("verify", saved, "--home", home)
    assert (code, err) == (0, "")
    assert out.count("✓") == quotes
    assert "word for word at this place" in out

    for change in ({"quote": "Nobody wrote this."}, {"start": 1}, {"document": {"id": "none"}}):
        first = answer["citations"][0]
        tampered = {**answer, "citations": [{**first, **change}]}
        if "document" in change:
            tampered["citations"][0]["document"] = {**first["document"], "id": "none"}
        saved.write_text(json.dumps(tampered))
        code, out, err = command("verify", saved, "--home", home)
        assert code == 1
        assert out.startswith("✗ 1 ")
        assert err == "error: not every citation stands word for word in its place\n"

    saved.write_text(json.dumps(answer))
    line = is_one_clear_line(*command("verify", saved, "--home", tmp_path))
    assert "run: memoqa index" in line


@pytest.mark.models
def test_an_answer_is_shown_with_its_place_and_a_no_with_the_closest(
    command: Command, real_settings: Settings
) -> None:
    home = real_settings.home
    code, out, err = command("ask", "When did METI start the Cluster Program?", "--home", home)
    assert (code, err) == (0, "")
    assert "in 2001 the Ministry of Economy, Trade and Industry (METI) started" in out
    assert "confidence " in out
    assert "[1] Transforming Local Industrial Districts in Japan" in out
    assert re.search(r", paragraph \d+ \(memo-208\)\n", out)
    code, out, err = command("ask", "Who won the world cup in 2002?", "--home", home)
    assert (code, err) == (0, "")
    assert out.startswith("The documents do not say.\nClosest passages, not an answer:\n")
    code, out, _ = command("ask", "?!", "--home", home)
    assert (code, out) == (0, "There is no question here.\n")


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "words"),
    [("x" * 2_001, "ask in at most 2,000"), ("caf\udce9", "ask again in UTF-8")],
    ids=["long", "not UTF-8"],
)
def test_a_question_that_cannot_be_asked_is_told(
    command: Command, real_settings: Settings, question: str, words: str
) -> None:
    assert words in is_one_clear_line(*command("ask", question, "--home", real_settings.home))


def _questions() -> list[dict[str, Any]]:
    return [
        {
            "id": "yes",
            "question": "How many establishments were there\u2028in 1990?",
            "answers": ["728,853"],
            "documents": ["memo-208", "establishments"],
            "type": "number",
        },
        {
            "id": "no",
            "question": "Who won the world cup in 2002?",
            "answers": [],
            "documents": [],
            "type": "off-topic",
        },
    ]


def _figures(table: str) -> dict[str, list[str]]:
    rows = (line.split("│")[1:-1] for line in table.splitlines() if line.startswith("│"))
    return {name.strip(): [cell.strip() for cell in cells] for name, *cells in rows}


@pytest.mark.models
def test_memo_questions_are_measured(
    command: Command, real_settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "questions.jsonl"
    # U+2028 as it is: a JSON line may hold it.
    lines = (json.dumps(question, ensure_ascii=False) for question in _questions())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = tmp_path / "report.html"
    code, out, _ = command(
        "eval", path, "--home", real_settings.home, "--misses", "--report", report
    )
    assert code == 0
    assert "At this setting 1 of 1 answers were right, and 1 of 2 questions were refused" in out
    assert "memoqa on questions.jsonl" in report.read_text(encoding="utf-8")
    figures = _figures(out)
    assert figures["ECE"][2] == "2"
    assert figures["recall@5"] == ["1.000", "1.000–1.000", "1"]
    assert figures["answer in the best quote"][0] == "1.000"
    assert figures["refusal recall"] == ["1.000", "1.000–1.000", "1"]
    assert figures["citations exact"] == ["1.000", "1.000–1.000", "2"]
    assert figures["AUROC"] == ["1.000", "1.000–1.000", "2"]
    code, out, _ = command("eval", path, "--home", real_settings.home, "--sample", "1")
    assert code == 0
    assert _figures(out)["citations exact"][2] == "1"


@pytest.mark.models
def test_squad_questions_are_measured_without_any_index(command: Command, tmp_path: Path) -> None:
    asked = [
        {
            "id": "1",
            "question": "In which year did the cat sit on the mat?",
            "answers": [{"text": "1987", "answer_start": 29}],
        },
        {"id": "2", "question": "Who won the world cup in 2002?", "answers": []},
    ]
    context = "The cat sat on the mat in 1987. The dog slept in the garden."
    squad = {"data": [{"title": "Pets", "paragraphs": [{"context": context, "qas": asked}]}]}
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(squad))
    code, out, _ = command("eval", path, "--home", tmp_path, "--misses")
    assert code == 0
    figures = _figures(out)
    assert figures["recall@1"] == ["1.000", "1.000–1.000", "1"]
    assert figures["answer in the best quote"][0] == "1.000"
    assert figures["citations exact"] == ["1.000", "1.000–1.000", "2"]


@pytest.mark.models
def test_serving_builds_the_index_first_and_ctrl_c_ends_it(home: Path) -> None:
    assert not (home / "index").exists()
    with served(home, end_with=signal.SIGINT, expected=0):
        assert (home / "index" / "manifest.json").is_file()
    shutil.rmtree(home / "index")


def test_feedback_becomes_a_file_of_questions(command: Command, tmp_path: Path) -> None:
    record = Record("Which ships sank?", None, False, 0.1, "", ())
    feedback.keep(Settings(home=tmp_path).feedback, "right", "", record)
    code, said, _ = command("feedback", "export", tmp_path / "out.jsonl", "--home", tmp_path)
    assert code == 0
    assert said.startswith("1 questions from 1 judgements in ")
    line = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (line["question"], line["answers"]) == ("Which ships sank?", [])


def test_without_feedback_nothing_is_exported(command: Command, tmp_path: Path) -> None:
    line = is_one_clear_line(
        *command("feedback", "export", tmp_path / "out.jsonl", "--home", tmp_path)
    )
    assert "there is no feedback" in line
    assert not (tmp_path / "out.jsonl").exists()
