import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import assistant_of, document
from memoqa.errors import IndexNotFound, QuestionsError
from memoqa.evaluate import Question, Run, holds, prepare, read_squad
from memoqa.evaluate.questions import language, question_word, read
from memoqa.settings import Settings
from results import asked, result

TEXT = "Twenty consortia were created. In 2007, 194 companies joined."


def test_what_went_wrong_is_said_in_a_line() -> None:
    assert result(right=True).wrong == ""
    assert result(answerable=False, answered=False).wrong == ""
    wrong = result().wrong
    assert wrong == "wrong quote: q 'How many?' (0.50) → 'Twenty consortia joined.'"
    assert result(answered=False, right=True).wrong.startswith("refused: q ")
    assert result(answered=False).wrong.startswith("refused, and nearest is wrong: q ")
    assert result(answerable=False).wrong.startswith("should have refused: q ")


def test_the_short_answer_is_the_words_marked_in_the_best_quote() -> None:
    assert result(right=True).short == result(right=True, answered=False).short == "194 companies"
    assert result(right=True, marked=3).short == "194"


def test_without_any_quote_nothing_is_right() -> None:
    found = replace(result(), answer=replace(result().answer, citations=()))
    assert (found.best, found.short, found.right, found.f1) == (None, "", False, 0)


def test_a_quote_holds_an_answer_only_verbatim_and_of_the_right_document() -> None:
    question = asked("194 companies", "Twenty")
    assert holds(question, "memo", "In 2007, 194 companies joined.")
    assert holds(question, "memo", "Twenty consortia")
    assert not holds(question, "memo", "twenty consortia")
    assert not holds(question, "other", "Twenty consortia")
    assert not holds(asked(), "memo", "Twenty consortia")


def test_asking_gives_a_result_for_each_question_in_order() -> None:
    memo = document(f"# Clusters\n\n{TEXT}\n\nThe sun is hot.", "memo")
    questions = [
        asked("194 companies", id="a", text="How many companies joined in 2007?"),
        asked("2007", id="b", text="How many consortia were created?"),
        asked(id="c", text="What is a zebra?"),
        asked("hot", id="d", text="zebra"),
    ]
    run = Run(assistant_of(memo), questions)
    assert len(run) == 4
    a, b, c, d = run
    assert [r.question.id for r in (a, b, c, d)] == ["a", "b", "c", "d"]
    assert (a.rank, a.right, a.exact, a.answer.answered) == (1, True, True, True)
    assert a.answer.citations[0].quote == "In 2007, 194 companies joined."
    # The passage holds the answer, and the quote does not.
    assert (b.rank, b.right, b.answer.answered) == (1, False, True)
    assert (c.rank, c.right, c.answer.answered, c.wrong) == (None, False, False, "")
    assert d.rank is not None
    assert not d.answer.answered
    assert list(run) != []


def squad(**paragraph: Any) -> dict[str, Any]:
    return {
        "version": "v2.0",
        "data": [
            {
                "title": "Industrial_clusters",
                "paragraphs": [
                    {"context": TEXT, "qas": [], **paragraph},
                    {"context": "The sun is hot.", "qas": []},
                ],
            }
        ],
    }


def test_squad_contexts_are_documents_with_their_questions() -> None:
    qas = [
        {
            "id": 7,
            "question": "How many companies?",
            "answers": [
                {"text": "194", "answer_start": 40},
                {"text": "194 companies", "answer_start": 40},
                {"text": "194", "answer_start": 40},
            ],
        },
        {"id": "x", "question": "Why?", "answers": [], "is_impossible": True},
    ]
    documents, questions = read_squad(squad(qas=qas))
    assert [d.text for d in documents] == [TEXT, "The sun is hot."]
    assert {d.title for d in documents} == {"Industrial clusters"}
    (first, _) = documents
    assert questions == [
        Question("7", "How many companies?", ("194", "194 companies"), (first.id,), "how many"),
        Question("x", "Why?", (), (first.id,), "why"),
    ]


@pytest.mark.parametrize("title", [{}, {"title": "Same"}])
def test_squad_articles_of_the_same_or_no_title_stay_apart(title: dict[str, str]) -> None:
    data = {
        "data": [
            {**title, "paragraphs": [{"context": f"Text {n} and {m}.", "qas": []} for m in (0, 1)]}
            for n in (0, 1)
        ]
    }
    documents, _ = read_squad(data)
    assert len({d.id for d in documents}) == 4
    assert [d.title for d in documents] == [title.get("title", d.text) for d in documents]


