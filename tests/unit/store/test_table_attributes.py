"""Values of the table's items go to DynamoDB and back; those that it was never meant to hold are refused."""

from __future__ import annotations

from typing import Any

import pytest

from candlecloud.store.table import Table


class Echo:
    """A table that answers with the item that was put last."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.item = request["Item"]
        return {}

    def get_item(self, **_request: Any) -> dict[str, Any]:
        return {"Item": self.item}


def test_values_come_back_as_they_went() -> None:
    echo = Echo()
    table = Table(echo, "index")
    item = {"text": "é", "empty": "", "no": False, "count": 0, "large": 2**53, "below": -7, "body": b"\x00\xff"}
    table.put(item)
    assert echo.item["no"] == {"BOOL": False}
    assert echo.item["large"] == {"N": "9007199254740992"}
    read = table.get({})
    assert read == item
    assert read is not None
    assert {name: type(value) for name, value in read.items()} == {name: type(value) for name, value in item.items()}


def test_any_spelling_of_a_number_is_read() -> None:
    echo = Echo()
    echo.item = {"count": {"N": "1E+3"}, "gone": {"NULL": True}}
    assert Table(echo, "index").get({}) == {"count": 1000, "gone": None}


@pytest.mark.parametrize("value", [1.5, ["a"], {"a": 1}, {"a"}])
def test_what_is_no_attribute_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="An attribute is text, bytes, a boolean or an integer"):
        Table(Echo(), "index").put({"value": value})
