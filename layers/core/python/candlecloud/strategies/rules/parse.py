"""From a JSON document to rules, or to an error that points at the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from candlecloud.catalogue import FEATURES
from candlecloud.parameters import Parameter
from candlecloud.strategies.rules.definitions import read_features, read_number, read_parameters, read_placeholder
from candlecloud.strategies.rules.refusals import read_mapping, read_object, refuse, refuse_word, show, step, suggest
from candlecloud.strategies.rules.tree import (
    ARITHMETIC,
    COMPARISONS,
    CROSSINGS,
    GROUPS,
    PRICES,
    ArithmeticOperand,
    Comparison,
    Condition,
    Group,
    NamedFeature,
    Negation,
    Operand,
    Placeholder,
    Rules,
    SeriesOperand,
    Side,
    comparisons_of,
    placeholders_of,
    series_of,
)

MAX_NODES = 200
MAX_DEPTH = 20
MAX_SHIFT = 1_000
CONDITIONS = (*GROUPS, "not", *COMPARISONS, *CROSSINGS)


def parse_rules(document: Any, field: str = "rules", known: tuple[Parameter, ...] = ()) -> Rules:
    """Read rules.

    Parameters
    ----------
    document : Any
        As JSON gives it.
    field : str
        Where it stands in the request: the first part of the places in errors.
    known : tuple of Parameter
        Parameters that are said elsewhere, beside those of the document.

    Raises
    ------
    InvalidParameterError
        With the place of the first thing that is wrong, as ``rules/long/entry/all/1/gt/0``, and a hint.
    """
    block = read_object(document, field, ("parameters", "features", "long", "short"))
    parameters = known + read_parameters(block.get("parameters", {}), step(field, "parameters"))
    features = read_features(block.get("features", {}), step(field, "features"), {p.name: p for p in parameters})
    if "long" not in block and "short" not in block:
        refuse(field, "There is neither 'long' nor 'short'.", 'Add "long": {"entry": ...}, or "short", or both.')
    reader = _Reader(features, {p.name: p for p in parameters})
    sides = [reader.side(block[side], step(field, side)) if side in block else None for side in ("long", "short")]
    rules = Rules(parameters, features, sides[0], sides[1])
    _refuse_unused(rules, field)
    return rules


class _Reader:
    """Reads conditions and counts what they hold."""

    def __init__(self, features: Mapping[str, NamedFeature], parameters: Mapping[str, Parameter]) -> None:
        self._features = features
        self._parameters = parameters
        self._nodes = 0

    def side(self, value: Any, pointer: str) -> Side:
        block = read_object(value, pointer, ("entry", "exit"), ("entry",))
        entry = self.condition(block["entry"], step(pointer, "entry"), 1)
        leave = self.condition(block["exit"], step(pointer, "exit"), 1) if "exit" in block else None
        return Side(entry, None if leave == Negation(entry) else leave)

    def condition(self, value: Any, pointer: str, depth: int) -> Condition:
        self._count(pointer, depth)
        block = read_mapping(value, pointer)
        if len(block) != 1:
            refuse(
                pointer,
                f"A condition has one key, this has {len(block)}.",
                'Put several conditions into {"all": [...]} or {"any": [...]}; ' + suggest("", CONDITIONS),
                allowed=list(CONDITIONS),
            )
        ((key, content),) = block.items()
        place = step(pointer, key)
        if key not in CONDITIONS:
            refuse_word(place, "condition", key, CONDITIONS)
        if key == "not":
            return Negation(self.condition(content, place, depth + 1))
        if key in GROUPS:
            return self._group(key, content, place, depth)
        return self._comparison(key, content, place, depth)

    def _group(self, key: str, value: Any, pointer: str, depth: int) -> Group:
        if not isinstance(value, list) or not value:
            refuse(
                pointer, "This must be a list of conditions.", 'Write {"all": [{"gt": [...]}, ...]}.', got=show(value)
            )
        inner = (self.condition(item, step(pointer, i), depth + 1) for i, item in enumerate(value))
        return Group(key, tuple(inner))

    def _comparison(self, key: str, value: Any, pointer: str, depth: int) -> Comparison:
        left, right = self._pair(value, pointer, depth)
        if not [*series_of(left), *series_of(right)]:
            refuse(
                pointer,
                "Both sides are the same at every bar.",
                f"Compare with a price ({', '.join(PRICES)}) or one of the features.",
            )
        return Comparison(key, left, right)

    def _pair(self, value: Any, pointer: str, depth: int) -> tuple[Operand, Operand]:
        if not isinstance(value, list) or len(value) != 2:
            refuse(
                pointer, "This must be a list of two operands.", 'Write two, as in ["close", "fast"].', got=show(value)
            )
        left, right = (self._operand(item, step(pointer, i), depth + 1) for i, item in enumerate(value))
        return left, right

    def _operand(self, value: Any, pointer: str, depth: int) -> Operand:
        self._count(pointer, depth)
        if isinstance(value, str):
            return self._series(value, 0, pointer)
        if not isinstance(value, Mapping):
            return read_number(value, pointer)
        if "of" in value or "shift" in value:
            return self._shifted(value, pointer)
        if "param" in value:
            return read_placeholder(value, pointer, self._parameters)
        return self._arithmetic(value, pointer, depth)

    def _shifted(self, value: Mapping[str, Any], pointer: str) -> SeriesOperand:
        block = read_object(value, pointer, ("of", "shift"), ("of",))
        shift, place = block.get("shift", 0), step(pointer, "shift")
        if isinstance(shift, bool) or shift not in range(MAX_SHIFT + 1):
            refuse(
                place, f"This must be a whole number from 0 to {MAX_SHIFT}.", "1 is the bar before.", got=show(shift)
            )
        if not isinstance(block["of"], str):
            refuse(step(pointer, "of"), "Only a name can be shifted.", "Shift each name inside the arithmetic instead.")
        return self._series(block["of"], int(shift), step(pointer, "of"))

    def _arithmetic(self, value: Mapping[str, Any], pointer: str, depth: int) -> ArithmeticOperand:
        if "feature" in value:
            refuse(
                pointer,
                "A feature can't be defined here.",
                'Name it under "features", and use its name as the operand.',
            )
        if len(value) != 1 or next(iter(value)) not in ARITHMETIC:
            word = next((key for key in value if key not in ARITHMETIC), "")
            refuse_word(step(pointer, word) if word else pointer, "operand", word, ("of", "param", *ARITHMETIC))
        ((key, content),) = value.items()
        left, right = self._pair(content, step(pointer, key), depth)
        return ArithmeticOperand(key, left, right)

    def _series(self, word: str, shift: int, pointer: str) -> SeriesOperand:
        if word in PRICES:
            return SeriesOperand(word, None, shift)
        name, dot, output = word.partition(".")
        outputs = FEATURES[self._features[name].feature].outputs if name in self._features else ()
        if outputs and not dot:
            return SeriesOperand(name, outputs[0], shift)
        if output not in outputs:
            self._refuse_name(word, pointer)
        return SeriesOperand(name, output, shift)

    def _refuse_name(self, word: str, pointer: str) -> NoReturn:
        allowed = (*PRICES, *self._names())
        if word.replace(".", "", 1).lstrip("-").isdigit():
            refuse(pointer, f"{show(word)} is a text.", "Write numbers without quotes.", allowed=list(allowed))
        refuse_word(pointer, "price or feature", word, allowed)

    def _names(self) -> list[str]:
        names = []
        for name, named in self._features.items():
            outputs = FEATURES[named.feature].outputs
            names += [name] if len(outputs) == 1 else [f"{name}.{output}" for output in outputs]
        return names

    def _count(self, pointer: str, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH:
            refuse(
                pointer,
                f"This is nested deeper than {MAX_DEPTH} levels.",
                "Join inner lists into one.",
                limit=MAX_DEPTH,
            )
        if self._nodes > MAX_NODES:
            refuse(
                pointer,
                f"There are more than {MAX_NODES} conditions and operands.",
                "Use fewer conditions; a run is one idea.",
                limit=MAX_NODES,
            )


def _refuse_unused(rules: Rules, field: str) -> None:
    compared = [c for condition in rules.conditions() for c in comparisons_of(condition)]
    operands = [operand for c in compared for operand in (c.left, c.right)]
    read = {series.name for operand in operands for series in series_of(operand)}
    for name in rules.features:
        if name not in read:
            place = step(step(field, "features"), name)
            refuse(place, f"No condition reads {name!r}.", "Use it in a condition, or remove it.")
    given = {value.name for operand in operands for value in placeholders_of(operand)}
    for named in rules.features.values():
        given |= {value.name for value in named.parameters.values() if isinstance(value, Placeholder)}
    for parameter in rules.parameters:
        if parameter.name not in given:
            place = step(step(field, "parameters"), parameter.name)
            refuse(place, f"Nothing uses {parameter.name!r}.", f'Write {{"param": "{parameter.name}"}}, or remove it.')
