"""Where secrets stand in OCPP messages, as data: by version and schema, by the name of a setting or of a member.

What is here is written as a placeholder in everything that a run writes (`redaction.py`). `tests/report` goes through
all schemas and fails on a property that looks secret and stands neither in `PATHS` nor in `NO_SECRETS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

Path = tuple[str, ...]
"""Names of members from the payload down; "*" is any element of an array."""

TOKEN, PASSWORD, KEY, PIN = "idToken", "password", "key", "PIN"
"""What a placeholder calls the value."""

_ID_TAGS: Mapping[str, tuple[str, ...]] = {
    "Authorize": ("idTag",),
    "AuthorizeResponse": ("idTagInfo/parentIdTag",),
    "RemoteStartTransaction": ("idTag",),
    "ReserveNow": ("idTag", "parentIdTag"),
    "SendLocalList": ("localAuthorizationList/*/idTag", "localAuthorizationList/*/idTagInfo/parentIdTag"),
    "StartTransaction": ("idTag",),
    "StartTransactionResponse": ("idTagInfo/parentIdTag",),
    "StopTransaction": ("idTag",),
    "StopTransactionResponse": ("idTagInfo/parentIdTag",),
}
_ID_TOKENS: Mapping[str, tuple[str, ...]] = {
    "AuthorizeRequest": ("idToken",),
    "AuthorizeResponse": ("idTokenInfo/groupIdToken",),
    "CustomerInformationRequest": ("idToken",),
    "RequestStartTransactionRequest": ("idToken", "groupIdToken"),
    "ReserveNowRequest": ("idToken", "groupIdToken"),
    "SendLocalListRequest": ("localAuthorizationList/*/idToken", "localAuthorizationList/*/idTokenInfo/groupIdToken"),
    "TransactionEventRequest": ("idToken",),
    "TransactionEventResponse": ("idTokenInfo/groupIdToken",),
}
"""Objects of IdTokenType: their idToken, and what their additionalInfo adds, are values of tokens."""
_ID_TOKENS_21: Mapping[str, tuple[str, ...]] = {
    **_ID_TOKENS,
    "BatterySwapRequest": ("idToken",),
    "RequestBatterySwapRequest": ("idToken",),
}
_NETWORK: Mapping[str, str] = {
    "connectionData/apn/apnPassword": PASSWORD,
    "connectionData/apn/simPin": PIN,
    "connectionData/vpn/password": PASSWORD,
    "connectionData/vpn/key": KEY,
}


def _path(text: str) -> Path:
    return tuple(text.split("/"))


def _of_type(objects: Mapping[str, tuple[str, ...]]) -> dict[str, dict[Path, str]]:
    return {
        schema: {
            (*_path(one), *rest): TOKEN
            for one in places
            for rest in (("idToken",), ("additionalInfo", "*", "additionalIdToken"))
        }
        for schema, places in objects.items()
    }


PATHS: Mapping[str, Mapping[str, Mapping[Path, str]]] = MappingProxyType(
    {
        "1.6": {schema: {_path(one): TOKEN for one in places} for schema, places in _ID_TAGS.items()},
        "2.0.1": {
            **_of_type(_ID_TOKENS),
            "SetNetworkProfileRequest": {_path(one): kind for one, kind in _NETWORK.items()},
        },
        "2.1": {
            **_of_type(_ID_TOKENS_21),
            "SetNetworkProfileRequest": {
                **{_path(one): kind for one, kind in _NETWORK.items()},
                _path("connectionData/basicAuthPassword"): PASSWORD,
            },
            "Get15118EVCertificateRequest": {_path("prioritizedEMAIDs/*"): TOKEN},
            "GetTariffsResponse": {_path("tariffAssignments/*/idTokens/*"): TOKEN},
        },
    }
)
"""By version and schema: the secret values of a payload, with what they are."""

_CONFIGURATION: Mapping[str, tuple[Path, Path, Path]] = {
    "ChangeConfiguration": ((), ("key",), ("value",)),
    "GetConfigurationResponse": (("configurationKey", "*"), ("key",), ("value",)),
}
_VARIABLES: Mapping[str, tuple[Path, Path, Path]] = {
    "SetVariablesRequest": (("setVariableData", "*"), ("variable", "name"), ("attributeValue",)),
    "GetVariablesResponse": (("getVariableResult", "*"), ("variable", "name"), ("attributeValue",)),
    "NotifyReportRequest": (("reportData", "*"), ("variable", "name"), ("variableAttribute", "*", "value")),
    "NotifyEventRequest": (("eventData", "*"), ("variable", "name"), ("actualValue",)),
}
SETTINGS: Mapping[str, Mapping[str, tuple[Path, Path, Path]]] = MappingProxyType(
    {"1.6": _CONFIGURATION, "2.0.1": _VARIABLES, "2.1": _VARIABLES}
)
"""Schemas that carry a setting by its name: the object that holds both, and below it the name and the value."""

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "idtag": TOKEN,
        "parentidtag": TOKEN,
        "idtoken": TOKEN,
        "additionalidtoken": TOKEN,
        "masterpassgroupid": TOKEN,
        "token": TOKEN,
        "emaid": TOKEN,
    }
)
"""Members and settings (in small letters) whose value is that of a token, wherever they stand: MasterPassGroupId of
AuthCtrlr, Token of TokenReader, and the members of `PATHS` in a message that no schema knows."""

_LOOKS: tuple[tuple[str, str], ...] = (
    (PASSWORD, r"pass_?word|passwd|pass_?phrase|authorization_?key"),
    (PIN, r"sim_?pin|pin_?code|^pin$"),
    (KEY, r"secret|private|(?:vpn|api|access|shared|encryption|pre_?shared)_?key|^psk$"),
)
LOOKS_SECRET = re.compile("|".join(f"(?:{pattern})" for _, pattern in _LOOKS), re.IGNORECASE)
"""The names of settings, of members and of keys of a description that mean a secret: AuthorizationKey,
BasicAuthPassword, and what vendors add."""

NO_SECRETS: Mapping[str, str] = MappingProxyType(
    {
        "key": "1.6: the name of a configuration key",
        "unknownKey": "1.6: names of configuration keys",
        "publicKey": "the key that verifies a signed meter value is public",
        "issuerKeyHash": "the hash of a public key",
    }
)
"""Properties of the schemas that look secret and are not, with the reason."""


def kind_of(name: str) -> str:
    """What the value of a member or setting of that name is; "" where it is no secret."""
    known = NAMES.get(name.lower())
    if known is not None:
        return known
    if not LOOKS_SECRET.search(name):
        return ""
    return next(kind for kind, pattern in _LOOKS if re.search(pattern, name, re.IGNORECASE))
