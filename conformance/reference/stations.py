"""Which class is the station of which version, and the options of the command line made into its options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.ocppj.versions import version
from conformance.reference.options import StationOptions

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x
    from conformance.reference.station16.station import Station16


def options_of(arguments: argparse.Namespace, settings: dict[str, str]) -> StationOptions:
    """The parsed command line as StationOptions."""
    return StationOptions(
        version=arguments.version,
        csms=arguments.csms,
        identity=arguments.identity,
        password=arguments.password,
        state=arguments.state,
        ca=arguments.ca,
        certificate=arguments.cert,
        key=arguments.key,
        firmware_roots=arguments.firmware_roots,
        file_roots=arguments.file_roots,
        defects=tuple(arguments.defect),
        habits=tuple(arguments.habit),
        settings=settings,
        evses=arguments.evses,
        connectors=arguments.connectors,
        watts=arguments.watts,
        fixed_cable=arguments.fixed_cable,
        display=arguments.display,
        backup_power=arguments.backup_power,
        iso15118=arguments.iso15118,
        payment=arguments.payment,
        smart_charging=arguments.smart_charging,
        cache_entries=arguments.cache_entries,
        message_timeout=arguments.message_timeout,
        boot_time=arguments.boot_time,
        boot_retry=arguments.boot_retry,
        reconnect_wait=arguments.reconnect_wait,
        transfer_time=arguments.transfer_time,
    )


def build_station(options: StationOptions, *, with_schemas: bool = True) -> Station16 | Station2x:
    """The station for the version of `options`.

    Raises ValueError, in one line, for an unknown version, defect or setting, or an unusable state folder.
    """
    spoken = version(options.version)
    schemas = None
    if with_schemas:
        from conformance.ocppj.schema import official

        schemas = official()
    if spoken.family == "1.6":
        from conformance.reference.station16.station import Station16

        return Station16(options, spoken, schemas)
    from conformance.reference.station2x.station import Station2x

    return Station2x(options, spoken, schemas)
