"""Defects of the 2.x station in authorization: what it knows, whom it asks, groups and master passes (block C, D02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.reference.authorization import Verdict
from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import CS, NEW, Answers, Events
from conformance.reference.station2x.transactions import key_of
from conformance.reference.wire import Payload

WITH_DISPLAY = "station with a display for master passes"


def knows(name: str, *, listed: Any = None, cached: Any = None, breaks: str, must_fail: tuple[str, ...]) -> None:
    """A defect in what list or cache are made to say of a token: a function of what they do say."""

    class Wrong(Misbehaviour):
        context: Any

        def powered_up(self) -> None:
            tokens = self.context.tokens
            for attribute, change in (("_listed", listed), ("_cached", cached)):
                if change is not None:
                    setattr(tokens, attribute, _changed(tokens, getattr(type(tokens), attribute), change))

    defect(name, role=CS, families=NEW, breaks=breaks, must_fail=must_fail)(Wrong)


def _changed(tokens: Any, right: Callable[..., Any], change: Any) -> Callable[[Payload], Any]:
    return lambda token: change(right(tokens, token))


def _nothing(verdict: Verdict | None) -> None:
    return None


def _accepted(verdict: Verdict | None) -> Verdict | None:
    return None if verdict is None else replace(verdict, status="Accepted")


def _refused(verdict: Verdict | None) -> Verdict | None:
    return None if verdict is None else replace(verdict, status="Invalid")


def _no_group(verdict: Verdict | None) -> Verdict | None:
    return None if verdict is None else replace(verdict, group="")


# -- what list and cache say ------------------------------------------------------------------------------------------

knows(
    "known-token-asked-about",
    listed=_nothing,
    cached=_nothing,
    breaks="with LocalPreAuthorize a token of list or cache is asked about nevertheless (C12.FR.02, C14.FR.02)",
    must_fail=("TC_C_08_CS", "TC_C_13_CS", "TC_C_27_CS", "TC_C_32_CS", "TC_C_33_CS", "TC_C_40_CS", "TC_C_41_CS"),
)
knows(
    "known-token-status-ignored",
    listed=_accepted,
    cached=_accepted,
    breaks="a token that list or cache call invalid, blocked or expired starts a transaction (C12.FR.05, C14.FR.03)",
    must_fail=(
        *("TC_C_09_CS", "TC_C_10_CS", "TC_C_11_CS", "TC_C_12_CS", "TC_C_57_CS"),
        *("TC_C_28_CS", "TC_C_29_CS", "TC_C_30_CS", "TC_C_31_CS", "TC_C_58_CS"),
        *("TC_C_22_CS", "TC_C_23_CS", "TC_C_24_CS", "TC_C_25_CS", "TC_C_43_CS", "TC_C_44_CS"),
    ),
)
knows(
    "known-token-refused",
    listed=_refused,
    cached=_refused,
    breaks="a token that list or cache accept is refused offline (C13.FR.02, C12.FR.02)",
    must_fail=("TC_C_15_CS", "TC_C_16_CS", "TC_C_17_CS", "TC_C_18_CS", "TC_C_21_CS"),
)
knows(
    "known-group-ignored",
    listed=_no_group,
    cached=_no_group,
    breaks="the group of a token in list or cache counts for nothing (C09.FR.07)",
    must_fail=("TC_C_40_CS", "TC_C_41_CS", "TC_C_14_CS"),
)
knows(
    "list-behind-cache",
    listed=_nothing,
    breaks="what the cache says of a token counts, not what the local list says (C13.FR.01, C14.FR.01)",
    must_fail=("TC_C_25_CS", "TC_C_27_CS"),
)


knows(
    "cached-evses-forgotten",
    cached=lambda verdict: None if verdict is None else replace(verdict, evses=()),
    breaks="the cache keeps a token's status and not for which EVSEs it is accepted (C10.FR.14)",
    must_fail=("OC_C_02_CS",),
)
knows(
    "listed-expiry-ignored",
    listed=lambda verdict: _accepted(verdict) if verdict is not None and verdict.status == "Expired" else verdict,
    breaks="a listed token counts though its cacheExpiryDateTime has passed (C14.FR.05)",
    must_fail=("OC_C_07_CS",),
)


@defect(
    "listed-with-expiry-asked-about",
    role=CS,
    families=NEW,
    breaks="a listed token with a cacheExpiryDateTime that is to come is asked about (C14.FR.04)",
    must_fail=("OC_C_07_CS",),
)
class _ListedWithExpiryAskedAbout(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.local_list._past = lambda text: text is not None


@defect(
    "allowed-evses-ignored",
    role=CS,
    families=NEW,
    breaks="a token charges at EVSEs that the CSMS has not named (C01.FR.21)",
    must_fail=("OC_C_01_CS", "OC_C_02_CS"),
)
class _AllowedEvsesIgnored(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.tokens.refused_to_start = lambda session, verdict: not verdict.accepted


# -- settings ---------------------------------------------------------------------------------------------------------


def mistaken(name: str, component: str, variable: str, value: str, *, breaks: str, must_fail: tuple[str, ...]) -> None:
    """A defect that behaves as if a variable had a certain value; what it tells of it is right."""

    class Mistaken(Misbehaviour):
        context: Any

        def powered_up(self) -> None:
            model = self.context.model
            right = type(model).text

            def text(asked: str, named: str, *more: str) -> str:
                found: str = right(model, asked, named, *more)
                return value if (asked, named) == (component, variable) else found

            model.text = text

    defect(name, role=CS, families=NEW, breaks=breaks, must_fail=must_fail)(Mistaken)


mistaken(
    "cache-pre-authorizes-always",
    "AuthCtrlr",
    "LocalPreAuthorize",
    "true",
    breaks="a cached token starts without Authorize although LocalPreAuthorize is false",
    must_fail=("TC_C_36_CS",),
)
mistaken(
    "cache-without-life-time",
    "AuthCacheCtrlr",
    "LifeTime",
    "0",
    breaks="AuthCacheCtrlr.LifeTime is ignored: a cached token lives for ever (C10.FR.08, C10.FR.10)",
    must_fail=("TC_C_46_CS",),
)
mistaken(
    "cache-post-authorizes-always",
    "AuthCacheCtrlr",
    "DisablePostAuthorize",
    "false",
    breaks="a token that is not accepted in the cache is asked about although DisablePostAuthorize is true",
    must_fail=("TC_C_57_CS",),
)
mistaken(
    "cache-never-post-authorizes",
    "AuthCacheCtrlr",
    "DisablePostAuthorize",
    "true",
    breaks="a token that is not accepted in the cache is refused without asking (C10.FR.03, C12.FR.05)",
    must_fail=("TC_C_09_CS", "TC_C_10_CS", "TC_C_11_CS", "TC_C_12_CS", "TC_C_44_CS"),
)
mistaken(
    "list-post-authorizes-always",
    "LocalAuthListCtrlr",
    "DisablePostAuthorize",
    "false",
    breaks="a token that is not accepted in the local list is asked about although DisablePostAuthorize is true",
    must_fail=("TC_C_58_CS",),
)
mistaken(
    "list-never-post-authorizes",
    "LocalAuthListCtrlr",
    "DisablePostAuthorize",
    "true",
    breaks="a token that is not accepted in the local list is refused without asking (C14.FR.03)",
    must_fail=("TC_C_28_CS", "TC_C_29_CS", "TC_C_30_CS", "TC_C_31_CS", "TC_C_43_CS"),
)
mistaken(
    "unknown-refused-offline",
    "AuthCtrlr",
    "OfflineTxForUnknownIdEnabled",
    "false",
    breaks="an unknown token is refused offline although OfflineTxForUnknownIdEnabled is true (C15.FR.08)",
    must_fail=("TC_C_26_CS",),
)
mistaken(
    "stops-on-invalid-always",
    "TxCtrlr",
    "StopTxOnInvalidId",
    "true",
    breaks="a transaction whose token is invalid after all is stopped although StopTxOnInvalidId is false (C15.FR.06)",
    must_fail=("TC_C_15_CS", "TC_C_17_CS", "TC_C_26_CS"),
)
mistaken(
    "no-energy-on-invalid",
    "TxCtrlr",
    "MaxEnergyOnInvalidId",
    "0",
    breaks="MaxEnergyOnInvalidId is ignored: a token that turns out to be invalid gets no energy at all (C15.FR.07)",
    must_fail=("TC_C_15_CS",),
)
mistaken(
    "master-pass-unknown",
    "AuthCtrlr",
    "MasterPassGroupId",
    "",
    breaks="MasterPassGroupId is ignored: a master pass is a token as any other (C16.FR.02, C16.FR.03)",
    must_fail=("TC_C_45_CS", "TC_C_49_CS"),
)


# -- the cache --------------------------------------------------------------------------------------------------------


@defect(
    "cache-lost-at-reboot",
    role=CS,
    families=NEW,
    breaks="the authorization cache is empty after a reboot (C10.FR.02)",
    must_fail=("TC_C_32_CS",),
)
class _CacheLostAtReboot(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.cache.clear()


@defect(
    "cache-learns-nothing",
    role=CS,
    families=NEW,
    breaks="what the CSMS says of a token is not put into the authorization cache (C10.FR.01, C10.FR.04)",
    must_fail=("TC_C_08_CS", "TC_C_33_CS", "TC_C_41_CS"),
)
class _CacheLearnsNothing(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.cache.learn = lambda *known: None


@defect(
    "full-cache-learns-nothing",
    role=CS,
    families=NEW,
    breaks="a cache that is full takes no new token (C10.FR.07)",
    must_fail=("OC_C_05_CS",),
    variant="station with a small authorization cache",
)
class _FullCacheLearnsNothing(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        cache = self.context.cache
        right = type(cache).learn

        def learn(token: str, *known: Any) -> None:
            if len(cache) < cache._room:
                right(cache, token, *known)

        cache.learn = learn


class _Judges(Misbehaviour):
    """Base of defects in what is thought of a token that is presented, or that a remote start brings."""

    context: Any

    def powered_up(self) -> None:
        tokens = self.context.tokens

        async def judge(token: Payload) -> Verdict:
            return await self.judged(tokens, token)

        tokens.judge = judge

    async def judged(self, tokens: Any, token: Payload) -> Verdict:
        """What is thought instead."""
        raise NotImplementedError


@defect(
    "central-token-asked-about",
    role=CS,
    families=NEW,
    breaks="the CSMS is asked about a token of type Central, which it has sent itself (C05.FR.01)",
    must_fail=("OC_C_03_CS", "OC_C_04_CS"),
)
class _CentralTokenAskedAbout(_Judges):
    async def judged(self, tokens: Any, token: Payload) -> Verdict:
        asks = token["type"] == "Central"
        verdict: Verdict = await (tokens._ask(token) if asks else type(tokens).judge(tokens, token))
        return verdict


@defect(
    "central-token-cached",
    role=CS,
    families=NEW,
    breaks="what the CSMS says of a token of type Central is cached, and counts the next time (C05.FR.02)",
    must_fail=("OC_C_04_CS",),
)
class _CentralTokenCached(_Judges):
    async def judged(self, tokens: Any, token: Payload) -> Verdict:
        known: Verdict | None = tokens._cached(token) if token["type"] == "Central" else None
        verdict: Verdict = known or await type(tokens).judge(tokens, token)
        return verdict

    def powered_up(self) -> None:
        super().powered_up()
        tokens = self.context.tokens
        right = type(tokens).learn

        def learn(token: Payload, info: Payload) -> Verdict:
            verdict: Verdict = right(tokens, token, info)
            self.context.cache.learn(key_of(token), verdict, None, None, 0)
            return verdict

        tokens.learn = learn


@defect(
    "unknown-token-cached",
    role=CS,
    families=NEW,
    breaks="a token that charges offline though nobody knows it is put into the cache (C15.FR.01)",
    must_fail=("OC_C_06_CS",),
)
class _UnknownTokenCached(_Judges):
    async def judged(self, tokens: Any, token: Payload) -> Verdict:
        verdict: Verdict = await type(tokens).judge(tokens, token)
        if not self.context.online and verdict.accepted:
            tokens.learn(token, {"status": "Accepted"})
        return verdict


# -- stopping ---------------------------------------------------------------------------------------------------------


class _Stops(Misbehaviour):
    """Base of defects in what a token that is presented during a transaction does."""

    context: Any

    def powered_up(self) -> None:
        tokens = self.context.tokens
        right = type(tokens)._present_to_stop

        async def presented(session: Any, token: Payload) -> None:
            await self.presented(tokens, right, session, token)

        tokens._present_to_stop = presented

    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        """What is done instead."""
        raise NotImplementedError


@defect(
    "any-token-stops",
    role=CS,
    families=NEW,
    breaks="a token that is neither the one that started nor of its group stops the transaction (C01.FR.03, C09.FR.03)",
    must_fail=("TC_C_04_CS",),
)
class _AnyTokenStops(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        if (await tokens.judge(token)).accepted:
            self.context.transactions.stop_locally(session, token)


@defect(
    "refused-group-member-stops",
    role=CS,
    families=NEW,
    breaks="a token of the group that the CSMS refuses stops the transaction (C09.FR.11)",
    must_fail=("TC_C_42_CS", "TC_C_43_CS", "TC_C_44_CS"),
)
class _RefusedGroupMemberStops(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        verdict = await tokens.judge(token)
        if verdict.group and verdict.group == session.group:
            self.context.transactions.stop_locally(session, token)


@defect(
    "group-does-not-stop",
    role=CS,
    families=NEW,
    breaks="only the token that started stops the transaction, no other one of its group (C09.FR.03)",
    must_fail=("TC_C_39_CS", "TC_C_40_CS", "TC_C_41_CS"),
)
class _GroupDoesNotStop(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        session.group = ""
        await right(tokens, session, token)


@defect(
    "asks-before-every-stop",
    role=CS,
    families=NEW,
    breaks="before a token that is known stops the transaction, the CSMS is asked about it (C01.FR.03, C09.FR.07)",
    must_fail=("TC_C_21_CS", "TC_C_40_CS"),
)
class _AsksBeforeEveryStop(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        await tokens._ask(token)
        await right(tokens, session, token)


@defect(
    "master-pass-stops-one",
    role=CS,
    families=NEW,
    breaks="a master pass stops the transaction of one EVSE only (C16.FR.02)",
    must_fail=("TC_C_49_CS",),
)
class _MasterPassStopsOne(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        tokens.stop_chosen = lambda evse_id: type(tokens).stop_chosen(tokens, session.evse.id)
        await right(tokens, session, token)


@defect(
    "master-pass-not-asked-what",
    role=CS,
    families=NEW,
    breaks="a master pass stops every transaction at once, though the display should ask which (C16.FR.01)",
    must_fail=("TC_C_47_CS", "TC_C_48_CS"),
    variant=WITH_DISPLAY,
)
class _MasterPassNotAskedWhat(_Stops):
    async def presented(self, tokens: Any, right: Any, session: Any, token: Payload) -> None:
        await right(tokens, session, token)
        tokens.stop_chosen(None)


@defect(
    "master-pass-choice-ignored",
    role=CS,
    families=NEW,
    breaks="whichever transaction is chosen at the display, the master pass stops all (C16.FR.01)",
    must_fail=("TC_C_48_CS",),
    variant=WITH_DISPLAY,
)
class _MasterPassChoiceIgnored(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        tokens = self.context.tokens
        tokens.stop_chosen = lambda evse_id: type(tokens).stop_chosen(tokens, None)


@defect(
    "master-pass-reason-local",
    role=CS,
    families=NEW,
    breaks="a transaction that a master pass stopped ends with stoppedReason Local (C16.FR.07)",
    must_fail=("TC_C_14_CS", "TC_C_49_CS"),
)
class _MasterPassReasonLocal(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        info = payload["transactionInfo"]
        if info.get("stoppedReason") == "MasterPass":
            info["stoppedReason"] = "Local"
        return [payload]


@defect(
    "asks-with-another-token",
    role=CS,
    families=NEW,
    breaks="Authorize names the token without its last character (C01.FR.02)",
    must_fail=("TC_C_02_CS", "TC_C_06_CS", "TC_C_07_CS", "TC_C_56_CS"),
)
class _AsksWithAnotherToken(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "Authorize":
            payload["idToken"]["idToken"] = payload["idToken"]["idToken"][:-1]
        return [(action, payload)]


flag(
    "key-code-in-log",
    role=CS,
    families=NEW,
    breaks="a key code that was entered stands in the log for diagnostics (C04.FR.04)",
    must_fail=("OC_C_11_CS",),
    variant="station with a keypad",
)


@defect(
    "authorize-at-boot",
    role=CS,
    families=NEW,
    breaks="after a boot the tokens of the cache are asked about anew, though nobody has presented them (C01.FR.04)",
    must_fail=("OC_C_12_CS",),
)
class _AuthorizeAtBoot(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "Authorize":
            self._last = payload
        again = action == "StatusNotification" and hasattr(self, "_last")
        return [(action, payload), *([("Authorize", self._last)] if again else [])]


# -- D02 --------------------------------------------------------------------------------------------------------------


@defect(
    "list-version-always-zero",
    role=CS,
    families=NEW,
    breaks="GetLocalListVersion is answered 0 whatever list there is (D02.FR.01)",
    must_fail=("TC_D_01_CS", "TC_D_08_CS"),
)
class _VersionAlwaysZero(Answers):
    actions = ("GetLocalListVersion",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"versionNumber": 0}


@defect(
    "list-version-while-disabled",
    role=CS,
    families=NEW,
    breaks="while the local list is disabled its version is told as before (D02.FR.03)",
    must_fail=("TC_D_10_CS",),
)
class _VersionWhileDisabled(Answers):
    context: Any
    actions = ("GetLocalListVersion",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"versionNumber": self.context.local_list.version}


@defect(
    "no-list-is-minus-one",
    role=CS,
    families=NEW,
    breaks="that there is no local list is told as in 1.6: versionNumber -1 (D02.FR.02, D02.FR.03)",
    must_fail=("TC_D_10_CS",),
    rules=("values.told-list-version",),
)
class _NoListIsMinusOne(Answers):
    actions = ("GetLocalListVersion",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"versionNumber": answer["versionNumber"] or -1}


# -- contracts (C07) ---------------------------------------------------------------------------------------------------

FOR_CONTRACTS = "station for Plug and Charge"


def contract_without(name: str, field: str, breaks: str, *must_fail: str) -> None:
    """A defect that leaves something out of an Authorize for a contract."""

    class Lacking(Misbehaviour):
        def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
            if action == "Authorize":
                payload.pop(field, None)
            return [(action, payload)]

    defect(name, role=CS, families=NEW, breaks=breaks, must_fail=must_fail, variant=FOR_CONTRACTS)(Lacking)


contract_without(
    "contract-without-hashes",
    "iso15118CertificateHashData",
    "the CSMS is asked about a contract without what it needs to ask an OCSP responder (C07.FR.02)",
    *("TC_C_50_CS", "TC_C_51_CS"),
)
contract_without(
    "contract-without-certificate",
    "certificate",
    "a contract that the station can't validate is not sent to the CSMS (C07.FR.06)",
    *("TC_C_52_CS", "TC_C_53_CS"),
)


@defect(
    "contract-charges-though-refused",
    role=CS,
    families=NEW,
    breaks="an EV charges whose contract the CSMS refuses (C07.FR.04)",
    must_fail=("TC_C_51_CS", "TC_C_53_CS"),
    variant=FOR_CONTRACTS,
)
class _ContractChargesThoughRefused(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.tokens.refused_to_start = lambda session, verdict: False


@defect(
    "contract-charges-offline-always",
    role=CS,
    families=NEW,
    breaks="offline, an EV charges by its contract although ContractValidationOffline is false (C07.FR.07)",
    must_fail=("TC_C_55_CS",),
    variant=FOR_CONTRACTS,
)
class _ContractChargesOfflineAlways(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.contracts.valid_offline = lambda: True


@defect(
    "contract-never-offline",
    role=CS,
    families=NEW,
    breaks="offline, no EV charges by its contract although ContractValidationOffline is true (C07.FR.08 to 10)",
    must_fail=("TC_C_54_CS",),
    variant=FOR_CONTRACTS,
)
class _ContractNeverOffline(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.contracts.valid_offline = lambda: False
