"""The market's own words: symbols, timeframes, candles, ranges, gaps, revisions and checksums."""
