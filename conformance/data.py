"""Where the project's data files are, in a checkout and in an installed wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_path(*parts: str) -> Path:
    """Path of a data file such as `data_path("schemas", "manifest.json")`.

    Raises FileNotFoundError when the installation lacks it.
    """
    for root in (_PACKAGE.parent, _PACKAGE / "_data"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation; reinstall ocpp-conformance")


def catalogue_folder() -> Path:
    """The folder of the test case catalogue: `testcases/catalogue` of the checkout or of the installed `testcases`.

    Raises FileNotFoundError when there is none.
    """
    beside = _PACKAGE.parent / "testcases" / "catalogue"
    if (beside / "features.json").is_file():
        return beside
    spec = importlib.util.find_spec("testcases")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "catalogue"
        if (folder / "features.json").is_file():
            return folder
    raise FileNotFoundError("testcases/catalogue is missing from this installation; reinstall ocpp-conformance")
