"""Who may charge: a presented token against local list, cache and CSMS.

Source: 2.0.1 C01, C02, C08 to C15, D01, E07.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference.authorization import Verdict
from conformance.reference.hardware import Evse
from conformance.reference.station2x.payment import DIRECT_PAYMENT
from conformance.reference.station2x.transactions import Session, Token, key_of, same_token
from conformance.reference.wire import CallError, CallTimeout, Disconnected, InvalidAnswer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

UNAUTHORIZED_TYPES = ("NoAuthorization", "Central")
"""Types of tokens that are never sent in an Authorize (C02, C05.FR.01)."""

REFUSED = Verdict("Invalid")


def verdict_of(info: Payload) -> Verdict:
    """IdTokenInfoType as a Verdict."""
    group = info.get("groupIdToken") or {}
    return Verdict(str(info.get("status")), str(group.get("idToken", "")), tuple(info.get("evseId", ())))


def usable(token: Token) -> bool:
    """Whether a token can be one: an identifierString, which only NoAuthorization has empty (2.0.1 part 2, 2.1.4)."""
    text = str(token.get("idToken", ""))
    return token.get("type") == "NoAuthorization" or re.fullmatch(r"[A-Za-z0-9*\-_=:+|@.]+", text) is not None


class Tokens:
    """The station's reader and its judgement."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._choosing: Token | None = None  # the master pass for which the display asks what to stop

    # -- presenting ------------------------------------------------------------------------------------------------

    def choose(self, token: Token, evse_id: int | None) -> Session | None:
        """The session that a presented token is meant for."""
        sessions = self._station.transactions.sessions
        if evse_id is not None:
            return sessions.get(evse_id)
        everyone = list(sessions.values())
        holding = [one for one in everyone if one.token is not None and same_token(one.token, token)]
        free = [one for one in everyone if not one.authorized]
        connected = [one for one in free if one.evse.connected]
        return next(iter(holding or connected or free or everyone), None)

    async def present(self, session: Session, token: Token, *, adrift: bool = False) -> None:
        """A driver holds a token before the reader, or enters a key code; `adrift`: which belongs to no EVSE as yet."""
        secret = token.get("type") == "KeyCode" and not self._station.defects.active("key-code-in-log")
        self._station.files.note(f"presented at EVSE {session.evse.id}: {'a key code' if secret else token['idToken']}")
        transactions = self._station.transactions
        if session.authorized:
            await self._present_to_stop(session, token)
            return
        connector = session.evse.connector
        waits = connector.locked and (session.transaction is None or session.held)
        if waits and session.token is not None and same_token(session.token, token):
            transactions.take_cable(session)
            return
        if connector.locked and session.held:
            return
        if session.transaction is not None and session.token is not None and not same_token(session.token, token):
            # C01.FR.23: a transaction keeps to the token that authorized it.
            return
        kept_free = self._station.payments.kept_free(session.evse.id)
        if kept_free or not self.may_start(session.evse, token):
            return
        verdict = await self.judge(token)
        if verdict.accepted and self._master(verdict):
            self._master_presented(token)
        if self.refused_to_start(session, verdict):
            return
        # A remote start that was accepted meanwhile goes first: its token is the transaction's (F02.FR.12).
        taken = session.authorized or session.remote_start_id is not None
        if not taken and self.may_start(session.evse, token, verdict.group):
            transactions.authorize(session, token, verdict, adrift=adrift)

    def refused_to_start(self, session: Session, verdict: Verdict) -> bool:
        if self._station.defects.active("starts-though-token-invalid"):
            return False
        if verdict.status == "NoCredit" and self._station.defects.active("prepaid-credit-ignored"):
            return False
        # C12.FR.09 and C16: a master pass stops, it never starts.
        return not verdict.allows(session.evse.id) or self._master(verdict)

    def may_start(self, evse: Evse, token: Token, group: str | None = None) -> bool:
        """Whether the EVSE is free for a token, whose group is `group` ("": it has none, None: not known yet)."""
        station = self._station
        usable_there = station.availability.usable(evse) or station.defects.active("starts-where-inoperative")
        if not usable_there or station.provisioning.reset_scheduled(evse.id):
            return False
        if station.going_down:
            return False
        held = station.availability.reservation(evse.id)
        if held is None or same_token(held["idToken"], token) or station.defects.active("reservations-ignored"):
            return True
        reserved_group = (held.get("groupIdToken") or {}).get("idToken", "")
        # What is not known before the verdict is asked again afterwards.
        any_group = station.defects.active("reserved-for-any-group")
        return bool(reserved_group) and (any_group or group in (None, reserved_group))

    async def _present_to_stop(self, session: Session, token: Token) -> None:
        transactions = self._station.transactions
        if session.token is not None and same_token(session.token, token):
            transactions.stop_locally(session, token)
            return
        known = self._known(token)
        if known is not None and known.accepted and known.group and known.group == session.group:
            transactions.stop_locally(session, token)
            return
        verdict = await self.judge(token)
        if not verdict.accepted or not session.authorized:
            return
        if self._master(verdict):
            self._master_presented(token)
        elif verdict.group and verdict.group == session.group:
            transactions.stop_locally(session, token)

    def _master_presented(self, token: Token) -> None:
        """It stops every transaction, or opens the choice where there is a display (C16.FR.01, C16.FR.02)."""
        self._choosing = token
        if not self._station.options.display:
            self.stop_chosen(None)

    def stop_chosen(self, evse_id: int | None) -> bool:
        """Stop the transaction of an EVSE, or all, by the master pass that was presented; False without one."""
        token, self._choosing = self._choosing, None
        if token is None:
            return False
        transactions = self._station.transactions
        for session in list(transactions.sessions.values()):
            if session.transaction is not None and evse_id in (None, session.evse.id):
                transactions.stop_locally(session, token, "MasterPass")
        return True

    def _master(self, verdict: Verdict) -> bool:
        master = self._station.model.text("AuthCtrlr", "MasterPassGroupId")
        return bool(master) and verdict.group == master

    def trusted(self, token: Token, group: Payload | None) -> Verdict:
        """What to think of a token that a remote start brings when AuthorizeRemoteStart is false (F01.FR.02)."""
        return Verdict("Accepted", str((group or {}).get("idToken", "")))

    # -- judging ---------------------------------------------------------------------------------------------------

    def _listed(self, token: Token) -> Verdict | None:
        if not self._station.model.flag("LocalAuthListCtrlr", "Enabled"):
            return None
        return self._station.local_list.find(key_of(token))

    def _cached(self, token: Token) -> Verdict | None:
        if not self._station.model.flag("AuthCacheCtrlr", "Enabled"):
            return None
        return self._station.cache.find(key_of(token))

    def _known(self, token: Token) -> Verdict | None:
        """What list or cache say; the list goes before the cache (C13.FR.01)."""
        return self._listed(token) or self._cached(token)

    async def judge(self, token: Token) -> Verdict:
        """Whether the token may charge: from list or cache where that is allowed, else from the CSMS."""
        model = self._station.model
        if token.get("type") in UNAUTHORIZED_TYPES:
            return Verdict("Accepted")
        if token.get("type") == "eMAID" and self._station.options.iso15118:
            return await self._judge_contract(token)
        known = self._known(token)
        if not self._station.online:
            return self._judge_offline(known)
        if known is not None and model.flag("AuthCtrlr", "LocalPreAuthorize"):
            listed = self._listed(token) is not None
            if known.accepted:
                return known
            if model.flag("LocalAuthListCtrlr" if listed else "AuthCacheCtrlr", "DisablePostAuthorize"):
                return known
        if model.flag("AuthCtrlr", "DisableRemoteAuthorization"):
            return REFUSED
        return await self._ask(token)

    def _judge_offline(self, known: Verdict | None) -> Verdict:
        model = self._station.model
        if known is not None:
            return known if model.flag("AuthCtrlr", "LocalAuthorizeOffline") else REFUSED
        unknown_allowed = model.flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled")
        return Verdict("Accepted") if unknown_allowed else REFUSED

    async def _judge_contract(self, token: Token) -> Verdict:
        """An EV identifies itself by its contract: online the CSMS is always asked (C07)."""
        contracts = self._station.contracts
        if not contracts.enabled:
            return REFUSED
        if not self._station.online:
            return self._judge_offline(self._known(token)) if contracts.valid_offline() else REFUSED
        about = contracts.particulars()
        return REFUSED if about is None else await self._ask(token, about)

    async def _ask(self, token: Token, about: Payload | None = None) -> Verdict:
        try:
            answer = await self._station.call("Authorize", {"idToken": token, **(about or {})})
        except Disconnected:
            return await self.judge(token) if about else self._judge_offline(self._known(token))
        except (CallError, CallTimeout, InvalidAnswer):
            return REFUSED
        verdict = self.learn(token, answer["idTokenInfo"])
        return verdict if answer.get("certificateStatus", "Accepted") == "Accepted" else REFUSED

    def learn(self, token: Token, info: dict[str, Any]) -> Verdict:
        """The CSMS told of a token: remember it in the cache (C10, C05.FR.02)."""
        verdict = verdict_of(info)
        once = token.get("type") in (*UNAUTHORIZED_TYPES, DIRECT_PAYMENT)
        if not once and self._station.model.flag("AuthCacheCtrlr", "Enabled"):
            life = self._station.model.number("AuthCacheCtrlr", "LifeTime")
            expires = info.get("cacheExpiryDateTime")
            self._station.cache.learn(key_of(token), verdict, None, expires, life)
        return verdict
