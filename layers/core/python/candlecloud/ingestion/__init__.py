"""How candles get here: what is stored and missing, the plan, the fetch, the gap ledger, slots of schedules."""
