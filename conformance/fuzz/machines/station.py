"""Legal but odd sequences at a station: what can be done to it in any order, drawn by Hypothesis or chosen by hand.

A sequence is a list of acts of which every part is a sequence too (`conformance.fuzz.verbs_station` passes over what
can't be done), drawn as a list: so Hypothesis shrinks it by leaving acts out, and what is left means what it meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.fuzz.acts import ask, begun, blink, configure, hand, idle, offline, online, quiet
from conformance.fuzz.example import ANYTHING, Act, Example
from conformance.fuzz.machines.world import Level, Place, change_availability
from conformance.fuzz.stage import Target

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ORACLES = ("transactions-whole", "transactions-ended", "connector-status", "ended-for-a-reason", "energy")
"""What every sequence is judged by; beside them the monitor's rules and the signs of life."""
SHORTEST, LONGEST = 3, 9
"""Phrases that are drawn for a sequence."""

PROFILE_ID = 4711
"""Of the one charging profile that sequences set and take away."""

Acts = tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """What can be done at one connector of a station, and to the station, in the words of one version family."""

    family: str
    place: Place

    @property
    def _at(self) -> dict[str, Any]:
        return {"evseId": self.place[0], "connectorId": self.place[1]}

    def plug(self) -> Act:
        """Plug an EV in."""
        return hand("plug_in", self._at)

    def unplug(self) -> Act:
        """Pull the cable."""
        return hand("unplug", self._at)

    def token(self, name: str = "valid") -> Act:
        """Present a token of the description."""
        return hand("present_token", {"token": name, "evseId": self.place[0]})

    def ev(self, verb: str) -> Act:
        """The EV suspends or resumes."""
        return hand(verb, self._at)

    def remote_start(self, token: str = "valid") -> Act:
        """Start from afar."""
        return ask(*_REMOTE_START[self.family](self.place, token))

    def remote_stop(self, which: str = "") -> Act:
        """Stop from afar: "running" or "ended" here, or a transaction that never was."""
        id_ = f"{{{{{which} {self.place[0]}}}}}" if which else _NEVER[self.family]
        return ask(_REMOTE_STOP[self.family], {"transactionId": id_})

    def availability(self, operative: bool, depth: int = 2) -> Act:
        """Make the station (depth 0), the EVSE (1) or the connector (2) operative or inoperative."""
        level: Level = self.place[:depth]
        return ask("ChangeAvailability", change_availability(self.family, level, operative))

    def unlock(self) -> Act:
        """Unlock the connector from afar."""
        return ask("UnlockConnector", _UNLOCK[self.family](self.place))

    def trigger(self, message: str) -> Act:
        """Ask for a message about the connector."""
        return ask("TriggerMessage", {"requestedMessage": message, **_TRIGGER[self.family](self.place)})

    def profile(self, limit: int, unit: str) -> Act:
        """Limit what sessions at the EVSE may draw, in A or W; the sequence's end takes the limit away."""
        return ask("SetChargingProfile", _PROFILE[self.family](self.place, limit, unit))

    def no_profile(self) -> Act:
        """Take that limit away."""
        return ask("ClearChargingProfile", {_PROFILE_KEY[self.family]: PROFILE_ID})

    def reset(self, kind: str) -> Act:
        """Reset the station: "gently", as soon as it is idle where the version knows that, or "hard"."""
        return ask("Reset", {"type": _RESETS[self.family][kind]})


_REMOTE_START: Mapping[str, Callable[[Place, str], tuple[str, dict[str, Any]]]] = {
    "1.6": lambda place, token: (
        "RemoteStartTransaction",
        {"connectorId": place[0], "idTag": f"{{{{token {token}}}}}"},
    ),
    "2": lambda place, token: (
        "RequestStartTransaction",
        {"evseId": place[0], "remoteStartId": "{{number}}", "idToken": f"{{{{token {token}}}}}"},
    ),
}
_REMOTE_STOP = {"1.6": "RemoteStopTransaction", "2": "RequestStopTransaction"}
_NEVER: Mapping[str, Any] = {"1.6": 2_000_000_000, "2": "a-transaction-that-never-was"}
_UNLOCK: Mapping[str, Callable[[Place], dict[str, Any]]] = {
    "1.6": lambda place: {"connectorId": place[0]},
    "2": lambda place: {"evseId": place[0], "connectorId": place[1]},
}
_TRIGGER: Mapping[str, Callable[[Place], dict[str, Any]]] = {
    "1.6": lambda place: {"connectorId": place[0]},
    "2": lambda place: {"evse": {"id": place[0], "connectorId": place[1]}},
}


