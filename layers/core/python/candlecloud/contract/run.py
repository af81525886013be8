"""One backtest as the user asks for it: the body of a request, the echo in an answer, the text of a record."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from candlecloud.contract.fields import Name, Number
from candlecloud.contract.refusals import as_field_error
from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import CandlecloudError


class RunConfig(RunSpec):
    """A backtest. Without start or end it takes all that is stored, less the warm-up."""

    kind: ClassVar[str] = "run"

    parameters: Annotated[
        dict[Name, Number], Field(max_length=50, description="Of the strategy; `dual_sma` takes `fast` and `slow`")
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        try:
            self._set(parameters=self.strategy_rule.check_parameters(self.parameters))
        except CandlecloudError as error:
            raise as_field_error(error) from error
        return self

    @property
    def warmup_bars(self) -> int:
        """Closed bars that the first decision needs, its size included."""
        return self.warmup_bars_of(self.parameters)
