import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering

from fakes import document
from memoqa import chunk
from memoqa.encode import QuestionAnsweringEncoder
from memoqa.errors import ModelNotFound
from memoqa.index import context, text_of
from memoqa.models import folder_identity
from memoqa.read import open_reader
from memoqa.types import Retrieved

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"when did the programme start it started in".split()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small model with the weights that a seed gives, saved as transformers saves one."""
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    torch.manual_seed(0)
    model = BertForQuestionAnswering(
        BertConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
        )
    )
    path = tmp_path_factory.mktemp("models") / "small-squad"
    model.save_pretrained(path)
    made.save(str(path / "tokenizer.json"))
    special = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **special}
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    return path


def test_a_named_model_gives_what_transformers_gives(folder: Path) -> None:
    question, text = "When did it start?", "The programme started in 2001."
    (outputs, read), _ = QuestionAnsweringEncoder(folder).run(question, [text, "It did."])
    encoding = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(question, text)
    model = BertForQuestionAnswering.from_pretrained(folder)
    with torch.inference_mode():
        expected = model(
            input_ids=torch.tensor([encoding.ids]),
            token_type_ids=torch.tensor([encoding.type_ids]),
        )
    start, end, relevance = outputs
    np.testing.assert_allclose(start, expected.start_logits.numpy(), rtol=1e-5)
    np.testing.assert_allclose(end, expected.end_logits.numpy(), rtol=1e-5)
    assert relevance.tolist() == [0.0]
    assert [text[a:b] for _, (a, b) in read] == ["The", "programme", "started", "in", "2001", "."]
    assert [encoding.offsets[at] for at, _ in read] == [place for _, place in read]


def test_tokens_have_their_places_in_the_untouched_text(folder: Path) -> None:
    text = "It started in ２００１, at ㈱. It"
    ((_, read),) = QuestionAnsweringEncoder(folder).run("When?", [text])
    words = [text[a:b] for _, (a, b) in read]
    assert words[3] == "２００１"
    assert words[6:9] == ["㈱", "㈱", "㈱"]
    assert words[-1] == "It"


def test_a_named_model_is_read_with_the_same_decoder(folder: Path) -> None:
    memo = document("The programme started in 2001. It started in the south.")
    hits = [Retrieved(p, context(memo, p), text_of(memo, p), 0.0, 1) for p in chunk.passages(memo)]
    reader = open_reader(str(folder))
    extracts = reader.read("When did it start?", hits)
    assert reader.identity == folder_identity(folder)
    sentences = chunk.sentences(memo.text, 0, len(memo.text))
    assert {(e.span.start, e.span.end) for e in extracts} == set(sentences)
    assert all(e.span.start <= e.highlight.start < e.highlight.end <= e.span.end for e in extracts)


def test_a_long_passage_is_cut_to_what_the_model_reads(folder: Path) -> None:
    ((start, _, _), read) = QuestionAnsweringEncoder(folder).run("When?", ["it " * 500])[0]
    assert start.shape == (1, 64)
    assert read[-1][0] == 62


def test_a_folder_without_such_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="set MEMOQA_READER to another, or leave it out"):
        open_reader(str(tmp_path))
