"""candlecloud: crypto market data, backtesting and risk that can be trusted, on AWS Lambda."""

__version__ = "0.1.0"
