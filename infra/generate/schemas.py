"""What the API takes, for editors and other programs: ``docs/schemas/*.json``, and ``docs/openapi.json``.

Documents are imported where they are written out: they read the catalogue when imported, and it is written before.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def run_config() -> str:
    """The body of ``POST /backtest/run`` and ``POST /runs``."""
    from candlecloud.contract.run import RunConfig

    return _schema("run_config", "A backtest", RunConfig)


def sweep_config() -> str:
    """The body of ``POST /sweeps``."""
    from candlecloud.contract.sweep import SweepConfig

    return _schema("sweep_config", "A sweep", SweepConfig)


def preview_request() -> str:
    """The event of ``preview_series``; one that names a strategy is the body of ``POST /signals``."""
    from candlecloud.contract.preview import FeaturesRequest, SignalsRequest

    return _schema("preview_request", "A preview", FeaturesRequest, SignalsRequest)


def openapi_json() -> str:
    """The whole document."""
    from candlecloud.api import openapi
    from candlecloud.api.app import create_app

    return openapi.as_json(create_app(None)).decode()


def _schema(name: str, title: str, *models: type[BaseModel]) -> str:
    """One schema, or any of several; what it can't say (names that exist, values that go together) reading checks."""
    from candlecloud.strategies.rules.schema import refer_to_rules

    refs, found = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = found["$defs"]
    refer_to_rules(definitions, "#/$defs/")
    wanted = [refs[model, "validation"] for model in models]
    document = {
        "$schema": DIALECT,
        "$id": f"urn:candlecloud:{name}",
        "title": title,
        **(wanted[0] if len(wanted) == 1 else {"anyOf": wanted}),
        "$defs": definitions,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
