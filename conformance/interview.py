"""Asks the user about a device, question by question, and the device itself over the wire.

Every answer is held against the rules of the description at once, and asked for again with the loader's own words.
"""

from __future__ import annotations

import shlex
import socket
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from conformance.draft import Draft
from conformance.dut import keys
from conformance.dut.errors import DescriptionError
from conformance.dut.features import Feature, FeatureValue, known_features

WIDTH = 100


class Voice(Protocol):
    """Where the user is asked."""

    def ask(self, prompt: str) -> str:
        """Show a prompt and return the line that is typed; EOFError when no more comes."""

    def tell(self, line: str) -> None:
        """Show a line."""


class Console:
    """The standard streams: answers may be typed or piped."""

    def ask(self, prompt: str) -> str:
        """Show a prompt and return the line that is typed; EOFError when no more comes."""
        return input(prompt).strip()

    def tell(self, line: str) -> None:
        """Show a line."""
        import sys

        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def interview(draft: Draft | None, path: Path, voice: Voice) -> Draft:
    """Ask everything that a description needs, from what is given on. Raises EOFError and KeyboardInterrupt."""
    asking = _Interview(voice)
    asking.say(
        "This writes the description of a device under test. Enter takes what stands in brackets; Ctrl-C ends "
        "without a file. Everything can be changed in the file afterwards."
    )
    if draft is None:
        draft = Draft(path, asking.choice("role", _ROLE, {"CS": "CS", "CSMS": "CSMS"}, "CS"), ("2.0.1",), {})
        draft = draft.having("device", "role", draft.role)
        draft = asking.versions(draft)
    draft = asking.key(draft, "device", "identity", "CS001")
    draft = asking.security(draft)
    draft = asking.station(draft) if draft.role == "CS" else asking.csms(draft)
    asking.say(_TOKENS[draft.role])
    draft = asking.key(draft, "tokens", "valid", "AABBCC01, ISO14443")
    draft = asking.key(draft, "tokens", "second", "AABBCC02, ISO14443", optional=True)
    draft = asking.operator(draft)
    draft = asking.tokens(draft)
    draft = asking.key(draft, "report", "device", draft.name, optional=True)
    draft = asking.key(draft, "report", "tester", optional=True)
    return asking.features(draft)


_ROLE = (
    "What is under test? CS: a charging station; this program is then its CSMS. CSMS: a back office; this program is "
    "then a charging station."
)
_TOKENS = {
    "CS": "Tokens are the cards with which you stand at the station, by the number that the station reads from them. "
    "Our CSMS answers for each number what it is to be, so any two cards will do; a bench that presents tokens by "
    "their number needs no cards at all.",
    "CSMS": "Tokens are what the CSMS knows, or is to know for the test: no card is needed, our station shows them.",
}
_MORE_TOKENS = {
    "manual": "More tokens, each with the cases that need it. Any card will do for any of them: our CSMS answers for "
    "its number what the name says, whatever that card is elsewhere. Answer n, and give for each the number of a card "
    "that you have, or - where you have none.",
    "CS": "More tokens, each with the cases that need it. Our CSMS answers for their numbers what the names say, and "
    "your operator is told which number to present: take them as proposed unless it can't present these numbers.",
    "CSMS": "More tokens, each with the cases that need it. The CSMS has to know them so, except invalid, which is a "
    "number that it does not know. Take them as proposed if you can register them (they can be tried at once), or "
    "answer n, and give for each what it knows, or - where it knows none.",
}
_NO_CARD = {"CS": {"group", "master_pass_group"}, "CSMS": set[str]()}
"""Tokens that only messages carry: nobody presents them."""
_LEFT_OUT = "-"
"""Answers an optional question whose proposal is not wanted."""
_PLURAL = {"CS": "a charging station", "CSMS": "a CSMS"}


