"""The token book of the reference CSMS: which identification may charge, and what it is told otherwise.

Source: OCPP 1.6 section 7.2 (AuthorizationStatus), 7.8 (IdTagInfo); OCPP 2.0.1 part 2, use cases C01 to C09.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

TOKEN_TYPE = "ISO14443"
"""The 2.x type of every token in the default book."""


@dataclass(frozen=True, slots=True)
class Token:
    """One identification. `status` is the standard's word for it ("Accepted", "Blocked", "Expired", "Invalid").

    `group` is the groupIdToken (2.x) or parentIdTag (1.6). `single`: only one transaction at a time; a second one is
    told ConcurrentTx. `credit`: what is left on a prepaid card; None for a token that somebody else pays for. `evses`:
    the EVSEs of each station where it may charge; none for all (2.x).
    """

    value: str
    status: str = "Accepted"
    group: str | None = None
    single: bool = False
    credit: Decimal | None = None
    evses: tuple[int, ...] = ()


_KEYS = ("status", "group", "single", "credit", "evses")

DEFAULT_TOKENS: tuple[Token, ...] = (
    Token("AABBCC01"),
    Token("AABBCC02"),
    Token("AABBCC03", group="GROUP01"),
    Token("AABBCC04", group="GROUP01"),
    Token("AABBCC05", group="MASTERPASS"),
    Token("AABBCC06", single=True),
    Token("AABBCC07", "Blocked"),
    Token("AABBCC08", "Expired"),
    Token("AABBCC09", "Invalid"),
    Token("AABBCC10", credit=Decimal(20)),
    Token("AABBCC11", credit=Decimal(0)),
    Token("AABBCC12", "NotAllowedTypeEVSE"),
    Token("AABBCC13", "NotAtThisLocation"),
    Token("AABBCC14", evses=(1,)),
    Token("830175926"),
    Token("DE8AA1A2B3C4D59"),
)
"""Two for everyday use, two of one group, a master pass, one that allows a single transaction, the three refusals, two
prepaid cards, one of them empty, three that may not charge everywhere (2.x), a key code, and an eMAID."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the book says of a presented token."""

    status: str
    group: str | None = None
    credit: Decimal | None = None
    evses: tuple[int, ...] = ()


class TokenBook:
    """Tokens by value; values are compared without regard to case, as CiString and identifierString want it."""

    def __init__(self, tokens: Iterable[Token] = DEFAULT_TOKENS) -> None:
        self._tokens = {token.value.casefold(): token for token in tokens}

    def judge(
        self,
        value: str,
        *,
        kind: str = "",
        busy: Callable[[], bool] = lambda: False,
        unknown: str = "Invalid",
        broke: str = "Blocked",
    ) -> Verdict:
        """The status of the token `value`.

        `kind` is the 2.x type: NoAuthorization needs no entry (C02.FR.02). `busy` tells whether the token has a
        transaction running elsewhere. `unknown` is the status of a token that is not in the book: 1.6 knows only
        Invalid, 2.x has Unknown (C01.FR.07). `broke` is that of a prepaid card without credit: 1.6 has no NoCredit.
        """
        if kind == "NoAuthorization":
            return Verdict("Accepted")
        token = self._tokens.get(value.casefold())
        if token is None:
            return Verdict(unknown)
        if token.status == "Accepted" and token.single and busy():
            return Verdict("ConcurrentTx", token.group)
        if token.status == "Accepted" and token.credit is not None and token.credit <= 0:
            return Verdict(broke, token.group, token.credit)
        return Verdict(token.status, token.group, token.credit, token.evses)

    def accepted(self) -> str:
        """The token that the CSMS uses of its own accord: the first one in the book that may charge.

        Raises LookupError for a book without such a token.
        """
        for token in self._tokens.values():
            if token.status == "Accepted" and token.credit is None:
                return token.value
        raise LookupError("no token of the book is accepted")

    @classmethod
    def read(cls, entries: Mapping[str, Mapping[str, object]]) -> TokenBook:
        """The book written as `{value: {"status": ..., "group": ..., "single": ..., "credit": ...,
        "evses": ...}}`, keys optional.

        Raises ValueError, naming the token, for a key that does not belong there and for a credit that is no number.
        """
        tokens = []
        for value, entry in entries.items():
            unknown = set(entry) - set(_KEYS)
            if unknown:
                raise ValueError(f"token {value!r}: unknown key {sorted(unknown)[0]!r}; known: {', '.join(_KEYS)}")
            group = entry.get("group")
            tokens.append(
                Token(
                    value,
                    str(entry.get("status", "Accepted")),
                    None if group is None else str(group),
                    bool(entry.get("single", False)),
                    _credit(value, entry.get("credit")),
                    _evses(value, entry.get("evses", ())),
                )
            )
        return cls(tokens)


def _evses(token: str, given: object) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, int) for one in given):
        raise ValueError(f"token {token!r}: evses {given!r} is no list of numbers")
    return tuple(given)


def _credit(token: str, given: object) -> Decimal | None:
    try:
        return None if given is None else Decimal(str(given))
    except InvalidOperation:
        raise ValueError(f"token {token!r}: credit {given!r} is no number") from None
