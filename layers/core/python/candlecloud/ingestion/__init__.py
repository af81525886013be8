"""How candles get here: what is stored and what is not, the plan, the fetch, the ledger of gaps, slots of schedules."""
