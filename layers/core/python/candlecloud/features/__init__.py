"""Bars in, causal numbers out: the value at bar t is made of bars up to and including t."""
