"""What the reference CSMS can be told to get wrong. Numbers in brackets are those of the list of field defects.

`must_fail` names cases, `rules` the monitor's rules; with either, the suite must report the defect. Every module of
this package is read; a new one needs no entry here.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
