"""Rules on bars: operands to rows of values, conditions to words of bits, words to positions; one way for all."""
