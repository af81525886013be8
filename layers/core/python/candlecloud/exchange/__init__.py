"""The exchanges: venue profiles as data, one client over ccxt's raw endpoints, and a pager that proves its coverage."""
