"""The exchanges: venue profiles as data, and one client over ccxt's raw endpoints, paced and with a circuit breaker."""
