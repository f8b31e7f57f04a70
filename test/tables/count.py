"""Counts the records of exported logs on its own, with Python's csv and json: `count.py FOLDER` prints one JSON object,
file name to number of records, for the files that FOLDER/INDEX.jsonl lists. It shares no code with the ingest."""

import csv
import gzip
import json
import sys
from pathlib import Path

csv.field_size_limit(1 << 30)

ENVELOPES = ("records", "value", "responses", "data", "events", "logs")


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return raw.decode("utf-8-sig")


def documents(text: str):
    """Every JSON value of a text, one after another, whatever separates them."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield value


def rows_of(tables) -> int:
    return sum(len(table.get("rows", table.get("Rows", []))) for table in tables)


def records_of(value) -> int:
    if isinstance(value, list):
        return sum(records_of(item) if isinstance(item, dict) and is_envelope(item) else 1 for item in value)
    if "tables" in value:
        return rows_of(value["tables"])
    for key in ENVELOPES:
        if isinstance(value.get(key), list):
            if key == "responses":
                return sum(records_of(item.get("body", {})) for item in value[key])
            return len(value[key])
    return 1


def is_envelope(value: dict) -> bool:
    return any(isinstance(value.get(key), list) for key in ENVELOPES) or "tables" in value


def count(path: Path) -> int:
    text = text_of(path)
    if path.suffix == ".csv":
        return sum(1 for row in csv.reader(text.splitlines(keepends=True)) if row) - 1
    return sum(records_of(value) for value in documents(text))


folder = Path(sys.argv[1])
index = [json.loads(line) for line in (folder / "INDEX.jsonl").read_text(encoding="utf-8").splitlines() if line]
json.dump({entry["file"]: count(folder / entry["file"]) for entry in index}, sys.stdout)
