"""Small models as transformers itself saves them, with random weights that are always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = ("a", "cat", "kitten", "bank", "sits", "on", "the", "warm", "mat", "##s")
README = """---
language: en
license: mit
datasets:
- imagenet-1k
base_model: someone/parent
pipeline_tag: some-task
model-index:
- name: it
  results:
  - dataset: {name: ImageNet, type: imagenet-1k}
    metrics: [{type: accuracy, value: 69.5}, {type: loss, value: 2.0}]
---
# A model <script>alert(1)</script>
"""


def drawn(make: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return make().eval()


def image_model(folder: Path, kind: str = "resnet", **more: Any) -> Any:
    """Save a classifier of three classes for pictures of 32 x 32, with its preprocessing."""
    labels = {"id2label": {0: "ant", 1: "bee", 2: "cow"}, "label2id": {"ant": 0, "bee": 1, "cow": 2}}
    if kind == "resnet":
        config: Any = transformers.ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", **labels, **more
        )
    elif kind == "convnext":
        config = transformers.ConvNextConfig(
            hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, image_size=32, **labels, **more
        )
    elif kind == "swin":
        config = transformers.SwinConfig(
            image_size=32, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4, **labels, **more
        )
    else:
        config = transformers.ViTConfig(
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            image_size=32,
            patch_size=8,
            **labels,
            **more,
        )
    net = drawn(lambda: transformers.AutoModelForImageClassification.from_config(config))
    if kind == "resnet":
        # As new, every norm keeps mean 0 and spread 1: other statistics show that they are used.
        for at, part in enumerate(part for part in net.modules() if hasattr(part, "running_mean")):
            part.running_mean.fill_(0.01 * at)
            part.running_var.fill_(0.8)
    net.save_pretrained(folder)
    transformers.ViTImageProcessor(
        size={"height": 32, "width": 32}, image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.25, 0.3]
    ).save_pretrained(folder)
    (folder / "README.md").write_text(README)
    return net


def text_model(folder: Path, kind: str = "bert", vocabulary: int = 0, **more: Any) -> tuple[Any, Any]:
    """Save a text encoder with its tokenizer; its padding is 0 for BERT and 1 for RoBERTa."""
    special = (
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] if kind != "roberta" else ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
    )
    vocab = {piece: at for at, piece in enumerate([*special, *WORDS])}
    tokens: Any = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokens.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=40,
    )
    sizes = {"vocab_size": vocabulary or len(vocab), "hidden_size": 16, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "intermediate_size": 32, "pad_token_id": vocab["[PAD]"]}
    family = {
        "bert": transformers.BertConfig,
        "roberta": transformers.RobertaConfig,
        "mpnet": transformers.MPNetConfig,
    }[kind]
    config = family(**sizes, **heads, max_position_embeddings=64, **more)
    net = drawn(lambda: transformers.AutoModel.from_config(config))
    net.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(README)
    return net, tokenizer
