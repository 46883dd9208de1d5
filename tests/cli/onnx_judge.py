# SPDX-License-Identifier: Apache-2.0
"""usage: PYTHONPATH=$MX_JUDGES python3 onnx_judge.py MODEL.onnx rows ROWS.csv ANSWERS.jsonl
       ... MODEL.onnx images IMAGES.npy ANSWERS.jsonl       pixels as they are
       ... MODEL.onnx bytes LINES.txt ANSWERS.jsonl         texts as bytes, ended by token 256
       ... MODEL.onnx words TOKENIZER.json LINES.txt VECTORS.jsonl   words that are tokens
       ... MODEL.onnx loss TEXT EVALUATION.json             of the bytes of a text, ended by token 256
       ... MODEL.onnx golden LOGITS.json NAME               what Transformers computed

Whether a file of ONNX passes the format's own checker with full shape inference, and onnxruntime computes
from it what is expected: predictions of mx-infer (--top for classes), its vectors, logits of another program.
Texts are run in one batch, padded, and one by one. One line; the differences are of log probabilities, of
outputs in the unit of their spread, of vectors or of logits.
"""
import csv
import json
import sys

import numpy as np
import onnx
import onnxruntime

# Else 2e-5: of probabilities six digits are said.
NEAR = {"golden": 2e-6, "words": 1e-6, "loss": 1e-6}


def load(path):
    """A function from inputs to the output, with the model's own facts."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    known = {value.name for value in inferred.graph.value_info} | {value.name for value in inferred.graph.output}
    unknown = [node.name for node in inferred.graph.node for name in node.output if name not in known]
    assert not unknown, f"no shape was inferred for {unknown}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session, {fact.key: fact.value for fact in model.metadata_props}


def run(session, **inputs):
    return session.run(None, inputs)[0]


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def answers(path):
    return [json.loads(line) for line in lines(path)]


def from_predictions(outputs, facts, said):
    """The largest difference between outputs and what mx-infer says of them."""
    outputs = outputs.astype(np.float64)
    if facts["task"] == "regress":
        expected = np.array([np.atleast_1d(one["prediction"]) for one in said])
        return np.max(np.abs(outputs - expected) / np.std(expected, axis=0))
    classes = json.loads(facts["classes"])
    logs = outputs - np.log(np.sum(np.exp(outputs - outputs.max(1, keepdims=True)), 1, keepdims=True))
    logs -= outputs.max(1, keepdims=True)
    largest = 0
    for row, one in zip(logs, said, strict=True):
        assert classes[int(np.argmax(row))] == one["prediction"]
        for name, probability in one["top"]:
            if probability > 1e-30:
                largest = max(largest, abs(row[classes.index(name)] - np.log(probability)))
    return largest


def judge_rows(session, facts, rows, said):
    with open(rows, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    inputs = {}
    if "input" in facts:
        names = json.loads(facts["input"])
        inputs["input"] = np.array([[float(row[name] or "nan") for name in names] for row in rows], np.float32)
    if "categories" in facts:
        names = json.loads(facts["categories"])
        inputs["categories"] = np.array([[row[name] for name in names] for row in rows], object)
    if len(session.get_inputs()[0].shape) > 2:
        inputs["input"] = inputs["input"].reshape(-1, *session.get_inputs()[0].shape[1:])
    return len(rows), from_predictions(run(session, **inputs), facts, answers(said))


def judge_images(session, facts, images, said):
    images = np.load(images).astype(np.float32)
    shape = session.get_inputs()[0].shape[1:]
    return len(images), from_predictions(run(session, input=images.reshape(-1, *shape)), facts, answers(said))


def in_one_batch(session, texts):
    """Outputs of lists of ids, padded with what must not matter; and the largest difference to those of each alone."""
    longest = max(len(ids) for ids in texts)
    mask = np.array([[1] * len(ids) + [0] * (longest - len(ids)) for ids in texts], np.int64)
    ids = np.array([ids + [3] * (longest - len(ids)) for ids in texts], np.int64)
    together = run(session, input_ids=ids, attention_mask=mask)
    largest = 0
    for row, own in zip(together, texts, strict=True):
        alone = run(session, input_ids=np.array([own], np.int64), attention_mask=np.ones((1, len(own)), np.int64))[0]
        largest = max(largest, np.max(np.abs((row[:len(own)] if alone.ndim == 2 else row) - alone)))
    return together, largest


def judge_bytes(session, facts, texts, said):
    texts = [list(line.encode()) + [256] for line in lines(texts)]
    outputs, apart = in_one_batch(session, texts)
    return len(texts), max(apart, from_predictions(outputs, facts, answers(said)))


def judge_words(session, facts, tokenizer, texts, vectors):
    with open(tokenizer, encoding="utf-8") as file:
        vocabulary = json.load(file)["model"]["vocab"]
    texts = [[vocabulary[word] for word in ["[CLS]", *line.split(), "[SEP]"]] for line in lines(texts)]
    outputs, apart = in_one_batch(session, texts)
    expected = np.array([one["embedding"] for one in answers(vectors)])
    return len(texts), max(apart, np.max(np.abs(outputs - expected)))


def judge_loss(session, facts, text, said):
    with open(text, "rb") as file:
        ids = [*file.read(), 256]
    logits = run(session, input_ids=np.array([ids[:-1]], np.int64), attention_mask=np.ones((1, len(ids) - 1), np.int64))[0]
    logits = logits.astype(np.float64)
    losses = np.log(np.sum(np.exp(logits), 1)) - logits[np.arange(len(ids) - 1), ids[1:]]
    expected = answers(said)[0]
    assert expected["n"] == len(losses)
    return len(losses), abs(losses.mean() - expected["loss"])


def judge_golden(session, facts, golden, name):
    with open(golden, encoding="utf-8") as file:
        golden = json.load(file)
    ids = golden["ids"]
    outputs, apart = in_one_batch(session, [ids, ids[:-2], ids[:2]])
    last = outputs[0][len(ids) - 1] if outputs.ndim == 3 else outputs[0]
    expected = np.array(golden["logits"][name])
    assert last.shape == expected.shape
    return 1, max(apart, np.max(np.abs(last - expected)))


def shaped(values):
    return " ".join(f"{value.name} {value.shape}".replace("'", "") for value in values)


model, kind = sys.argv[1:3]
session, facts = load(model)
count, apart = globals()["judge_" + kind](session, facts, *sys.argv[3:])
near = NEAR.get(kind, 2e-5)
print(f"{model}: {shaped(session.get_inputs())} -> {shaped(session.get_outputs())}: {count} within {near}"
      if apart < near else f"{model}: {apart} apart")
print(f"{model}: {apart}", file=sys.stderr)