class _Interview:
    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def say(self, text: str) -> None:
        """An explanation, folded, with a blank line before it."""
        self._voice.tell("")
        for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False):
            self._voice.tell(line)

    def choice(self, name: str, text: str, choices: Mapping[str, str], default: str) -> str:
        """One of some words; what it is mapped to."""
        self.say(text)
        folded = {one.casefold(): value for one, value in choices.items()}
        while True:
            answer = self._voice.ask(f"{name} ({', '.join(choices)}) [{default}]: ") or default
            if answer.casefold() in folded:
                return folded[answer.casefold()]
            self._voice.tell(f"  {answer!r} is none of these; answer {' or '.join(choices)}")

    def yes(self, text: str, *, default: bool) -> bool:
        """Whether the user agrees."""
        self.say(text)
        while True:
            answer = self._voice.ask(f"[{'Y/n' if default else 'y/N'}]: ").casefold()
            if answer in ("", "y", "yes", "n", "no"):
                return default if not answer else answer.startswith("y")
            self._voice.tell("  answer y or n")

    def versions(self, draft: Draft) -> Draft:
        """The versions, in their order."""
        from conformance.ocppj.versions import VERSIONS

        draft = self.key(draft, "device", "versions", "2.0.1")
        given = draft.known["device", "versions"]
        versions = tuple(one for one in VERSIONS if one in given)
        return replace(draft.having("device", "versions", versions), versions=versions)

    def key(self, draft: Draft, section: str, name: str, default: str = "", *, optional: bool = False) -> Draft:
        """Ask for one key of the description until the loader is content; an optional one may be left out."""
        key = _key(section, name)
        known = draft.known.get((section, name))
        if known is not None:
            default = _shown(known)
        allowed = f" Allowed: {', '.join(map(str, key.choices))}." if key.choices else ""
        shape = f" {_SHAPES[key.kind]}" if key.kind in _SHAPES else ""
        leave = f" {_LEFT_OUT if default else 'Enter'} leaves it out." if optional else ""
        source = draft.sources.get((section, name))
        heard = f" The device says: {source}." if source else ""
        self.say(f"{key.meaning}{allowed}{shape}{leave}{heard}")
        while True:
            answer = self._voice.ask(f"{section}.{name}{f' [{default}]' if default else ''}: ") or default
            if optional and answer in ("", _LEFT_OUT):
                return draft.without(section, name)
            try:
                value = _PARSERS[key.kind](answer)
            except ValueError as error:
                self._voice.tell(f"  {error}")
                continue
            asked = draft.having(section, name, value)
            problems = draft.objections(asked, section, name)
            if not problems:
                return asked
            for one in problems:
                self._voice.tell(f"  {one.what}; {one.fix}")

    # ------------------------------------------------------------------ where the two sides meet

    def security(self, draft: Draft) -> Draft:
        """The security profile in use, and what it needs."""
        profiles = {str(one): str(one) for one in range(4)}
        number = self.choice("device.security_profile", _PROFILES, profiles, "0")
        draft = draft.having("device", "security_profile", int(number))
        if number in ("1", "2"):
            draft = self.key(draft, "device", "password")
        return draft

    def station(self, draft: Draft) -> Draft:
        """Where the station finds us; what it says of itself."""
        draft = self.key(draft, "connection", "listen", "0.0.0.0:9000")
        if self.yes(
            f"The station can be asked what it supports: it connects to this program, which reads "
            f"{_READS} and changes nothing. You then answer the rest only. Ask it now? (n: you "
            "answer everything, or later run init again.)",
            default=True,
        ):
            draft = self._heard(draft)
        # The number of EVSEs has to be that of the connectors: it follows from these, not from the device's word.
        draft = self.key(replace(draft, told=_without(draft.told, "HFS-8")), "evses", "connectors", "1.1")
        count = len({evse for evse, _ in draft.known["evses", "connectors"]})
        draft = draft.declaring("HFS-8", count, "as [evses] has it")
        return self.key(draft, "values", "transfer_protocols", "HTTP")

    def _heard(self, draft: Draft) -> Draft:
        while True:
            try:
                heard, problems = ask_station(draft, self._voice.tell)
            except DescriptionError as error:
                heard, problems = draft, [str(one) for one in error.problems]
            except KeyboardInterrupt:
                self._voice.tell("  not asked any longer: going on without the station")
                return draft
            for problem in problems:
                self._voice.tell(f"  {problem}")
            if not problems or not self.yes("Ask the station again?", default=False):
                return heard

    def csms(self, draft: Draft) -> Draft:
        """Where the CSMS is, whom it knows, and whether it takes our station."""
        scheme = "wss" if draft.known["device", "security_profile"] > 1 else "ws"
        draft = self.key(draft, "connection", "url", f"{scheme}://127.0.0.1:9000/ocpp")
        if scheme == "wss":
            draft = self.key(draft, "tls", "trust", optional=True)
        draft = self.key(draft, "connection", "second_identity", optional=True)
        # They are our station's: with two EVSEs every case has what it needs.
        draft = draft.having("evses", "connectors", draft.known.get(("evses", "connectors"), ((1, 1), (2, 1))))
        while self.yes(
            f"Connect to the CSMS now, as station {draft.known['device', 'identity']}, and register by a "
            "BootNotification? Nothing else is sent. (The CSMS has to know the station.)",
            default=True,
        ):
            problems = try_to_connect(draft, self._voice.tell)
            for problem in problems:
                self._voice.tell(f"  {problem}")
            if not problems:
                break
        return draft

    def operator(self, draft: Draft) -> Draft:
        """Who acts on the device."""
        draft = self.key(draft, "operator", "kind", "manual")
        kind = draft.known["operator", "kind"]
        name = {"http": "url", "octt": "url", "command": "argv", "python": "class"}.get(kind)
        return self.key(draft, "operator", name) if name else draft

    def tokens(self, draft: Draft) -> Draft:
        """The tokens that some case needs beside those that were asked for already, all at once or one by one."""
        costs = draft.tokens_wanted()
        if not costs:
            return draft
        manual = draft.role == "CS" and draft.known["operator", "kind"] == "manual"
        self.say(_MORE_TOKENS["manual" if manual else draft.role])
        self._voice.tell("")
        for name, count in costs.items():
            key = _key("tokens", name)
            card = "; no card: only messages carry it" if name in _NO_CARD[draft.role] else ""
            cases = f"{count} case{'s' * (count > 1)}"
            self._voice.tell(
                f"  {name:<18} {_proposed(key):<26} {cases:>9}  {key.meaning.partition('. ')[0].rstrip('.')}{card}"
            )
        if self.yes("Take all of them as they are?", default=not manual):
            for name in costs:
                draft = draft.having("tokens", name, _token(_proposed(_key("tokens", name))))
        else:
            for name in costs:
                draft = self.key(draft, "tokens", name, _proposed(_key("tokens", name)), optional=True)
        return self._tried(draft) if draft.role == "CSMS" else draft

    def _tried(self, draft: Draft) -> Draft:
        """The tokens that the CSMS says to be what they should be, when it may be asked."""
        if not self.yes(
            "Ask the CSMS now what it says of each token (Authorize; no transaction is started)? What it does not know "
            "as its name says is left out, so that no case fails for it.",
            default=True,
        ):
            return draft
        for name, told in ask_tokens(draft, self._voice.tell).items():
            self._voice.tell(f"  {name} ({_shown(draft.known['tokens', name])}): {told}")
            if name not in ("valid", "second"):
                draft = draft.without("tokens", name)
        return draft

    # ------------------------------------------------------------------ features

    def features(self, draft: Draft) -> Draft:
        """The features that decide about a case and that nobody has told, those first on which most hangs."""
        problems = draft.problems()
        for one in problems:
            self._voice.tell(f"  {one}")
        if problems:
            self.say("These answers do not go together: correct them in the file. Its features are left open.")
            return draft
        left = draft.undecided()
        if not left:
            return draft
        if not self.yes(
            f"{len(draft.told)} features are known; about {len(left)} more decide which cases apply to "
            f"{_PLURAL[draft.role]} like this one, and a run of all cases does not start while one of them is open. "
            "Answer them now? (n: the file lists them as open lines.) Their ids are the standard's, listed in "
            "docs/describing-a-device.md. A question that an answer makes needless is not asked. Enter leaves one "
            "open, q all that are left.",
            default=True,
        ):
            return draft
        skipped: set[str] = set()
        while open_ids := [one for one in draft.undecided() if one not in skipped]:
            id = open_ids[0]
            value = self._feature(known_features()[id], len(open_ids))
            if value is _REST:
                break
            if value is None:
                skipped.add(id)
                continue
            asked = draft.declaring(id, value, "as you said")
            problems = draft.objections(asked, "features", id)
            for one in problems:
                self._voice.tell(f"  {one.what}; {one.fix}")
            draft = draft if problems else asked
        return draft

    def _feature(self, feature: Feature, left: int) -> Any:
        shape = {"bool": "y/n", "integer": "number", "list": "comma between"}[feature.kind]
        while True:
            answer = self._voice.ask(f"  {left:>3} left  {feature.id}: {feature.label}? ({shape}): ")
            if answer.casefold() in ("", "q"):
                return _REST if answer else None
            value = _feature_value(feature, answer)
            if value is not None:
                return value
            self._voice.tell(f"      {answer!r} is no answer to that; write {shape}, Enter to leave it open, q to end")


