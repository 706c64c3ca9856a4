"""The teacher's knowledge on disk: computed once for the training set, read by every student (section 3, Figure 1).

The paper stores logits. The decoder's final hidden state and the output matrix give the very same logits back, 60 times smaller
(notebook 03 shows it, and what LZ4 can do); `hidden_fp16` is therefore the default codec.

    write(folder, hidden_states(teacher, tokenizer, encoded, …), output_head(teacher), codec="hidden_fp16", …)
    store = TeacherCache(folder)
    logits = store.head(store[ids])        # for the codecs that store logits: store[ids], and store.head is None

**Layout of a store**, for other programs. It is a folder with

    manifest.json      JSON: what the store was written for (`identity`: codec, sizes, digests of teacher, tokenizer, labels and
                       inputs), examples, tokens, bytes, the codec's measured error, its shards, and `checksum`: the SHA-256, in hex,
                       of all other entries as JSON with sorted keys, without white space, in UTF-8. Nothing in it, or in the
                       shards, depends on a temperature. It is written last: without it, the store is unfinished.
    head.safetensors   codecs of hidden states only: `weight` (vocabulary × d_model), float32, and `bias` where the model has one;
                       logits = scale · hidden @ weight.T + bias, with the manifest's `scale`
    shard-NNNNN.bin    the knowledge on some of the examples
    .writing           lock of the writer; empty

A shard is, all numbers little-endian, checksums CRC-32 as in zlib:

    8 bytes      magic "TRIDENT2"
    uint32       length L of the header in bytes
    uint32       checksum of the header, started from L in place of 0
    L bytes      header, JSON: `identity` (the store's, and the shard's number), `fields` (see trident.distillation.teacher_cache.codecs.Field) and
                 `tables` (name, NumPy dtype, shape, checksum)
    …            the tables, one after the other
    …            the blocks, one an example, one after the other; a block is its fields, one after the other, each as an LZ4 frame
                 where its entry in `fields` says `lz4`
    …            index, JSON: `ids`, `tokens`; for each field `bytes` (as stored) and `crc32` (of these bytes) of every block;
                 `remarks`: the root mean square error of the logits on the shard's first tokens
    uint64 × 2   where the index starts, its length
    uint32 × 2   checksum of the index; checksum of the 20 bytes before
    8 bytes      magic "TRIDENT2"

A field is a row-major matrix of `columns` numbers of type `dtype`, one row a token (`per` = token) or one in all (example).
What the fields mean, each codec's class says (trident.distillation.teacher_cache.codecs). No pickle anywhere.
"""

from trident.distillation.teacher_cache.shards import CacheError
from trident.distillation.teacher_cache.store import TeacherCache
from trident.distillation.teacher_cache.teacher import (
    OutputHead,
    TeacherStates,
    hidden_states,
    labels_digest,
    output_head,
)
from trident.distillation.teacher_cache.writing import write

__all__ = [
    "TeacherCache",
    "OutputHead",
    "CacheError",
    "TeacherStates",
    "hidden_states",
    "labels_digest",
    "output_head",
    "write",
]
