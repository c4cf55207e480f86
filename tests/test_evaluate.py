import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakes import assistant_of, document
from memoqa.errors import IndexNotFound, QuestionsError
from memoqa.evaluate import Figure, Question, Result, Run, figures, holds, prepare, read_squad
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, IndexState, Range, Source, Timings

TEXT = "Twenty consortia were created. In 2007, 194 companies joined."


def asked(*answers: str, id: str = "q", text: str = "How many?") -> Question:
    return Question(id, text, answers, ("memo",) if answers else (), "number")


def citation(quote: str = "quoted") -> Citation:
    source = Source("memo", "Memo", "memo", None, None, None, "0")
    return Citation(1, source, quote, 0, len(quote), Range(0, 1), "", "", "paragraph 1", "/")


def result(
    answerable: bool = True,
    answered: bool = True,
    right: bool = False,
    rank: int | None = None,
    confidence: float = 0.5,
    exact: bool = True,
) -> Result:
    answer = Answer(
        question="How many?",
        answered=answered,
        answer="quoted" if answered else None,
        confidence=confidence,
        citations=(citation(),) if answered else (),
        reason=None if answered else "not_in_documents",
        nearest=() if answered else (citation(),),
        index=IndexState("0", "2020", False),
        timings_ms=Timings(0, 0, 0, 0),
    )
    return Result(asked(*["194"] * answerable), answer, rank, right, exact)


def by_name(results: list[Result], seed: int = 0) -> dict[str, Figure]:
    found = figures(results, seed)
    assert len({figure.name for figure in found}) == len(found)
    return {figure.name: figure for figure in found}


RESULTS = [
    result(rank=1, right=True, confidence=0.9),
    result(rank=1, right=False, confidence=0.8),
    result(rank=4, right=True, confidence=0.7),
    result(rank=6, right=True, answered=False, confidence=0.2),
    result(rank=None, answered=False, confidence=0.1, exact=False),
    result(answerable=False, confidence=0.7),
    result(answerable=False, answered=False, confidence=0.3),
    result(answerable=False, answered=False, confidence=0.05),
]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("recall@1", 2 / 5, 5),
        ("recall@5", 3 / 5, 5),
        ("MRR", (1 + 1 + 1 / 4 + 1 / 6 + 0) / 5, 5),
        ("answer in the best quote", 3 / 5, 5),
        ("answered, and in the first quote", 2 / 5, 5),
        ("precision of answers", 2 / 4, 4),
        ("refusal precision", 2 / 4, 4),
        ("refusal recall", 2 / 3, 3),
        ("citations exact", 7 / 8, 8),
        # Of the 15 pairs, answerable 0.9 and 0.8 win 3 each, 0.7 wins 2 and ties 1, 0.2 and 0.1
        # win 1 each.
        ("AUROC", (3 + 3 + 2.5 + 1 + 1) / 15, 8),
    ],
)
def test_figures_on_a_case_worked_out_by_hand(name: str, value: float, count: int) -> None:
    figure = by_name(RESULTS)[name]
    assert figure.value == pytest.approx(value)
    assert figure.count == count
    assert 0 <= figure.low <= figure.value <= figure.high <= 1


def test_a_figure_of_nothing_is_left_out() -> None:
    answerable = by_name([result(rank=1, right=True)])
    assert "refusal recall" not in answerable
    assert "AUROC" not in answerable
    assert "refusal precision" not in answerable
    unanswerable = by_name([result(answerable=False, answered=False)])
    assert set(unanswerable) == {"refusal precision", "refusal recall", "citations exact"}
    assert figures([], 0) == []


def test_where_every_question_went_alike_the_interval_is_a_point() -> None:
    figure = by_name([result(rank=1, right=True)] * 5)["recall@1"]
    assert (figure.value, figure.low, figure.high) == (1.0, 1.0, 1.0)


def test_the_interval_depends_on_the_seed_alone_and_narrows_with_more_questions() -> None:
    few, many = RESULTS, RESULTS * 30
    assert figures(few, 7) == figures(few, 7)
    assert figures(many, 7) != figures(many, 8)
    for name, figure in by_name(many).items():
        assert figure.high - figure.low < by_name(few)[name].high - by_name(few)[name].low


def test_the_interval_is_near_the_binomial_one() -> None:
    results = [result(rank=1)] * 300 + [result(rank=2)] * 700
    figure = by_name(results)["recall@1"]
    half = 1.96 * math.sqrt(0.3 * 0.7 / 1000)
    assert figure.low == pytest.approx(0.3 - half, abs=0.006)
    assert figure.high == pytest.approx(0.3 + half, abs=0.006)


scores = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]) | st.floats(0, 1), min_size=1)


@given(scores, scores)
@hypothesis_settings(max_examples=30)
def test_auroc_is_that_of_scikit_learn(yes: list[float], no: list[float]) -> None:
    from sklearn.metrics import roc_auc_score

    results = [result(confidence=c) for c in yes]
    results += [result(answerable=False, confidence=c) for c in no]
    random.Random(0).shuffle(results)
    expected = roc_auc_score([1] * len(yes) + [0] * len(no), [*yes, *no])
    assert by_name(results)["AUROC"].value == pytest.approx(float(expected))


def test_what_went_wrong_is_said_in_a_line() -> None:
    assert result(right=True).wrong == ""
    assert result(answerable=False, answered=False).wrong == ""
    assert result().wrong == "wrong quote: q 'How many?' (0.50) → 'quoted'"
    assert result(answered=False, right=True).wrong.startswith("refused: q ")
    assert result(answered=False).wrong.startswith("refused, and nearest is wrong: q ")
    assert result(answerable=False).wrong.startswith("should have refused: q ")


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
        Question("7", "How many companies?", ("194", "194 companies"), (first.id,), "how"),
        Question("x", "Why?", (), (first.id,), "why?"),
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
        ),
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
        prepare(path, Settings(home=tmp_path), None, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [("q.jsonl", b""), ("q.jsonl", b"\n\n"), ("q.json", b'{"data": []}')],
)
def test_a_file_without_questions_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuestionsError, match="there is no question in"):
        prepare(path, Settings(home=tmp_path), None, 0)


@pytest.mark.parametrize("exists", [True, False])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "q.jsonl"
    if exists:
        path.mkdir()
    with pytest.raises(QuestionsError, match=r"q\.jsonl' cannot be read: "):
        prepare(path, Settings(home=tmp_path), None, 0)


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
