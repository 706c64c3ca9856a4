"""How probable does a model find each way to write an assertion that means the same?

In the sandbox an assertion can be written in several ways, and the probability of each, given what the model sees, is
known by construction. A teacher's soft targets can be right only as far as its own distribution agrees with that one.
"""

from __future__ import annotations

import pandas as pd
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Blanks that are asked about, the first of a split that can be filled in two ways or more.
BLANKS = 100


@torch.no_grad()
def label_distribution(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    encoded: Dataset,
    *,
    batch_size: int,
    device: torch.device,
) -> pd.DataFrame:
    """The model's log-probability of each accepted form of up to :data:`BLANKS` blanks.

    Args:
        examples: with `id`, `accepted` and `accepted_probability`.
        encoded: the same examples in the same order, with `input_ids`.

    Returns:
        One row per blank and form: `id`, `form`, `probability` (true, given what the model sees) and `log_probability`
        (the model's, in nats: the sum over the form's tokens, its end included). No rows if every blank has one form.
    """
    several = [position for position, forms in enumerate(examples["accepted"]) if len(forms) > 1][:BLANKS]
    sources = encoded.select(several)["input_ids"][:]
    asked = [
        {"id": row["id"], "form": form, "probability": probability, "source": number}
        for number, row in enumerate(examples.select(several))
        for form, probability in zip(row["accepted"], row["accepted_probability"], strict=True)
    ]
    model.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    found: list[float] = []
    for start in range(0, len(asked), batch_size):
        rows = asked[start : start + batch_size]
        first, last = rows[0]["source"], rows[-1]["source"]
        inputs = tokenizer.pad({"input_ids": sources[first : last + 1]}, return_tensors="pt").to(device)
        read = model.get_encoder()(**inputs).last_hidden_state  # once for all forms of a blank
        of_row = torch.tensor([row["source"] - first for row in rows], device=device)
        forms = tokenizer([row["form"] for row in rows], padding=True, return_tensors="pt").to(device)
        labels, present = forms["input_ids"], forms["attention_mask"].bool()  # (rows, tokens)
        mask = inputs["attention_mask"][of_row]
        out = model(encoder_outputs=(read[of_row],), attention_mask=mask, labels=labels)
        logits = out.logits.float()  # (rows, tokens, vocabulary)
        chosen = logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        found += chosen.where(present, 0).sum(-1).tolist()
    columns = ["id", "form", "probability"]
    return pd.DataFrame(asked, columns=columns).assign(log_probability=pd.Series(found, dtype=float))