_REST = object()
"""An answer that leaves all further questions open."""
_READS = "the device model by GetBaseReport (OCPP 1.6: the keys, by GetConfiguration)"
_PROFILES = (
    "Security profile in use. 0: none, for a bench; 1: a password, without TLS; 2: TLS and a password; 3: TLS with a "
    "certificate of the station."
)


def _without(told: Mapping[str, Any], id: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != id}


def _feature_value(feature: Feature, answer: str) -> FeatureValue | None:
    if feature.kind == "bool":
        return {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}.get(answer.casefold())
    if feature.kind == "integer":
        return int(answer) if answer.isdecimal() else None
    return tuple(_split(answer))


# ---------------------------------------------------------------------- the device's own word


def ask_station(draft: Draft, tell: Callable[[str], None]) -> tuple[Draft, list[str]]:
    """The draft with what the station says of itself, once for each family; what could not be asked, in words.

    DescriptionError when the draft is not enough to listen.
    """
    from conformance.inquiry import InquiryError, ask
    from conformance.ocppj.versions import version

    problems: list[str] = []
    newest = {version(one).family: one for one in draft.versions}
    for one in reversed(newest.values()):
        dut = draft.dut()
        where = " or ".join(_addresses(dut))
        tell(
            f"OCPP {one}: listening; have {dut.identity} connect to {where} within {dut.timeouts.boot:g} s (a station "
            f"adds /{dut.identity} to it by itself; Ctrl-C goes on without it)"
        )
        if dut.security_profile > 1:
            from conformance.cases.tls import PKI_FOLDER

            tell(f"  the station has to trust {draft.path.parent / PKI_FOLDER / 'roots.pem'}")
        try:
            told = ask(dut, one)
        except InquiryError as error:
            problems.append(f"OCPP {one}: nothing was read from the station: {error}")
            continue
        draft = draft.hearing(told, one)
        name = f"{told.name}: " if told.name else ""
        tell(f"OCPP {one}: {name}{len(told.features)} features follow from what the station says")
    return draft, problems


