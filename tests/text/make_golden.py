#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden.json: what other programs make of the same texts.

usage: make_golden.py > golden.json   (needs the packages regex 2026.11 and tokenizers 0.23)

coriolanus.txt is the beginning of Shakespeare's play, as common collections have it (public domain).
Characters newer than Unicode 15.0 are left out: libraries do not agree on them yet.
"""
import json
import pathlib
import random
import unicodedata

import regex
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
SPLIT = regex.compile(
    r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""")
TEXTS = [
    "", " ", "  ", "a", " a", "  a", "   a b", "Hello, world!", "don't you've we'll I'm he'd they're it's",
    "'S 'sx ''s 'l 'll 'lll 've'", "DON'T", "x='a'; y = \"b\"\n\n\tz\n", "tabs\t\tand\n\n\nlines \n end ",
    "3.14159 and 2,000 or 1e-5 \u00bd \u2164 \u00b2", "na\u00efve caf\u00e9 \u00fcber stra\u00dfe \u0130stanbul \u01c5",
    "\u00a0no\u00a0break\u00a0", "\u3000\u5168\u89d2\u3000 \u4f60\u597d\uff0c\u4e16\u754c\u3002\u65e5\u672c\u8a9e\u30c6\u30b9\u30c8",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u0661\u0662\u0663",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e", "e\u0301 combining \u0301", "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 emoji\U0001f680!",
    "\u200bzero\u200bwidth\ufeff", "\x00\x01\x7f control \x1c\x1d\x85 ", "\r\n\r\nCRLF\r\n", "snake_case camelCase __init__ a-b--c",
    "\u2028line\u2029separators\u202f!", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\u1e9b\u0323 \ufb01 \u212b \u1100\u1161\u11a8 \uac01", "$100 \u20ac5 <tag> {x} [y] `z` ^~|", "\U000e0041\ufffd\U0010ffff\ue000",
]


def random_texts(count):
    rng = random.Random(7)
    pool = [" ", " ", " ", "\n", "'", "s", "t", "re", "ll", "A", "z", "0", "9", ".", "-", "\t", "\u00a0", "\u00e9", "\u4e2d"]
    for _ in range(count):
        yield "".join(
            rng.choice(pool) if rng.random() < 0.8 else character(rng) for _ in range(rng.randint(1, 40)))


def character(rng):
    while True:
        c = chr(rng.choice([rng.randrange(0x3000), rng.randrange(0x20000)]))
        # The reference's Unicode is newer than 15.0; what this Python does not know, neither may.
        if not 0xD800 <= ord(c) <= 0xDFFF and unicodedata.category(c) not in ("Cn", "Cs"):
            return c


def bpe(train):
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, min_frequency=2, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([train], trainer)
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"]
    merges = [[vocab[a], vocab[b]] for a, b in json.loads(tokenizer.to_str())["model"]["merges"]]
    return tokenizer, merges


def wordpiece(train):
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=500, show_progress=False,
                                        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.train_from_iterator([train], trainer)
    vocab = tokenizer.get_vocab()
    return tokenizer, sorted(vocab, key=vocab.get)


def settled(text):
    """The wordpiece reference has tables older than U+0C77, and keeps U+10FFFF, which BERT drops."""
    return not set(text) & {"\u0c77", "\U0010ffff"}


def main():
    train = (HERE / "coriolanus.txt").read_text()
    texts = TEXTS + list(random_texts(60)) + [train[3000:3400]]
    byte_pairs, merges = bpe(train)
    pieces, vocab = wordpiece(train)
    cased = tokenizers.Tokenizer.from_str(pieces.to_str())
    cased.normalizer = normalizers.BertNormalizer(lowercase=False)
    print(json.dumps({
        "texts": texts,
        "splits": [[m.group() for m in SPLIT.finditer(t)] for t in texts],
        "bpe": {"merges": merges, "ids": [byte_pairs.encode(t).ids for t in texts]},
        "wordpiece": {"tokens": vocab, "ids": [pieces.encode(t).ids if settled(t) else None for t in texts],
                      "cased": [cased.encode(t).ids if settled(t) else None for t in texts]},
        "nfc": [unicodedata.normalize("NFC", t) for t in texts],
        "nfkc": [unicodedata.normalize("NFKC", t) for t in texts],
    }, separators=(",", ":")))


main()
