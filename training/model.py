"""One encoder, three outputs: where the answer starts, where it ends, whether it is there."""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, BertConfig, BertModel
from transformers.masking_utils import eager_mask


def plain_attention(
    _module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **_options: object,
) -> tuple[Tensor, None]:
    """Two products and a softmax: on a CPU in bfloat16 nearly twice as fast as torch's kernel."""
    scores = torch.matmul(query * (query.shape[-1] ** -0.5), key.transpose(2, 3))
    if attention_mask is not None:
        scores = scores + attention_mask.to(scores.dtype)
    shares = torch.softmax(scores, dim=-1, dtype=scores.dtype)
    return torch.matmul(shares, value).transpose(1, 2).contiguous(), None


AttentionInterface.register("plain", plain_attention)
AttentionMaskInterface.register("plain", eager_mask)

HIDDEN, INNER, LAYERS = 384, 1536, 12
"""What the reranker's encoder and multilingual-e5-small's have in common: all but their words."""


def bert_config(pieces: int) -> BertConfig:
    return BertConfig(
        vocab_size=pieces,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=12,
        intermediate_size=INNER,
        # Drawing a mask for every attention weight would cost more than the attention itself.
        attention_probs_dropout_prob=0.0,
    )


class SharedDropout(nn.Module):
    """Drops a feature at every position of a sequence at once: a mask L times cheaper to draw."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (x.shape[0], *[1] * (x.dim() - 2), x.shape[-1])
        keep = torch.empty(shape, dtype=x.dtype).bernoulli_(1 - self.p)
        return x * keep / (1 - self.p)


class Reader(nn.Module):
    """Parameter names follow the reranker's, so its checkpoint loads as it is.

    `pieces` is the size of the tokenizer's vocabulary.
    """

    def __init__(self, pieces: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.bert = BertModel(bert_config(pieces))
        self.bert.set_attn_implementation("plain")
        for module in list(self.bert.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.Dropout) and child.p > 0:
                    setattr(module, name, SharedDropout(dropout))
        self.dropout = SharedDropout(dropout)
        self.classifier = nn.Linear(HIDDEN, 1)
        self.span = nn.Linear(HIDDEN, 2)
        nn.init.normal_(self.span.weight, std=0.02)
        nn.init.zeros_(self.span.bias)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Start [B, L], end [B, L] (position 0 scores «no answer here») and relevance [B]."""
        out = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        start, end = self.span(self.dropout(out.last_hidden_state)).unbind(-1)
        relevance = self.classifier(self.dropout(out.pooler_output)).squeeze(-1)
        return start, end, relevance


def load(path: Path) -> Reader:
    weights = torch.load(path, map_location="cpu", weights_only=True)
    reader = Reader(len(weights["bert.embeddings.word_embeddings.weight"]))
    reader.load_state_dict(weights)
    return reader.eval()