def _profile_16(place: Place, limit: int, unit: str) -> dict[str, Any]:
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    profile = {**_PURPOSE, "chargingProfileId": PROFILE_ID, "chargingSchedule": schedule}
    return {"connectorId": place[0], "csChargingProfiles": profile}


def _profile_2(place: Place, limit: int, unit: str) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": limit}]
    schedule = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    return {"evseId": place[0], "chargingProfile": {**_PURPOSE, "id": PROFILE_ID, "chargingSchedule": [schedule]}}


_PURPOSE = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
_PROFILE: Mapping[str, Callable[[Place, int, str], dict[str, Any]]] = {"1.6": _profile_16, "2": _profile_2}
_PROFILE_KEY = {"1.6": "id", "2": "chargingProfileId"}
SMART_CHARGING = {"1.6": "SmartCharging", "2": "Smart Charging"}
"""The feature that charging profiles belong to."""
_RESETS: Mapping[str, Mapping[str, str]] = {
    "1.6": {"gently": "Soft", "hard": "Hard"},
    "2": {"gently": "OnIdle", "hard": "Immediate"},
}
_DEPTHS = {"1.6": (0, 2), "2": (0, 1, 2)}
"""Levels at which a version knows availability."""
_SETTINGS: Mapping[str, tuple[Act, ...]] = {
    "1.6": (
        configure(["StopTransactionOnEVSideDisconnect"], "false"),
        configure(["AuthorizeRemoteTxRequests"], "false"),
        configure(["MeterValueSampleInterval"], "1"),
    ),
    "2": (
        configure(["TxCtrlr", "StopTxOnEVSideDisconnect"], "false"),
        configure(["AuthCtrlr", "AuthorizeRemoteStart"], "false"),
        configure(["SampledDataCtrlr", "TxUpdatedInterval"], "1"),
    ),
}


# ---------------------------------------------------------------------- drawn


def station_sequences(target: Target) -> SearchStrategy[Example]:
    """Sequences of acts as Hypothesis draws them, each of which ends with the way back to idle.

    They are drawn in phrases, so that something comes of most of them: single acts, and sessions with something that
    happens to them.
    """
    from hypothesis import strategies as st

    family = target.version.family
    moves = [Moves(family, (one.evseId, one.connectorId)) for one in target.dut.connectors[:2]]
    single = _allowed(target, [*weighted(family, moves), *_limits(target, moves)])
    disturbed = _allowed(target, [(*_session(one), *acts) for one in moves for acts in disturbances(one, moves)])
    phrase = st.one_of(st.sampled_from([(), *single]), st.sampled_from(disturbed))
    phrases = st.lists(phrase, min_size=SHORTEST, max_size=LONGEST)
    return phrases.map(lambda drawn: sequence("an odd sequence", [one for phrase in drawn for one in phrase]))


def _allowed(target: Target, phrases: Sequence[Acts]) -> list[Acts]:
    """Those that have nothing in them which the description wants avoided: an action, or that the station goes down."""
    return [
        one
        for one in phrases
        if not any(act.args.get("action") in target.avoid or (_down(act) and not target.hazardous) for act in one)
    ]


def _down(act: Act) -> bool:
    """Whether an act takes the station down."""
    return act.args.get("action") == "Reset" or act.args.get("verb") == "power_cycle"


def _limits(target: Target, moves: Sequence[Moves]) -> list[Acts]:
    """What a CSMS does with charging profiles, where the station has them."""
    if not target.dut.features.get(SMART_CHARGING[target.version.family], False):
        return []
    unit = target.dut.values.charging_rate_unit
    return [(one,) for move in moves for one in (move.profile(0, unit), move.profile(6, unit), move.no_profile())]