def _addresses(dut: Any) -> Iterator[str]:
    """The URLs at which a station may find us; where we listen on every address, the one that a network sees."""
    host, port = dut.address.listen
    scheme = "wss" if dut.security_profile > 1 else "ws"
    for one in [_own_address(), "127.0.0.1"] if host in ("0.0.0.0", "::") else [host]:
        if one:
            yield f"{scheme}://{f'[{one}]' if ':' in one else one}:{port}{dut.address.path}"


def _own_address() -> str:
    """The address from which this machine reaches others; no packet is sent. "" where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
            return str(one.getsockname()[0])
        except OSError:
            return ""


def try_to_connect(draft: Draft, tell: Callable[[str], None]) -> list[str]:
    """Connect to the CSMS under each version; what went wrong, in words."""
    from conformance.inquiry import InquiryError, try_csms

    problems = []
    for one in draft.versions:
        try:
            tell(f"  OCPP {one}: {try_csms(draft.dut(), one)}")
        except (InquiryError, DescriptionError) as error:
            problems.append(f"OCPP {one}: {error}; correct the answers, or register the station in the CSMS")
    return problems


def ask_tokens(draft: Draft, tell: Callable[[str], None]) -> dict[str, str]:
    """What a CSMS says of the tokens that are not what they should be, by name, in words."""
    from conformance.inquiry import InquiryError, odd_tokens

    for one in reversed(draft.versions):
        try:
            odd = odd_tokens(draft.dut(), one)
        except (InquiryError, DescriptionError) as error:
            tell(f"  OCPP {one}: the tokens were not tried: {error}")
            continue
        if not odd:
            tell(f"  OCPP {one}: the CSMS knows every token as its name says")
        return odd
    return {}


# ---------------------------------------------------------------------- answers as values


def _key(section: str, name: str) -> keys.Key:
    found = next(one for one in keys.SECTIONS if one.name == section).key(name)
    assert found is not None
    return found


def _proposed(key: keys.Key) -> str:
    """A token's proposal, as it could be answered."""
    import tomllib

    return _shown(tomllib.loads(f"token = {key.example}")["token"])


