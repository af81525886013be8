"""A declarative JSON strategy: conditions over named features say when to be long, short and flat.

Reading, checking and describing rules (`language`, `schema`) needs no NumPy; evaluating them (`strategy`) does.
"""