def _session(move: Moves) -> Acts:
    return move.plug(), move.token(), begun(move.place[0])


def sequence(name: str, acts: Sequence[Act]) -> Example:
    """These acts as an example, with the way back to idle."""
    return Example(
        name,
        (*acts, idle()),
        allowed=ANYTHING,
        constraint="odd sequence",
        breaks="nothing: a legal sequence of acts",
        oracles=ORACLES,
    )


def weighted(family: str, moves: Sequence[Moves]) -> list[Acts]:
    """Every single act that may be drawn, as often as it shall be likely."""
    found: list[Acts] = []
    for number, move in enumerate(moves):
        for times, act in _at_a_connector(move):
            # The first connector gets twice as much, so that something comes of it.
            found += [(act,)] * (times * (1 if number else 2))
    for times, act in _at_the_station(family, moves[0]):
        found += [(act,)] * times
    return found


def disturbances(here: Moves, moves: Sequence[Moves]) -> list[Acts]:
    """What may happen to a session: to its EVSE, to the station, and at an EVSE beside it."""
    found: list[Acts] = [
        (here.unplug(),),
        (here.unplug(), quiet(), here.plug()),
        (here.token(),),
        (here.token("second"), here.token("blocked")),
        (quiet(), here.remote_stop("running"), here.unplug(), quiet()),
        (here.remote_start(), begun(here.place[0])),
        (here.unlock(), here.unplug()),
        (here.reset("gently"), here.token()),
        (here.reset("hard"),),
        (here.reset("hard"), here.unplug(), quiet()),
        (hand("power_cycle"),),
        (offline(), here.token(), online(), quiet()),
        (offline(), here.unplug(), here.plug(), online(), quiet(), here.token()),
        (offline(), hand("power_cycle"), online()),
        (blink(), here.unplug(), quiet()),
        (here.unplug(), quiet(), blink(), here.plug(), here.token(), quiet()),
    ]
    for depth in _DEPTHS[here.family]:
        opened = here.availability(True, depth)
        found.append((here.availability(False, depth), quiet()))
        found.append((here.availability(False, depth), here.unplug(), quiet(), here.plug(), opened, quiet()))
    for there in moves:
        if there.place[0] != here.place[0]:
            found.append((there.plug(), there.token("second"), begun(there.place[0])))
            found.append((there.availability(False), there.plug(), there.availability(True), quiet()))
    return found


def _at_a_connector(move: Moves) -> Iterator[tuple[int, Act]]:
    yield 6, move.plug()
    yield 4, move.unplug()
    yield 6, move.token()
    yield 2, move.token("second")
    yield 1, move.token("blocked")
    yield 1, move.token("unknown")
    yield 3, move.remote_start()
    yield 1, move.remote_start("second")
    yield 3, move.remote_stop("running")
    yield 1, move.remote_stop("ended")
    yield 2, move.availability(False)
    yield 1, move.availability(False, 1)
    yield 2, move.availability(True)
    yield 1, move.availability(True, 1)
    yield 1, move.unlock()
    yield 1, move.trigger("StatusNotification")
    yield 1, move.trigger("MeterValues")
    yield 1, move.ev("suspend_ev")
    yield 1, move.ev("resume_ev")


def _at_the_station(family: str, move: Moves) -> Iterator[tuple[int, Act]]:
    yield 4, quiet()
    yield 2, blink()
    yield 1, blink("abort")
    yield 1, blink("close")
    yield 3, offline()
    yield 4, online()
    yield 1, move.availability(False, 0)
    yield 1, move.availability(True, 0)
    yield 1, move.remote_stop()
    yield 2, move.reset("gently")
    yield 2, move.reset("hard")
    yield 1, hand("power_cycle")
    yield 1, ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    for act in _SETTINGS[family]:
        yield 1, act


# ---------------------------------------------------------------------- chosen by hand


