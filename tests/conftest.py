"""What holds for all tests of the engine."""

from __future__ import annotations

import os
import signal

from conformance.reference import nursery
from conformance.report.views import JOB_PAGE

# Runs that tests start are no part of the page of the CI job in which the tests themselves run, nor workers of it.
for _name in [JOB_PAGE, *(one for one in os.environ if one.startswith("PYTEST_XDIST_"))]:
    os.environ.pop(_name, None)

# In the background of a shell, the tests, and with them every run that they start, would ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Hundreds of tests start a device: in the tests' own process it is forked. Runs that tests start begin theirs anew.
nursery.expect()
