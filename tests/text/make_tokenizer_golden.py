#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tokenizers/: small tokenizers in the shapes of well-known families, and the ids that the reference
implementations give for the lines of tokenizers/corpus.py.

usage: make_tokenizer_golden.py [TEXT [VOCAB [FOLDER]]]   (needs tokenizers 0.23, sentencepiece 0.2 and protobuf)

TEXT is what they are trained on besides those lines (default: coriolanus.txt), VOCAB how many tokens (default: 400).
NAME.json is a tokenizer.json, NAME.model one of SentencePiece, NAME/ a folder of files; ids.json holds, by NAME, for
each line the ids with special tokens left as text (null where the reference makes special tokens of text all the same,
which ours never do), and (null: the same) with special tokens found.
"""
import io
import json
import pathlib
import sys
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "tokenizers"))
from corpus import LINES  # noqa: E402

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LEAD, REST = r"[^\r\n\p{L}\p{N}]?", r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
TEKKEN = f"{LEAD}{UPPER}*{LOWER}+|{LEAD}{UPPER}+{LOWER}*" + r"|\p{N}" + REST
O200K = f"{LEAD}{UPPER}*{LOWER}+{SHORT}|{LEAD}{UPPER}+{LOWER}*{SHORT}" + r"|\p{N}{1,3}" + REST
# With CR and LF themselves, as in DeepSeek's file.
DEEPSEEK = [r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
            r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"""
            "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
BLANK = "\u2581"
# What stands for SentencePiece's nmt_nfkc, whose map of characters would be 240 KB.
RULES = ("2460\t31\nFB01\t66 69\nFB02\t66 6C\nFF21\t41\nFF22\t42\nFF11\t31\nFF01\t21\n65 301\tE9\n61 308\tE4\n41 30A\tC5\n"
         "212B\tC5\nA0\t20\n3000\t20\nD\t20\nA\t20\n9\t20\nAD\t\n200B\t20\nFEFF\t20\n2003\t20\n1\t\nBD\t31 2044 32\n")


def special(*texts, **flags):
    return [AddedToken(t, special=True, normalized=False, **flags) for t in texts]


def words(*texts, **flags):
    return [AddedToken(t, special=False, **{"normalized": False, **flags}) for t in texts]


