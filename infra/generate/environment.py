"""``docs/environment.md``: every environment variable of every function, from the models in `candlecloud.settings`."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from candlecloud.settings import PREFIX
from infra.functions import FUNCTIONS

_HEAD = """\
# Environment variables

Generated from `settings.py` by `make generate`. CDK fills these variables for each function; local mode fills the same.
The functions read no other variable of ours.

| variable | default | what it says | functions |
|---|---|---|---|
"""


def environment_page() -> str:
    """The whole page; a variable that two models describe differently has two rows."""
    readers: dict[tuple[str, str, str], list[str]] = {}
    for job, spec in sorted(FUNCTIONS.items()):
        for name, field in spec.settings.model_fields.items():
            row = (f"`{PREFIX}{name.upper()}`", _default(field), field.description or "")
            readers.setdefault(row, []).append(f"`{job}`")
    every = len(FUNCTIONS)
    rows = (
        f"| {variable} | {default} | {text} | {'all' if len(jobs) == every else ', '.join(jobs)} |"
        for (variable, default, text), jobs in sorted(readers.items())
    )
    return _HEAD + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    """As it would be written into the environment; `required` where there is none."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == {}:
        return "not set"
    text = str(value).replace("'", '"') if isinstance(value, dict) else str(value)
    return f"`{text}`"