def chosen_sequences(target: Target) -> Iterator[Example]:
    """Sequences that have been seen to confuse stations, by name; those on two EVSEs only where there are two."""
    family = target.version.family
    moves = [Moves(family, (one.evseId, one.connectorId)) for one in target.dut.connectors]
    here = moves[0]
    there = next((one for one in moves if one.place[0] != here.place[0]), None)
    for name, acts in (*_alone(here, family), *(_beside(here, there) if there is not None else ())):
        if not any(one.args.get("action") in target.avoid for one in acts):
            yield sequence(name, acts)


def _alone(here: Moves, family: str) -> Iterator[tuple[str, Sequence[Act]]]:
    session = _session(here)
    yield "the cable comes and goes before anybody is authorized", (here.plug(), here.unplug(), *session, here.unplug())
    yield (
        "a session begins offline and ends online",
        (here.plug(), here.token(), quiet(), here.unplug(), quiet(), offline(), *session[:2], online(), quiet()),
    )
    yield "a session begins online and goes on offline", (*session, offline(), here.token(), online(), here.unplug())
    yield (
        "two whole sessions offline",
        (
            *session,
            here.unplug(),
            quiet(),
            offline(),
            *session[:2],
            here.unplug(),
            *session[:2],
            here.unplug(),
            online(),
        ),
    )
    yield (
        "the connection blinks before the cable comes",
        (
            *session,
            here.unplug(),
            quiet(),
            blink(),
            here.plug(),
            here.token(),
            quiet(),
            blink(),
            here.unplug(),
            quiet(),
        ),
    )
    for kind in ("gently", "hard"):
        yield (
            f"a reset ({kind}) during a session, and the cable pulled during the boot",
            (*session, here.reset(kind), here.unplug(), quiet(), *session),
        )
    yield "a power cut during a session", (*session, hand("power_cycle"), quiet(), here.token(), quiet())
    yield "a power cut while offline", (*session, offline(), hand("power_cycle"), online(), quiet())
    yield (
        "stopped from afar, then unplugged",
        (*session, quiet(), here.remote_stop("running"), quiet(), here.unplug(), quiet(), here.remote_stop("ended")),
    )
    yield (
        "started from afar where a session runs",
        (*session, here.remote_start(), here.remote_start("second"), quiet(), here.remote_stop()),
    )
    yield (
        "started from afar twice, and a token on top",
        (here.remote_start(), here.remote_start(), here.token("second"), here.plug(), quiet(), here.unplug()),
    )
    for depth, what in ((2, "connector"), (1, "EVSE"), (0, "station")):
        if depth in _DEPTHS[family]:
            yield (
                f"the {what} becomes inoperative during a session, and operative again",
                (
                    *session,
                    here.availability(False, depth),
                    quiet(),
                    here.unplug(),
                    quiet(),
                    here.plug(),
                    here.availability(True, depth),
                    quiet(),
                ),
            )
    yield (
        "plugged in while inoperative",
        (here.availability(False), quiet(), here.plug(), here.token(), quiet(), here.availability(True), quiet()),
    )
    yield (
        "other tokens, blocked ones and the same one again",
        (*session, here.token("second"), here.token("blocked"), quiet(), here.token(), here.token(), quiet()),
    )
    yield (
        "unlocked from afar during a session",
        (*session, here.unlock(), quiet(), here.unplug(), here.plug(), here.unlock(), quiet()),
    )
    yield (
        "settings change during a session",
        (*session, *_SETTINGS[family], here.unplug(), quiet(), here.plug(), here.remote_stop("running"), quiet()),
    )


def _beside(here: Moves, there: Moves) -> Iterator[tuple[str, Sequence[Act]]]:
    yield (
        "two sessions side by side, each with its own token",
        (
            here.plug(),
            here.token(),
            quiet(),
            there.plug(),
            there.token("second"),
            quiet(),
            here.unplug(),
            quiet(),
            there.remote_stop("running"),
            quiet(),
        ),
    )
    yield (
        "the neighbour is made inoperative and operative while a session runs",
        (
            here.plug(),
            here.token(),
            quiet(),
            there.availability(False),
            there.plug(),
            quiet(),
            there.availability(True),
            quiet(),
            there.unplug(),
            here.token(),
            quiet(),
        ),
    )
