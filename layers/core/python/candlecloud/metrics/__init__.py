"""Numbers that describe an equity curve. Every convention is written beside its number in `conventions`."""