class Maker:
    def __init__(self, text, vocab, folder, rules):
        self.texts, self.vocab, self.folder, self.rules = [text] + LINES, vocab, folder, rules
        self.ids, self.kept = {}, {}

    def train_bytes(self, name, pre, normalizer=None, first=(), last=(), post=None, more=0, **model):
        tokenizer = Tokenizer(models.BPE(**{k: v for k, v in model.items() if k == "unk_token"}))
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=self.vocab + more, min_frequency=2, show_progress=False,
                                      special_tokens=list(first), initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator(self.texts, trainer)
        if last:
            tokenizer.add_tokens(list(last))
        if post:
            tokenizer.post_processor = post(tokenizer)
        return self.keep(name, json.loads(tokenizer.to_str()), model)

    def keep(self, name, data, model=None):
        """Writes the tokenizer and the ids of all lines."""
        data["model"].update(model or {})
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (self.folder / f"{name}.json").write_text(text)
        self.ids[name] = self.both(Tokenizer.from_str(text))
        self.kept[name] = data
        return data

    @staticmethod
    def both(tokenizer):
        out = []
        special = {i: t.content for i, t in tokenizer.get_added_tokens_decoder().items() if t.special}
        for line in LINES:
            tokenizer.encode_special_tokens = True
            plain = tokenizer.encode(line, add_special_tokens=False).ids
            tokenizer.encode_special_tokens = False
            found = tokenizer.encode(line, add_special_tokens=False).ids
            if any(special.get(i, "no text") in line for i in plain):
                out.append([None, found])
            else:
                out.append([plain, None if plain == found else found])
        return out

    def byte_level(self):
        level = pre_tokenizers.ByteLevel
        self.train_bytes("gpt2", level(add_prefix_space=False), last=special("<|endoftext|>"))
        self.train_bytes("prefix", level(add_prefix_space=True), last=special("<|endoftext|>") + words("addedword", single_word=True))
        self.train_bytes(
            "roberta", level(add_prefix_space=False),
            first=special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True),
            post=lambda t: processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False))
        self.train_bytes(
            "llama3", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated", invert=False),
                                               level(add_prefix_space=False, use_regex=False)]),
            last=special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
            post=lambda t: processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(
                single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])]),
            ignore_merges=True)
        # Words that are tokens and that no merge makes.
        data = json.loads(json.dumps(self.kept["llama3"]))
        data["added_tokens"] = []
        data["post_processor"] = None
        vocab = data["model"]["vocab"]
        for i, word in enumerate(["\u0120question", "\u0120jumps", "world", "sepx"]):
            vocab.setdefault(word, len(vocab) + 3 * i)  # and ids without a token
        self.keep("whole", data)
        self.train_bytes(
            "qwen2", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated", invert=False),
                                              level(add_prefix_space=False, use_regex=False)]),
            normalizer=normalizers.NFC(),
            last=special("<|endoftext|>", "<|im_start|>", "<|im_end|>") +
            words("<tool_call>", "</tool_call>", "<think>", "</think>", "<|fim_prefix|>") + words("addedword", normalized=True))
        self.train_bytes(
            "smollm", pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level(add_prefix_space=False)]),
            first=special("<|endoftext|>", "<|im_start|>", "<|im_end|>"), unk_token="<|endoftext|>")

        def splits(*patterns, behavior="isolated"):
            return pre_tokenizers.Sequence([
                *(pre_tokenizers.Split(Regex(p), behavior, invert=behavior == "removed") for p in patterns),
                level(add_prefix_space=False, use_regex=False)])

        def begins(text):
            return lambda t: processors.TemplateProcessing(
                single=f"{text} $A", pair=f"{text} $A {text}:1 $B:1", special_tokens=[(text, t.token_to_id(text))])

        self.train_bytes("tekken", splits(TEKKEN), first=special("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<pad>"),
                         post=begins("<s>"), ignore_merges=True)
        self.train_bytes("o200k", splits(O200K, behavior="removed"), last=special("<|startoftext|>", "<|endoftext|>", "<|return|>"))
        self.train_bytes("deepseek", splits(*DEEPSEEK), normalizer=normalizers.Sequence([]),
                         first=special("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
                         post=begins("<\uff5cbegin\u2581of\u2581sentence\uff5c>"))

    def wordpiece(self):
        for name, normalizer in {
                "bert": normalizers.BertNormalizer(lowercase=True), "cased": normalizers.BertNormalizer(lowercase=False),
                "accents": normalizers.BertNormalizer(lowercase=True, strip_accents=False)}.items():
            tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
            tokenizer.normalizer = normalizer
            tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            tokenizer.decoder = decoders.WordPiece()
            tokenizer.train_from_iterator(self.texts, trainers.WordPieceTrainer(
                vocab_size=self.vocab + 400, show_progress=False, special_tokens=special("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")))
            tokenizer.post_processor = processors.TemplateProcessing(
                single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
            if name == "cased":
                tokenizer.add_tokens(words("<sep>", rstrip=True))
            self.keep(name, json.loads(tokenizer.to_str()))

    def train_pieces(self, name, more=0, **options):
        with tempfile.TemporaryDirectory() as folder:
            rules = pathlib.Path(folder) / "rules.tsv"
            rules.write_text(RULES)
            if options.pop("rules", False):
                if self.rules:
                    options["normalization_rule_name"] = self.rules
                else:
                    options["normalization_rule_tsv"] = str(rules)
            out = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter([l for t in self.texts for l in t.split("\n")]), model_writer=out,
                vocab_size=self.vocab + more, minloglevel=2, hard_vocab_limit=False, num_threads=1, self_test_sample_size=0,
                **options)
        model = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
        model.trainer_spec.ClearField("input")
        data = model.SerializeToString()
        (self.folder / f"{name}.model").write_bytes(data)
        reference = sentencepiece.SentencePieceProcessor(model_proto=data)
        self.ids[name] = [[reference.encode(line), None] for line in LINES]
        return model

    def sentencepiece(self):
        self.train_pieces("unigram", model_type="unigram", rules=True, more=400)
        self.train_pieces("fallback", model_type="unigram", normalization_rule_name="identity", byte_fallback=True, more=300,
                          user_defined_symbols=["<sep>", "<cls>", "def"], add_dummy_prefix=False, remove_extra_whitespaces=False)
        self.train_pieces("bpe", model_type="bpe", rules=True, more=400, user_defined_symbols=["<sep>"])
        return self.train_pieces("llama2", model_type="bpe", normalization_rule_name="identity", byte_fallback=True,
                                 remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True, more=350,
                                 character_coverage=0.99)

    @staticmethod
    def merges_of(model):
        """As Transformers converts them: all pairs of pieces that are a piece together, best score first."""
        scores = {p.piece: p.score for p in model.pieces}
        ids = {p.piece: i for i, p in enumerate(model.pieces)}
        merges = []
        for piece, score in scores.items():
            pairs = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in scores and piece[i:] in scores]
            merges += [(a, b, score) for a, b in sorted(pairs, key=lambda p: (ids[p[0]], ids[p[1]]))]
        return [(a, b) for a, b, s in sorted(merges, key=lambda m: m[2], reverse=True)]

    def llama(self, model):
        vocab = {p.piece: i for i, p in enumerate(model.pieces)}
        base = {"type": "BPE", "vocab": vocab, "merges": self.merges_of(model), "unk_token": "<unk>", "fuse_unk": True,
                "byte_fallback": True}

        def make(name, normalizer=None, pre=None, last=(), model=base, post=True):
            tokenizer = Tokenizer(models.BPE())
            if normalizer:
                tokenizer.normalizer = normalizer
            if pre:
                tokenizer.pre_tokenizer = pre
            tokenizer.decoder = decoders.Sequence([decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse(),
                                                   decoders.Strip(" ", 1, 0)])
            data = json.loads(tokenizer.to_str())
            data["model"].update(model)
            tokenizer = Tokenizer.from_str(json.dumps(data))
            tokenizer.add_tokens(special("<unk>", "<s>"))
            tokenizer.add_tokens(list(last))
            if post:
                tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1",
                                                                         special_tokens=[("<s>", 1)])
            self.keep(name, json.loads(tokenizer.to_str()))

        legacy = normalizers.Sequence([normalizers.Prepend(BLANK), normalizers.Replace(" ", BLANK)])
        make("llama2hf", normalizer=legacy, last=special("</s>"))
        make("mistral", pre=pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="first", split=False),
             last=special("</s>") + words("<sep>"))
        make("phi3", normalizer=legacy, last=words("</s>", rstrip=True) + special("<|endoftext|>") +
             special("<|user|>", "<|end|>", "<|assistant|>", rstrip=True), post=False)
        make("gemma", normalizer=normalizers.Replace(" ", BLANK), pre=pre_tokenizers.Split(" ", "merged_with_previous"),
             last=special("</s>") + words("<sep>", normalized=True))
        # Unknown characters instead of bytes, one by one and fused.
        for name, fuse in {"unknown": False, "fused": True}.items():
            vocab2 = {p: i for i, p in enumerate(v for v in vocab if not v.startswith("<0x"))}
            make(name, pre=pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="always", split=True), last=special("</s>"),
                 model={**base, "vocab": vocab2, "fuse_unk": fuse, "byte_fallback": False})

    def unigram(self):
        proto = sentencepiece_model_pb2.ModelProto.FromString((self.folder / "unigram.model").read_bytes())
        pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
        pieces += [(p.piece, p.score) for p in proto.pieces[3:]] + [("<mask>", 0.0)]

        def make(name, normalizer, pre, post=("<s>", 0)):
            tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
            if normalizer:
                tokenizer.normalizer = normalizer
            tokenizer.pre_tokenizer = pre
            tokenizer.decoder = decoders.Metaspace(replacement=BLANK, prepend_scheme="always")
            tokenizer.add_tokens(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True))
            tokenizer.post_processor = processors.TemplateProcessing(
                single=[post[0], "$A", "</s>"] if post else ["$A", "</s>"],
                pair=["$A", "</s>", "$B:1", "</s>:1"], special_tokens=[t for t in (post, ("</s>", 2)) if t])
            self.keep(name, json.loads(tokenizer.to_str()))

        precompiled = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
        metaspace = pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="always", split=True)
        words_first = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
        make("xlmr", precompiled, words_first)
        make("t5", normalizers.Sequence([precompiled, normalizers.Strip(left=False, right=True),
                                         normalizers.Replace(Regex(" {2,}"), BLANK)]), metaspace, post=None)
        make("albert", normalizers.Sequence([
            normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
            normalizers.Lowercase(), precompiled]), words_first)
        make("nfkc", normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(left=False)]),
             pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="first", split=False))

    def folders(self):
        """The same as lists: vocab.json and merges.txt."""
        for name, kind in {"qwen2": "Qwen2Tokenizer", "roberta": "RobertaTokenizer"}.items():
            data = self.kept[name]
            folder = self.folder / f"{name}-lists"
            folder.mkdir(exist_ok=True)
            (folder / "vocab.json").write_text(json.dumps(data["model"]["vocab"], ensure_ascii=False, separators=(",", ":")))
            (folder / "merges.txt").write_text(
                "#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in data["model"]["merges"]))
            added = {str(t.pop("id")): t for t in json.loads(json.dumps(data["added_tokens"]))}
            (folder / "tokenizer_config.json").write_text(json.dumps(
                {"tokenizer_class": kind, "added_tokens_decoder": added,
                 "eos_token": "<|im_end|>" if name == "qwen2" else "</s>"}, separators=(",", ":")))


def main():
    text = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "coriolanus.txt"
    folder = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else HERE / "tokenizers"
    folder.mkdir(exist_ok=True)
    maker = Maker(text.read_text(), int(sys.argv[2]) if len(sys.argv) > 2 else 400, folder,
                  "nmt_nfkc" if len(sys.argv) > 1 else None)
    maker.byte_level()
    maker.wordpiece()
    maker.llama(maker.sentencepiece())
    maker.unigram()
    if len(sys.argv) < 2:
        maker.folders()
    (folder / "ids.json").write_text(json.dumps({"lines": LINES, "ids": maker.ids}, ensure_ascii=False, separators=(",", ":")))


main()
