"""A finding as the source of a test case: ready to be pasted into a file of one's own."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from conformance.fuzz.corpus import Saved, allowed_json
from conformance.fuzz.example import Act

FIXTURE = {"CS": "csms", "CSMS": "station"}
WIDTH = 118


def case_source(saved: Saved, id: str = "OC_X_01") -> str:
    """A test case that plays the example again; `id` is to be replaced by one of the reader's own catalogue."""
    example = saved.example
    name = re.sub(r"[^a-z0-9]+", "_", (example.constraint or example.name).lower()).strip("_") or "found"
    what = example.breaks or example.name
    says = [f'    """{_one_line(what)} (found by {saved.case} under OCPP {saved.version})."""']
    acts = "".join(f"        {_call(one)},\n" for one in example.acts)
    names = sorted({_constructor(one) for one in example.acts})
    oracles = f"        oracles={example.oracles!r},\n" if example.oracles else ""
    return (
        f"from conformance import Allowed, case, step\n"
        f"from conformance.fuzz.acts import {', '.join(names)}\n\n\n"
        f'@case("{id}_{saved.role}")\n'
        f"def test_{name}({FIXTURE[saved.role]}, fuzz):\n" + "\n".join(says) + "\n"
        f"    step({_one_line(example.name)!r}, expect={_expected(saved)!r})\n"
        f"    fuzz.check(\n{acts}"
        f"        allowed=Allowed({_allowed(saved)}),\n{oracles}"
        f"    )\n"
    )


def _one_line(text: str) -> str:
    return textwrap.shorten(" ".join(text.split()).replace('"', "'").replace("\\", "/"), 100, placeholder="...")


def _expected(saved: Saved) -> str:
    from conformance.fuzz.judging import wanted

    return wanted(saved.example.allowed)


def _allowed(saved: Saved) -> str:
    plain = allowed_json(saved.example.allowed)
    return ", ".join(f"{name}={_set(value)}" for name, value in plain.items())


def _set(value: Any) -> str:
    return f"frozenset({value!r})" if isinstance(value, list) else repr(value)


def _constructor(one: Act) -> str:
    return one.verb


def _call(one: Act) -> str:
    """The act as its constructor writes it, or as `act(...)` where it has none of that name."""
    args = one.args
    special = _WRITTEN.get(one.verb)
    if special is not None:
        return special(args)
    return f"{one.verb}({', '.join(f'{name}={value!r}' for name, value in args.items())})"


def _text(value: Any) -> str:
    """A text in segments, as `send` takes it."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str):
            return repr(value[0])
        return repr([tuple(one) if isinstance(one, list) else one for one in value])
    return repr(value)


def _fields(args: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in args.items())


def _keywords(first: str, fields: dict[str, Any]) -> str:
    """Arguments by name, or unpacked from a dict where a name is no identifier."""
    if not fields:
        return first
    if all(name.isidentifier() for name in fields):
        return f"{first}, {_fields(fields)}"
    return f"{first}, **{fields!r}"


_WRITTEN = {
    "send": lambda args: f"send({_text(args['text'])})",
    "send_binary": lambda args: f"send_binary({_text(args['text'])})",
    "send_fragments": lambda args: (
        f"send_fragments({_text(args['text'])}, {args['size']}, between={args['between']!r}, deflate={args['deflate']})"
    ),
    "raw": lambda args: f"raw(bytes.fromhex({args['data']!r}))",
    "call": lambda args: f"call({_keywords(repr(args['action']), args['payload'])})",
    "answer": lambda args: f"answer({', '.join([repr(args['action']), *map(_text, args['texts'])])})",
    "answer_fields": lambda args: f"answer_fields({_keywords(repr(args['action']), args['fields'])})",
    "operate": lambda args: f"operate({_keywords(repr(args['verb']), args['args'])})",
    "reach": lambda args: f"reach({_keywords(repr(args['state']), args['options'])})",
    "faults": lambda args: f"faults({', '.join(map(repr, args['faults']))})",
    "legal": lambda args: f"legal({', '.join(map(_text, args['texts']))}, judged={args['judged']})",
    "trial": lambda args: f"trial({', '.join(map(_text, args['texts']))}, judged={args['judged']})",
}
