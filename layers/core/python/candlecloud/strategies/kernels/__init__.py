"""Conditions as words of 64 bits, one bit per bar: compared, remembered and spread again by compiled loops."""
