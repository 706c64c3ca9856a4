"""The teacher's outputs on the training set: computed once, kept on disk, read by every student (section 3, Figure 1).

The paper stores logits. The decoder's final hidden states and the output matrix give the same logits
and take 60 times less space at the paper's size (notebook 03). So `hidden_fp16` is the default codec.

    write(folder, hidden_states(teacher, tokenizer, encoded, ...), output_head(teacher), codec="hidden_fp16", ...)
    cache = TeacherCache(folder)
    logits = cache.head(cache[ids])  # codecs that store logits: cache[ids], and cache.head is None

`store` writes and reads the files. `codecs` turns numbers into bytes (add a codec there). `teacher` computes hidden
states and the output head. `measure` computes the sizes and errors in notebook 03 and ``benchmarks/logits.py``.
"""

from trident.distillation.teacher_cache.store import CacheError, TeacherCache, write
from trident.distillation.teacher_cache.teacher import OutputHead, hidden_states, labels_digest, output_head

__all__ = ["CacheError", "OutputHead", "TeacherCache", "hidden_states", "labels_digest", "output_head", "write"]
