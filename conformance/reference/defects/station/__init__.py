"""What the reference station can be told to do wrong, one rule at a time.

Numbers in brackets are those of real devices' defects as they were collected from public reports. The cases that must
FAIL with a defect are named where a case turns on exactly that; a monitor rule that must report it stands beside them.
Every module of this package is read; a new one needs no entry here.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