MEMO = {"id": "a", "question": "Q?", "answers": ["x"], "documents": ["memo"], "type": "what"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.jsonl", b"{"),
        ("q.jsonl", b"5\n"),
        ("q.jsonl", b"[]\n"),
        ("q.jsonl", b"\xff"),
        ("q.jsonl", b"[" * 9_999),
        *(("q.jsonl", json.dumps(MEMO | {k: 5}).encode()) for k in ("question", "answers")),
        ("q.jsonl", json.dumps(MEMO | {"answers": "352,448"}).encode()),
        ("q.jsonl", json.dumps(MEMO | {"answers": [352]}).encode()),
        ("q.jsonl", json.dumps(MEMO | {"documents": "memo"}).encode()),
        *(
            ("q.jsonl", json.dumps({k: v for k, v in MEMO.items() if k != key}).encode())
            for key in MEMO
            if key != "type"
        ),
        ("q.jsonl", json.dumps(MEMO | {"type": 5}).encode()),
        ("q.json", b"{}"),
        ("q.json", b"[]"),
        ("q.json", b"nonsense"),
        ("q.json", b'{"data": 5}'),
        ("q.json", b'{"data": ["article"]}'),
        ("q.json", b'{"data": [{"title": "T", "paragraphs": [{"context": 5, "qas": []}]}]}'),
        ("q.json", b'{"data": [{"paragraphs": [{"context": "c"}]}]}'),
        ("q.json", json.dumps(squad(qas=[{"id": 1, "question": 5, "answers": []}])).encode()),
        ("q.json", json.dumps(squad(qas=[{"id": 1, "question": "Q?"}])).encode()),
    ],
)
def test_a_file_of_another_format_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuestionsError, match=r"holds neither SQuAD JSON nor lines of memo"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("q.jsonl", b""), ("q.jsonl", b"\n\n"), ("q.json", b'{"data": []}')],
)
def test_a_file_without_questions_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuestionsError, match="there is no question in"):
        read(path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "q.jsonl"
    if exists:
        path.mkdir()
    with pytest.raises(QuestionsError, match=r"q\.jsonl' cannot be read: "):
        read(path)


def test_a_memo_question_without_a_type_has_that_of_its_question_word(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    untyped = {key: value for key, value in MEMO.items() if key != "type"}
    lines = [MEMO, untyped | {"question": "By whom, and when?"}]
    path.write_text("\n".join(map(json.dumps, lines)))
    documents, questions = read(path)
    assert documents == ()
    assert [question.type for question in questions] == ["what", "when"]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How many companies joined?", "how many"),
        ("HOW did they?", "how"),
        ("In which year and where?", "which"),
        ("Name the somewhat showy", "other"),
        ("計画はいつ始まったか", "いつ"),
        ("何年に始まり、誰が始めたか", "何年"),
        ("", "other"),
    ],
)
def test_the_question_word_is_the_first_that_asks(question: str, word: str) -> None:
    assert question_word(question) == word


@pytest.mark.parametrize(
    ("question", "script"),
    [
        ("When did it begin?", "Latin"),
        ("What is 産業 in English?", "Latin"),
        ("ｗｈｅｎ", "Latin"),
        ("METIの産業クラスター計画はいつ始まったか", "Japanese"),
        ("ﾃﾞｰﾀ", "Japanese"),
        ("Когда?", "Cyrillic"),
        ("1990?", "None"),
    ],
)
def test_the_language_is_the_script_of_most_letters(question: str, script: str) -> None:
    assert language(question) == script


@pytest.mark.models
def test_memo_questions_need_an_index(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(MEMO))
    with pytest.raises(IndexNotFound, match="run: memoqa index"):
        prepare(path, Settings(home=tmp_path), None, 0)


@pytest.mark.models
def test_a_sample_of_squad_is_drawn_by_the_seed_and_searched_in_all_contexts(
    tmp_path: Path,
) -> None:
    qas = [
        {"id": n, "question": f"How many companies joined in {2000 + n}?", "answers": []}
        for n in range(20)
    ]
    path = tmp_path / "q.json"
    path.write_text(json.dumps(squad(qas=qas)))

    def drawn(sample: int | None, seed: int) -> list[str]:
        run = prepare(path, Settings(home=tmp_path), sample, seed)
        assert len(run.assistant.index.documents) == 2
        assert len(run) == len(run.questions)
        return [question.id for question in run.questions]

    assert drawn(None, 0) == drawn(50, 0) == [str(n) for n in range(20)]
    first = drawn(5, 1)
    assert len(set(first)) == 5
    assert drawn(5, 1) == first != drawn(5, 2)