def _split(answer: str) -> list[str]:
    return [one for one in (part.strip() for part in answer.split(",")) if one]


def _token(answer: str) -> dict[str, str]:
    parts = _split(answer)
    if len(parts) not in (1, 2):
        raise ValueError("write the token's characters, and its type behind a comma if it is not ISO14443")
    return {"idToken": parts[0], "type": parts[1] if len(parts) > 1 else "ISO14443"}


def _connectors(answer: str) -> tuple[tuple[int, int], ...]:
    try:
        pairs = tuple((int(evse), int(connector)) for evse, connector in (one.split(".") for one in _split(answer)))
    except ValueError:
        pairs = ()
    if not pairs:
        raise ValueError(f"{answer!r} is no list of connectors; write for example 1.1, 2.1")
    return pairs


def _whole(answer: str) -> int:
    if not answer.lstrip("-").isdecimal():
        raise ValueError(f"{answer!r} is no whole number; write for example 300")
    return int(answer)


def _argv(answer: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(answer))
    except ValueError as error:
        raise ValueError(f"{answer!r} can't be read as a command ({error}); close every quotation mark") from None


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "texts": lambda answer: tuple(_split(answer)),
    "versions": lambda answer: tuple(_split(answer)),
    "argv": _argv,
    "integer": _whole,
    "token": _token,
    "connectors": _connectors,
}
_SHAPES = {
    "texts": "Several with a comma between.",
    "versions": "1.6, 2.0.1, 2.1; several with a comma between.",
    "argv": "As in a shell.",
    "token": "Its characters, a comma, its type.",
    "connectors": "As EVSE.connector, several with a comma between: 1.1, 2.1.",
}


def _shown(value: Any) -> str:
    """A value as it could be answered."""
    if isinstance(value, Mapping):
        return ", ".join(value.values())
    if isinstance(value, (tuple, list)):
        return ", ".join(".".join(map(str, one)) if isinstance(one, (tuple, list)) else str(one) for one in value)
    return str(value)
